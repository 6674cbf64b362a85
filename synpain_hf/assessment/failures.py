"""In which pictures is no face found, or one that nobody could use?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from synpain_hf.annotation.landmarks import FILE
from synpain_hf.assessment.identity import command
from synpain_hf.assessment.lent import Lent
from synpain_hf.assessment.section import Example, Row, Section, sides
from synpain_hf.release.tables.table import PAIR_ID
from synpain_hf.transferring.seen import Seen
from synpain_hf.validation.statistics.crossed import share_of_raters

_TITLE: Final = "Is a face found in every picture?"
_NAMED: Final = 5
_COLUMNS: Final = [PAIR_ID, "face", "faces", "yaw", "landmarks", "made_with"]


def failures(judged: Sequence[Lent]) -> tuple[Section, list[Example]]:
    """The share of pictures in which no face is found, or none that could be used, method by method.

    Args:
        judged: The releases, that of the truth among them.

    Returns:
        The section, and the first such pictures of each method.
    """
    rows, missing, examples = list[Row](), list[str](), list[Example]()
    for one in judged:
        if FILE not in one.release.files:
            missing.append(f"no landmarks are known of {one.release.folder}; run {command(one.release, 'mediapipe')}")
            continue
        seen = Seen.of(one.release.read(FILE, _COLUMNS), str(one.release.folder / FILE))
        pairs = list(one.pairs.values())
        reasons = [seen.why_not((pair.pair_id, "expressive")).partition(";")[0] for pair in pairs]
        whose, whence = sides(pairs)
        share = share_of_raters([bool(why) for why in reasons], whence, whose)
        rows.append(Row.made(one.label, "failed", pairs, share, by="mediapipe"))
        failed = [Example(one.label, pair.pair_id, why) for pair, why in zip(pairs, reasons, strict=True) if why]
        examples += failed[:_NAMED]
    return Section("failures", _TITLE, rows, missing), examples
