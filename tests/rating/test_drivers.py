"""Faces that have the expression of one driver are not independent, whomever they show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from synpain_hf.rating.answers import Answer
from synpain_hf.rating.faces import Face, FaceId, faces_of, labelled
from synpain_hf.rating.results import results_of
from synpain_hf.rating.scales import scales_of
from synpain_hf.release.release import Release
from synpain_hf.validation.statistics.estimate import Estimate

DRIVERS, IDENTITIES = 4, 12
RATERS = ("R0", "R1", "R2")


def faces_with(*, shared: bool) -> dict[FaceId, Face]:
    """A face of each identity and driver; each driver drives many of them, or one."""
    found = {}
    for identity in range(IDENTITIES):
        for driver in range(DRIVERS):
            which = FaceId("lent", f"{identity}-{driver}", "expressive")
            whence = f"d{driver}" if shared else f"d{identity}-{driver}"
            groups = dict.fromkeys(("age_group", "gender", "ethnicity"))
            found[which] = Face(which, f"i{identity}", whence, "", "", {"expression": "pain"}, groups)
    return found


def answers_by_driver(faces: Mapping[FaceId, Face], question: str, said: Sequence[str]) -> list[Answer]:
    """What raters say of faces, which depends on the driver alone, but for a few."""
    return [
        Answer(rater, which, question, said[(int(which.pair_id[-1]) + (which.pair_id == f"{number}-0")) % 2])
        for number, rater in enumerate(RATERS)
        for which in faces
    ]


def width(estimate: Estimate | None) -> float:
    assert estimate is not None
    return estimate.high - estimate.low


def test_means_on_a_scale_are_less_sure_where_faces_share_their_drivers() -> None:
    these, others = [], []
    for shared in (True, False):
        faces = faces_with(shared=shared)
        (scale,) = scales_of(answers_by_driver(faces, "realism", ("2", "4")), faces, ["realism"])
        these.append(width(scale.releases[0].these))
        others.append(width(scale.releases[0].others))
    assert these[0] > 1.5 * these[1]
    assert others[0] > 1.5 * others[1]


def test_shares_are_less_sure_where_faces_share_their_drivers() -> None:
    these, others = [], []
    for shared in (True, False):
        faces = faces_with(shared=shared)
        found = results_of(answers_by_driver(faces, "expression", ("pain", "neutral")), faces, ["expression"])[0]
        these.append(width(found.these))
        others.append(width(found.others))
    assert these[0] > 1.5 * these[1]
    assert others[0] > 1.5 * others[1]


@pytest.mark.slow
def test_the_driver_of_a_face_is_whom_its_expression_is_derived_from(methods: Sequence[Release]) -> None:
    faces = faces_of(labelled([release.folder for release in methods]))
    assert {face.driver.partition("-")[0] for face in faces.values()} == {"driver"}
    assert {face.identity.partition("-")[0] for face in faces.values()} == {"person"}
