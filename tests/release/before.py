"""Releases as the versions before `identity` wrote them; what they wrote is frozen here."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from synpain_hf.release.release import Release
from tests.release.making import replace

COLUMNS = (
    "pair_id", "neutral", "expressive", "label", "age_group", "gender", "ethnicity", "fold", "provenance",
)  # fmt: skip


def as_before(folder: Path) -> Release:
    """Make a release, whose pairs each show another identity, one that an earlier version wrote.

    Its partitions lack the column, `release.json` has no field `columns`, and the digests are those of that version.
    """
    manifest = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    assert manifest.pop("columns") == ["identity"]
    digests: dict[str, str] = {}
    for name in [name for name in manifest["files"] if name.startswith("data/")]:
        table = pq.read_table(folder / name).select(COLUMNS)
        features = json.loads(table.schema.metadata[b"huggingface"])
        del features["info"]["features"]["identity"]
        table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
        digests |= {row["pair_id"]: _digest(row) for row in table.to_pylist()}
        replace(folder / name, b"")
        pq.write_table(table, folder / name, compression="none", row_group_size=8)
        manifest["files"][name] |= _record(folder / name)
    manifest["content"] = hashlib.sha256("\n".join(digests[key] for key in sorted(digests)).encode()).hexdigest()
    manifest["made_with"] = "synpain-hf 0.1.0"
    card = (folder / "README.md").read_text(encoding="utf-8")
    lines = [line for line in card.splitlines(keepends=True) if not line.startswith("| `identity` ")]
    replace(folder / "README.md", "".join(lines).encode())
    manifest["files"]["README.md"] = _record(folder / "README.md")
    replace(folder / "release.json", json.dumps(manifest).encode())
    return Release.open(folder)


def _digest(row: dict[str, Any]) -> str:
    plain = {
        column: hashlib.sha256(value["bytes"]).hexdigest() if column in ("neutral", "expressive") else value
        for column, value in row.items()
    }
    return hashlib.sha256(
        json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    ).hexdigest()


def _record(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
