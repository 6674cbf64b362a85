"""What is planted in the tables of annotators is found, and nothing is found where nothing is planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from synpain_hf.release.amend import amend
from synpain_hf.release.release import Release
from synpain_hf.validation.evidence import EVIDENCE, gather
from synpain_hf.validation.evidence.annotated import Annotated, annotated
from synpain_hf.validation.evidence.failures import failures
from synpain_hf.validation.evidence.measures import comparisons, means
from synpain_hf.validation.evidence.published import Published, published
from synpain_hf.validation.evidence.section import Comparison, Section
from synpain_hf.validation.faces import Face, Faces, Seen
from synpain_hf.vocabulary import CLASSES
from tests.validation.annotating import Floats, Plant, Shown, embeddings, shown_in, with_annotations
from tests.validation.making import made

PAIRS = 96
NOTHING = Published("nobody", "nothing to compare", "https://example.org", {})
SCORES = {"neutral": 3.0, "no_pain": 4.0, "pain": 7.0}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release without annotations; its faces are not measured here."""
    return made(tmp_path_factory.mktemp("plain") / "set", pairs=PAIRS)


def copy_of(release: Release, folder: Path) -> Release:
    import shutil

    shutil.copytree(release.folder, folder)
    return Release.open(folder)


def seen(release: Release) -> Faces:
    """The pairs of a release, whose faces are no two alike."""
    by_pair: dict[str, list[Shown]] = {}
    for shown in shown_in(release):
        by_pair.setdefault(shown.pair_id, []).append(shown)
    pairs = []
    for pair_id, (one, _) in by_pair.items():
        faces = (Face(1, None, digest=f"{pair_id}n"), Face(1, None, digest=f"{pair_id}e"))
        pairs.append(Seen(pair_id, "", one.identity, None, one.label, one.groups, 0, "", None, faces))
    return Faces(pairs)


@pytest.fixture
def found(plain: Release, tmp_path: Path) -> Callable[..., dict[str, list[Section]]]:
    """What is found of the columns that are planted, by question."""

    def look(plants: Mapping[str, Plant], threshold: float | None = None) -> dict[str, list[Section]]:
        release = with_annotations(copy_of(plain, tmp_path / "release"), plants)
        sections: dict[str, list[Section]] = {}
        for section in gather(release, seen(release), published(), threshold):
            json.dumps(section.to_dict(), allow_nan=False)
            if section.measure:
                sections.setdefault(section.name, []).append(section)
        return sections

    return look


Found = Callable[..., dict[str, list[Section]]]


def value_of(section: Section, *group: str, statistic: str) -> float:
    (row,) = (row for row in section.rows if row.group == group and row.statistic == statistic)
    return row.estimate.value


def test_where_nobody_measured_the_command_is_named(plain: Release) -> None:
    sections = gather(plain, seen(plain), published())
    assert [section.name for section in sections] == [evidence.name for evidence in EVIDENCE]
    for section in sections:
        assert (section.outcome, section.rows) == ("not made", ())
        assert "synpain-hf annotate RELEASE --with" in section.told[0]


def test_nothing_is_told_of_groups_that_are_alike(found: Found) -> None:
    sections = found(
        {
            "quality": lambda _, rng: rng.uniform(0.7, 0.95),
            "yaw": lambda _, rng: rng.normal(0, 5),
            "pspi": lambda face, rng: SCORES[face.condition] + rng.normal(0, 1),
            "reason": lambda _, rng: "no face" if rng.random() < 0.05 else None,
        }
    )
    told = {name: [sentence for section in of for sentence in section.told] for name, of in sections.items()}
    assert told == {"quality": [], "pose": [], "pspi": [], "failures": []}
    assert value_of(sections["quality"][0], "all", statistic="mean") == pytest.approx(0.825, abs=0.02)
    assert {row.band for row in sections["quality"][0].rows} == {"excellent"}


PLANTED: dict[str, tuple[dict[str, Plant], str, str]] = {
    "quality of women": (
        {"quality": lambda face, rng: rng.normal(0.8 - 0.1 * (face.groups["gender"] == "woman"), 0.05)},
        "quality",
        "quality differs",
    ),
    "sharpness of pain": (
        {"sharpness": lambda face, rng: rng.normal(10 + 3 * (face.condition == "pain"), 2)},
        "quality",
        "(pain)",
    ),
    "pain turns the head": (
        {"pitch": lambda face, rng: rng.normal(0, 12 if face.condition == "pain" else 3)},
        "pose",
        "pitch differs",
    ),
    "pain of black faces is not found": (
        {"reason": lambda face, _: "none" if (face.condition, face.groups["ethnicity"]) == ("pain", "black") else None},
        "failures",
        "of faces of pain (Black)",
    ),
    "pain scores no higher": (
        {"pspi": lambda face, _: float(face.number // 4 % 5)},
        "pspi",
        "of comparisons with no pain faces",
    ),
    "pain of the old scores lower": (
        {"pspi": lambda face, rng: rng.normal(9 - 3 * (face.groups["age_group"] == "old"), 1)},
        "pspi",
        "PSPI of pain differs",
    ),
}


@pytest.mark.parametrize(("plants", "name", "told"), PLANTED.values(), ids=PLANTED.keys())
def test_a_planted_difference_is_told(found: Found, plants: dict[str, Plant], name: str, told: str) -> None:
    sections = found(plants)[name]
    assert [section.outcome for section in sections] == ["warning"]
    assert told in " ".join(sections[0].told)


def test_a_difference_that_nobody_would_see_is_not_told(found: Found) -> None:
    plant: Plant = lambda face, rng: 0.99 + 0.004 * (face.condition == "pain") + rng.normal(0, 0.001)  # noqa: E731
    (section,) = found({"confidence": plant})["quality"]
    assert min(test.corrected for test in section.tests) < 1e-6
    assert (section.outcome, section.told) == ("passed", [])


def test_pain_that_scores_lower_would_mislead(found: Found) -> None:
    (section,) = found({"pspi_approx": lambda face, rng: rng.normal(6 - 3 * (face.condition == "pain"), 1)})["pspi"]
    assert (section.measure, section.outcome) == ("pspi_approx", "failed")
    assert "with neutral faces" in section.told[0]


def test_the_papers_numbers_stand_beside_ours(found: Found) -> None:
    sections = found(
        {
            "quality": lambda *_: 0.9,
            "confidence": lambda *_: 0.99,
            "pspi": lambda face, _: SCORES[face.condition],
            "reason": lambda face, _: "none" if face.number % 9 == 0 else None,
        }
    )
    beside = {
        (section.measure, *row.group, row.statistic): row.published
        for of in sections.values()
        for section in of
        for row in section.rows
    }
    assert beside["quality", "woman", "mean"] == 0.860
    assert beside["confidence", "expressive", "mean"] == 0.998
    assert beside["pspi", "pain", "mean"] == 6.7
    assert beside["pspi", "pain", "upper_quartile"] == 8
    assert beside["reason", "black", "pain", "missing"] == 0.299
    assert beside["reason", "pain", "missing"] == 0.124
    assert beside["reason", "white", "pain", "missing"] is None


def test_an_annotator_that_looks_for_no_faces_fails_in_none(found: Found) -> None:
    assert "failures" not in found({"sharpness": lambda *_: 3.0, "reason": lambda *_: None})


def test_units_that_pain_has_more_of_are_told_from_others(found: Found) -> None:
    plants: dict[str, Plant] = {
        "AU4": lambda face, rng: rng.normal(2 * (face.condition == "pain"), 1),
        "AU12": lambda face, _: float(face.number // 4 % 3),
        "AU43_approx": lambda face, rng: rng.normal(3 * (face.condition == "no_pain"), 1),
    }
    (section,) = found(plants)["units"]
    tests = {test.groups[0][0]: test for test in section.tests}
    assert tests["AU4"].estimate is not None
    assert tests["AU43_approx"].estimate is not None
    assert tests["AU4"].estimate.low > 0.5
    assert tests["AU43_approx"].estimate.high < 0.5
    assert tests["AU12"].corrected > 0.05
    assert value_of(section, "AU4", "pain", statistic="mean") == pytest.approx(2, abs=0.4)


def own_of(release: Release, size: int = 24, seed: int = 0) -> dict[str, Floats]:
    """An embedding of each identity's own, unlike all others."""
    rng = np.random.default_rng(seed)
    return {shown.identity: rng.normal(size=size) for shown in shown_in(release)}


def test_identities_that_are_told_apart_pass(plain: Release, found: Found) -> None:
    sections = found({"embedding": embeddings(own_of(plain), 0.3)})
    assert {name: [section.outcome for section in of] for name, of in sections.items()} == {
        "similarity": ["passed"], "look_alikes": ["passed"], "near_copies": ["passed"],
    }  # fmt: skip
    (section,) = sections["similarity"]
    assert value_of(section, "all", statistic="equal_error_rate") < 0.01
    assert value_of(section, "same", statistic="median") > 0.85
    assert abs(value_of(section, "different", statistic="median")) < 0.1
    assert sum(section.histograms["same"]) == PAIRS
    assert sum(section.histograms["different"]) == 2 * PAIRS * (2 * PAIRS - 1) // 2 - PAIRS
    assert [test.published for test in section.tests] == [2.45]


def test_pairs_of_two_persons_would_mislead(plain: Release, found: Found) -> None:
    def anybody(_: Shown, rng: np.random.Generator) -> list[float]:
        return list(rng.normal(size=24))

    (section,) = found({"embedding": anybody})["similarity"]
    assert section.outcome == "failed"
    assert "may not show one person each" in section.told[0]


def test_a_pair_of_two_persons_is_named(plain: Release, found: Found) -> None:
    own = own_of(plain)

    def one_wrong(face: Shown, rng: np.random.Generator) -> list[float]:
        mine = -own[face.identity] if (face.pair_id, face.face) == ("p007", "neutral") else own[face.identity]
        return list(mine + rng.normal(0, 0.2, mine.shape))

    (section,) = found({"embedding": one_wrong})["similarity"]
    assert section.outcome == "warning"
    assert "1 identity (p007)" in section.told[0]


def test_look_alikes_and_nearly_equal_faces_are_found(plain: Release, found: Found) -> None:
    own = own_of(plain)
    of_women = np.random.default_rng(9).normal(size=24)
    for face in shown_in(plain):
        if face.groups["gender"] == "woman" and face.face == "neutral":
            own[face.identity] = own[face.identity] + 1.5 * of_women
    own["p011"] = own["p010"]
    sections = found({"embedding": embeddings(own, 0.02)}, threshold=0.6)
    (alike,) = sections["look_alikes"]
    assert alike.outcome == "warning"
    assert "of pairs of women look alike" in alike.told[0]
    assert "cosine 0.60 or more" in alike.told[0]
    assert value_of(alike, "all", statistic="threshold") == 0.6
    odds = {test.among: test for test in alike.tests}
    assert odds[("black",)].published == 4.50
    assert odds[("white",)].published == 6.78
    (near,) = sections["near_copies"]
    assert "p010 and p011" in near.told[0]
    assert value_of(near, "all", statistic="near_copies") == 4


def test_embeddings_that_cannot_be_compared_are_left_out_and_counted(plain: Release, found: Found) -> None:
    own = own_of(plain)

    def sometimes(face: Shown, rng: np.random.Generator) -> Any:
        broken = {0: None, 1: [], 2: [0.0] * 24, 3: [float("nan")] * 24, 4: [1.0] * 7}
        return broken.get(face.number, list(own[face.identity] + rng.normal(0, 0.2, 24)))

    (section,) = found({"embedding": sometimes})["similarity"]
    assert "4 embeddings of another length" in section.told[0]
    assert value_of(section, "all", statistic="threshold") < 1


@pytest.mark.parametrize(
    "plant", [lambda *_: None, lambda face, _: [1.0, face.number] if face.face == "neutral" else None]
)
def test_embeddings_of_one_face_each_tell_nothing_of_pairs(found: Found, plant: Plant) -> None:
    assert "similarity" not in found({"embedding": plant})


@pytest.mark.parametrize("vector", [[], [0.0, 0.0], [float("nan")]])
def test_embeddings_that_are_all_unusable_answer_nothing(found: Found, vector: list[float]) -> None:
    assert found({"embedding": lambda *_: vector}, threshold=0.5).keys() <= {"look_alikes"}


def test_columns_that_hold_no_numbers_are_not_taken_for_measures(plain: Release, tmp_path: Path) -> None:
    release = copy_of(plain, tmp_path / "release")
    import pyarrow.parquet as pq

    table = pa.table({"pair_id": ["p001"], "quality": ["good"], "pspi": [7.0], "annotator": ["somebody"]})
    table = table.set_column(2, "pspi", table["pspi"].cast(pa.float32()))

    def write(path: Path) -> None:
        pq.write_table(table, path, write_page_index=True)

    release = amend(release.folder, add={"annotations/words.parquet": write})
    sections = {section.name: section for section in gather(release, seen(release), published())}
    assert sections["quality"].outcome == "not made"
    assert [row.group for row in sections["pspi"].rows if row.statistic == "mean" and len(row.group) == 1] in (
        [("no_pain",)], [("pain",)],
    )  # fmt: skip


def persons(rng: np.random.Generator, number: int = 30) -> tuple[list[Seen], list[int]]:
    """Few persons with few to many frames; the neutral picture is one for each person."""
    pairs = []
    for who in range(number):
        groups = {
            column: CLASSES[column][who // (at + 1) % len(CLASSES[column])]
            for at, column in enumerate(("age_group", "gender", "ethnicity"))
        }
        for frame in range(int(rng.choice([2, 5, 60]))):
            label = CLASSES["label"][int(rng.random() < 0.4)]
            faces = (Face(1, None, digest=f"{who}"), Face(1, None, digest=f"{who}-{frame}"))
            pairs.append(Seen(f"{who}-{frame}", "", f"{who}", None, label, groups, 0, "", None, faces))
    return pairs, [int(pair.identity) for pair in pairs]


def table_of(pairs: list[Seen], **columns: Any) -> Annotated:
    units = {pair.identity: pair.identity for pair in pairs}
    face = [1] * len(pairs)
    return Annotated("annotations/a.parquet", "a", pa.table({"face": face, **columns}), pairs, units)


@pytest.mark.slow
def test_persons_with_many_frames_are_seldom_taken_for_a_difference_of_groups() -> None:
    rng = np.random.default_rng(5)
    told: list[list[float]] = []
    of_failures = []
    for _ in range(80):
        pairs, who = persons(rng)
        own, missing = rng.normal(0, 1, 30), rng.beta(0.5, 3, 30)
        values = own[who] + rng.normal(0, 0.5, len(who))
        tests = comparisons(table_of(pairs), values)
        told.append([test.p for test in tests])
        reasons = ["none" if failed else None for failed in rng.random(len(who)) < missing[who]]
        (section,) = failures(table_of(pairs, reason=pa.array(reasons, pa.string())), NOTHING, "")
        of_failures.append(min(test.corrected for test in section.tests))
    assert (np.array(told) < 0.05).mean(axis=0).max() <= 0.11
    assert np.mean(np.array(of_failures) < 0.05) <= 0.1


def test_intervals_of_means_hold_though_persons_have_many_frames() -> None:
    rng = np.random.default_rng(6)
    held = []
    for _ in range(100):
        pairs, who = persons(rng, 25)
        values = rng.normal(0, 1, 25)[who] + rng.normal(0, 0.5, len(who))
        (row,) = means(table_of(pairs), "quality", values, NOTHING, [("all",)])
        assert row.identities == 25
        held.append(row.estimate.low <= 0 <= row.estimate.high)
    assert 0.86 <= np.mean(held) <= 1


def test_a_picture_that_pairs_share_counts_once(plain: Release, tmp_path: Path) -> None:
    release = with_annotations(copy_of(plain, tmp_path / "release"), {"quality": lambda *_: 0.5})
    one, *others = seen(release).pairs
    twin = Seen(
        others[0].pair_id,
        "",
        one.identity,
        None,
        others[0].label,
        one.groups,
        0,
        "",
        None,
        (one.faces[0], others[0].faces[1]),
    )
    (table,) = annotated(release, Faces([one, twin, *others[1:]]))
    assert len(table.pairs) == 2 * PAIRS - 1


def test_a_comparison_knows_the_groups_that_are_there() -> None:
    pairs, who = persons(np.random.default_rng(0), 1)
    tests = comparisons(table_of(pairs), np.arange(len(who), dtype=float))
    assert all(isinstance(test, Comparison) and test.groups[0] == ("pain",) for test in tests)
