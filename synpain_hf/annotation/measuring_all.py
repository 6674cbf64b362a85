"""Annotators over all faces of a release, with what has been measured kept on the way."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from synpain_hf.annotation.annotators import ANNOTATORS
from synpain_hf.annotation.measuring import Chosen, Task, close_loaded, measure, tasks_of
from synpain_hf.annotation.models import given_models, place_of_model
from synpain_hf.errors import UsageError
from synpain_hf.executor import Executor
from synpain_hf.progress import Progress
from synpain_hf.release.release import Release
from synpain_hf.release.tables import base_table
from synpain_hf.storage import write_atomically
from synpain_hf.text.suggestions import did_you_mean
from synpain_hf.vocabulary import FACES


def all_tasks(release: Release) -> list[Task]:
    """All faces of a release, in the order in which they stand in it.

    Raises:
        ReleaseError: If a file is damaged.
    """
    return [
        task
        for file in release.files_of(base_table())
        for task in tasks_of(release.folder, file, release.files[file]["sha256"])
    ]


def chosen_annotators(names: Sequence[str], models: Sequence[str | Path]) -> list[Chosen]:
    """The annotators of some names, once it is known that they can be loaded.

    Args:
        names: Their names.
        models: Model files, or folders of them; those that are not here are taken from the packages that carry them.

    Raises:
        UsageError: If a name, or a model file, is not known.
        MissingExtraError: If a library or a model file is missing.
    """
    if not names:
        raise UsageError(f"names none; give one or several of {', '.join(ANNOTATORS)}", "annotators")
    for name in names:
        if name not in ANNOTATORS:
            near = did_you_mean(name, ANNOTATORS)
            raise UsageError(f"is {name!r}{near}; give one or several of {', '.join(ANNOTATORS)}", "annotators")
    wanted = [ANNOTATORS[name] for name in dict.fromkeys(names)]
    given = given_models(models, [model for each in wanted for model in each.models])
    return [
        Chosen(each.name, tuple(place_of_model(model, given) for model in each.models), each.made_with())
        for each in wanted
    ]


def measure_all(
    tasks: Sequence[Task], chosen: Sequence[Chosen], folder: Path, executor: Executor, progress: Progress
) -> None:
    """Write what each annotator says of each task, where an earlier call did not.

    Args:
        tasks: The faces.
        chosen: The annotators.
        folder: Where it is written, to `ANNOTATOR/KEY`.
        executor: Measures them.
        progress: Called with the faces that were measured.
    """
    for each in chosen:
        (folder / each.name).mkdir(exist_ok=True)
    total, done = len(FACES) * sum(task.pairs for task in tasks), 0
    waiting = []
    for task in tasks:
        missing = tuple(each for each in chosen if not (folder / each.name / task.key(each)).is_file())
        if missing:
            waiting.append(replace(task, annotators=missing))
        else:
            done += len(FACES) * task.pairs
    progress("faces", done, total)
    try:
        with closing(executor.run(_measured, waiting)) as results:
            for task, found in results:
                for each in task.annotators:
                    write_atomically(folder / each.name / task.key(each), found[each.name])
                done += len(FACES) * task.pairs
                progress("faces", done, total)
    finally:
        close_loaded()


def _measured(task: Task) -> tuple[Task, dict[str, bytes]]:
    return task, measure(task)
