"""Tools that replace methods of FileWriter, EventFileWriter and SummaryWriter see what is logged."""

from __future__ import annotations

import numpy as np
import pytest

import ringboard.tensorboardX
import ringboard.torch
from tests.support.events import read_events

DIALECTS = {"torch": ringboard.torch, "tensorboardX": ringboard.tensorboardX}


@pytest.fixture(params=DIALECTS)
def dialect(request):
    return DIALECTS[request.param]


def log_all(writer):
    """A call of each way to the file."""
    writer.add_scalar("scalar", 0.5, 1)
    writer.add_scalar("styled", 0.5, 1, new_style=True)
    writer.log({"a": 1.0, "b": 2.0}, 2)
    writer.scalar("handle").add(3.0, 3)
    writer.add_scalar_series("series", [1.0, 2.0], [4, 5])
    writer.add_scalars("many", {"x": 1.0}, 5)
    writer.add_scalars("tags", {"x": 1.0}, 5, layout="tags")
    writer.add_histogram("histogram", np.arange(10.0), 6)
    writer.add_histogram("few", np.arange(10.0), 6, bins=3)
    writer.add_image("image", np.zeros((3, 4, 5), np.uint8), 7)
    writer.add_text("text", "words", 8)
    writer.add_tensor("tensor", np.ones(3), 9)
    writer.add_hparams({"lr": 0.1}, {"loss": 1.0})


TAGS = {
    "scalar", "styled", "a", "b", "handle", "series", "many", "tags/x", "histogram", "few", "image",
    "text/text_summary", "tensor", "_hparams_/session_start_info", "loss",
}  # fmt: skip


def summaries(log_dir):
    """What the files hold, without wall times, in an order that does not depend on the files' names."""
    return sorted(
        (value.tag, event.step, value.SerializeToString())
        for event in read_events(log_dir)
        for value in event.summary.value
        if "hparams" not in value.tag  # they hold the time
    )


def see(monkeypatch, owner, name, tag_of):
    """Replaces a method as tools do, by one that remembers and goes on to the original."""
    seen, original = [], getattr(owner, name)

    def hooked(self, *args, **kwargs):
        seen.extend(tag_of(*args, **kwargs))
        return original(self, *args, **kwargs)

    monkeypatch.setattr(owner, name, hooked)
    return seen


def event_tags(event, step=None, walltime=None):
    assert event.WhichOneof("what")
    assert event.wall_time > 1e9
    return [value.tag for value in event.summary.value]


def summary_tags(summary, global_step=None, walltime=None):
    return [value.tag for value in summary.value]


@pytest.mark.parametrize(
    ("owner", "name", "tag_of"),
    [
        ("FileWriter", "add_event", event_tags),
        ("FileWriter", "add_summary", summary_tags),
        ("EventFileWriter", "add_event", event_tags),
    ],
)
def test_a_replaced_method_sees_every_event_once(monkeypatch, tmp_path, dialect, owner, name, tag_of):
    with dialect.SummaryWriter(tmp_path / "plain") as writer:
        log_all(writer)
    seen = see(monkeypatch, getattr(dialect.writer, owner), name, tag_of)
    with dialect.SummaryWriter(tmp_path / "hooked") as writer:
        log_all(writer)
    assert set(seen) >= TAGS
    assert [seen.count(tag) for tag in ("scalar", "image", "series")] == [1, 1, 2]
    # And the files hold what they held without.
    assert summaries(tmp_path / "hooked") == summaries(tmp_path / "plain")


def test_both_dialects_hooked_see_each_event_once(monkeypatch, tmp_path):
    seen = [see(monkeypatch, each.FileWriter, "add_event", event_tags) for each in DIALECTS.values()]
    for name, each in DIALECTS.items():
        with each.SummaryWriter(tmp_path / name) as writer:
            writer.add_scalar(name, 1.0)
    assert seen == [["torch"], ["tensorboardX"]]


@pytest.mark.parametrize("method", ["add_scalar", "add_image", "add_hparams"])
def test_a_replaced_method_of_the_writer_is_called(monkeypatch, tmp_path, dialect, method):
    seen = see(monkeypatch, dialect.SummaryWriter, method, lambda *args, **kwargs: [args])
    with dialect.SummaryWriter(tmp_path) as writer:
        log_all(writer)
    assert seen
    assert read_events(tmp_path)


def test_a_replaced_event_file_writer_is_used(monkeypatch, tmp_path, dialect):
    """The way of Weights & Biases."""
    seen = []

    class Other(dialect.writer.EventFileWriter):
        def __init__(self, logdir, *args, **kwargs):
            seen.append(logdir)
            super().__init__(logdir, *args, **kwargs)

    monkeypatch.setattr(dialect.writer, "EventFileWriter", Other)
    with dialect.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("scalar", 1.0)
        writer.add_scalars("many", {"x": 1.0})
        assert isinstance(writer._stream, ringboard._native.writer.EventStream)  # the quick way all the same
        assert writer.stats()["accepted"] == 2
    assert len(seen) == 2
    assert all(type(each) is str for each in seen)


def test_an_event_file_writer_of_a_kind_of_its_own(monkeypatch, tmp_path, dialect):
    calls = []

    class Foreign:
        def __init__(self, logdir, max_queue_size=10, flush_secs=120, filename_suffix=""):
            self.logdir = logdir

        def get_logdir(self):
            return self.logdir

        def add_event(self, event):
            calls.extend(event_tags(event))

        def flush(self):
            calls.append("flush")

        def close(self):
            calls.append("close")

    monkeypatch.setattr(dialect.writer, "EventFileWriter", Foreign)
    with dialect.SummaryWriter(str(tmp_path)) as writer:
        writer.add_scalar("scalar", 1.0)
        writer.flush()
    assert calls == ["scalar", "flush", "close"]
    assert list(tmp_path.iterdir()) == []


def test_hooks_come_and_go_under_an_open_writer(monkeypatch, tmp_path, dialect):
    writer = dialect.SummaryWriter(tmp_path)
    writer.add_scalar("before", 1.0)
    early = writer.scalar("early")
    with monkeypatch.context() as patch:
        seen = see(patch, dialect.FileWriter, "add_event", event_tags)
        writer.flush()  # which looks for them
        writer.add_scalar("during", 1.0)
        writer.scalar("handle").add(1.0)
        early.add(1.0)  # it holds what it was made with
    writer.add_scalar("after", 1.0)
    assert seen == ["during", "handle"]
    assert isinstance(writer._stream, ringboard._native.writer.EventStream)
    writer.close()
    assert [each[0] for each in summaries(tmp_path)] == ["after", "before", "during", "early", "handle"]


def test_without_hooks_no_protobuf_is_made(monkeypatch, tmp_path, dialect):
    monkeypatch.setattr(ringboard.hooks, "event_of", None)
    with dialect.SummaryWriter(tmp_path) as writer:
        log_all(writer)
        assert isinstance(writer._stream, ringboard._native.writer.EventStream)


def test_without_tensorboard_a_warning_tells(monkeypatch, tmp_path, dialect):
    seen = see(monkeypatch, dialect.FileWriter, "add_event", event_tags)
    monkeypatch.setitem(__import__("sys").modules, "tensorboard.compat.proto.event_pb2", None)
    with dialect.SummaryWriter(tmp_path) as writer, pytest.warns(RuntimeWarning, match="pip install tensorb"):
        writer.add_scalar("scalar", 1.0)
    monkeypatch.undo()
    assert seen == []
    assert [each[0] for each in summaries(tmp_path)] == ["scalar"]


def test_bad_input_is_told_of_before_hooks_see_it(monkeypatch, tmp_path, dialect):
    seen = see(monkeypatch, dialect.FileWriter, "add_event", event_tags)
    with dialect.SummaryWriter(tmp_path) as writer:
        for bad in ({"global_step": "later"}, {"walltime": float("nan")}):
            with pytest.raises((TypeError, ValueError)):
                writer.add_text("tag", "x", **bad)
            with pytest.raises((TypeError, ValueError)):
                writer.add_scalar("tag", 1.0, **bad)
    assert seen == []
