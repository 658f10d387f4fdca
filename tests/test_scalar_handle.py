"""writer.scalar(tag): a handle that writes as add_scalar does."""

from __future__ import annotations

import pytest

from ringboard import SummaryWriter
from tests.parity.test_scalar import PYTHON_VALUES, STEPS
from tests.support.events import read_events, scalars
from tests.support.records import event_files
from tests.support.views import compare, views


def test_writes_as_add_scalar_does(tmp_path):
    with SummaryWriter(tmp_path / "handle") as one, SummaryWriter(tmp_path / "add") as other:
        handle = one.scalar("t")
        for step, value in enumerate(PYTHON_VALUES):
            handle.add(value, step)
            other.add_scalar("t", value, step)
        for step in STEPS:
            handle.add(0.5, step)
            other.add_scalar("t", 0.5, step)
    assert compare(views(tmp_path / "handle"), views(tmp_path / "add")) == []


def test_keywords_and_walltime(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.scalar("t").add(value=0.5, step=3, walltime=4.5)
    event = read_events(tmp_path)[-1]
    assert (event.step, event.wall_time, event.summary.value[0].simple_value) == (3, 4.5, 0.5)


def test_no_step_is_step_zero(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.scalar("t").add(0.5)
    assert scalars(tmp_path) == {".": {"t": [(0, 0.5)]}}


def test_tag_can_be_read_and_shows(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        handle = writer.scalar("some/tag")
        assert handle.tag == "some/tag"
        assert "some/tag" in repr(handle)


def test_good_across_close_and_reopen(tmp_path):
    writer = SummaryWriter(tmp_path)
    handle, other = writer.scalar("t"), writer.scalar("u")
    for step in range(4):
        handle.add(step, step)
        other.add(-step, step)
        writer.close()
    assert len(event_files(tmp_path)) == 4
    points = {"t": [(i, float(i)) for i in range(4)], "u": [(i, float(-i)) for i in range(4)]}
    assert scalars(tmp_path) == {".": points}


def test_made_after_close(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.close()
    writer.scalar("t").add(1.0, 1)
    writer.close()
    assert scalars(tmp_path) == {".": {"t": [(1, 1.0)]}}


def test_keeps_its_writer_alive(tmp_path):
    handle = SummaryWriter(tmp_path).scalar("t")
    for step in range(10):
        handle.add(step, step)
    handle = None
    SummaryWriter(tmp_path / "other").flush()
    assert len(scalars(tmp_path)["."]["t"]) == 10


@pytest.mark.parametrize("bad", [None, object(), "x", [1.0, 2.0]])
def test_bad_value_names_the_tag(tmp_path, bad):
    with SummaryWriter(tmp_path) as writer:
        handle = writer.scalar("culprit")
        with pytest.raises((TypeError, ValueError), match="'culprit'"):
            handle.add(bad, 1)
        handle.add(2.0, 2)
    assert scalars(tmp_path) == {".": {"culprit": [(2, 2.0)]}}


def test_bad_step_logs_nothing(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match=r"'t'.*int64"):
        writer.scalar("t").add(1.0, 2**63)
    assert scalars(tmp_path) == {".": {}}
