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
        command: The options of `synpain-hf annotate RELEASE` that bring in what it needs.
        look: Answers it from what one annotator says; nothing where that lacks the columns.
    """

    name: str
    title: str
    command: str
    look: Callable[[Annotated, Published, str], Iterator[Section]]


@dataclass(frozen=True)
class OfEmbeddings:
    """One question to the embeddings of an annotator; its attributes are those of `Evidence`."""

    name: str
    title: str
    command: str
    look: Callable[[Embedded, Published, str], Iterator[Section]]


EVIDENCE: tuple[Evidence | OfEmbeddings, ...] = (
    Evidence(
        "quality", "Are pictures of all groups as good?", "--import a table of DSL-FIQA, or --with sharpness",
        quality,
    ),
    Evidence("pose", "Are heads of all groups turned alike?", "--with mediapipe", pose),
    Evidence(
        "pspi", "Do faces labelled pain score higher?", "--import a table of FaceReader or Py-Feat, or --with mediapipe",
        pain_scores,
    ),
    Evidence(
        "units", "Which action units does pain have more of?",
        "--import a table of FaceReader, Py-Feat or OpenFace, or --with mediapipe", action_units,
    ),
    Evidence(
        "failures", "Are faces of all groups found?", "--with mediapipe, or --import a table of another tool",
        failures,
    ),
    OfEmbeddings("similarity", "Do both faces of a pair show one person?", "--with sface", similarity),
    OfEmbeddings("look_alikes", "Do identities of all groups differ from each other?", "--with sface", alike),
    OfEmbeddings("near_copies", "Are no faces of two identities nearly the same?", "--with sface", near_copies),
)  # fmt: skip
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
        remedy = f"not measured; `synpain-hf annotate RELEASE` with {evidence.command} would"
        sections += of_this or [Section(evidence.name, evidence.title, outcome="not made", told=[remedy])]
    return sections
