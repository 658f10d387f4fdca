"""ringboard.dask: a thousand runs on a local cluster."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

import ringboard
from ringboard.reading.partitions import COLUMNS, partitions, read_partition
from tests.support.records import event_files

dask = pytest.importorskip("dask")
pytest.importorskip("dask.dataframe")

import ringboard.dask  # noqa: E402

RUNS, STEPS = 1000, 50


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    log_dir = tmp_path_factory.mktemp("runs")
    steps = np.arange(STEPS)
    for run in range(RUNS):
        with ringboard.SummaryWriter(log_dir / f"run{run:04d}") as writer:
            writer.add_scalar_series("loss", run + steps / 64, steps)
            writer.add_scalar_series("accuracy", -steps, steps)
            writer.add_text("note", "no scalar", 1)
    return log_dir


def test_a_thousand_runs_on_several_workers(runs):
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(n_workers=3, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster),
    ):
        frame = ringboard.dask.scalars(runs, "loss", partition_bytes=1 << 17)
        assert frame.npartitions > 10
        best = frame.groupby("run")["value"].max().compute()
        assert best.to_dict() == {f"run{run:04d}": run + (STEPS - 1) / 64 for run in range(RUNS)}
        everything = ringboard.dask.scalars(runs, partition_bytes=1 << 17)
        assert len(everything) == 2 * RUNS * STEPS
        late = everything[everything["step"] >= STEPS - 5]
        assert late[late["tag"] == "accuracy"]["value"].mean().compute() == -(STEPS - 3)


def test_the_same_rows_as_read(runs):
    frame = ringboard.dask.scalars([runs / "run0001", runs / "run0002"], partition_bytes=1).compute()
    expected = ringboard.read([runs / "run0001", runs / "run0002"]).to_pandas()
    assert list(frame.columns) == list(COLUMNS)
    assert frame["run"].astype(str).tolist() == expected["run"].astype(str).tolist()
    assert frame["tag"].astype(str).tolist() == expected["tag"].astype(str).tolist()
    for name in ("step", "wall_time", "value"):
        assert frame[name].dtype == expected[name].dtype
        assert frame[name].tolist() == expected[name].tolist()


def test_columns_and_tags_are_left_out_where_they_are_read(runs, monkeypatch):
    asked = []

    def spy(files, columns, tags):
        asked.append((tuple(columns), tags))
        return read_partition(files, columns, tags)

    monkeypatch.setattr(ringboard.dask, "read_partition", spy)
    frame = ringboard.dask.scalars(runs / "run0007", ["acc*"])
    assert frame["value"].sum().compute(scheduler="synchronous") == -STEPS * (STEPS - 1) / 2
    assert set(asked) == {(("value",), ("acc*",))}
    two = ringboard.dask.scalars(runs / "run0007", columns=["step", "tag"])
    assert list(two.compute(scheduler="synchronous").columns) == ["step", "tag"]


def test_archives_and_nothing(runs, tmp_path):
    archive = pytest.importorskip("ringboard.archive")
    pytest.importorskip("zstandard")
    with ringboard.SummaryWriter(tmp_path / "a") as writer:
        writer.add_scalar("x", 2.5, 1)
    (report,) = archive.pack(tmp_path, min_age=0)
    assert report.state == "packed", report.detail
    assert event_files(tmp_path) == []
    assert ringboard.dask.scalars(tmp_path)["value"].compute().tolist() == [2.5]
    (tmp_path / "empty").mkdir()
    assert len(ringboard.dask.scalars(tmp_path / "empty")) == 0


def test_partitions(runs):
    groups = partitions(runs, 1 << 17)
    sizes = [sum(os.stat(file.path).st_size for file in group) for group in groups]
    assert max(sizes) <= 1 << 17
    assert min(sizes[:-1]) > (1 << 17) * 0.8
    assert [file.path for group in groups for file in group] == [str(path) for path in event_files(runs)]
    assert pickle.loads(pickle.dumps(groups)) == groups
    assert len(partitions(runs, 1)) == RUNS
    assert len(partitions(runs)) == 1


def test_what_is_wrong_is_told(runs, tmp_path):
    with pytest.raises(ValueError, match="no 'values'"):
        ringboard.dask.scalars(runs, columns=["values"])
    with pytest.raises(ValueError, match="partition_bytes=0"):
        ringboard.dask.scalars(runs, partition_bytes=0)
    with pytest.raises(FileNotFoundError):
        ringboard.dask.scalars(tmp_path / "nothing")
