"""The change log of a release, on top of those before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from synpain_hf.errors import ReleaseError
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


class TestLinkedLog:
    """A release of somebody else's, whose change log leads elsewhere."""

    def test_a_link_to_another_file_is_refused_and_nothing_is_written(
        self, tmp_path: Path, good_manifest: Path, first: Release
    ) -> None:
        (tmp_path / "secret.txt").write_text("a secret")
        previous = copied(first.folder, tmp_path / "previous")
        (previous / "CHANGELOG.md").unlink()
        (previous / "CHANGELOG.md").symlink_to("../secret.txt")
        with pytest.raises(ReleaseError, match=r"CHANGELOG\.md is a link to a file that is not part of the release"):
            build(good_manifest / "pairs.csv", tmp_path / "out", version="1.0.1", previous=previous)
        assert not (tmp_path / "out").exists()

    def test_a_link_to_the_right_content_is_followed_as_in_the_cache_of_the_hub(
        self, tmp_path: Path, good_manifest: Path, first: Release
    ) -> None:
        previous = copied(first.folder, tmp_path / "previous")
        (previous / "CHANGELOG.md").rename(tmp_path / "blob")
        (previous / "CHANGELOG.md").symlink_to("../blob")
        second = build(good_manifest / "pairs.csv", tmp_path / "out", version="1.0.1", previous=previous)
        assert log_of(second).endswith(log_of(first).removeprefix("# Changelog\n"))


def test_a_log_that_is_not_text_is_named(tmp_path: Path, good_manifest: Path, first: Release) -> None:
    previous = copied(first.folder, tmp_path / "previous")
    replace(previous / "CHANGELOG.md", b"\xff\xfe\x00")
    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md is damaged \(.*\); build or download the release again"):
        build(good_manifest / "pairs.csv", tmp_path / "out", version="1.0.1", previous=previous)
