"""The tables of a card, as Markdown; every number in them comes from the statistics of a release."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synpain_hf.cards.columns import leaves
from synpain_hf.cards.quantities import Compared, as_score, as_share
from synpain_hf.cards.statistics import CONDITIONS, GROUP_NAMES, OVERALL, Annotations, PairCounts, Summary
from synpain_hf.cards.words import measure_words, words
from synpain_hf.configurations import EACH_PERSON
from synpain_hf.release.columns import is_list
from synpain_hf.release.release import Release
from synpain_hf.release.tables import table_of
from synpain_hf.text.markdown import Markdown, code, in_cell, shortened, table
from synpain_hf.text.plurals import count, plural
from synpain_hf.vocabulary import CLASSES, FACES, GROUPS

_MOST_GENERATORS = 10
_NO_PAIN, _PAIN = CLASSES["label"]
_KILO = 1000


def configurations(release: Release) -> Markdown:
    """How many rows each split of each configuration has."""
    return table(
        ["configuration", "rows of each split"],
        [(code(name), _splits(name, splits)) for name, splits in release.configurations().items()],
    )


def _splits(configuration: str, splits: Mapping[str, int]) -> str:
    if configuration == EACH_PERSON:
        persons, rows = count(len(splits), "split"), _range(list(splits.values()))
        return f"{persons}, one a person, of {rows} rows"
    return ", ".join(f"{split} {rows:,}" for split, rows in splits.items())


def columns(features: Mapping[str, Any], meanings: Mapping[str, str]) -> Markdown:
    """Every column, with its type and its meaning."""
    rows = [(code(name), _type(feature), in_cell(meanings[name])) for name, feature in leaves(features)]
    return table(["column", "type", "meaning"], rows)


def _type(feature: Any) -> str:
    names = getattr(feature, "names", None)
    if names:
        return ", ".join(f"{number} {name}" for number, name in enumerate(names))
    if is_list(feature):
        return f"list of {_type(feature.feature)}"
    return str(feature.dtype) if type(feature).__name__ == "Value" else type(feature).__name__


def cells(pairs: PairCounts) -> Markdown:
    """Pairs of each age group, gender, ethnicity and label."""
    return table(
        ["age group", "gender", "ethnicity", words(_NO_PAIN), words(_PAIN), "pairs"],
        [
            (words(age), words(gender), words(ethnicity), *_by_label(pairs, age, gender, ethnicity))
            for age, gender, ethnicity in pairs.demographic()
        ],
        numbers=3,
    )


def groups(pairs: PairCounts) -> Markdown:
    """Pairs of each group by itself, and how many of them show pain."""
    rows: list[Sequence[str]] = [("all", *_by_label(pairs), as_share(1), _pain_share(pairs))]
    for column in GROUPS:
        for name in pairs.groups(column):
            share = as_share(pairs.of(name) / pairs.total)
            rows.append((words(name), *_by_label(pairs, name), share, _pain_share(pairs, name)))
    return table(
        ["group", words(_NO_PAIN), words(_PAIN), "pairs", "share of pairs", "share with pain"], rows, numbers=1
    )


def _by_label(pairs: PairCounts, *group: str) -> list[str]:
    return [count(pairs.of(*group, _NO_PAIN)), count(pairs.of(*group, _PAIN)), count(pairs.of(*group))]


def _pain_share(pairs: PairCounts, *group: str) -> str:
    total = pairs.of(*group)
    return as_share(pairs.of(*group, _PAIN) / total) if total else "–"


def folds(pairs: PairCounts) -> Markdown:
    """Pairs of each fold and label."""
    numbers = sorted({fold for fold, _ in pairs.folds})
    rows = [(str(fold), pairs.folds[fold, _NO_PAIN], pairs.folds[fold, _PAIN]) for fold in numbers]
    return table(
        ["fold", words(_NO_PAIN), words(_PAIN), "pairs"],
        [(fold, count(no_pain), count(pain), count(no_pain + pain)) for fold, no_pain, pain in rows],
        numbers=1,
    )


def sizes(pairs: PairCounts) -> Markdown:
    """Width, height and weight of the faces."""
    rows = []
    for face in FACES:
        found = pairs.sizes[face]
        widths, heights = [width for width, _ in found], [height for _, height in found]
        weight = pairs.encoded_bytes[face] / pairs.total / _KILO
        rows.append((code(face), _range(widths), _range(heights), count(len(found)), f"{weight:,.0f} kB"))
    return table(["face", "width in pixels", "height in pixels", "different sizes", "mean file size"], rows, numbers=1)


def _range(numbers: Sequence[int]) -> str:
    least, greatest = min(numbers), max(numbers)
    return f"{least:,}" if least == greatest else f"{least:,} to {greatest:,}"


def gutters(pairs: PairCounts) -> str:
    """How many columns were left out between the faces, in words."""
    return _range(list(pairs.gutters))


def generators(pairs: PairCounts) -> Markdown:
    """Pairs by what made them: the most frequent ones, and the others together."""
    ordered = sorted(pairs.generators.items(), key=lambda item: (-item[1], item[0] or ""))
    shown, others = ordered[:_MOST_GENERATORS], ordered[_MOST_GENERATORS:]
    rows = [("not said" if name is None else shortened(name), count(number)) for name, number in shown]
    if others:
        rows.append((f"{len(others):,} others", count(sum(number for _, number in others))))
    return table(["generator", "pairs"], rows, numbers=1)


def together(annotations: Annotations) -> Iterator[tuple[str, Markdown]]:
    """The means of measures of one kind, such as action units, in each condition: what they are called, and a table."""
    shown = _conditions(annotations)
    for title, names in _kinds(annotations):
        found = {name: parts for name, parts in annotations.measures.items() if names.fullmatch(name)}
        if found:
            rows = [(name, *(_score(parts[part].mean) for part in shown)) for name, parts in found.items()]
            yield title, table(["mean of", *map(words, shown)], rows, numbers=1)


def _kinds(annotations: Annotations) -> Sequence[tuple[str, re.Pattern[str]]]:
    of = table_of(annotations.file)
    return of.together if of else ()


def measures(annotations: Annotations) -> Iterator[tuple[str, Markdown, Markdown]]:
    """Every other measure: over each kind of face, and its means in each group, where faces have kinds."""
    shown = _conditions(annotations)
    for name, parts in annotations.measures.items():
        if not any(names.fullmatch(name) for _, names in _kinds(annotations)):
            rows = [(words(part), *_cells(parts[part])) for part in OVERALL if part in parts]
            header = [plural(annotations.unit), "count", "missing", "mean", "median", "quartiles"]
            of_groups = [
                (words(group), *(_mean(annotations.groups[name].get((group, condition))) for condition in shown))
                for group in GROUP_NAMES
                if group in parts
            ]
            by_group = table(["mean of", *map(words, shown)], of_groups, numbers=1)
            yield measure_words(name), table(header, rows, numbers=1), by_group


def _conditions(annotations: Annotations) -> list[str]:
    """The conditions that were annotated; all measures of a file have the same."""
    return [condition for condition in CONDITIONS if any(condition in of for of in annotations.measures.values())]


def _mean(summary: Summary | None) -> str:
    """A mean, with the share of missing values where there are any."""
    if summary is None:
        return "–"
    missing = f" ({as_share(summary.missing / summary.count)} missing)" if summary.missing else ""
    return f"{_score(summary.mean)}{missing}"


def _cells(summary: Summary) -> list[str]:
    quartiles = f"{_score(summary.lower_quartile)} to {_score(summary.upper_quartile)}"
    known = summary.missing < summary.count
    return [
        count(summary.count),
        as_share(summary.missing / summary.count),
        _score(summary.mean),
        _score(summary.median),
        quartiles if known else "–",
    ]


def _score(number: float) -> str:
    return "–" if number != number else as_score(number)  # noqa: PLR0124 - not a number


def comparison(compared: Sequence[Compared], published_by: str) -> Markdown:
    """What was computed beside what was published, where something was."""
    rows = [(each.what, each.here, each.published, each.source) for each in compared if each.here]
    return table(["quantity", "this release", published_by, "where"], rows)
