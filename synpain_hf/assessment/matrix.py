"""Which identities and drivers the picture of a report shows: a few that have many pairs with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from synpain_hf.assessment.lent import Lent, LentPair, Origins

IDENTITIES: Final = 3
DRIVERS: Final = 4
"""How many are shown at most."""

_BEGINNINGS: Final = 50
_ROUNDS: Final = 3

Link = tuple[str, str]
"""An identity and a driver."""


@dataclass(frozen=True)
class Matrix:
    """Which identities and drivers are shown.

    Attributes:
        identities: In rows.
        drivers: In columns: the pairs of the drivers' release, or the drivers' names where that is not known.
        cells: The id of the pair of an identity with a driver.
    """

    identities: Sequence[str]
    drivers: Sequence[str]
    cells: Mapping[Link, str]


def matrix_of(judged: Sequence[Lent], origins: Origins | None) -> Matrix:
    """Identities and drivers that have many pairs with each other; where none have, some of either.

    Args:
        judged: The releases.
        origins: What their pairs were made of; None where it is not known.
    """
    pairs = {pair.pair_id: pair for one in judged for pair in one.pairs.values()}
    links = {(pair.identity, _driver(pair, origins)): pair_id for pair_id, pair in sorted(pairs.items())}
    beginnings = [driver for driver, _ in Counter(driver for _, driver in links).most_common(_BEGINNINGS)]
    tried = [_around(driver, list(links)) for driver in beginnings]
    identities, drivers = max(tried, key=lambda one: sum(who in one[0] and what in one[1] for who, what in links))
    identities = _filled(identities, [who for who, _ in links], IDENTITIES)
    drivers = _filled(drivers, [what for who, what in links if who in identities], DRIVERS)
    cells = {link: pair_id for link, pair_id in links.items() if link[0] in identities and link[1] in drivers}
    return Matrix(identities, drivers, cells)


def _around(driver: str, links: Sequence[Link]) -> tuple[list[str], list[str]]:
    """Identities and drivers that have many pairs with each other, found from one driver."""
    identities, drivers = list[str](), [driver]
    for _ in range(_ROUNDS):
        identities = _most([who for who, what in links if what in drivers], IDENTITIES)
        drivers = _most([what for who, what in links if who in identities], DRIVERS)
    return identities, drivers


def _most(names: Sequence[str], most: int) -> list[str]:
    return sorted(name for name, _ in Counter(names).most_common(most))


def _filled(chosen: Sequence[str], names: Sequence[str], most: int) -> list[str]:
    """Those chosen, and others as far as there is room."""
    return list(dict.fromkeys([*chosen, *names]))[:most]


def _driver(pair: LentPair, origins: Origins | None) -> str:
    couple = None if origins is None else origins.couples.get(pair.pair_id)
    return pair.driver if couple is None else couple.driver.pair_id
