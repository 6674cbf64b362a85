"""The change log of a release, on top of those before it."""

from __future__ import annotations

from pathlib import Path

from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from tests.release.making import copied, manifest_rows, picture, replace, write_manifest


def log_of(release: Release) -> str:
    return (release.folder / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_first_release_says_that_it_is_the_first(first: Release) -> None:
    assert log_of(first) == "# Changelog\n\n## 1.0.0\n\n### Added\n\n- 12 pairs, the first release.\n"


def test_each_release_stands_on_top_of_the_log_of_the_previous_one(
    tmp_path: Path, good_manifest: Path, first: Release
) -> None:
    source = copied(good_manifest, tmp_path / "source")
    rows = manifest_rows(15)
    replace(source / "pairs.csv", b"")
    manifest = write_manifest(source, rows)
    second = build(manifest, tmp_path / "second", version="1.1.0", previous=first.folder)

    replace(source / rows[0]["composite"], picture(100))
    replace(source / rows[1]["composite"], picture(101))
    write_manifest(source, rows[:-1])
    third = build(manifest, tmp_path / "third", version="2.0.0", previous=second.folder)

    same = build(manifest, tmp_path / "fourth", version="2.0.1", previous=third.folder)

    assert log_of(same) == (
        "# Changelog\n"
        "\n## 2.0.1\n\nNo row and no column changed.\n"
        "\n## 2.0.0\n"
        "\n### Changed\n\n- 2 pairs with other pixels.\n- 2 pairs with another provenance.\n"
        "\n### Removed\n\n- 1 pair removed.\n"
        "\n## 1.1.0\n"
        "\n### Added\n\n- 3 pairs added.\n"
        "\n## 1.0.0\n"
        "\n### Added\n\n- 12 pairs, the first release.\n"
    )
    assert log_of(same).endswith(log_of(third).removeprefix("# Changelog\n"))


def test_a_release_without_a_previous_one_starts_a_new_log(tmp_path: Path, good_manifest: Path) -> None:
    release = build(good_manifest / "pairs.csv", tmp_path / "release", version="3.1.4")
    assert log_of(release).count("## ") == 2
    assert "## 3.1.4\n" in log_of(release)
