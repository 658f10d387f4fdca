"""Scalars as tables of other libraries.  Each library is imported when somebody asks for it.

The long table has a row a point: run, tag, step (int64), wall_time (float64), value (float64).  The columns
are joined from those of the series; run and tag are numbers into a list of names.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from ringboard.reading.log import Log, Series


class LongTable(NamedTuple):
    """All scalars of a log."""

    runs: list[str]
    tags: list[str]
    run: npt.NDArray[np.int32]  # (n,) into runs
    tag: npt.NDArray[np.int32]  # (n,) into tags
    step: npt.NDArray[np.int64]
    wall_time: npt.NDArray[np.float64]
    value: npt.NDArray[np.float64]


def long_table(log: Log) -> LongTable:
    """The rows of all scalars, series after series."""
    series = [each for run in log.values() for each in run.values() if each.kind == "scalar"]
    runs: dict[str, int] = {}
    tags: dict[str, int] = {}
    run_numbers = [runs.setdefault(each.run, len(runs)) for each in series]
    tag_numbers = [tags.setdefault(each.tag, len(tags)) for each in series]
    sizes = [len(each) for each in series]
    return LongTable(
        # A directory's name may be no UTF-8, which Arrow and polars insist on.
        [name.encode("utf-8", "backslashreplace").decode() for name in runs],
        list(tags),
        np.repeat(np.array(run_numbers, np.int32), sizes),
        np.repeat(np.array(tag_numbers, np.int32), sizes),
        np.concatenate([np.empty(0, np.int64), *(each.steps for each in series)]),
        np.concatenate([np.empty(0), *(each.wall_times for each in series)]),
        np.concatenate([np.empty(0), *(each.values for each in series)]),  # float64, as the empty one is
    )


def log_to_pandas(log: Log) -> Any:
    pandas = _import("pandas", "pip install pandas")
    table = long_table(log)
    return pandas.DataFrame(
        {
            "run": pandas.Categorical.from_codes(table.run, categories=table.runs),
            "tag": pandas.Categorical.from_codes(table.tag, categories=table.tags),
            "step": table.step,
            "wall_time": table.wall_time,
            "value": table.value,
        },
        copy=False,
    )


def log_to_polars(log: Log) -> Any:
    polars = _import("polars", "pip install polars")
    table = long_table(log)

    def categories(numbers: npt.NDArray[np.int32], names: list[str]) -> Any:
        of_names = polars.Series(names, dtype=polars.Categorical)
        return of_names.gather(polars.Series(numbers.astype(np.uint32))) if names else of_names

    return polars.DataFrame(
        {
            "run": categories(table.run, table.runs),
            "tag": categories(table.tag, table.tags),
            "step": table.step,
            "wall_time": table.wall_time,
            "value": table.value,
        }
    )


def log_to_arrow(log: Log) -> Any:
    arrow = _pyarrow()
    table = long_table(log)

    def dictionary(numbers: npt.NDArray[np.int32], names: list[str]) -> Any:
        return arrow.DictionaryArray.from_arrays(arrow.array(numbers), arrow.array(names, arrow.string()))

    return arrow.table(
        {
            "run": dictionary(table.run, table.runs),
            "tag": dictionary(table.tag, table.tags),
            "step": arrow.array(table.step),
            "wall_time": arrow.array(table.wall_time),
            "value": arrow.array(table.value),
        }
    )


def series_to_pandas(series: Series) -> Any:
    pandas = _import("pandas", "pip install pandas")
    return pandas.DataFrame(
        {"step": series.steps, "wall_time": series.wall_times, "value": _values(series)}, copy=False
    )


def series_to_polars(series: Series) -> Any:
    polars = _import("polars", "pip install polars")
    values = _values(series)
    if values.dtype == object:
        texts = series.kind == "text" and all(isinstance(each, str) for each in values)
        values = polars.Series(values.tolist(), dtype=polars.String if texts else polars.Object)
    return polars.DataFrame({"step": series.steps, "wall_time": series.wall_times, "value": values})


def series_to_arrow(series: Series) -> Any:
    arrow = _pyarrow()
    if series.kind != "scalar":
        raise TypeError(
            f"{series.tag!r} holds values of kind {series.kind!r}, for which Arrow has no type; "
            "to_pandas() and to_polars() hold them as objects"
        )
    return arrow.table({"step": series.steps, "wall_time": series.wall_times, "value": _values(series)})


def _values(series: Series) -> npt.NDArray[Any]:
    if series.kind == "scalar":
        return series.values.astype(np.float64, copy=False)
    values = np.empty(len(series), object)
    for row, value in enumerate(series):
        values[row] = value
    return values


def _pyarrow() -> Any:
    return _import("pyarrow", "pip install ringboard[table]")


def _import(name: str, command: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(f"this table needs {name}, which is not installed: {command}") from error
