# ruff: noqa: F401
"""`subgroup_auroc` as a metric of the library `evaluate`: rows can be added bit by bit, and by several processes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import datasets
import evaluate

# Every module of this folder stands here, used or not: `evaluate.load` copies those alone that the script names itself,
# and takes a comment behind such an import for an address.
from .arrays import as_floats
from .audit import add_measures
from .bootstrap import resample
from .borkan import generalised_mean
from .calibration import calibration_errors
from .cautions import cautions
from .cells import fixed
from .citation import CITATION
from .comparisons import equivalence
from .compute import subgroup_auroc
from .control import controlled
from .curves import bands
from .delong import covariance
from .differences import pairs
from .entries import entries
from .errors import InputError
from .estimates import estimate
from .families import measure
from .forest import plot_gaps
from .gap_tables import of_gaps
from .gaps import gap
from .inference import equality
from .inputs import read
from .labels import read_labels
from .measure_tables import tables_of_measures
from .measured import Measured
from .members import read_members
from .multiclass import one_against_the_rest
from .options import Options
from .overlapping import of_overlapping
from .overlapping_table import overlapping_table
from .packing import pack, unpack
from .partial import partial_auroc
from .plots import plot_roc
from .rates import rates
from .recalibration import recalibration
from .reliability import plot_reliability
from .rendering import as_text
from .report import Report
from .resampled import resampled
from .roc import rank
from .score import score_interval
from .shared_rows import shared_rows
from .style import new_figure
from .tables import tables
from .thresholds import choose
from .units import gather

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DESCRIPTION = """\
AUROC of all rows and of every group (by gender, by age, by both, by any other attributes), each with a confidence
interval that holds where positives are rare, and how far the groups lie apart: best and worst group, their difference
with an interval, tests that all groups are equal or within a margin, each group against the rest, and the subgroup,
BPSN and BNSP AUROC of Borkan et al. A metric that cannot be computed for a group is None, and the reason stands beside
it.
"""

_INPUTS = """
Args:
    references: The labels, one a row: two values of any kind.
    scores: The scores, one a row, higher for positive. `predictions` is taken for them where `scores` is not given.
    groups: The group of every row in any number of attributes: columns (a mapping from names to sequences, a data
        frame, a table, a data set, whose ClassLabels show their names), or one mapping a row. To `add`, one mapping.
    **options: `positive`, `depth`, `interval`, `clusters`, … as `subgroup_auroc` has them; to `compute`, or to
        `evaluate.load`, which holds for every `compute` that does not say otherwise.

Returns:
    A nested dict that `json.dumps` takes: `overall`, `groups`, `intersections`, `gaps`, `options`, `version`. It is a
    `Report`, which also has `to_frame()`, `to_markdown()`, `to_latex()`, `to_text()` and `plot_gaps()`.

Example:
    >>> import evaluate
    >>> metric = evaluate.load("subgroup_auroc")
    >>> report = metric.compute(
    ...     references=["pain", "none", "pain", "none", "pain", "none", "pain", "none"],
    ...     scores=[0.9, 0.2, 0.6, 0.1, 0.4, 0.5, 0.8, 0.3],
    ...     groups={"age": ["young", "young", "young", "young", "old", "old", "old", "old"]},
    ...     positive="pain",
    ...     min_group_size=1,
    ...     min_class_size=2,
    ... )
    >>> report["groups"]["age"]["old"]["auroc"]
    0.75
    >>> report["gaps"]["age"]["worst"]
    {'name': 'old', 'auroc': 0.75}
"""

_OPTIONS = tuple(
    name for name in inspect.signature(subgroup_auroc).parameters if name not in ("references", "scores", "groups")
)


class SubgroupAUROC(evaluate.Metric):  # type: ignore[misc]
    """AUROC of all rows and of every group, with intervals, and how far the groups lie apart.

    Args:
        **arguments: Those of `evaluate.Metric`, and options of `subgroup_auroc`, which hold for every `compute` that
            does not say otherwise. `seed` is the bootstrap's.

    Attributes:
        Options: The options with their defaults, meanings and values, as a dataclass.

    Raises:
        InputError: A ValueError, if there is no such option.
    """

    Options = Options
    plot_gaps = staticmethod(plot_gaps)
    one_against_the_rest = staticmethod(one_against_the_rest)

    def __init__(self, **arguments: Any):
        known = inspect.signature(evaluate.Metric).parameters
        own = {name: value for name, value in arguments.items() if name in _OPTIONS or name not in known}
        super().__init__(**{name: value for name, value in arguments.items() if name not in own})
        self._defaults = _checked(own)
        self._refused: dict[str, Any] = {}

    def compute(
        self, *, predictions: Any = None, references: Any = None, scores: Any = None, groups: Any = None, **options: Any
    ) -> Report | None:
        """Report on the rows that were added, and those that are given here.

        Args:
            predictions: Taken for the scores where those are not given.
            references: The labels, shape (rows,).
            scores: The scores, shape (rows,).
            groups: The group of every row, as columns or as one mapping a row.
            **options: Those of `subgroup_auroc`.

        Returns:
            The report; None in a process that is not the first of several.

        Raises:
            InputError: A ValueError, if the input cannot be used. Rows that were added are not lost: until others are,
                `compute` can be called again with other options.
        """
        options = self._defaults | _checked(options)
        rows = _rows(references, scores, predictions, groups)
        report: Report | InputError | None
        if self.writer is not None or (rows and self.num_process > 1):
            report = super().compute(**rows, **options)
        elif rows:
            report = subgroup_auroc(**rows, **options)  # all rows are here: nothing to store
        elif self._refused:
            report = self._compute(**self._refused, **options)
        else:
            raise InputError("there are no rows: give references and scores, or add them first with add or add_batch")
        if isinstance(report, InputError):
            raise report
        self._refused = {}
        return report

    def add_batch(
        self, *, predictions: Any = None, references: Any = None, scores: Any = None, groups: Any = None
    ) -> None:
        """Add rows.

        Args:
            predictions: Taken for the scores where those are not given.
            references: The labels, shape (rows,).
            scores: The scores, shape (rows,).
            groups: The group of every row, as columns or as one mapping a row.

        Raises:
            InputError: A ValueError, if the input cannot be used; none of these rows is added.
        """
        rows = _rows(references, scores, predictions, groups)
        if rows:
            super().add_batch(**pack(**rows, lists=self._defaults.get("overlapping") or ()))
            self._refused = {}

    def add(
        self,
        *,
        prediction: Any = None,
        reference: Any = None,
        references: Any = None,
        scores: Any = None,
        groups: Any = None,
    ) -> None:
        """Add a row.

        Args:
            prediction: Taken for the score where that is not given.
            reference: The label.
            references: The label, by the name that `evaluate.combine` gives it.
            scores: The score.
            groups: The groups, one mapping.

        Raises:
            InputError: A ValueError, if the input cannot be used; the row is not added.
        """
        score = prediction if scores is None else scores
        label = references if reference is None else reference
        self.add_batch(references=[label], scores=[score], groups=None if groups is None else [groups])

    def plot_roc(self, **arguments: Any) -> Axes:
        """The ROC curve of every group of an attribute, with bands.

        Args:
            **arguments: Those of the function `plot_roc`: references, scores, groups, attribute, and options, for which
                those given to `evaluate.load` hold, too.

        Raises:
            InputError: A ValueError, if the input cannot be used.
        """
        known = inspect.signature(plot_roc).parameters
        return plot_roc(**{name: value for name, value in self._defaults.items() if name in known} | arguments)

    def plot_reliability(self, **arguments: Any) -> Axes:
        """How many rows are positive among those with about the same score, for every group of an attribute.

        Args:
            **arguments: Those of the function `plot_reliability`, as in `plot_roc`.

        Raises:
            InputError: A ValueError, if the input cannot be used.
        """
        known = inspect.signature(plot_reliability).parameters
        return plot_reliability(**{name: value for name, value in self._defaults.items() if name in known} | arguments)

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=CITATION,
            inputs_description=_INPUTS,
            features=datasets.Features(
                {
                    "references": datasets.Value("string"),
                    "scores": datasets.Value("float64"),
                    "groups": datasets.Value("string"),
                }
            ),
            license="MIT",
            reference_urls=[
                "https://doi.org/10.2307/2531595",
                "https://doi.org/10.1109/LSP.2014.2337313",
                "https://doi.org/10.2307/2533958",
                "https://doi.org/10.1145/3308560.3317593",
            ],
        )

    def _compute(
        self, *, references: list[str], scores: list[float], groups: list[str], **options: Any
    ) -> Report | InputError:
        """The report, or what is wrong: `evaluate` cleans up only after what returns."""
        try:
            return subgroup_auroc(**unpack(references, groups, options.get("positive")), scores=scores, **options)
        except InputError as error:
            self._refused = {"references": references, "scores": scores, "groups": groups}
            return error


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    for name in options:
        if name not in _OPTIONS:
            raise InputError(f"there is no option {name!r}; there are {', '.join(_OPTIONS)}")
    return options


def _rows(references: Any, scores: Any, predictions: Any, groups: Any) -> dict[str, Any]:
    """The rows that were given; nothing if none were."""
    scores = predictions if scores is None else scores
    if references is None and scores is None and groups is None:
        return {}
    for name, given in (("references", references), ("scores", scores)):
        if given is None:
            raise InputError(f"{name} are not given; give references and scores, one per row")
    return {"references": references, "scores": scores, "groups": groups}
