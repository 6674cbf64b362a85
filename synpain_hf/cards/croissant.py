"""`croissant.json`: a release described to other tools, in Croissant 1.1 with the vocabulary of Croissant RAI 1.0.

Paths are relative to the file itself, so that a copy of the release loads wherever it is. The record sets are all
pairs, those of each split of `default`, and of the other tables each file, or all where they have the same columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synpain_hf.cards.facts import Facts
from synpain_hf.cards.planted import planted_in
from synpain_hf.cards.statistics import Statistics
from synpain_hf.release import tables
from synpain_hf.release.columns import is_list
from synpain_hf.release.layout import CROISSANT
from synpain_hf.release.release import Release
from synpain_hf.release.tables.table import Table
from synpain_hf.schemas import violations
from synpain_hf.text.plurals import count

_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The terms of Croissant 1.1, as its tools expect them."""

_VERSIONS = ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
_PARQUET = "application/x-parquet"
_SPLITS = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}
_TYPES = {
    "string": "sc:Text",
    "Image": "sc:ImageObject",
    "Video": "sc:VideoObject",
    "ClassLabel": "sc:Integer",
    "bool": "sc:Boolean",
    **{f"{sign}int{bits}": "sc:Integer" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": "sc:Float" for bits in (16, 32, 64)},
}
"""Croissant's types by those of `datasets`."""


def croissant(release: Release, facts: Facts, statistics: Statistics, meanings: Mapping[str, Mapping[str, str]]) -> str:
    """The text of `croissant.json`.

    Args:
        release: The release.
        facts: What is known of its data set.
        statistics: What was computed from it.
        meanings: What each column means, by the file that it is in, or for the pairs by the name of their table.
    """
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": _VERSIONS,
        **_stated(_about(release, facts)),
        **_stated(_responsibly(release, facts, statistics)),
        "distribution": list(_distribution(release)),
        "recordSet": list(_record_sets(release, statistics, meanings)),
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def check_keys(document: dict[str, Any]) -> None:
    """Refuse in a document what Croissant does not know: its tools would drop it silently.

    Raises:
        ValueError: If a key is unknown, or a value has another form.
    """
    wrong = violations("croissant", document)
    if wrong:
        raise ValueError(f"{CROISSANT} would not be valid: {'; '.join(wrong)}")


def _stated(about: Mapping[str, Any]) -> dict[str, Any]:
    """What the facts state; the rest is left out."""
    return {name: value for name, value in about.items() if value not in (None, "", [])}


def _about(release: Release, facts: Facts) -> dict[str, Any]:
    paper = facts["paper"]
    return {
        "name": facts["name"],
        "alternateName": facts["pretty_name"],
        "description": facts["summary"],
        "version": release.version,
        "datePublished": facts["published"],
        "license": facts["licence"]["url"],
        "url": facts["homepage"],
        "sameAs": paper["url"] if paper else None,
        "creator": [
            {
                "@type": "sc:Organization" if author.get("kind") == "organization" else "sc:Person",
                "name": author["name"],
                **({"url": author["url"]} if "url" in author else {}),
            }
            for author in facts["authors"]
        ],
        "keywords": facts["tags"],
        "inLanguage": facts["languages"],
        "citeAs": "\n\n".join(reference.text for reference in facts.cited),
        "isLiveDataset": False,
    }


def _responsibly(release: Release, facts: Facts, statistics: Statistics) -> dict[str, Any]:
    """The data set in the words of Croissant RAI."""
    generation, annotation, maintenance = (facts[name] or {} for name in ("generation", "annotation", "maintenance"))
    tools = [*annotation.get("tools", ()), *(each.annotator for each in statistics.annotations if each.annotator)]
    rejected = release.manifest["pairs"]["rejected"]
    missing = f"Rejected from the source: {count(rejected, 'pair')}. Null stands for what is not known."
    return {
        "rai:dataCollection": " ".join(generation[part] for part in ("faces", "prompts") if part in generation),
        "rai:dataCollectionType": generation.get("kinds"),
        "rai:dataCollectionMissingData": missing,
        "rai:dataPreprocessingProtocol": _listed(facts["curation"]),
        "rai:dataAnnotationProtocol": _listed(annotation.get("process")),
        "rai:machineAnnotationTools": list(dict.fromkeys(tools)),
        "rai:dataBiases": [
            *(facts["biases"] or ()),
            *(f"Planted on purpose: {bias.text}" for bias in planted_in(release)),
        ],
        "rai:dataLimitations": [
            *(facts["limitations"] or ()),
            *(f"Not meant: {use}" for use in facts["out_of_scope"] or ()),
        ],
        "rai:dataUseCases": facts["uses"],
        "rai:dataSocialImpact": facts["social_impact"],
        "rai:personalSensitiveInformation": [*(facts["sensitive_information"] or ()), *_listed(facts["privacy"])],
        "rai:hasSyntheticData": facts["synthetic"],
        "rai:dataReleaseMaintenancePlan": maintenance.get("plan"),
    }


def _listed(text: str | None) -> list[str]:
    """A text as a list of it; an empty one where there is none."""
    return [text] if text else []


def _distribution(release: Release) -> Iterator[dict[str, Any]]:
    for name, record in release.files.items():
        if name.endswith(".parquet"):
            yield {
                "@type": "cr:FileObject",
                "@id": name,
                "name": name,
                "contentUrl": name,
                "contentSize": f"{record['bytes']} B",
                "encodingFormat": _PARQUET,
                "sha256": record["sha256"],
            }
    for name, patterns in _patterns(release).items():
        yield {
            "@type": "cr:FileSet",
            "@id": f"{name}-files",
            "name": f"{name}-files",
            "description": f"The Parquet files of the record set {name}.",
            "encodingFormat": _PARQUET,
            "includes": patterns,
        }


def _patterns(release: Release) -> dict[str, list[str]]:
    """The files of each record set: all pairs, the splits of `default`, and the other tables."""
    base = tables.base_table()
    files = release.files_of(base)
    (everything,) = base.patterns("all", files).values()
    others: dict[str, list[str]] = {}
    for table in tables.joined_tables():
        found = release.files_of(table)
        if table.columns_may_differ:
            others |= {_without_suffix(file): [file] for file in found}
        elif found:
            others[table.name] = found
    return {base.name: everything, **base.patterns("default", files), **others}


def _without_suffix(file: str) -> str:
    return file.removesuffix(".parquet")


def _record_sets(
    release: Release, statistics: Statistics, meanings: Mapping[str, Mapping[str, str]]
) -> Iterator[dict[str, Any]]:
    patterns, base = _patterns(release), tables.base_table().name
    yield _splits([name for name in _SPLITS if name in patterns])
    described = {
        (_without_suffix(file) if one.columns_may_differ else one.name): (file, one)
        for file in statistics.features
        if (one := tables.table_of(file))
    }
    for name in patterns:
        file, table = described.get(name, (base, tables.base_table()))
        yield {
            "@type": "cr:RecordSet",
            "@id": name,
            "name": name,
            "description": _told(name, table),
            **({"key": {"@id": f"{name}/pair_id"}} if file == base else {}),
            "field": [
                _field(name, column, feature, meanings[file], [])
                for column, feature in statistics.features[file].items()
            ],
        }


def _told(name: str, table: Table) -> str:
    if table is tables.base_table():
        return "All pairs." if name == table.name else f"The split {name} of default."
    return f"What {name}.parquet says of the pairs." if table.columns_may_differ else f"All {name}."


def _splits(names: Sequence[str]) -> dict[str, Any]:
    """The splits of `default`, as Croissant names their roles."""
    kinds = {"name": "sc:Text", "url": "sc:URL"}
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "The splits of default; the pairs of each are the record set of the same name.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": f"splits/{name}", "name": name, "dataType": kind}
            for name, kind in kinds.items()
        ],
        "data": [{"splits/name": name, "splits/url": _SPLITS[name]} for name in names],
    }


def _field(
    record_set: str, column: str, feature: Any, meanings: Mapping[str, str], above: Sequence[str]
) -> dict[str, Any]:
    path = [*above, column]
    named = {"@type": "cr:Field", "@id": f"{record_set}/{'/'.join(path)}", "name": column}
    if isinstance(feature, Mapping):
        inner = [_field(record_set, name, kind, meanings, path) for name, kind in feature.items()]
        return {**named, "description": meanings[column], "subField": inner}
    listed = feature.feature if is_list(feature) else None
    feature = listed or feature
    kind = type(feature).__name__
    names = getattr(feature, "names", None)
    classes = f" {', '.join(f'{number} is {name}' for number, name in enumerate(names))}." if names else ""
    inside = ".".join([*path[1:], *(["bytes"] if kind in ("Image", "Video") else [])])
    return {
        **named,
        "description": meanings[".".join(path)] + classes,
        "dataType": _TYPES[feature.dtype if kind == "Value" else kind],
        **({"isArray": True, "arrayShape": "-1"} if listed else {}),
        "source": {
            "fileSet": {"@id": f"{record_set}-files"},
            "extract": {"column": path[0]},
            **({"transform": {"jsonPath": inside}} if inside else {}),
        },
    }
