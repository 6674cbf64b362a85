"""Whether the label is spread evenly over the groups, and every cell has pairs."""

from __future__ import annotations

from collections import Counter
from itertools import product

from synpain_hf.release.release import Release
from synpain_hf.text.plurals import count
from synpain_hf.validation.checks.check import Found, judged
from synpain_hf.validation.faces import Faces
from synpain_hf.validation.statistics.comparisons import holm
from synpain_hf.validation.statistics.proportions import same_shares
from synpain_hf.vocabulary import CLASSES, GROUPS

_LARGEST_SPREAD = 0.2
"""How far shares of pain may lie apart before a group alone says much of the label."""

_LEVEL = 0.05


def balance(release: Release, faces: Faces) -> Found:  # noqa: ARG001 - looks at pairs alone
    """The share of pain is compared between the groups of each attribute; empty cells are counted."""
    shares, tests = {}, {}
    for column in GROUPS:
        sizes = Counter(group for pair in faces.pairs if (group := pair.groups[column]) is not None)
        pain = Counter(group for pair in faces.pairs if pair.label == "pain" and (group := pair.groups[column]))
        if len(sizes) > 1:
            names = sorted(sizes)
            shares[column] = {group: pain[group] / sizes[group] for group in names}
            tests[column] = same_shares([pain[group] for group in names], [sizes[group] for group in names])
    corrected = dict(zip(tests, holm([test.p for test in tests.values()]), strict=True))
    failures: list[str] = []
    warnings: list[str] = []
    for column, by_group in shares.items():
        least, most = min(by_group, key=by_group.__getitem__), max(by_group, key=by_group.__getitem__)
        told = (
            f"the share of pain differs by {column}: {by_group[least]:.0%} of {least}, {by_group[most]:.0%} of {most}, "
            "so that the group alone says something of the label; add the pairs that are missing, or weight them"
        )
        if corrected[column] < _LEVEL:
            (failures if by_group[most] - by_group[least] > _LARGEST_SPREAD else warnings).append(told)
    empty = _empty_cells(faces)
    if empty:
        warnings.append(f"{count(len(empty), 'cell')} without pairs ({'; '.join(empty[:3])}); add pairs of them")
    numbers = {"share_of_pain": shares, "p": corrected, "empty_cells": len(empty), "cells": _cells(faces)}
    if not shares:
        reason = "no attribute has two groups that are known; say the groups of each identity, and build again"
        return Found("not made", [reason], numbers)
    return judged(failures, warnings, numbers)


def _cells(faces: Faces) -> dict[str, int]:
    counts = Counter((pair.label, *(pair.groups[column] or "unknown" for column in GROUPS)) for pair in faces.pairs)
    return {"-".join(cell): number for cell, number in sorted(counts.items())}


def _empty_cells(faces: Faces) -> list[str]:
    """The cells of groups that occur, without a pair of some label."""
    there = {column: {pair.groups[column] for pair in faces.pairs} - {None} for column in GROUPS}
    if not all(there.values()):
        return []
    names = [[group for group in CLASSES[column] if group in there[column]] for column in GROUPS]
    found = {(pair.label, *(pair.groups[column] for column in GROUPS)) for pair in faces.pairs}
    return [" ".join(cell) for cell in product(CLASSES["label"], *names) if cell not in found]
