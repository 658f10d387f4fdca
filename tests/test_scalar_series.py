"""writer.add_scalar_series: whole curves in one call."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ringboard import SummaryWriter
from tests import walk
from tests.scripts import run_script
from tests.support.events import scalars


def logged(tmp_path, *arguments):
    """[(step, value, wall time)] of one call."""
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("t", *arguments)
    events = [event for event in walk.events(tmp_path) if event.summary.value]
    assert {event.summary.value[0].tag for event in events} <= {"t"}
    return [(event.step, event.summary.value[0].simple_value, event.wall_time) for event in events]


@pytest.mark.parametrize("length", [0, 1, 2, 4095, 4096, 4097, 10_000])
def test_lengths(tmp_path, length):
    found = logged(tmp_path, np.arange(length) / 2, np.arange(length))
    assert [one[:2] for one in found] == [(i, i / 2) for i in range(length)]


DTYPES = [
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float16", "float32", "float64", "longdouble", ">f4",
]  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_of_values_and_steps(tmp_path, dtype):
    numbers = np.array([0, 1, 0, 1, 1]) if dtype == "bool" else np.array([0, 1, 2, 100, 127])
    found = logged(tmp_path, numbers.astype(dtype), numbers.astype(dtype))
    assert [one[:2] for one in found] == [(i, float(i)) for i in numbers]


@pytest.mark.parametrize("container", [list, tuple, torch.tensor, np.array])
def test_containers(tmp_path, container):
    found = logged(tmp_path, container([0.5, -1.0]), container([3, -4]), container([10.0, 20.5]))
    assert found == [(3, 0.5, 10.0), (-4, -1.0, 20.5)]


def test_range_of_steps(tmp_path):
    assert [one[0] for one in logged(tmp_path, [1.0, 2.0, 3.0], range(10, 40, 10))] == [10, 20, 30]


def test_views(tmp_path):
    values, steps = np.arange(20.0)[::-2], np.arange(40)[::4]
    assert [one[:2] for one in logged(tmp_path, values, steps)] == list(zip(steps, values, strict=True))


def test_bfloat16_values(tmp_path):
    values = torch.tensor([1.5, -3e38, 1e-40]).to(torch.bfloat16)
    assert [one[1] for one in logged(tmp_path, values, [1, 2, 3])] == values.float().tolist()


def test_special_values_and_extreme_steps(tmp_path):
    values = [float("inf"), -float("inf"), -0.0, 1e300, 1e-300]
    steps = np.array([2**63 - 1, -(2**63), 0, -1, 2**53 + 1])
    found = logged(tmp_path, values, steps)
    assert [one[0] for one in found] == steps.tolist()
    assert [str(one[1]) for one in found] == ["inf", "-inf", "-0.0", "inf", "0.0"]


def test_without_walltimes_all_have_the_present(tmp_path):
    times = {one[2] for one in logged(tmp_path, np.ones(100), np.arange(100))}
    assert len(times) == 1
    assert times.pop() > 1.7e9


def test_100_000_values_with_walltimes(tmp_path):
    count = 100_000
    values = np.random.default_rng(1).normal(size=count).astype(np.float32)
    times = np.linspace(1e9, 2e9, count)
    steps = np.random.default_rng(2).integers(-(2**62), 2**62, count)
    found = logged(tmp_path, values, steps, times)
    assert [one[0] for one in found] == steps.tolist()
    assert [one[1] for one in found] == values.tolist()
    assert [one[2] for one in found] == times.tolist()


def test_smallest_ring(tmp_path):
    run_script(
        """
        import sys
        import numpy as np
        import ringboard
        ringboard.configure(ring_bytes=65536)
        count = 50_000
        with ringboard.SummaryWriter(sys.argv[1]) as writer:
            writer.add_scalar_series("plain", np.arange(count), np.arange(count))
            writer.add_scalar_series("timed", np.arange(count), np.arange(count), np.arange(count) + 0.5)
            writer.flush()
            stats = writer.stats()
            assert stats["accepted"] == stats["written"] == 2 * count, stats
            assert stats["ring_high_water_bytes"] <= stats["ring_bytes"] == 65536, stats
        """,
        tmp_path,
    )
    expected = [(i, float(i)) for i in range(50_000)]
    assert walk.points(tmp_path) == {"plain": expected, "timed": expected}


@pytest.mark.parametrize(
    "arguments",
    [
        ([1.0, 2.0], [1]),
        ([1.0], [1, 2]),
        ([1.0, 2.0], [1, 2], [1.0]),
        ([[1.0, 2.0]], [[1, 2]]),
        (1.0, 1),
        ([1.0, 2.0], [1, float("nan")]),
        ([1.0, 2.0], [1, float("inf")]),
        ([1.0, 2.0], [1.0, 2.0**63]),
        ([1.0, 2.0], np.array([1, 2**63], np.uint64)),
        ([1.0, 2.0], [1, 2], [1.0, float("nan")]),
        ([1.0, 2.0], [1, 2], [1.0, float("inf")]),
        ([1j, 2.0], [1, 2]),
        (["a", "b"], [1, 2]),
        ([1.0, None], [1, 2]),
        (None, [1]),
        ([1.0], None),
        ([1.0, 2.0], [1, 2**80]),
    ],
    ids=repr,
)
def test_bad_input_names_the_tag_and_logs_nothing(tmp_path, arguments):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((TypeError, ValueError), match="'culprit'"):
            writer.add_scalar_series("culprit", *arguments)
        writer.add_scalar_series("after", [1.0], [2])
    assert scalars(tmp_path) == {".": {"after": [(2, 1.0)]}}
