"""A log as a table of pandas, polars and Arrow."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import ringboard
from ringboard import SummaryWriter

COLUMNS = ["run", "tag", "step", "wall_time", "value"]


@pytest.fixture
def log(tmp_path):
    for run in ("a", "b"):
        with SummaryWriter(tmp_path / run) as writer:
            for step in range(3):
                writer.add_scalar("loss", step + (run == "b") * 10, step, walltime=100.0)
                writer.add_scalar("exact", 0.1, step, walltime=100.0, new_style=True, double_precision=True)
            writer.add_text("words", "hello", 1)
    return ringboard.read(tmp_path)


EXPECTED = [
    (run, tag, step, 100.0, 0.1 if tag == "exact" else step + (run == "b") * 10.0)
    for run in "ab"
    for tag in ("loss", "exact")
    for step in range(3)
]


def test_pandas(log):
    pandas = pytest.importorskip("pandas")
    frame = log.to_pandas()
    assert list(frame.columns) == COLUMNS
    assert list(frame.itertuples(index=False, name=None)) == EXPECTED
    assert isinstance(frame["tag"].dtype, pandas.CategoricalDtype)
    assert [str(frame[name].dtype) for name in COLUMNS[2:]] == ["int64", "float64", "float64"]
    assert log["a"]["loss"].to_pandas()["value"].tolist() == [0, 1, 2]
    assert log["a"]["words/text_summary"].to_pandas()["value"].tolist() == ["hello"]


def test_polars(log):
    polars = pytest.importorskip("polars")
    frame = log.to_polars()
    assert frame.rows() == EXPECTED
    assert frame.schema["run"] == polars.Categorical
    assert frame.filter(polars.col("tag") == "exact")["value"].to_list() == [0.1] * 6
    assert log["a"]["loss"].to_polars()["step"].to_list() == [0, 1, 2]
    assert log["a"]["words/text_summary"].to_polars()["value"].to_list() == ["hello"]


def test_arrow(log, tmp_path):
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    for table in (log.to_arrow(), pyarrow.table(log)):
        assert table.column_names == COLUMNS
        assert [tuple(row.values()) for row in table.to_pylist()] == EXPECTED
        assert pyarrow.types.is_dictionary(table.schema.field("run").type)
    parquet.write_table(log.to_arrow(), tmp_path / "log.parquet")
    again = parquet.read_table(tmp_path / "log.parquet")
    assert [tuple(row.values()) for row in again.to_pylist()] == EXPECTED
    assert log["a"]["loss"].to_arrow()["value"].to_pylist() == [0, 1, 2]
    with pytest.raises(TypeError, match="text"):
        log["a"]["words/text_summary"].to_arrow()


def test_other_libraries_take_the_capsule(log):
    polars = pytest.importorskip("polars")
    pytest.importorskip("pyarrow")
    assert len(polars.from_arrow(log)) == len(EXPECTED)


@pytest.mark.parametrize(
    ("method", "module"), [("to_pandas", "pandas"), ("to_polars", "polars"), ("to_arrow", "pyarrow")]
)
def test_an_empty_log_is_an_empty_table(tmp_path, method, module):
    pytest.importorskip(module)
    table = getattr(ringboard.read(tmp_path), method)()
    assert len(table) == 0
    assert list(getattr(table, "column_names", None) or table.columns) == COLUMNS


@pytest.mark.parametrize(
    ("method", "module", "command"),
    [
        ("to_pandas", "pandas", "pip install pandas"),
        ("to_polars", "polars", "pip install polars"),
        ("to_arrow", "pyarrow", r"ringboard\[table\]"),
        ("__arrow_c_stream__", "pyarrow", r"ringboard\[table\]"),
    ],
)
def test_a_missing_library_is_named(log, monkeypatch, method, module, command):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=command):
        getattr(log, method)()


def test_the_columns_are_joined_not_looped_over(tmp_path):
    steps = np.arange(200_000)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("t", steps.astype(np.float32), steps)
    frame = ringboard.read(tmp_path)
    assert len(pytest.importorskip("pyarrow").table(frame)) == 200_000
