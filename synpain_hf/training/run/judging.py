"""`predict`: what a trained model says of the pairs of any data set."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synpain_hf.errors import OutputError, UsageError
from synpain_hf.modeling import PairwisePainForImageClassification, PairwisePainImageProcessor
from synpain_hf.progress import Progress, silent
from synpain_hf.storage import refuse_within_release, replacing_file, report_write_errors
from synpain_hf.text.plurals import first_few
from synpain_hf.text.values import shown
from synpain_hf.training.data.collation import PairDataset
from synpain_hf.training.data.landmark_tables import table_for
from synpain_hf.training.data.loaded import Loaded
from synpain_hf.training.data.opening import open_pairs
from synpain_hf.training.data.pairs import Pairs
from synpain_hf.training.data.preparation import prepare
from synpain_hf.training.data.several import TEST
from synpain_hf.training.data.unaligned import check_choice, told
from synpain_hf.training.options import References
from synpain_hf.training.request import check_references
from synpain_hf.training.run.arguments import PairwiseTrainingArguments
from synpain_hf.training.run.folder import Warn, warn_by_python
from synpain_hf.training.run.learned import Learned, learned_by
from synpain_hf.training.run.models import is_published, load_model
from synpain_hf.training.run.prediction import judge
from synpain_hf.training.run.trainer import PairwiseTrainer
from synpain_hf.vocabulary import Unaligned

_AT_A_TIME = 64


def predict(
    model: str | Path,
    dataset: str | Path | Loaded | Pairs,
    *,
    config_name: str = "default",
    split: str | None = None,
    revision: str | None = None,
    out: str | Path | None = None,
    references: References = "own",
    annotator: str | None = None,
    even_learned: bool = False,
    unaligned: Unaligned = "refuse",
    mean_face: str | Path | None = None,
    landmarks: str | Path | None = None,
    cache_dir: str | Path | None = None,
    batch_size: int = _AT_A_TIME,
    progress: Progress = silent,
    warn: Warn = warn_by_python,
) -> pa.Table:
    """Judge the pairs of a split with a trained model; nothing is trained.

    Args:
        model: A pairwise model's folder or its id on the Hub; or a published PwCT state dict (`.pt`, `.pth`).
        dataset: As in `train`: a release's folder, the name of an installed release, an id on the Hub, or what is
            loaded.
        config_name: A configuration of it, such as `default`, `cv_3` or `all`.
        split: Which of its splits; by default `test`, or the only one.
        revision: Of a data set on the Hub.
        out: A Parquet file to write, which must not exist.
        references: `own`, each pair's neutral face; or `any`, the mean over those that its person has in the split.
        annotator: Whose annotations stand beside what the model predicts, where there are several.
        even_learned: Also judge pairs that the model has learned, or others of their persons; otherwise they are
            refused.
        unaligned: Of a model that was trained on aligned faces: whether pairs in which no face is found are an error,
            or left out, of the neutral faces that `any` takes, too.
        mean_face: Of a published PwCT alone: the `.npy` file of the mean face that its faces were warped onto; None for
            ours.
        landmarks: Of a model that was trained on aligned faces: a table of landmarks by which they are aligned (CSV or
            Parquet), in place of those that the data set has; `DataArguments.landmarks` says what stands in it.
        cache_dir: Where prepared faces are kept; None for `HF_HOME/synpain-hf/faces`.
        batch_size: Pairs at a time.
        progress: Called for preparation.
        warn: Called with how many pairs are left out; by default a Python warning.

    Returns:
        One row a pair, as `train` leaves them: `pair_id`, `identity`, `fold`, `split`, `label`, groups, `score` (the
        log-odds of pain), `prediction`, and PSPI and action units where the model predicts them.

    Raises:
        UsageError: If the model or the split cannot be found, or the model has learned pairs of it.
        SynpainError: What `open_pairs` and `prepare` raise.
        OutputError: If `out` exists, or cannot be written.
    """
    check_references(references)
    check_choice(unaligned)
    place = None if out is None else _free(Path(out).expanduser().absolute())
    network, processor = load_model(str(model), mean_face)
    pairs = open_pairs(dataset, config_name, revision=revision, progress=progress)
    name = _split(pairs, split, config_name)
    if not even_learned:
        _check_unseen(str(model), pairs, name)
    table = table_for(landmarks, pairs, processor.alignment)
    prepared = prepare(pairs, processor, unaligned=unaligned, landmarks=table, cache_dir=cache_dir, progress=progress)
    if name in prepared.left_out["split"].to_pylist():
        gone = prepared.left_out.filter(pc.equal(prepared.left_out["split"], name))
        warn(f"of {pairs.title}, {told(gone)} ({first_few(gone['pair_id'].to_pylist())})")
    rows = PairDataset(
        prepared,
        name,
        pspi=network.config.pspi_head,
        action_units=network.config.action_units,
        annotator=annotator,
        references=references,
        where_known=True,
    )
    found = _judged(network, processor, rows, name, batch_size)
    if place is not None:
        with report_write_errors(place, "make room, or give another place"), replacing_file(place) as partial:
            pq.write_table(found, partial)
    return found


def _free(place: Path) -> Path:
    if place.exists():
        raise OutputError(f"{place} already exists; give another name, or remove it")
    refuse_within_release(place)
    return place


def _split(pairs: Pairs, asked: str | None, config_name: str) -> str:
    if asked is not None:
        pairs.positions(asked)
        return asked
    if TEST in pairs.splits:
        return TEST
    if len(pairs.splits) > 1:
        names = ", ".join(pairs.splits)
        raise UsageError(f"is not given, and {config_name!r} has no split {TEST}; give one of {names}", "split")
    return next(iter(pairs.splits))


def _check_unseen(model: str, pairs: Pairs, split: str) -> None:
    learned = Learned() if is_published(model) else learned_by(model)
    positions = pairs.positions(split)
    seen = learned.among(pairs, positions)
    if seen:
        raise UsageError(
            f"{shown(model)} has learned {seen:,} of the {len(positions):,} pairs of {split}, or others of their "
            "persons, and would look better than it is; choose another split, or pass {even_learned}",
            mentions=["even_learned"],
        )


def _judged(
    network: PairwisePainForImageClassification,
    processor: PairwisePainImageProcessor,
    rows: PairDataset,
    split: str,
    batch_size: int,
) -> pa.Table:
    with tempfile.TemporaryDirectory() as folder:
        args = PairwiseTrainingArguments.of(
            output_dir=folder, per_device_eval_batch_size=batch_size, eval_strategy="no", save_strategy="no"
        )
        return judge(PairwiseTrainer(network, args, processing_class=processor), rows, split)
