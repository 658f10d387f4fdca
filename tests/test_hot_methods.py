"""add_scalar, log and handle.add have a short way for usual arguments; both log the same."""

from __future__ import annotations

import inspect
import itertools
from unittest import mock

import numpy as np
import pytest
import torch

import ringboard
from tests.support.events import read_events

HOT_PARAMETERS = {"tag": "loss", "scalar_value": 0.5, "global_step": 3, "walltime": 12.5}


def scalars(log_dir):
    """(tag, value, step, wall time) of all."""
    return [
        (value.tag, value.simple_value, event.step, event.wall_time)
        for event in read_events(log_dir)
        for value in event.summary.value
    ]


@pytest.mark.parametrize("positional", range(5))
def test_every_mixture_of_positions_and_names(tmp_path, positional):
    names = list(HOT_PARAMETERS)
    orders = list(itertools.permutations(names[positional:]))
    with ringboard.SummaryWriter(tmp_path) as writer:
        for order in orders:
            arguments = [HOT_PARAMETERS[name] for name in names[:positional]]
            writer.add_scalar(*arguments, **{name: HOT_PARAMETERS[name] for name in order})
    assert scalars(tmp_path) == [("loss", 0.5, 3, 12.5)] * len(orders)


def test_names_that_are_not_interned(tmp_path):
    fresh = {"".join(list(name)): value for name, value in HOT_PARAMETERS.items()}
    with ringboard.SummaryWriter(tmp_path) as writer:
        writer.add_scalar(**fresh)
        writer.log(**{"".join("values"): {"loss": 0.5}, "".join("step"): 3, "".join("walltime"): 12.5})
        writer.scalar("loss").add(**{"".join("value"): 0.5, "".join("global_step"): 3}, walltime=12.5)
    assert scalars(tmp_path) == [("loss", 0.5, 3, 12.5)] * 3


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ((), {}),
        (("loss",), {}),
        (("loss", 1.0, 2, 3.0, False, False, 1), {}),
        (("loss", 1.0), {"tag": "other"}),
        (("loss", 1.0), {"stepp": 1}),
        (tuple(range(30)), {}),
        (("loss", 1.0), {f"name_{index}": index for index in range(30)}),
    ],
)
def test_wrong_calls_are_type_errors_and_log_nothing(tmp_path, arguments, names):
    with ringboard.SummaryWriter(tmp_path) as writer:
        with pytest.raises(TypeError):
            writer.add_scalar(*arguments, **names)
        for method in (writer.scalar("loss").add, writer.log):
            with pytest.raises(TypeError):
                method(*arguments[2:], 1.0, 2, 3.0, 4, **names)
    assert scalars(tmp_path) == []


def test_only_a_writer_is_taken_for_self():
    for method in (ringboard.SummaryWriter.add_scalar, ringboard.SummaryWriter.log):
        with pytest.raises(TypeError):
            method(object(), "loss", 1.0)
        with pytest.raises(TypeError):
            method()


@pytest.mark.parametrize("name", ["add_scalar", "log"])
def test_they_look_like_methods(name):
    method = getattr(ringboard.SummaryWriter, name)
    assert method.__name__ == name
    assert next(iter(inspect.signature(method).parameters)) == "self"
    assert inspect.getdoc(method).startswith("Logs ")
    assert inspect.signature(ringboard.SummaryWriter.add_scalar).parameters["global_step"].default is None


@pytest.mark.parametrize("name", ["add_scalar", "log"])
def test_they_are_no_python_functions(tmp_path, name):
    """What README says of tools that ask for functions; replacing them works all the same."""
    assert not inspect.isfunction(getattr(ringboard.SummaryWriter, name))
    assert inspect.isroutine(getattr(ringboard.SummaryWriter, name))
    with ringboard.SummaryWriter(tmp_path) as writer:
        with mock.patch.object(ringboard.SummaryWriter, name, autospec=True) as replaced:
            getattr(writer, name)("a", 1.0, 2)
        assert replaced.call_args.args == ("a", 1.0, 2)  # with a function's specification: the writer first
        writer.add_scalar("b", 1.0, 2)
    assert scalars(tmp_path)[-1][:3] == ("b", 1.0, 2)


class Awkward:
    """A value whose item() runs code."""

    def __init__(self, action):
        self.action = action

    def item(self):
        self.action()
        return 7.0


def test_an_interrupt_inside_item_is_not_swallowed(tmp_path):
    def interrupt():
        raise KeyboardInterrupt

    with ringboard.SummaryWriter(tmp_path) as writer:
        for call in (
            lambda: writer.add_scalar("loss", Awkward(interrupt)),
            lambda: writer.log({"loss": Awkward(interrupt)}),
            lambda: writer.scalar("loss").add(Awkward(interrupt)),
        ):
            with pytest.raises(KeyboardInterrupt):
                call()
    assert scalars(tmp_path) == []


def test_item_may_close_the_writer_and_drop_the_stream(tmp_path):
    writer = ringboard.SummaryWriter(tmp_path)
    handle = writer.scalar("loss")
    for call in (
        writer.add_scalar,
        lambda _, value: handle.add(value),
        lambda tag, value: writer.log({tag: value}),
    ):
        call("loss", Awkward(writer.close))
    writer.close()
    assert [value for _, value, _, _ in scalars(tmp_path)] == [7.0] * 3


def test_item_may_change_the_dict_that_is_being_logged(tmp_path):
    values = {"a": 1.0}
    values["b"] = Awkward(lambda: values.update({f"more/{index}": 1.0 for index in range(100)}))
    with ringboard.SummaryWriter(tmp_path) as writer, pytest.raises(RuntimeError, match="changed size"):
        writer.log(values)
    assert scalars(tmp_path) == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.1), np.float32(0.1)),
        (np.int8(-3), -3),
        (np.bool_(True), 1),
        (np.array([[2.5]]), 2.5),
        (np.uint64(2**63), 2.0**63),
        (torch.tensor(2.5), 2.5),
        (torch.tensor([3], dtype=torch.int64), 3),
        (torch.tensor(True), 1),
        (torch.tensor(1e38, dtype=torch.bfloat16), float(torch.tensor(1e38, dtype=torch.bfloat16))),
        (torch.tensor(2.0, requires_grad=True) * 2, 4.0),
        (torch.tensor([1 + 2j]).conj().imag, -2.0),
    ],
)
def test_arrays_and_tensors_of_one_element(tmp_path, value, expected):
    with ringboard.SummaryWriter(tmp_path) as writer:
        writer.add_scalar("loss", value)
        writer.log({"loss": value})
        writer.scalar("loss").add(value)
    assert [found for _, found, _, _ in scalars(tmp_path)] == [np.float32(expected)] * 3


def test_more_tags_than_are_remembered_by_address(tmp_path):
    tags = [f"tag/{index}" for index in range(1000)]
    with ringboard.SummaryWriter(tmp_path) as writer:
        for step in range(2):
            for index, tag in enumerate(tags):
                writer.add_scalar(tag, float(index), step)
        for start in range(0, 1000, 100):  # more than fit the stack
            writer.log(dict.fromkeys(tags[start : start + 100], 1.0), 2)
    found = scalars(tmp_path)
    assert [(tag, value, step) for tag, value, step, _ in found[:2000]] == [
        (tag, float(index), step) for step in range(2) for index, tag in enumerate(tags)
    ]
    assert [(tag, step) for tag, _, step, _ in found[2000:]] == [(tag, 2) for tag in tags]
