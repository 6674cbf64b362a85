"""Demo faces: drawn, not SynPAIN, with the truth of every action unit known.

They are quick to make in any number, for tests and benchmarks, and for research that needs to know what is in a face.
`synpain_hf.sources.demo` provides them as pairs, and as an official-like download.
"""

from __future__ import annotations

from synpain_hf.errors import MissingExtraError

try:
    import skia as skia
except ImportError as error:
    raise MissingExtraError(
        f"demo faces are drawn with skia-python, which cannot be loaded ({error}); "
        "run `pip install 'synpain-hf[demo]'`, and on a bare Debian `apt-get install libgl1 libegl1`"
    ) from error

from synpain_hf.generation.drawn.bias import PlantedBias, read_bias

__all__ = ["PlantedBias", "read_bias"]
