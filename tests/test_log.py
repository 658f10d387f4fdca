"""writer.log: one call, one event, many values."""

from __future__ import annotations

from collections import OrderedDict, UserDict
from types import MappingProxyType

import numpy as np
import pytest
import torch

from ringboard import SummaryWriter
from tests.parity.test_scalar import PYTHON_VALUES
from tests.support.events import read_events, scalars
from tests.support.views import compare, views


def test_one_event_with_all_values_in_order(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.log({"b": 1, "a": np.float32(0.1), "c/d": torch.tensor(2.5)}, 7, 12.5)
    _header, event = read_events(tmp_path)
    assert (event.step, event.wall_time) == (7, 12.5)
    assert [value.tag for value in event.summary.value] == ["b", "a", "c/d"]
    assert [value.simple_value for value in event.summary.value] == [1.0, np.float32(0.1), 2.5]


def test_values_are_stored_as_add_scalar_stores_them(tmp_path):
    with SummaryWriter(tmp_path / "log") as logged, SummaryWriter(tmp_path / "add") as added:
        for step, value in enumerate(PYTHON_VALUES):
            logged.log({"t": value}, step)
            added.add_scalar("t", value, step)
    assert compare(views(tmp_path / "log"), views(tmp_path / "add")) == []


@pytest.mark.parametrize("kind", [OrderedDict, MappingProxyType, UserDict])
def test_any_mapping(tmp_path, kind):
    with SummaryWriter(tmp_path) as writer:
        writer.log(kind({"x": 1.0, "y": 2.0}), 1)
    assert scalars(tmp_path) == {".": {"x": [(1, 1.0)], "y": [(1, 2.0)]}}


def test_no_value_no_event(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.log({}, 1)
    assert len(read_events(tmp_path)) == 1


def test_many_values(tmp_path):
    names = [f"layer/{i}/grad" for i in range(20_000)]
    with SummaryWriter(tmp_path) as writer:
        writer.log({name: i for i, name in enumerate(names)}, 1)
    found = scalars(tmp_path)["."]
    assert list(found) == names
    assert list(found.values()) == [[(1, float(i))] for i in range(20_000)]


def test_shares_its_series_with_add_scalar(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(5):
            writer.log({"t": step}, 2 * step)
            writer.add_scalar("t", step, 2 * step + 1)
    assert [step for step, _ in scalars(tmp_path)["."]["t"]] == list(range(10))


def test_reopens_after_close(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.log({"t": 1}, 1)
    writer.close()
    writer.log({"t": 2}, 2)
    writer.close()
    assert scalars(tmp_path)["."]["t"] == [(1, 1.0), (2, 2.0)]


@pytest.mark.parametrize("bad", [None, object(), "x", [1.0, 2.0], np.zeros(2)])
def test_one_bad_value_logs_none_of_them(tmp_path, bad):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((TypeError, ValueError), match="'culprit'"):
            writer.log({"good": 1.0, "culprit": bad, "more": 2.0}, 1)
        writer.log({"good": 3.0}, 2)
    assert scalars(tmp_path) == {".": {"good": [(2, 3.0)]}}


@pytest.mark.parametrize("values", [5, None, "text", 2.5, [("x", 1.0)]])
def test_no_mapping_is_named(tmp_path, values):
    with SummaryWriter(tmp_path) as writer, pytest.raises((TypeError, ValueError), match=r"log\(\).*dict"):
        writer.log(values, 1)
