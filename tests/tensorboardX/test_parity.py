"""Every method beside tensorboardX's: equal events, or a difference that the README lists."""

from __future__ import annotations

import inspect
import warnings

import pytest
import tensorboardX

import ringboard.tensorboardX
from tests.support.events import read_events
from tests.support.views import assert_same_events, views
from tests.tensorboardX import cases

ours = ringboard.tensorboardX
METHODS = cases.METHODS
# tensorboardX needs moviepy and soundfile for these, and torch for graphs: see test_kinds.py.
NO_PEER = {"add_video", "add_audio"}


def try_case(writer_class, directory, case) -> Exception | None:
    """What the case raises."""
    writer = writer_class(str(directory))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            case(writer)
    except Exception as error:
        return error
    finally:
        writer.close()
    return None


def try_both(pair, case) -> tuple[Exception | None, Exception | None]:
    return try_case(ours.SummaryWriter, pair.ours, case), try_case(
        tensorboardX.SummaryWriter, pair.theirs, case
    )


def test_every_method_with_a_step_is_here():
    wanted = {
        name
        for name, routine in inspect.getmembers(tensorboardX.SummaryWriter, inspect.isfunction)
        if name.startswith("add_") and {"tag", "global_step"} <= set(inspect.signature(routine).parameters)
    } | {"add_scalars"}
    # Embeddings are files; a mesh's tags are torch's.
    assert {name.split(",")[0] for name in METHODS} == wanted - NO_PEER - {"add_embedding", "add_mesh"}


@pytest.mark.parametrize("method", METHODS)
def test_steps(pair, method):
    pair.same(lambda writer: [METHODS[method](writer, "t", step, None) for step in cases.STEPS])
    assert len({event.step for event in read_events(pair.ours)}) > 10


@pytest.mark.parametrize("method", METHODS)
def test_wall_times(pair, method):
    pair.same(lambda writer: [METHODS[method](writer, "t", 1, time) for time in cases.WALL_TIMES])
    found = [event.wall_time for event in read_events(pair.ours) if event.summary.value]
    assert found == [float(time) for time in cases.WALL_TIMES]


@pytest.mark.parametrize("method", METHODS)
def test_tags(pair, method):
    pair.same(
        lambda writer: [
            METHODS[method](writer, tag, 1, None)
            for tag in cases.TAGS
            if method != "add_scalars" or not tag.startswith("/")
        ]
    )  # which escape


@pytest.mark.parametrize("case", cases.SAME)
def test_same_events(pair, case):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pair.same(cases.SAME[case])


@pytest.mark.parametrize("case", cases.DIFFERENT)
def test_differences_are_real(pair, case):
    assert try_both(pair, cases.DIFFERENT[case]) == (None, None)
    with pytest.raises(AssertionError, match="the events differ"):
        assert_same_events(pair.ours, pair.theirs)


@pytest.mark.parametrize("case", cases.BOTH_REFUSE)
def test_what_both_refuse(pair, case):
    mine, theirs = try_both(pair, cases.BOTH_REFUSE[case])
    assert isinstance(mine, (TypeError, ValueError, OSError)), mine
    assert theirs is not None
    assert views(pair.ours) == []  # nothing half-written


@pytest.mark.parametrize("case", cases.ONLY_OURS)
def test_what_only_ours_takes(pair, case):
    mine, theirs = try_both(pair, cases.ONLY_OURS[case])
    assert mine is None
    assert views(pair.ours)
    assert theirs is not None or views(pair.theirs) == []


@pytest.mark.parametrize("metadata", [{"global_step": 7, "walltime": 12.5}, {"walltime": 12.5}])
def test_wall_times_of_use_metadata(pair, metadata):
    pair.same(lambda writer: cases.with_metadata(writer, **metadata))
    mine, theirs = (
        [event.wall_time for event in read_events(path) if event.summary.value]
        for path in (pair.ours, pair.theirs)
    )
    assert mine[:-1] == theirs[:-1]
    assert mine[:3] == [12.5, 3.5, 12.5]
    assert abs(mine[-1] - theirs[-1]) < 600
