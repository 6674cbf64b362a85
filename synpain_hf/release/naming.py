"""What a data set may be called, so that `load_dataset` finds it by its name and finds nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable

from synpain_hf.errors import UsageError
from synpain_hf.release.layout import NAME
from synpain_hf.text.values import shown

NAMES = {"unbc": "unbc", "3dpain": "pain3d", "biovid": "biovid", "clips": "clips"}
"""What a data set is called by the kind of its source; one of any other kind is called `synpain`."""

FORMATS = frozenset((
    "arrow", "audiofolder", "conll", "csv", "eval", "fasta", "fastq", "genbank", "harbor", "hdf5", "iceberg",
    "imagefolder", "json", "lance", "meshfolder", "mmcif", "niftifolder", "pandas", "parquet", "pdb", "pdffolder",
    "text", "tsfile", "videofolder", "vortex", "webdataset", "xml",
))  # fmt: skip
"""Names that mean a format to `load_dataset`, even if there is a folder of that name."""

_FOLDERS = frozenset(("buckets", "cache", "downloads", "generator", "spark", "sql"))
"""Names of folders that `datasets` itself makes in its cache, or reads on the Hub."""

_DEVICES = frozenset(("aux", "con", "nul", "prn", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))))

_FORM = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_LONGEST = 60

_REASONS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda name: not _FORM.fullmatch(name), "and may have lower-case letters, digits and _ only, with a letter first"),
    (lambda name: len(name) > _LONGEST, f"and may have {_LONGEST} characters at most"),
    (lambda name: "___" in name, "where ___ would mean the / between a namespace and a name on the Hub"),
    (lambda name: name in FORMATS, "which load_dataset would take for a format"),
    (lambda name: name in _FOLDERS, "which datasets uses for a folder of its own"),
    (lambda name: name in _DEVICES, "which is the name of a device on Windows"),
)
"""Why a name will not do, in the order in which they are told."""


def wrong_with(name: str) -> str:
    """Why a data set cannot be called so, to stand after the name; empty where it can."""
    return next((reason for applies, reason in _REASONS if applies(name)), "")


def check_name(name: str) -> None:
    """Refuse a name under which `load_dataset` would not find a data set, or not on every machine.

    Args:
        name: The name, such as `my_faces`.

    Raises:
        UsageError: If a data set cannot be called so.
    """
    if reason := wrong_with(name):
        raise UsageError(f"is {shown(name)!r}, {reason}; give another, such as my_faces", "name")


def name_by(kind: str) -> str:
    """What a data set is called where it is given no name.

    Args:
        kind: The kind of its source.
    """
    return NAMES.get(kind, NAME)
