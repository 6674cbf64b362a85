"""What can be fuzzed: the table."""

from __future__ import annotations

from collections.abc import Callable

from tests.fuzz.searching import Target
from tests.imaging.made import encoded, textured

SECRET = encoded(textured(160, 96, seed=99))
"""What stands beside the folder of an input: a picture that could be taken in."""

_LATE = ("datasets", "tests.fuzz.warm")


def _pictures() -> Target:
    from tests.fuzz import pictures

    return Target(pictures.make, pictures.DAMAGES, pictures.use)


def _clips() -> Target:
    from tests.fuzz import clips

    return Target(clips.make, clips.DAMAGES, clips.use)


def _zips() -> Target:
    from tests.fuzz import building

    return Target(building.zips, building.OF_ZIPS, building.build_zip, preload=_LATE)


def _manifests() -> Target:
    from tests.fuzz import building

    return Target(building.manifests, building.OF_MANIFESTS, building.build_manifest, links=True, preload=_LATE)


def _hdf5() -> Target:
    from tests.fuzz import hdf5

    return Target(hdf5.make, hdf5.DAMAGES, hdf5.build_hdf5, links=True, preload=(*_LATE, "h5py"))


def _releases() -> Target:
    from tests.fuzz import releases

    return Target(releases.make, releases.DAMAGES, releases.use, links=True, preload=_LATE)


def _models() -> Target:
    from tests.fuzz import models

    return Target(models.make, models.DAMAGES, models.use, preload=_LATE)


TARGETS: dict[str, Callable[[], Target]] = {
    "PICTURES": _pictures,
    "CLIPS": _clips,
    "ZIPS": _zips,
    "MANIFESTS": _manifests,
    "HDF5": _hdf5,
    "RELEASES": _releases,
    "MODELS": _models,
}
"""Each is imported when it is asked for: some need torch."""
