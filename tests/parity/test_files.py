"""Names, headers, directories and life of the files, beside torch's."""

from __future__ import annotations

import os
import re
import socket
import time
from pathlib import Path

import numpy as np
import pytest
import torch.utils.tensorboard
from tensorboard.compat.proto.event_pb2 import Event

import ringboard
from ringboard import SummaryWriter
from tests.parity.pair import WRITERS
from tests.support.accumulator import load_run
from tests.support.events import read_events, scalars
from tests.support.records import event_files, records


def names(logdir) -> list[str]:
    return [path.name for path in event_files(logdir)]


# -- names and headers -------------------------------------------------------------------------------------


def test_file_name_is_of_torchs_pattern(tmp_path):
    before = int(time.time())
    for peer, writer_class in (("ours", SummaryWriter), ("theirs", WRITERS["torch"])):
        writer_class(str(tmp_path / peer)).close()
        (name,) = names(tmp_path / peer)
        host = re.escape(socket.gethostname())
        found = re.fullmatch(rf"events\.out\.tfevents\.(\d{{10}})\.{host}\.{os.getpid()}\.\d+", name)
        assert found, name
        assert before <= int(found[1]) <= time.time()


def test_header_is_on_disk_at_construction(tmp_path):
    writer = SummaryWriter(tmp_path)
    (path,) = event_files(tmp_path)
    (header,) = records(path)
    event = Event.FromString(header)
    assert (event.file_version, event.step) == ("brain.Event:2", 0)
    assert abs(event.wall_time - time.time()) < 600
    writer.close()
    assert len(records(path)) == 1


def test_filename_suffix(pair):
    suffix = ".mine-1"
    for writer_class, directory in ((SummaryWriter, pair.ours), (WRITERS["torch"], pair.theirs)):
        writer = writer_class(str(directory), filename_suffix=suffix)
        writer.add_scalars("m", {"a": 1.0}, 1)
        writer.close()
        assert len(names(directory)) == 2
        assert all(name.endswith(suffix) for name in names(directory))


def test_two_writers_in_one_directory_at_once(tmp_path):
    writers = [SummaryWriter(tmp_path) for _ in range(5)]
    for i, writer in enumerate(writers):
        writer.add_scalar(f"s{i}", i, i)
    for writer in writers:
        writer.close()
    assert len(set(names(tmp_path))) == 5
    assert sorted(load_run(tmp_path).tags()["scalars"]) == [f"s{i}" for i in range(5)]


# -- directories -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [{}, {"comment": "_lr=0.1"}, {"log_dir": "", "comment": "c"}])
def test_default_directory(tmp_path, monkeypatch, arguments):
    found = {}
    for peer, writer_class in (("ours", SummaryWriter), ("theirs", WRITERS["torch"])):
        (tmp_path / peer).mkdir()
        monkeypatch.chdir(tmp_path / peer)
        writer = writer_class(**arguments)
        writer.close()
        (run,) = (tmp_path / peer / "runs").iterdir()
        assert writer.log_dir == os.path.join("runs", run.name)
        found[peer] = re.sub(r"^[A-Z][a-z]{2}\d\d_\d\d-\d\d-\d\d", "TIME", run.name)
    assert found["ours"] == found["theirs"]
    assert found["ours"] == f"TIME_{socket.gethostname()}{arguments.get('comment', '')}"


def test_comment_is_ignored_when_a_directory_is_given(tmp_path):
    SummaryWriter(str(tmp_path / "run"), comment="no").close()
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_directory_is_created_with_its_parents(tmp_path):
    SummaryWriter(tmp_path / "a" / "b" / "c").close()
    assert len(names(tmp_path / "a" / "b" / "c")) == 1


@pytest.mark.parametrize("kind", [str, Path, os.fsencode])
def test_log_dir_as_given_and_get_logdir_of_a_path_too(tmp_path, kind):
    given = kind(str(tmp_path))
    writer = SummaryWriter(given)
    assert writer.log_dir == given
    assert type(writer.log_dir) is type(given)
    told = tmp_path if kind is Path else str(tmp_path)  # as torch: `get_logdir() / "name"` is in programs
    assert writer.get_logdir() == told
    writer.close()
    assert writer.get_logdir() == told
    original = torch.utils.tensorboard.SummaryWriter(told)
    assert original.get_logdir() == told
    original.close()


def test_tensorboardx_name_of_log_dir(tmp_path):
    SummaryWriter(logdir=str(tmp_path / "x")).close()
    assert len(names(tmp_path / "x")) == 1
    with pytest.raises(TypeError, match="logdir"):
        SummaryWriter(log_dir=str(tmp_path / "y"), logdir=str(tmp_path / "z"))
    assert not (tmp_path / "y").exists()


def test_relative_directory_survives_chdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    writer = SummaryWriter("run")
    writer.add_scalar("s", 1.0, 1)
    (tmp_path / "elsewhere").mkdir()
    os.chdir(tmp_path / "elsewhere")
    writer.add_scalar("s", 2.0, 2)
    writer.close()
    assert scalars(tmp_path / "run") == {".": {"s": [(1, 1.0), (2, 2.0)]}}


def test_directory_of_odd_characters(tmp_path):
    odd = tmp_path / "a b%20 ünï 🙂"
    with SummaryWriter(odd) as writer:
        writer.add_scalar("s", 1.0, 1)
    assert scalars(odd) == {".": {"s": [(1, 1.0)]}}


# -- attributes --------------------------------------------------------------------------------------------


def test_attributes_of_torch(tmp_path):
    arguments = {"purge_step": None, "max_queue": 3, "flush_secs": 7, "filename_suffix": ".s"}
    ours = SummaryWriter(str(tmp_path / "run"), **arguments)
    theirs = WRITERS["torch"](str(tmp_path / "run"), **arguments)
    for name in ("log_dir", "purge_step", "max_queue", "flush_secs", "filename_suffix"):
        assert getattr(ours, name) == getattr(theirs, name)
    for writer in (ours, theirs):
        assert list(writer.all_writers) == [str(tmp_path / "run")]
        assert writer.file_writer is writer.all_writers[str(tmp_path / "run")]
        assert writer.file_writer.get_logdir() == str(tmp_path / "run")
        writer.close()
        assert writer.file_writer is None
        assert writer.all_writers is None


# -- life --------------------------------------------------------------------------------------------------


def test_reopened_after_close_in_a_new_file(pair):
    def fill(writer):
        for step in range(3):
            writer.add_scalar("s", step, step)
            writer.close()

    pair.same(fill)
    assert len(names(pair.ours)) == len(names(pair.theirs)) == 3


def test_close_twice_and_flush_after_close(pair):
    def fill(writer):
        writer.add_scalar("s", 1.0, 1)
        writer.close()
        writer.close()
        writer.flush()

    pair.same(fill)
    assert len(names(pair.ours)) == 1


@pytest.mark.parametrize(
    "add",
    [
        lambda writer: writer.add_scalar("s", 1.0, 1),
        lambda writer: writer.add_scalars("s", {"a": 1.0}, 1),
        lambda writer: writer.add_histogram("s", np.ones(3), 1),
        lambda writer: writer.add_histogram("s", np.ones(3), 1, bins=3),
        lambda writer: writer.add_histogram_raw("s", 1, 1, 1, 1, 1, [1.0], [1.0], 1),
        lambda writer: writer.add_image("s", np.ones((3, 2, 2)), 1),
        lambda writer: writer.add_images("s", np.ones((2, 3, 2, 2)), 1),
        lambda writer: writer.add_text("s", "x", 1),
        lambda writer: writer.add_tensor("s", torch.ones(2), 1),
    ],
)
def test_every_method_reopens(pair, add):
    pair.same(lambda writer: [writer.close(), add(writer)])


def test_context_manager_closes(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        assert isinstance(writer, SummaryWriter)
        writer.add_scalar("s", 1.0, 1)
    assert writer.file_writer is None
    assert scalars(tmp_path) == {".": {"s": [(1, 1.0)]}}


def test_context_manager_keeps_what_an_exception_interrupts(tmp_path):
    def run():
        with SummaryWriter(tmp_path) as writer:
            writer.add_scalar("s", 1.0, 1)
            raise KeyError("user's own")

    with pytest.raises(KeyError, match="user's own"):
        run()
    assert scalars(tmp_path) == {".": {"s": [(1, 1.0)]}}


def test_nothing_is_lost_when_a_writer_is_forgotten(tmp_path):
    for step in range(20):
        SummaryWriter(tmp_path / str(step)).add_scalar("s", step, step)
    other = SummaryWriter(tmp_path / "other")
    other.flush()  # waits for all that was logged before, by anybody
    assert scalars(tmp_path) == {str(i): {"s": [(i, i)]} for i in range(20)} | {"other": {}}
    other.close()


def test_flush_puts_everything_on_disk(tmp_path):
    writer = SummaryWriter(tmp_path)
    for step in range(1000):
        writer.add_scalar("s", step, step)
        writer.add_scalars("m", {"a": step}, step)
    writer.flush()
    found = scalars(tmp_path)
    assert [step for step, _ in found["."]["s"]] == list(range(1000))
    assert [step for step, _ in found["m_a"]["m"]] == list(range(1000))
    writer.close()


def test_subclass_and_object_without_init(tmp_path):
    class Mine(SummaryWriter):
        def __init__(self, where):
            self.before = "set before the base's __init__"
            super().__init__(where)

        def add_scalar(self, tag, *arguments, **keywords):
            super().add_scalar(f"mine/{tag}", *arguments, **keywords)

    with Mine(tmp_path / "run") as writer:
        writer.add_scalar("s", 1.0, 1)
    assert scalars(tmp_path / "run") == {".": {"mine/s": [(1, 1.0)]}}


def test_file_writer_add_summary(tmp_path):
    summary = torch.utils.tensorboard.summary.scalar("s", 2.5)
    writer = ringboard.FileWriter(str(tmp_path))
    writer.add_summary(summary, 3, 4.0)
    writer.flush()
    event = read_events(tmp_path)[-1]
    assert (event.step, event.wall_time, event.summary.value[0].simple_value) == (3, 4.0, 2.5)
    writer.close()
    with pytest.raises(TypeError, match="protobuf"):
        writer.add_summary("not a summary", 1)
