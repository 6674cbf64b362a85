"""What annotators measured of a release, question by question, beside what the paper reports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from synpain_hf.release.release import Release
from synpain_hf.validation.evidence.annotated import Annotated, annotated
from synpain_hf.validation.evidence.failures import failures
from synpain_hf.validation.evidence.identity import Embedded, alike, has_embeddings, near_copies, similarity
from synpain_hf.validation.evidence.pain_scores import action_units, pain_scores
from synpain_hf.validation.evidence.published import Published
from synpain_hf.validation.evidence.quality import pose, quality
from synpain_hf.validation.evidence.section import Section
from synpain_hf.validation.faces import Faces


@dataclass(frozen=True)
class Evidence:
    """One question to what annotators measured.

    Attributes:
        name: What programs call it.
        title: The question in words.
        remedy: What to do where nobody measured what it needs.
        look: Answers it from what one annotator says; nothing where that lacks the columns.
    """

    name: str
    title: str
    remedy: str
    look: Callable[[Annotated, Published, str], Iterator[Section]]


@dataclass(frozen=True)
class OfEmbeddings:
    """One question to the embeddings of an annotator; its attributes are those of `Evidence`."""

    name: str
    title: str
    remedy: str
    look: Callable[[Embedded, Published, str], Iterator[Section]]


_MEDIAPIPE = "run `synpain-hf annotate RELEASE --with mediapipe`"
_SFACE = "run `synpain-hf annotate RELEASE --with sface`"

EVIDENCE: tuple[Evidence | OfEmbeddings, ...] = (
    Evidence(
        "quality",
        "Are pictures of all groups as good?",
        "run `synpain-hf annotate RELEASE --with sharpness`, or import a table of DSL-FIQA with --import",
        quality,
    ),
    Evidence("pose", "Are heads of all groups turned alike?", _MEDIAPIPE, pose),
    Evidence(
        "pspi",
        "Do faces labelled pain score higher?",
        f"{_MEDIAPIPE}, or import a table of FaceReader or Py-Feat with --import",
        pain_scores,
    ),
    Evidence(
        "units",
        "Which action units does pain have more of?",
        f"{_MEDIAPIPE}, or import a table of FaceReader, Py-Feat or OpenFace with --import",
        action_units,
    ),
    Evidence(
        "failures",
        "Are faces of all groups found?",
        f"{_MEDIAPIPE}, or import the table of another tool with --import",
        failures,
    ),
    OfEmbeddings("similarity", "Do both faces of a pair show one person?", _SFACE, similarity),
    OfEmbeddings("look_alikes", "Do identities of all groups differ from each other?", _SFACE, alike),
    OfEmbeddings("near_copies", "Are no faces of two identities nearly the same?", _SFACE, near_copies),
)
"""The questions, in the order in which they are reported."""


def gather(release: Release, faces: Faces, published: Published, threshold: float | None = None) -> list[Section]:
    """What annotators measured of a release; for a question without measurements, which command would bring them.

    Args:
        release: The release.
        faces: Its pairs, as they were seen.
        published: What to set beside it.
        threshold: Cosine from which on two identities look alike; None for that of the equal error rate.

    Raises:
        ReleaseError: If a file is damaged.
    """
    found = list(annotated(release, faces))
    embedded = [Embedded(each, threshold) for each in found if has_embeddings(each)]
    sections = []
    for evidence in EVIDENCE:
        of_this: list[Section] = []
        if isinstance(evidence, Evidence):
            for each in found:
                of_this += evidence.look(each, published, evidence.title)
        else:
            for vectors in embedded:
                of_this += evidence.look(vectors, published, evidence.title)
        told = f"nobody measured it; {evidence.remedy}"
        sections += of_this or [Section(evidence.name, evidence.title, outcome="not made", told=[told])]
    return sections
