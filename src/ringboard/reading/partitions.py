"""Logs in parts, for engines that read them on many processes or machines: Dask, Ray Data, Spark."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from ringboard.reading.files import EventFile, PathLike, find_files
from ringboard.reading.load import read_file, select
from ringboard.reading.log import make_log

COLUMNS = ("run", "tag", "step", "wall_time", "value")
PARTITION_BYTES = 64 << 20
STRING = "string[pyarrow]"


def partitions(
    path: PathLike | Iterable[PathLike], partition_bytes: int = PARTITION_BYTES
) -> list[list[EventFile]]:
    """The event files and archives of logs, in groups of about so many bytes, in the order of read().

    A group can be pickled; wherever it is read, the files must lie under the same paths.

    Raises:
        FileNotFoundError: a path does not exist.
        ValueError: partition_bytes is not positive.
    """
    if partition_bytes < 1:
        raise ValueError(f"partition_bytes={partition_bytes!r}: expected a number of bytes from 1")
    groups: list[list[EventFile]] = []
    room = 0
    for file in find_files(path):
        size = os.stat(file.path).st_size
        if not groups or size > room:
            groups.append([])
            room = partition_bytes
        groups[-1].append(file)
        room -= size
    return groups


def read_partition(
    files: Sequence[EventFile],
    columns: Sequence[str] = COLUMNS,
    tags: str | Iterable[str] | None = None,
) -> Any:
    """The scalars of one group of files as a pandas DataFrame; as Log.to_pandas, but with run and tag as
    strings (string[pyarrow]): engines can't join the categories of many partitions.

    Args:
        files: what partitions() gave.
        columns: some of run, tag, step, wall_time, value.
        tags: as in read().
    """
    selection = select(tags, "scalar", None)
    parts = [read_file(file, selection, for_rules=False) for file in files]
    frame = make_log(parts, selection, None).to_pandas()[list(columns)]
    names = [name for name in columns if name in ("run", "tag")]
    return frame.astype(dict.fromkeys(names, STRING))
