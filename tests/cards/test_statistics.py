"""What is computed from a release, against the same computed in another way."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.cards.statistics import SLICES, Summary, compute
from synpain_hf.errors import ReleaseError
from synpain_hf.release.build import build
from synpain_hf.release.layout import record_of
from synpain_hf.release.release import Release
from synpain_hf.vocabulary import CLASSES
from tests.cards.making import annotated, pair_ids, with_files
from tests.imaging.made import decoded
from tests.release.making import copied, manifest_rows, rows_of, write_manifest


class TestPairs:
    def test_they_are_counted_as_the_rows_say(self, drawn: Release) -> None:
        pairs, rows = compute(drawn).pairs, rows_of(drawn)
        assert pairs.total == len(rows)
        for column, names in CLASSES.items():
            counts = Counter(row[column] for row in rows.values())
            assert [pairs.of(name) for name in names] == [counts[number] for number in range(len(names))]
        assert sum(pairs.folds.values()) == pairs.seeds == len(rows)
        widths = Counter(row["provenance"]["gutter_stop"] - row["provenance"]["gutter_start"] for row in rows.values())
        assert pairs.gutters == widths

    @pytest.mark.parametrize("encoding", ["png", "webp", "jpeg"])
    def test_sizes_are_those_of_the_decoded_faces_whatever_their_encoding(self, encoding: str, tmp_path: Path) -> None:
        manifest = write_manifest(tmp_path, manifest_rows(3))
        release = build(manifest, tmp_path / "release", version="1.0.0", encoding=encoding)
        pairs = compute(release).pairs
        for face in ("neutral", "expressive"):
            faces = [row[face]["bytes"] for row in rows_of(release).values()]
            assert pairs.sizes[face] == Counter(decoded(data).shape[1::-1] for data in faces)
            assert pairs.encoded_bytes[face] == sum(map(len, faces))

    def test_the_example_of_a_cell_is_the_pair_whose_id_comes_first(self, drawn: Release) -> None:
        rows = rows_of(drawn)
        for cell, example in compute(drawn).pairs.examples.items():
            age, gender, ethnicity, label = cell
            alike = [
                pair_id
                for pair_id, row in rows.items()
                if (age, gender, ethnicity, label)
                == tuple(CLASSES[column][row[column]] for column in ("age_group", "gender", "ethnicity", "label"))
            ]
            assert example.pair_id == min(alike)

    def test_progress_is_told_to_the_end(self, own: Release) -> None:
        told: list[tuple[str, int, int]] = []
        compute(own, lambda *each: told.append(each))
        assert told[-1] == ("card", 12, 12)


class TestSummary:
    @given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1))
    def test_it_is_that_of_the_known_values(self, values: list[float]) -> None:
        summary = Summary.of(values)
        known = sorted(value for value in values if value == value)
        assert (summary.count, summary.missing) == (len(values), len(values) - len(known))
        if known:
            assert summary.least == known[0]
            assert summary.greatest == known[-1]
            assert summary.lower_quartile <= summary.median <= summary.upper_quartile
            assert summary.median == pytest.approx(float(np.median(known)))
            assert summary.mean == pytest.approx(sum(known) / len(known), abs=1e-6)

    def test_of_nothing_known_it_is_not_a_number(self) -> None:
        assert np.isnan([Summary.of([float("nan")]).mean, Summary.of([float("nan")]).median]).all()


class TestAnnotations:
    def test_each_slice_holds_its_faces(self, drawn: Release) -> None:
        (found,) = compute(drawn).annotations
        rows = rows_of(drawn)
        table = pq.read_table(drawn.folder / found.file).to_pylist()
        scores = {
            "neutral": [row["pspi"] for row in table if row["face"] == 0],
            "pain": [row["pspi"] for row in table if row["face"] == 1 and rows[row["pair_id"]]["label"] == 1],
            "old": [row["pspi"] for row in table if rows[row["pair_id"]]["age_group"] == 1],
        }
        for name, values in scores.items():
            assert found.measures["pspi"][name] == Summary.of(values)
        assert set(found.measures["pspi"]) == set(SLICES)

    def test_kinds_are_told_with_their_condition(self, drawn: Release) -> None:
        (found,) = compute(drawn).annotations
        assert {condition for kind, condition in found.kinds["pspi"] if kind == "happy"} == {"no_pain"}
        assert ("pain", "pain") in found.kinds["pspi"]

    def test_one_of_a_pair_that_is_not_there_is_an_error(self, own: Release, tmp_path: Path) -> None:
        rows = [{"pair_id": "nobody", "likeness": 0.5}]
        with pytest.raises(ReleaseError, match="annotates nobody, which the release does not have"):
            compute(annotated(own, tmp_path / "copy", "likeness", rows))


class TestDamage:
    def test_other_rows_than_release_json_says_are_an_error(self, own: Release, tmp_path: Path) -> None:
        folder = copied(own.folder, tmp_path / "copy")
        name = own.partitions[0].path
        with pytest.raises(ReleaseError, match=r"not as release\.json says"):
            compute(with_files(folder, {name: {**own.files[name], "rows": 7}}))

    def test_so_are_other_annotations(self, own: Release, tmp_path: Path) -> None:
        rows = [{"pair_id": pair_id, "likeness": 0.5} for pair_id in pair_ids(own)]
        release = annotated(own, tmp_path / "copy", "likeness", rows)
        name = "annotations/likeness.parquet"
        with pytest.raises(ReleaseError, match=r"has other rows than release\.json says"):
            compute(with_files(release.folder, {name: {**release.files[name], "rows": 7}}))

    def test_a_face_that_is_no_picture_is_an_error(self, own: Release, tmp_path: Path) -> None:
        folder = copied(own.folder, tmp_path / "copy")
        path = folder / own.partitions[0].path
        table = pq.read_table(path)
        rows = [{**row, "neutral": {"bytes": b"none", "path": "x.png"}} for row in table.to_pylist()]
        path.unlink()
        pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
        release = with_files(folder, {own.partitions[0].path: {**record_of(path), "rows": len(rows)}})
        with pytest.raises(ReleaseError, match=r"is damaged \(has a face that is not a PNG file"):
            compute(release)
