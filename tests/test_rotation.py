"""max_file_bytes and max_file_secs: one run in several files."""

from __future__ import annotations

import copy
import time
from pathlib import Path

import pytest

import ringboard
import ringboard.tensorboardX
from tests.support import rustboard
from tests.support.accumulator import load_run
from tests.support.records import event_files, spans

WRITERS = [ringboard.SummaryWriter, ringboard.tensorboardX.SummaryWriter]


@pytest.mark.parametrize("writer_class", WRITERS)
@pytest.mark.parametrize("suffix", ["", ".v2", "-eval", "!"])
def test_both_readers_see_one_run(tmp_path, writer_class, suffix):
    writer = writer_class(str(tmp_path), filename_suffix=suffix, max_file_bytes=2000)
    for step in range(300):
        writer.add_scalar("loss", step, step)
        writer.add_scalars("both", {"a": step}, step)
    writer.close()
    files = event_files(tmp_path)
    own = [path for path in files if path.parent == tmp_path]
    assert len(own) > 5
    assert len(files) > len(own) + 4  # the sub-run's too
    assert all(path.stat().st_size <= 2000 and path.name.endswith(suffix) for path in files)
    assert [len(path.name) for path in own] == [len(own[0].name)] * len(own)
    assert [step for step, _ in load_run(tmp_path).scalars("loss")] == list(range(300))
    assert rustboard.steps_by_run(tmp_path)["."]["loss"] == list(range(300))
    assert sum(path.stat().st_size for path in files) == writer.stats()["bytes"]


def test_purge_hides_what_came_before_it_and_nothing_of_the_later_files(tmp_path):
    with ringboard.SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("x", range(10), range(10))
    time.sleep(1.1)  # files are read in the order of their seconds
    with ringboard.SummaryWriter(tmp_path, purge_step=5, max_file_bytes=200) as writer:
        for step in range(5, 30):
            writer.add_scalar("x", 100 + step, step)
    expected = [(step, step if step < 5 else 100 + step) for step in range(30)]
    assert load_run(tmp_path).scalars("x") == expected
    assert rustboard.steps_by_run(tmp_path)["."]["x"] == list(range(30))


def test_an_event_larger_than_a_file_has_one_of_its_own(tmp_path):
    with ringboard.SummaryWriter(tmp_path, max_file_bytes=300) as writer:
        for step in range(3):
            writer.add_text("text", "long " * 200, step)
            writer.add_scalar("x", 1, step)
    sizes = [path.stat().st_size for path in event_files(tmp_path)]
    assert len(sizes) == 6
    assert max(sizes) > 1000


def test_the_writer_tells_its_files(tmp_path):
    writer = ringboard.SummaryWriter(tmp_path, max_file_bytes=100)
    file = writer.file_writer.event_writer
    assert [Path(path) for path in file.paths] == event_files(tmp_path)
    for step in range(4):
        writer.add_scalar("x", 1, step)
    writer.flush()
    assert [Path(path) for path in file.paths] == event_files(tmp_path)
    assert file.path == file.paths[-1]
    assert len(file.paths) == 4
    writer.close()
    assert len(file.paths) == 4
    writer.add_scalar("x", 1, 4)
    assert writer.file_writer.event_writer.paths == [str(event_files(tmp_path)[-1])]
    writer.close()


def test_a_file_of_some_age_is_followed_by_another(tmp_path):
    with ringboard.SummaryWriter(tmp_path, max_file_secs=0.5) as writer:
        writer.add_scalar("x", 1, 1)
        writer.flush()
        time.sleep(0.6)
        writer.flush()
        assert len(event_files(tmp_path)) == 1
        writer.add_scalar("x", 1, 2)
        writer.flush()
        assert len(event_files(tmp_path)) == 2
    assert [len(spans(path)) for path in event_files(tmp_path)] == [2, 2]


def test_copies_have_the_same_limits(tmp_path):
    with copy.deepcopy(ringboard.SummaryWriter(tmp_path, max_file_bytes=100)) as writer:
        writer.add_scalar("x", 1, 1)
        writer.add_scalar("x", 1, 2)
    file = copy.deepcopy(ringboard.EventFileWriter(tmp_path, max_file_bytes=100))
    assert "000000" in file.path.rsplit(".", 1)[1]
    file.close()
    assert len(event_files(tmp_path)) == 5


@pytest.mark.parametrize("writer_class", WRITERS)
@pytest.mark.parametrize(
    "wrong",
    [{"max_file_bytes": value} for value in (0, -1, 1.5, "1 MB", True, 2**63)]
    + [{"max_file_secs": value} for value in (-1, "1", float("nan"), True)],
    ids=str,
)
def test_impossible_limits_are_refused_before_anything_is_made(tmp_path, writer_class, wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        writer_class(str(tmp_path / "run"), **wrong)
    assert not (tmp_path / "run").exists()


def test_a_remote_log_dir_says_that_it_has_one_file():
    with pytest.raises(ValueError, match="max_file_bytes"):
        ringboard.SummaryWriter("memory://runs/a", max_file_bytes=100)


def test_all_files_are_archived_on_close(tmp_path):
    with ringboard.SummaryWriter(tmp_path, max_file_bytes=500, archive_on_close=True) as writer:
        for step in range(30):
            writer.add_scalar("x", step, step)
    assert event_files(tmp_path) == []
    assert len(list(tmp_path.glob("*.rbz"))) > 2
    assert ringboard.read(tmp_path)["."]["x"].values.tolist() == list(range(30))
