"""Who shows whose expression: within folds, never their own, balanced, and by the seed alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synpain_hf.transferring.cast import Member
from synpain_hf.transferring.choosing import couples_of
from synpain_hf.vocabulary import CLASSES, GROUPS
from tests.transfer.making import person

LABELS = CLASSES["label"]

members = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(LABELS), st.sampled_from((*CLASSES["gender"], None))), max_size=25
).map(lambda each: [person(number, fold, label, gender=gender) for number, (fold, label, gender) in enumerate(each)])


@given(members, members, st.integers(1, 4), st.sampled_from([(), ("gender",)]), st.integers(0, 5))
def test_drivers_are_of_the_fold_and_groups_of_others_and_none_comes_twice(
    identities: list[Member], drivers: list[Member], per_identity: int, same: tuple[str, ...], seed: int
) -> None:
    couples, problems = couples_of(identities, drivers, per_identity, same, seed)
    for couple in couples:
        assert couple.identity.fold == couple.driver.fold
        assert couple.identity.identity != couple.driver.identity
        for column in same:
            assert couple.identity.groups[column] == couple.driver.groups[column] is not None
    pairs = [(couple.identity.pair_id, couple.driver.pair_id) for couple in couples]
    assert len(set(pairs)) == len(pairs)
    assert pairs == sorted(pairs)
    got = Counter(identity for identity, _ in pairs)
    assert {problem.pair_id for problem in problems} == {
        member.pair_id for member in identities if got[member.pair_id] < per_identity
    }


@given(members, st.integers(0, 5))
def test_the_order_in_which_members_come_makes_no_difference_to_who_gets_how_many(
    all_: list[Member], seed: int
) -> None:
    one, other = couples_of(all_, all_, 2, (), seed), couples_of(all_, all_, 2, (), seed)
    assert one == other


def test_another_seed_gives_other_drivers() -> None:
    people = [person(number, label=LABELS[number % 2]) for number in range(30)]
    assert couples_of(people, people, 1, (), 0)[0] != couples_of(people, people, 1, (), 1)[0]


@pytest.mark.parametrize("per_identity", [1, 3])
def test_drivers_are_taken_equally_often_and_labels_too(per_identity: int) -> None:
    identities = [person(100 + number) for number in range(20)]
    drivers = [person(number, label=LABELS[number % 2]) for number in range(10)]
    couples, problems = couples_of(identities, drivers, per_identity, (), 0)
    assert not problems
    used = Counter(couple.driver.pair_id for couple in couples)
    assert used.keys() == {driver.pair_id for driver in drivers}
    assert max(used.values()) - min(used.values()) <= (1 if per_identity == 1 else 2)  # none comes twice
    assert set(Counter(couple.driver.label for couple in couples).values()) == {10 * per_identity}


def test_a_rare_label_is_taken_as_often_as_the_other() -> None:
    identities = [person(100 + number) for number in range(12)]
    drivers = [person(number, label="pain" if number < 2 else "no_pain") for number in range(20)]
    couples, _ = couples_of(identities, drivers, 1, (), 0)
    assert Counter(couple.driver.label for couple in couples) == {"pain": 6, "no_pain": 6}


def test_who_finds_too_few_drivers_is_told_why() -> None:
    alone, of_three = person(1, fold=3), [person(number, fold=2) for number in (2, 3)]
    couples, problems = couples_of([alone, of_three[0]], [alone, *of_three], 2, (), 0)
    assert [couple.driver.pair_id for couple in couples] == ["p3"]
    assert sorted(problem.reason for problem in problems) == [
        "finds no driver in fold 3; give more drivers, or a smaller --per-identity",
        "finds only 1 of 2 drivers in fold 2; give more drivers, or a smaller --per-identity",
    ]


def test_an_unknown_group_is_like_no_other() -> None:
    people = [replace(person(number), groups=dict.fromkeys(GROUPS)) for number in range(4)]
    couples, problems = couples_of(people, people, 1, ("gender",), 0)
    assert not couples
    assert "in fold 0 of its gender;" in problems[0].reason
