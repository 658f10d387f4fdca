"""Logs that are too many for one machine, as a Dask DataFrame."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ringboard.reading.files import PathLike
from ringboard.reading.load import select
from ringboard.reading.partitions import COLUMNS, PARTITION_BYTES, STRING, partitions, read_partition

if TYPE_CHECKING:
    import dask.dataframe


def scalars(
    paths: PathLike | Iterable[PathLike],
    tags: str | Iterable[str] | None = None,
    *,
    columns: Sequence[str] | None = None,
    partition_bytes: int = PARTITION_BYTES,
) -> dask.dataframe.DataFrame:
    """All scalars of logs, lazily: a partition for each group of event files.

    Before something is computed only the files' names and sizes are looked at.  What a computation doesn't
    use is not made: columns that it drops (`scalars(…)["value"]`), and tags that are not asked for here.

    Args:
        paths: a log dir, an event file, an archive, or a list of such.  Every worker must see them under the
            same paths.
        tags: which tags: one, several, or shell patterns.  None: all.
        columns: some of run, tag, step (int64), wall_time (float64, seconds since 1970), value (float64).
        partition_bytes: files are put together until they hold so many; a larger file is a partition of its
            own.

    Returns:
        A Dask DataFrame; run and tag are strings.

    Raises:
        ImportError: dask or pandas is not installed (`pip install "ringboard[dask]"`).
        FileNotFoundError: a path does not exist.
        ValueError: there is no such column, or partition_bytes is not positive.
    """
    try:
        import dask.dataframe
    except ImportError as error:
        raise ImportError(f'this needs Dask: pip install "ringboard[dask]" ({error})') from error
    wanted = list(COLUMNS if columns is None else columns)
    if unknown := set(wanted) - set(COLUMNS):
        raise ValueError(f"columns={columns!r}: there is no {min(unknown)!r}; expected some of {COLUMNS}")
    groups = partitions(paths, partition_bytes) or [[]]  # of no files: a frame without rows
    return dask.dataframe.from_map(
        read_partition,
        groups,
        columns=wanted,
        tags=select(tags, None, None).patterns,
        meta=_empty(wanted),
        label="ringboard-scalars",
    )


def _empty(columns: Sequence[str]) -> Any:
    """A frame of the right types without rows."""
    import pandas

    types = {"run": STRING, "tag": STRING, "step": "int64", "wall_time": "float64", "value": "float64"}
    return pandas.DataFrame({name: pandas.Series(dtype=types[name]) for name in columns})
