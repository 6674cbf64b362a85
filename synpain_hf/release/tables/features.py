"""The columns of files that belong to one table, put together."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from synpain_hf.errors import ReleaseError

if TYPE_CHECKING:
    from datasets import Features


def features_of_schema(schema: pa.Schema) -> Features:
    """The columns of a file, as `datasets` types.

    Files of the same schema share the answer, which is not to be changed: hundreds of a release differ in rows alone.

    Raises:
        ReleaseError: If what stands beside the columns for `datasets` is not what it writes.
    """
    return _features_of_serialized(schema.serialize().to_pybytes())


@lru_cache(maxsize=100)
def _features_of_serialized(schema: bytes) -> Features:
    from datasets import Features

    try:
        return Features.from_arrow_schema(pa.ipc.read_schema(pa.py_buffer(schema)))
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:  # of its parser
        raise ReleaseError(f"what its columns are for datasets is not understood ({error})") from error


def united(features: Mapping[str, Features]) -> Features:
    """The columns of several files, each once, in the order in which they first come.

    Args:
        features: The columns of each file, by its name.

    Returns:
        All columns; numbers of different width get the wider type.

    Raises:
        ReleaseError: If two files have columns of one name that do not fit together.
    """
    from datasets import Features

    found: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for file, columns in features.items():
        for name, feature in columns.items():
            wider = _wider(found[name], feature) if name in found else feature
            if wider is None:
                raise ReleaseError(
                    f"the column {name} is {_named(found[name])} in {origin[name]} and {_named(feature)} in {file}; "
                    "write both alike"
                )
            found[name] = wider
            origin.setdefault(name, file)
    return Features(found)


def with_columns_of(table: pa.Table, features: Features) -> pa.Table:
    """A table with all of some columns, in their order and with their types; null where it lacks one."""
    schema = features.arrow_schema
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def fit_together(one: Any, other: Any) -> bool:
    """Whether one type can hold the values of both columns."""
    return _wider(one, other) is not None


def _wider(one: Any, other: Any) -> Any:
    """The type that holds the values of both; None if there is no such type."""
    from datasets import Value
    from datasets.features.features import generate_from_arrow_type

    if one == other:
        return one
    if not (isinstance(one, Value) and isinstance(other, Value)):
        return None
    schemas = [pa.schema([("column", feature())]) for feature in (one, other)]
    try:
        merged = pa.unify_schemas(schemas, promote_options="permissive")
    except pa.ArrowTypeError:
        return None
    return generate_from_arrow_type(merged.field("column").type)


def _named(feature: Any) -> str:
    names = getattr(feature, "names", None)
    if names:
        return f"one of {', '.join(names)}"
    return str(getattr(feature, "dtype", None) or feature)
