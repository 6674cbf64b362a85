"""`demo`: demo faces, built into a release, or left as an official-like download."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from synpain_hf.errors import UsageError
from synpain_hf.executor import Engine, Executor
from synpain_hf.progress import Progress, silent
from synpain_hf.release.build import build
from synpain_hf.release.release import Release
from synpain_hf.release.versions import Version
from synpain_hf.storage import staged
from synpain_hf.vocabulary import DEFAULT_STYLE, DrawingStyle

if TYPE_CHECKING:
    from synpain_hf.generation.drawn.bias import PlantedBias


@overload
def demo(
    out: str | Path,
    *,
    pairs: int = ...,
    seed: int = ...,
    raw: Literal[False] = False,
    bias: str | Path | Sequence[PlantedBias] = ...,
    style: DrawingStyle = ...,
    version: str = ...,
    name: str | None = ...,
    workers: int = ...,
    engine: Engine | None = ...,
    progress: Progress = ...,
) -> Release: ...


@overload
def demo(
    out: str | Path,
    *,
    pairs: int = ...,
    seed: int = ...,
    raw: Literal[True],
    bias: str | Path | Sequence[PlantedBias] = ...,
    style: DrawingStyle = ...,
    version: str = ...,
    name: str | None = ...,
    workers: int = ...,
    engine: Engine | None = ...,
    progress: Progress = ...,
) -> Path: ...


@overload
def demo(
    out: str | Path,
    *,
    pairs: int = ...,
    seed: int = ...,
    raw: bool,
    bias: str | Path | Sequence[PlantedBias] = ...,
    style: DrawingStyle = ...,
    version: str = ...,
    name: str | None = ...,
    workers: int = ...,
    engine: Engine | None = ...,
    progress: Progress = ...,
) -> Release | Path: ...


def demo(
    out: str | Path,
    *,
    pairs: int = 200,
    seed: int = 0,
    raw: bool = False,
    bias: str | Path | Sequence[PlantedBias] = (),
    style: DrawingStyle = DEFAULT_STYLE,
    version: str = "2.0.0",
    name: str | None = None,
    workers: int = 1,
    engine: Engine | None = None,
    progress: Progress = silent,
) -> Release | Path:
    """Draw demo faces: not SynPAIN, but like it in form, and with the truth of every action unit known.

    Args:
        out: The release directory, or with `raw` the download's folder, to write; it must not exist.
        pairs: How many, 1 to 9,999.
        seed: Draws everything, 0 or more; the same seed gives the same bytes.
        raw: Leave the composites as an official-like download, with the truth in a table.
        bias: Bias to plant: a YAML file, or a sequence of `PlantedBias`.
        style: How they are drawn: `portrait`; or `sketch`, with other lines, colours, light and texture.
        version: Of the release.
        name: What the data set of the release is called; by default `synpain`, so that it can stand in for that.
        workers: Partitions, or with `raw` pictures, drawn at a time.
        engine: What draws, as in `build`; None for `threads`, or with `raw` `processes`.
        progress: Called after every pair.

    Returns:
        The release; with `raw` the download's folder.

    Raises:
        UsageError: If an argument cannot be right.
        MissingExtraError: If the drawing library, or Ray for the engine `ray`, cannot be loaded.
        OutputError: If `out` cannot be written, or workers are killed again and again.
    """
    from synpain_hf.sources.demo import DemoSource, read_bias, write_raw

    if raw and name is not None:
        raise UsageError(f"is {name!r}, but a raw download has no name; leave it out", "name")
    executor = Executor(workers, engine or ("processes" if raw else "threads"))
    Version.parse(version)
    biases = read_bias(Path(bias).expanduser()) if isinstance(bias, (str, Path)) else bias
    source = DemoSource(pairs, seed, biases, style)
    out = Path(out).expanduser()
    if raw:
        with staged(out.absolute(), resumable=True) as staging:
            staging.complete(write_raw(source, staging.folder, executor, progress))
        return out
    return build(source, out, version=version, name=name, workers=workers, engine=executor.engine, progress=progress)
