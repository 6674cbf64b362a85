"""The figures in a card: drawn from the data, light, the same every time."""

from __future__ import annotations

import io
from dataclasses import replace as with_other
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synpain_hf.cards import drawing
from synpain_hf.cards.figures import Figure, figures_of
from synpain_hf.cards.statistics import Summary, compute
from synpain_hf.errors import ReleaseError
from synpain_hf.release.release import Release
from tests.cards.making import annotated, pair_ids

PHONE = 360
HEAVIEST = 1_500_000


@pytest.fixture(scope="session")
def figures(drawn: Release) -> dict[str, Figure]:
    """The figures of demo faces, by name, not drawn yet."""
    return {Path(figure.name).stem: figure for figure in figures_of(compute(drawn))}


def picture(data: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The pixels of a file."""
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


def test_there_is_one_of_the_faces_one_of_the_groups_and_one_of_the_pain_scores(figures: dict[str, Figure]) -> None:
    assert list(figures) == ["contact_sheet", "balance", "pspi"]


def test_without_pain_scores_there_is_no_figure_of_them(own: Release) -> None:
    assert [Path(figure.name).stem for figure in figures_of(compute(own))] == ["contact_sheet", "balance"]


@pytest.mark.parametrize("name", ["contact_sheet", "balance", "pspi"])
class TestEveryFigure:
    def test_it_is_twice_as_wide_as_a_phone_and_light(self, name: str, carded: Release) -> None:
        data = (carded.folder / f"figures/{name}.png").read_bytes()
        assert picture(data).shape[1] == 2 * PHONE
        assert len(data) < HEAVIEST

    @pytest.mark.slow
    def test_it_is_the_same_every_time(
        self, name: str, figures: dict[str, Figure], drawn: Release, carded: Release
    ) -> None:
        assert figures[name].made(drawn) == (carded.folder / f"figures/{name}.png").read_bytes()

    def test_its_margins_are_clear(self, name: str, carded: Release) -> None:
        pixels = picture((carded.folder / f"figures/{name}.png").read_bytes()).astype(int)
        edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        assert edge.min() > 240

    def test_it_tells_what_it_was_drawn_from(self, name: str, figures: dict[str, Figure], carded: Release) -> None:
        data = (carded.folder / f"figures/{name}.png").read_bytes()
        assert figures[name].is_of(data)
        assert not with_other(figures[name], inputs="others").is_of(data)
        assert not figures[name].is_of(data[:20])
        assert not figures[name].is_of(b"no picture")


class TestAlternativeText:
    def test_it_names_every_group(self, figures: dict[str, Figure]) -> None:
        for name in ("contact_sheet", "balance"):
            text = figures[name].alternative
            assert text.count("old Middle Eastern woman") == 1
            assert text.count(";") == 19

    def test_that_of_the_pain_scores_gives_their_quartiles(self, figures: dict[str, Figure], drawn: Release) -> None:
        summary = compute(drawn).annotations[0].measures["pspi"]["neutral"]
        quartiles = f"{summary.median:.1f}, {summary.lower_quartile:.1f} to {summary.upper_quartile:.1f}"
        assert f"neutral, {quartiles};" in figures["pspi"].alternative

    def test_it_says_where_a_group_has_no_pair(self, own: Release) -> None:
        assert "old White man, none" in figures_of(compute(own))[0].alternative


class TestContactSheet:
    def test_both_labels_are_seen(self, figures: dict[str, Figure]) -> None:
        shown = [place["label"] for place in figures["contact_sheet"].inputs]
        assert 5 <= shown.count("pain") <= 15

    def test_other_pixels_are_other_inputs(self, drawn: Release) -> None:
        statistics = compute(drawn)
        before = figures_of(statistics)[0].digest
        cell, example = next(iter(statistics.pairs.examples.items()))
        for cell in statistics.pairs.examples:
            statistics.pairs.examples[cell] = with_other(example, sha256=("other", "faces"))
        assert figures_of(statistics)[0].digest != before

    def test_a_pair_that_is_lost_is_an_error(self, drawn: Release) -> None:
        statistics = compute(drawn)
        for cell, example in statistics.pairs.examples.items():
            statistics.pairs.examples[cell] = with_other(example, pair_id="nobody")
        with pytest.raises(ReleaseError, match="has lost nobody"):
            figures_of(statistics)[0].made(drawn)


def test_pain_scores_without_kinds_are_drawn_by_condition(own: Release, tmp_path: Path) -> None:
    rows = [
        {"pair_id": pair_id, "face": face, "pspi": None if face == "neutral" else 3.0, "annotator": who}
        for who in ("one", "two")
        for pair_id in pair_ids(own)
        for face in ("neutral", "expressive")
    ]
    release = annotated(own, tmp_path / "copy", "scores", rows)
    figure = figures_of(compute(release))[-1]
    assert figure.alternative.endswith(
        "One: no pain, 3.0, 3.0 to 3.0; pain, 3.0, 3.0 to 3.0. Two: no pain, 3.0, 3.0 to 3.0; pain, 3.0, 3.0 to 3.0."
    )
    assert picture(figure.made(release)).shape[0] > 400


class TestKinds:
    """Box plots of kinds of expression, as `own` is annotated with them."""

    def figure(self, own: Release, folder: Path, kinds: dict[str, str]) -> Figure:
        """That of scores for both faces of every pair, whose kinds are by face."""
        rows = [
            {"pair_id": pair_id, "face": face, "pspi": 2.0, "kind": kind, "annotator": "me"}
            for pair_id in pair_ids(own)
            for face, kind in kinds.items()
        ]
        return figures_of(compute(annotated(own, folder / "copy", "scores", rows)))[-1]

    def names(self, figure: Figure) -> list[str]:
        """What stands beside the boxes, but for the number of faces."""
        ((_, boxes),) = figure.inputs
        return [" / ".join(drawing.Box(**{**box, "summary": Summary(**box["summary"])}).lines[:-1]) for box in boxes]

    def test_a_kind_that_is_labelled_in_two_ways_has_a_box_of_each_by_another_name(
        self, own: Release, tmp_path: Path
    ) -> None:
        figure = self.figure(own, tmp_path, {"neutral": "calm", "expressive": "hurt"})
        assert self.names(figure) == ["calm", "hurt / labelled no pain", "hurt / labelled pain"]
        assert "hurt labelled no pain, 2.0, 2.0 to 2.0; hurt labelled pain, 2.0," in figure.alternative
        assert picture(figure.made(own)).shape[0] > 400

    def test_a_kind_that_is_seen_in_both_faces_too(self, own: Release, tmp_path: Path) -> None:
        figure = self.figure(own, tmp_path, {"neutral": "calm", "expressive": "calm"})
        assert self.names(figure) == ["calm / neutral face", "calm / labelled no pain", "calm / labelled pain"]

    def test_no_two_boxes_of_demo_faces_have_one_name(self, drawn: Release) -> None:
        names = self.names(figures_of(compute(drawn))[-1])
        assert len(set(names)) == len(names)
        assert not any("labelled" in name for name in names)

    def test_one_face_is_one_face_and_a_long_name_is_cut(self) -> None:
        assert drawing.Box("pain", "pain", Summary.of([1.0])).lines == ["pain", "(1 face)"]
        assert drawing.Box("x" * 99, "pain", Summary.of([1.0, 2.0])).lines == [f"{'x' * 15}…", "(2 faces)"]


def test_names_in_the_data_are_drawn_as_they_stand_however_long(own: Release, tmp_path: Path) -> None:
    rows = [
        {"pair_id": pair_id, "face": "expressive", "pspi": 1.0, "kind": "$x_1^2$ 痛み " * 9, "annotator": "$y" * 99}
        for pair_id in pair_ids(own)
    ]
    release = annotated(own, tmp_path / "copy", "scores", rows)
    pixels = picture(figures_of(compute(release))[-1].made(release)).astype(int)
    assert np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]).min() > 240


def test_bars_and_boxes_are_told_apart_without_colour() -> None:
    assert len(set(drawing.HATCHES.values())) == len(drawing.HATCHES)


def test_settings_of_matplotlib_change_nothing_and_stay_as_they_are(figures: dict[str, Figure], drawn: Release) -> None:
    import matplotlib as mpl

    plain = figures["balance"].made(drawn)
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "hatch.linewidth": 9}):
        assert figures["balance"].made(drawn) == plain
        assert mpl.rcParams["font.size"] == 30
