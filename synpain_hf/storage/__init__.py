"""The ground floor for everything that writes: what is written is whole and on the disk, or it is not there.

A program that writes a folder has it alone (`locked`), writes beside its place in a folder that only its owner can use
(`staged`, `replacing`, `scratch`), and moves it there in one step. What takes long is kept on the way
(`resumable_folder`). Nothing is written or removed through links.
"""

from __future__ import annotations

from synpain_hf.storage.exchange import exchange, restore
from synpain_hf.storage.files import PARTIAL, replacing_file, sha256_of, sync, sync_tree, write_atomically
from synpain_hf.storage.folders import StagedFolder, move, replacing, resumable_folder, scratch, staged, work_folder_of
from synpain_hf.storage.guards import (
    locked,
    refuse_link,
    refuse_undecodable,
    refuse_within_release,
    report_write_errors,
)
from synpain_hf.storage.shares import holding
from synpain_hf.storage.trees import carry, link_or_copy, remove_tree

__all__ = [
    "PARTIAL",
    "StagedFolder",
    "carry",
    "exchange",
    "holding",
    "link_or_copy",
    "locked",
    "move",
    "refuse_link",
    "refuse_undecodable",
    "refuse_within_release",
    "remove_tree",
    "replacing",
    "replacing_file",
    "report_write_errors",
    "restore",
    "resumable_folder",
    "scratch",
    "sha256_of",
    "staged",
    "sync",
    "sync_tree",
    "work_folder_of",
    "write_atomically",
]
