"""add_graph leaves a model as it was."""

from __future__ import annotations

import copy
import random
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from ringboard import SummaryWriter
from tests.graph.graphs import check, logged, model_graph
from tests.graph.models import MODELS, Broken, DataFlow, ResidualCNN


def add(directory, model, inputs):
    with warnings.catch_warnings(), SummaryWriter(directory) as writer:
        warnings.simplefilter("ignore")
        writer.add_graph(model, inputs)


@pytest.mark.parametrize("name", ["residual_cnn", "lstm", "transformer", "data_flow", "broken"])
def test_model_is_as_before(tmp_path, name):
    others = {"data_flow": (DataFlow(), torch.rand(2, 4)), "broken": (Broken(), torch.rand(2, 4))}
    model, inputs = others[name] if name in others else MODELS[name]()
    model.train()
    next(iter(model.children())).eval()  # a frozen part
    before = copy.deepcopy(model.state_dict())
    flags = [module.training for module in model.modules()]
    attributes = [{**vars(module)} for module in model.modules()]
    add(tmp_path, model, inputs)
    assert [module.training for module in model.modules()] == flags
    assert {key: value.tolist() for key, value in model.state_dict().items()} == {
        key: value.tolist() for key, value in before.items()
    }
    for module, was in zip(model.modules(), attributes, strict=True):
        assert vars(module).keys() == was.keys()
        assert all(vars(module)[key] is value for key, value in was.items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert torch.backends.mha.get_fastpath_enabled()
    assert torch.is_grad_enabled()


def test_model_still_trains(tmp_path):
    model, image = ResidualCNN(), torch.rand(2, 3, 16, 16)
    add(tmp_path, model, image)
    model(image).sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_one_model_many_times(tmp_path):
    model, inputs = MODELS["lstm"]()
    first, second = (model_graph(tmp_path / name, model, inputs) for name in "ab")
    assert first == second


class Random(nn.Module):
    """Draws random numbers of all kinds; torch.export refuses it."""

    def forward(self, x):
        random.random()
        np.random.rand()
        noise = torch.rand_like(x)
        return x + noise if noise.sum() > -1 else x


def test_random_numbers_go_on_as_before(tmp_path):
    def draw():
        return random.random(), np.random.rand(), torch.rand(3).tolist()

    def seed():
        random.seed(0)
        np.random.seed(0)
        torch.manual_seed(0)

    seed()
    wanted = draw()
    seed()
    add(tmp_path, Random(), torch.zeros(2))
    assert draw() == wanted


class InPlace(nn.Module):
    def forward(self, x):
        return x.add_(1) if x.sum() > -1 else x


def test_inputs_are_as_before(tmp_path):
    x = torch.zeros(3)
    add(tmp_path, InPlace(), x)
    assert x.tolist() == [0, 0, 0]


class OwnTrain(nn.Module):
    """Does more than set the flag in train()."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(2, 2)

    def train(self, mode=True):
        raise AssertionError("called")

    def forward(self, x):
        assert not self.training
        assert not self.body.training
        return self.body(x)


def test_a_models_own_train_is_not_called(tmp_path):
    check(model_graph(tmp_path, OwnTrain(), torch.rand(1, 2)))


def test_lazy_modules_stay_lazy(tmp_path):
    torch.manual_seed(0)
    wanted = torch.rand(2)
    torch.manual_seed(0)
    model = nn.Sequential(nn.LazyLinear(3), nn.ReLU())
    graph = model_graph(tmp_path, model, torch.rand(2, 4, generator=torch.Generator()))
    check(graph)
    assert torch.nn.parameter.is_lazy(model[0].weight)
    assert torch.rand(2).tolist() == wanted.tolist()


def test_what_wraps_a_model_is_left_out(tmp_path):
    compiled = torch.compile(nn.Sequential(nn.Linear(2, 2)))
    graph = model_graph(tmp_path, nn.DataParallel(compiled), torch.rand(1, 2))
    assert "Sequential/Linear[0]/linear" in {node.name for node in graph.node}


def test_devices_are_told(tmp_path):
    model = nn.Linear(2, 3, device="meta")
    graph, metadata = logged(
        tmp_path, lambda writer: writer.add_graph(model, torch.rand(1, 2, device="meta"))
    )
    assert {node.device for node in graph.node} == {"/device:META:0"}
    assert [each.device for each in metadata.step_stats.dev_stats] == ["/device:META:0"]


def test_cpu_is_torchs_device(tmp_path):
    _, metadata = logged(tmp_path, lambda writer: writer.add_graph(nn.Linear(2, 3), torch.rand(1, 2)))
    assert [each.device for each in metadata.step_stats.dev_stats] == ["/device:CPU:0"]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_model_on_a_gpu(tmp_path):
    model = ResidualCNN().cuda()
    state = torch.cuda.get_rng_state()
    graph = model_graph(tmp_path, model, torch.rand(2, 3, 16, 16, device="cuda"))
    check(graph)
    assert {node.device for node in graph.node} == {"/device:GPU:0"}
    assert torch.equal(torch.cuda.get_rng_state(), state)
