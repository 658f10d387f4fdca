"""Streams without a file, defaults for step and wall time, rules for tags: what dialects ask of the core."""

from __future__ import annotations

import numpy as np
import pytest

from ringboard._native.writer import EventStream
from tests.support.events import read_events
from tests.support.views import views


@pytest.fixture
def stream(tmp_path):
    stream = EventStream(tmp_path / "events.out.tfevents.1", b"")
    yield stream
    stream.close()


def logged(stream) -> list[tuple[str, int, float]]:
    stream.flush()
    return [(view.tag, view.step, view.wall_time) for view in views(read_events(stream.path))]


def test_nowhere_takes_every_kind_and_makes_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stream = EventStream(None, b"")
    stream.add_scalar("s", 1.0, 1, None)
    stream.add_event(b"", 1, None)
    stream.add_event(bytes(20_000_000), 1, None)  # past what goes through the ring at once
    stream.add_histogram("h", np.ones(3), "float64", 0, 1, None)
    stream.add_image("i", np.zeros((3, 600, 600), np.uint8), "uint8", "CHW", 1, None)
    stream.add_scalar_series("c", np.ones(3), np.arange(3), None, None)
    stream.flush()
    stream.flush(fsync=True)
    counts = stream.stats()
    assert (counts["accepted"], counts["written"], counts["dropped"], counts["bytes"]) == (8, 8, 0, 0)
    stream.close()
    stream.add_scalar("s", 1.0, 2, None)
    stream.flush()
    assert stream.path == ""
    assert list(tmp_path.iterdir()) == []


def test_nowhere_checks_what_comes():
    stream = EventStream(None, b"")
    with pytest.raises(TypeError, match="'tag'"):
        stream.add_scalar("tag", None, 1, None)
    with pytest.raises(ValueError, match="'tag'"):
        stream.add_scalar("tag", 1.0, 2**63, None)
    assert stream.stats()["accepted"] == 0


def test_many_writers_to_nowhere_open_no_files():
    streams = [EventStream(None, b"") for _ in range(200)]
    for stream in streams:
        stream.add_scalar("s", 1.0, 1, None)
        stream.flush()
    assert all(stream.stats()["written"] == 1 for stream in streams)


def test_defaults(stream):
    stream.set_defaults(7, 12.5)
    stream.add_scalar("a", 1.0, None, None)
    stream.add_scalar("b", 1.0, 3, 4.5)
    stream.add_histogram("c", np.ones(3), "float64", 0, None, None)
    stream.set_defaults(8, None)
    stream.add_scalar("d", 1.0, None, None)
    stream.set_defaults(None, None)
    stream.add_scalar("e", 1.0, None, None)
    (a, b, c, d, e) = logged(stream)
    assert (a, b, c) == (("a", 7, 12.5), ("b", 3, 4.5), ("c", 7, 12.5))
    assert (d[:2], e[:2]) == (("d", 8), ("e", 0))
    assert min(d[2], e[2]) > 1e9


def test_bad_defaults_change_nothing(stream):
    stream.set_defaults(7, 12.5)
    for step, walltime in ((1, "soon"), (1.5j, 1.0), (2, float("nan"))):
        with pytest.raises((TypeError, ValueError)):
            stream.set_defaults(step, walltime)
    stream.add_scalar("a", 1.0, None, None)
    assert logged(stream) == [("a", 7, 12.5)]


def test_tags_of_scalars_are_cleaned_once_each(tmp_path):
    asked = []

    def upper(tag):
        asked.append(tag)
        return tag.upper()

    stream = EventStream(tmp_path / "events.out.tfevents.1", b"", upper)
    for step in range(3):
        for tag in ("a", "b", "".join(["long", " tag"])):
            stream.add_scalar(tag, 1.0, step, None)
    stream.add_scalar_series("a", np.ones(1), np.array([3]), None, None)
    assert asked == ["a", "b", "long tag"]
    assert [tag for tag, _, _ in logged(stream)] == ["A", "B", "LONG TAG"] * 3 + ["A"]


def test_a_rule_that_fails_logs_nothing(tmp_path):
    stream = EventStream(tmp_path / "events.out.tfevents.1", b"", lambda tag: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        stream.add_scalar("a", 1.0, 1, None)
    assert stream.stats()["accepted"] == 0
