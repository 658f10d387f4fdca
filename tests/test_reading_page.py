"""docs/reading.md: every Python block runs, in the order of the page, over a log that has what it names."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import ringboard
from tests.support.records import event_files

PAGE = Path(__file__).parents[1] / "docs" / "reading.md"
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), flags=re.S | re.M)
ENGINES = ("ray", "pyspark")  # each brings a machinery of its own; run where it is installed


def _engine_of(block: str) -> str | None:
    return next((name for name in ENGINES if f"import {name}" in block), None)


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for run in ("train", "eval"):
        with ringboard.SummaryWriter(tmp_path / "runs" / run) as writer:
            writer.add_hparams({"lr": 0.001}, {"best": 0.5}, run_name=".")
            for step in range(200):
                writer.add_scalar("loss", 1 / (step + 1), step)
            writer.add_histogram("weights", np.arange(100.0), 1)
            writer.add_image("sample", np.zeros((3, 4, 5), np.uint8), 1)
            writer.add_text("notes", "hello", 1)
    return tmp_path


@pytest.mark.parametrize("missing", ["pandas", "polars", "pyarrow", "dask", "zstandard"])
def test_what_the_page_needs_is_there(missing):
    assert importlib.util.find_spec(missing) is not None


def test_the_blocks_run_in_their_order(log, capsys):
    names: dict[str, object] = {}
    for block in BLOCKS:
        if _engine_of(block) is None:
            exec(compile(block, str(PAGE), "exec"), names)
    out = capsys.readouterr().out
    assert "train loss 199" in out
    assert "packed" in out
    assert (log / "scalars.parquet").exists()
    assert len(event_files(log / "runs")) == 2  # restored
    assert len(event_files(log / "merged")) == len(event_files(log / "small")) == 2
    assert names["train"].hparams == {"lr": 0.001}


@pytest.mark.parametrize("engine", ENGINES)
def test_other_engines(log, engine, monkeypatch):
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    pytest.importorskip(engine if engine != "ray" else "ray.data")
    (block,) = [block for block in BLOCKS if _engine_of(block) == engine]
    names: dict[str, object] = {}
    exec(compile(block, str(PAGE), "exec"), names)
    assert names["scalars"].count() == 2 * (200 + 1)


def test_every_command_of_the_page_exists():
    from ringboard import cli

    named = set(re.findall(r"^ringboard (\w+)", PAGE.read_text(), flags=re.M))
    assert named <= {command.__name__.rsplit(".")[-1] for command in cli._COMMANDS}
    assert len(named) == 11
