"""What add_graph does with models that torch.export refuses, and with what is no model or no input."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from torch import nn

from ringboard import SummaryWriter
from tests.graph.graphs import by_name, check, logged, model_graph, scope_of, scopes, shapes
from tests.graph.models import Broken, DataFlow, TwoTowers
from tests.support.events import read_events


def warned(directory, model, inputs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        graph, _ = logged(directory, lambda writer: writer.add_graph(model, inputs))
    assert [each.category for each in caught] == [RuntimeWarning], [str(each.message) for each in caught]
    assert caught[0].filename == __file__
    return graph, str(caught[0].message)


def test_trace_where_export_fails(tmp_path, capfd):
    model = DataFlow()
    graph, message = warned(tmp_path, model, torch.ones(2, 4))
    check(graph)
    assert "torch.export cannot take DataFlow (GuardOnDataDependentSymNode: " in message
    assert "torch.jit.trace" in message
    assert "\n" not in message
    assert capfd.readouterr() == ("", "")
    assert {scope_of(model, name) for name, _ in model.named_modules()} <= scopes(graph)
    nodes = by_name(graph)
    assert shapes(nodes["DataFlow/Sequential[body]/Linear[0]/linear"]) == [(2, 4)]
    assert shapes(nodes["DataFlow/split"]) == [(2, 2), (2, 2)]
    assert nodes["output/low"].input == ["DataFlow/split"]
    assert nodes["DataFlow/view"].input[0] == "DataFlow/split:1"
    assert nodes["DataFlow/add"].input == ["input/x"]
    assert nodes["DataFlow/add"].attr["other"].s == b"1"
    assert nodes["output/all.0"].input == ["DataFlow/add"]


def test_tree_where_nothing_works(tmp_path, capfd):
    model = Broken()
    graph, message = warned(tmp_path, model, torch.ones(2, 4))
    check(graph, unknown_shapes=True)
    assert message.count("RuntimeError: out of order)") == 2
    assert "tree of modules" in message
    assert capfd.readouterr() == ("", "")
    nodes = by_name(graph)
    leaf = nodes["Broken/Sequential[body]/Linear[0]/Linear"]
    assert leaf.input == [
        "Broken/Sequential[body]/Sequential",
        "Broken/Sequential[body]/Linear[0]/weight",
        "Broken/Sequential[body]/Linear[0]/bias",
    ]
    assert shapes(nodes["Broken/Sequential[body]/Linear[0]/weight"]) == [(4, 4)]
    assert nodes["Broken/Sequential[body]/Sequential"].input == ["Broken/Broken"]
    assert shapes(nodes["input/x"]) == [(2, 4)]


class Scripted(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if bool(x.sum() > 0):
            x = self.body(x)
        for _ in range(3):
            x = x * 2
        return x


def test_scripted_module(tmp_path):
    model = torch.jit.script(Scripted())
    model.body.eval()
    graph, message = warned(tmp_path, model, torch.ones(2, 4))
    assert (model.training, model.body.training) == (True, False)
    check(graph, unknown_shapes=True)
    assert "it is scripted" in message
    assert {"Scripted/Linear[body]", "Scripted/If/block0", "Scripted/Loop/block0"} <= scopes(graph)
    assert "Scripted/If/block0/linear" in by_name(graph)["Scripted/If/If"].input


@torch.jit.script
def scripted_sum(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    return left + right * 2


def test_scripted_function(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph, _ = logged(
            tmp_path, lambda writer: writer.add_graph(scripted_sum, (torch.ones(2), torch.ones(2)))
        )
    nodes = by_name(graph)
    assert nodes["scripted_sum/add"].input == ["input/left", "scripted_sum/mul"]
    assert nodes["scripted_sum/mul"].input == ["input/right"]


class Branches(nn.Module):
    """Subgraphs: torch.cond, and a gradient mode of its own."""

    def __init__(self):
        super().__init__()
        self.yes = nn.Linear(4, 4)

    def forward(self, x):
        with torch.enable_grad():
            y = self.yes(x)
        return torch.cond(x.sum() > 0, lambda x, y: self.yes(x) + y, lambda x, y: x * 2, (x, y))


def test_branches_are_drawn(tmp_path):
    graph = model_graph(tmp_path, Branches(), torch.ones(2, 4))
    check(graph)
    nodes = by_name(graph)
    cond = nodes["Branches/cond/cond"]
    assert {"Branches/cond/true_graph_0/add", "Branches/cond/false_graph_0/mul", "Branches/gt"} <= set(
        cond.input
    )
    assert nodes["Branches/cond/true_graph_0/linear"].input[0] == "input/x"
    assert nodes["Branches/Linear[yes]/linear"].input[0] == "input/x"


# --- what comes in --------------------------------------------------------------------------------


class Takes(nn.Module):
    """Says by its attributes what it got."""

    def forward(self, batch):
        left, right = batch["left"], batch["right"][0]
        return left + right


def test_a_dict_that_is_the_argument(tmp_path):
    graph = model_graph(tmp_path, Takes(), {"left": torch.ones(2), "right": [torch.ones(2)]})
    assert {"input/batch.left", "input/batch.right.0"} <= set(by_name(graph))


class TakesList(nn.Module):
    def forward(self, parts):
        return torch.cat(parts)


def test_a_list_that_is_the_argument(tmp_path):
    graph = model_graph(tmp_path, TakesList(), [torch.ones(2), torch.ones(1)])
    assert {"input/parts.0", "input/parts.1"} <= set(by_name(graph))


class Many(nn.Module):
    def forward(self, first, *rest, **named):
        return first + sum(rest) + named.get("bias", 0)


def test_any_number_of_arguments(tmp_path):
    one = torch.ones(2)  # the same tensor thrice is three inputs
    graph = model_graph(tmp_path, Many(), (one, one, one))
    assert {"input/first", "input/rest.0", "input/rest.1"} <= set(by_name(graph))


class Nothing(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self):
        return self.weight.exp()


@pytest.mark.parametrize("inputs", [None, (), {}])
def test_a_model_without_inputs(tmp_path, inputs):
    graph = model_graph(tmp_path, Nothing(), inputs)
    assert by_name(graph)["Nothing/exp"].input == ["Nothing/weight"]


def test_verbose_prints_the_graph(tmp_path, capsys):
    model_graph(tmp_path, nn.Linear(2, 2), torch.ones(1, 2), verbose=True)
    assert "aten.linear" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("model", "inputs", "kind", "words"),
    [
        (print, torch.ones(1), TypeError, ["torch.nn.Module", "builtin_function_or_method"]),
        (nn.Linear, torch.ones(1), TypeError, ["torch.nn.Module", "Linear"]),
        (nn.Linear(2, 2), None, ValueError, ["input_to_model is missing", "Linear.forward(input"]),
        (nn.Linear(2, 2), np.ones((1, 2)), TypeError, ["input_to_model", "numpy.ndarray of shape (1, 2)"]),
        (nn.Linear(2, 2), "x", TypeError, ["input_to_model", "str 'x'"]),
        (nn.Linear(2, 2), [1, 2], TypeError, ["input_to_model", "list [1, 2]"]),
        (TwoTowers(), torch.ones(1), ValueError, ["TwoTowers.forward(text, image", "shape (1,)"]),
        (TwoTowers(), {"txt": torch.ones(1)}, ValueError, ["TwoTowers.forward", "['txt']"]),
        (nn.Bilinear(1, 1, 1), (torch.ones(1),) * 3, ValueError, ["tuple of 3: Tensor"]),
    ],
)
def test_errors_name_what_came(tmp_path, model, inputs, kind, words):
    with SummaryWriter(tmp_path) as writer, pytest.raises(kind) as caught:
        writer.add_graph(model, inputs)
    assert all(word in str(caught.value) for word in words), caught.value
    assert [event.file_version for event in read_events(tmp_path)] == ["brain.Event:2"]


class Masked(nn.Module):
    """Tensors that are neither parameters nor buffers, two of one name."""

    def __init__(self, value):
        super().__init__()
        self.mask = torch.full((3,), value)

    def forward(self, x):
        return x * self.mask + torch.tensor([1.0, 2.0, 3.0])


def test_tensors_that_are_no_parameters(tmp_path):
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = Masked(0.5), Masked(2.0)

        def forward(self, x):
            return self.one(x) * self.two.mask - self.one.mask

    nodes = by_name(model_graph(tmp_path, Outer(), torch.ones(3)))
    constants = {name for name, node in nodes.items() if node.op == "Constant"}
    assert {"Outer/Masked[one]/mask", "Outer/mask"} < constants
    assert len(constants) == 3
    assert nodes["Outer/mul"].input == ["Outer/Masked[one]/add", "Outer/mask"]
    assert nodes["Outer/sub"].input == ["Outer/mul", "Outer/Masked[one]/mask"]
