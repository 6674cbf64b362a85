"""The report: a dict that also gives data frames, tables and a picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .cells import TextTable
from .measure_tables import tables_of_measures
from .rendering import as_latex, as_markdown, as_text
from .tables import blocks, tables

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_COUNTS = ("n", "positives", "negatives", "clusters")
_METRICS = ("standard_error", "average_precision", "f1", "bpsn_auroc", "bnsp_auroc")
_OF_OVERLAPPING = ("subgroup_auroc", "bpsn_auroc", "bnsp_auroc", "positive_aeg", "negative_aeg")
_NO_COMPARISON = dict.fromkeys(("baseline_auroc", "difference", "interval", "p_value", "p_adjusted"))
_NO_GAP: dict[str, Any] = {
    **dict.fromkeys(("best", "worst", "difference", "difference_interval", "ratio", "test")),
    **dict.fromkeys(("equivalence", "detectable")),
    "generalised_mean": dict.fromkeys(("subgroup_auroc", "bpsn_auroc", "bnsp_auroc")),
    "reasons": {},
}
_LABELS = {
    "AUROC by group": "",
    "Gaps between groups": "-gaps",
    "Which groups differ": "-compared",
    "Overlapping groups": "-overlapping",
}
"""By the title of a table, what its label ends with."""
_NARROWEST = 48


class Report(dict[str, Any]):
    """What `subgroup_auroc` returns: a dict, as `schemas/metric_report.schema.json` describes it.

    A report that was written with `json.dump` is one again by `Report(**json.load(file))`.
    """

    def to_frame(self) -> pd.DataFrame:
        """The groups: a row for all rows together, then one for each group of each attribute and intersection.

        Returns:
            The columns attribute, group, positive (what that class is called), n, positives, negatives, auroc, low,
            high, standard_error, average_precision, f1, bpsn_auroc, bnsp_auroc and reason; with clusters also clusters
            (how many), and where models were compared baseline_auroc, difference, difference_low, difference_high,
            p_value and p_adjusted. What is not known is NaN, and the reason says why; F1 needs no reason where there
            is no threshold.
        """
        import pandas as pd

        rows = []
        for attribute, groups in blocks(self):
            for name, entry in groups.items():
                row = {
                    "attribute": attribute,
                    "group": name,
                    "positive": self["options"]["positive"],
                    **{count: entry[count] for count in _COUNTS if count in entry},
                }
                row |= {"auroc": entry["auroc"], **_bounds(entry["interval"])}
                row |= {metric: entry.get(metric) for metric in _METRICS}
                if self["options"]["compared"]:
                    row |= _flat_comparison(entry["comparison"])
                reasons = entry["reasons"] if self["options"]["threshold"] is not None else _but_f1(entry["reasons"])
                rows.append({**row, "reason": _in_words(reasons)})
        words = ("attribute", "group", "positive", "reason", *_COUNTS)
        frame: pd.DataFrame = pd.DataFrame(rows).astype({name: "float64" for name in rows[0] if name not in words})
        return frame

    def gaps_frame(self) -> pd.DataFrame:
        """How far groups lie apart: a row for each attribute and intersection.

        Returns:
            The columns attribute, best, best_auroc, worst, worst_auroc, difference, low, high, ratio, statistic,
            degrees_of_freedom, denominator_degrees_of_freedom, p_value, p_adjusted, equivalence_p_value, detectable,
            mean_subgroup_auroc, mean_bpsn_auroc, mean_bnsp_auroc (generalised means) and reason. What is not known is
            missing, and the reason says why.
        """
        import pandas as pd

        rows = [{"attribute": attribute, **_flat_gap(gap)} for attribute, gap in self["gaps"].items()]
        frame = pd.DataFrame(rows, columns=["attribute", *_flat_gap(_NO_GAP)])
        numbers = dict.fromkeys(frame.columns.difference(["attribute", "best", "worst", "reason"]), "float64")
        typed: pd.DataFrame = frame.astype(numbers)
        return typed

    def comparisons_frame(self) -> pd.DataFrame:
        """Which groups differ: a row for every group that is compared with the mean of the others, or a reference.

        Returns:
            The columns attribute, group, reference, difference, low, high, p_value, p_adjusted and detectable.
        """
        import pandas as pd

        rows = [
            {"attribute": attribute, "group": name, **_flat_compared(compared)}
            for attribute, gap in self["gaps"].items()
            for name, compared in gap["compared"].items()
        ]
        numbers = ["difference", "low", "high", "p_value", "p_adjusted", "detectable"]
        frame = pd.DataFrame(rows, columns=["attribute", "group", "reference", *numbers])
        typed: pd.DataFrame = frame.astype(dict.fromkeys(numbers, "float64"))
        return typed

    def overlapping_frame(self) -> pd.DataFrame:
        """Groups that overlap: a row for each.

        Returns:
            The columns group, n, positives, negatives, for each of subgroup_auroc, bpsn_auroc, bnsp_auroc, positive_aeg
            and negative_aeg its value, low and high (`bpsn_auroc_low`), and reason; with clusters also clusters.
        """
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for name, entry in self.get("overlapping", {"groups": {}})["groups"].items():
            row = {"group": name, **{count: entry[count] for count in _COUNTS if count in entry}}
            for metric in _OF_OVERLAPPING:
                row |= {metric: entry[metric]["value"], **_bounds(entry[metric]["interval"], f"{metric}_")}
            rows.append({**row, "reason": _in_words(entry["reasons"])})
        numbers = [f"{metric}{end}" for metric in _OF_OVERLAPPING for end in ("", "_low", "_high")]
        counts = [count for count in _COUNTS if count != "clusters" or any(count in row for row in rows)]
        frame = pd.DataFrame(rows, columns=["group", *counts, *numbers, "reason"])
        typed: pd.DataFrame = frame.astype(dict.fromkeys(numbers, "float64"))
        return typed

    def measures_frame(self) -> pd.DataFrame:
        """What is measured beside the AUROC: a row for each measure of all rows and of each group.

        Returns:
            The columns attribute, group, measure, value, low, high, effective (from how many rows or clusters) and
            reason.
        """
        import pandas as pd

        rows = [
            {
                "attribute": attribute,
                "group": name,
                "measure": measure,
                "value": found["value"],
                **_bounds(found["interval"]),
                "effective": found["effective"],
                "reason": found["reason"] or "",
            }
            for attribute, groups in blocks(self)
            for name, entry in groups.items()
            for measure, found in entry.get("measures", {}).items()
        ]
        numbers = dict.fromkeys(("value", "low", "high", "effective"), "float64")
        frame = pd.DataFrame(rows, columns=["attribute", "group", "measure", *list(numbers), "reason"])
        typed: pd.DataFrame = frame.astype(numbers)
        return typed

    def measure_gaps_frame(self) -> pd.DataFrame:
        """How far groups lie apart in these measures: a row for each attribute and measure.

        Returns:
            The columns attribute, measure, highest, lowest, difference, low, high, p_value, p_adjusted and reason.
        """
        import pandas as pd

        rows = []
        for attribute, of_attribute in self["gaps"].items():
            for measure, gap in of_attribute.get("measures", {}).items():
                row = {"attribute": attribute, "measure": measure}
                row |= {end: gap[end] and gap[end]["name"] for end in ("highest", "lowest")}
                row |= {"difference": gap["difference"], **_bounds(gap["difference_interval"])}
                rows.append(
                    {**row, **{p: gap[p] for p in ("p_value", "p_adjusted")}, "reason": _in_words(gap["reasons"])}
                )
        numbers = ["difference", "low", "high", "p_value", "p_adjusted"]
        frame = pd.DataFrame(rows, columns=["attribute", "measure", "highest", "lowest", *numbers, "reason"])
        typed: pd.DataFrame = frame.astype(dict.fromkeys(numbers, "float64"))
        return typed

    def to_markdown(self, digits: int = 3) -> str:
        """The groups, the gaps and which groups differ, as tables of GitHub's Markdown, with captions and footnotes.

        A column without any value is left out, such as F1 where there is no threshold. A single value that is not known
        is a dash with a footnote that says why, and a footnote to a value warns of it.

        Args:
            digits: After the decimal point.
        """
        return "\n\n".join(as_markdown(table) for table in self._tables(digits))

    def to_latex(self, digits: int = 3, label: str = "subgroup-auroc") -> str:
        """The groups, the gaps and which groups differ, as LaTeX tables that hold what `to_markdown` has.

        They need the packages booktabs and graphicx (a table wider than the line is scaled down to it). Names in other
        than Latin scripts need LuaLaTeX or XeLaTeX, and a font that has them.

        Args:
            digits: After the decimal point.
            label: The labels are `tab:{label}`, `tab:{label}-gaps`, `tab:{label}-compared` and
                `tab:{label}-overlapping`, and for what is measured beside the AUROC `tab:{label}-measures`,
                `tab:{label}-measures-2`, and so on.
        """
        found = [as_latex(table, f"tab:{label}{_LABELS[table.title]}") for table in tables(self, digits)]
        for number, table in enumerate(tables_of_measures(self, digits), 1):
            found.append(as_latex(table, f"tab:{label}-measures" + f"-{number}" * (number > 1)))
        return "\n\n".join(found)

    def to_text(self, width: int = 80, digits: int = 3) -> str:
        """The groups, the gaps and which groups differ, as text for a terminal.

        Columns that have no room beside the others stand below them; names that are too long are shortened.

        Args:
            width: Of the terminal, in columns; less than 48 is taken for 48.
            digits: After the decimal point.
        """
        width = max(width, _NARROWEST)
        return "\n\n".join(as_text(table, width) for table in self._tables(digits))

    def _tables(self, digits: int) -> Iterator[TextTable]:
        yield from tables(self, digits)
        yield from tables_of_measures(self, digits)

    def plot_gaps(self, attributes: Sequence[str] | None = None, ax: Axes | None = None) -> Axes:
        """A forest plot of the groups' AUROCs, see `forest.plot_gaps`.

        Args:
            attributes: Names of attributes or intersections; by default every attribute.
            ax: Where to draw; by default in a figure of its own.
        """
        from .forest import plot_gaps

        return plot_gaps(self, attributes, ax)


def _bounds(interval: Mapping[str, float] | None, prefix: str = "") -> dict[str, float | None]:
    return {f"{prefix}{end}": interval[end] if interval else None for end in ("low", "high")}


def _flat_comparison(comparison: Mapping[str, Any] | None) -> dict[str, Any]:
    found = comparison or _NO_COMPARISON
    return {
        "baseline_auroc": found["baseline_auroc"],
        "difference": found["difference"],
        **_bounds(found["interval"], "difference_"),
        "p_value": found["p_value"],
        "p_adjusted": found["p_adjusted"],
    }


def _flat_compared(compared: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: compared[name] for name in ("reference", "difference", "p_value", "p_adjusted", "detectable")}
    return plain | _bounds(compared["interval"])


def _flat_gap(gap: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for end in ("best", "worst"):
        flat |= {end: gap[end] and gap[end]["name"], f"{end}_auroc": gap[end] and gap[end]["auroc"]}
    flat |= {"difference": gap["difference"], **_bounds(gap["difference_interval"]), "ratio": gap["ratio"]}
    for name in ("statistic", "degrees_of_freedom", "denominator_degrees_of_freedom", "p_value", "p_adjusted"):
        flat[name] = gap["test"] and gap["test"][name]
    flat["equivalence_p_value"] = gap["equivalence"] and gap["equivalence"]["p_value"]
    flat["detectable"] = gap["detectable"]
    flat |= {f"mean_{name}": mean for name, mean in gap["generalised_mean"].items()}
    return {**flat, "reason": _in_words(gap["reasons"])}


def _but_f1(reasons: Mapping[str, str]) -> dict[str, str]:
    return {metric: reason for metric, reason in reasons.items() if metric != "f1"}


def _in_words(reasons: Mapping[str, str]) -> str:
    """Reasons in a sentence, each once, with what it is the reason for."""
    metrics: dict[str, list[str]] = {}
    for metric, reason in reasons.items():
        metrics.setdefault(reason, []).append(metric)
    return "; ".join(f"{', '.join(names)}: {reason}" for reason, names in metrics.items())
