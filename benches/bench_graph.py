"""How long does a model's graph take, to the closed file and in the caller?

Workload: `add_graph` of a multilayer perceptron (4 linear layers) and of a residual network (8 blocks of two
convolutions, 3×32×32 input), both each time anew; `add_onnx_graph` of the residual network's file.  And what
most scripts do: the first and only `add_graph` of a process (the perceptron), after an optimizer was made,
for which torch imports half of its compiler.
ringboard traces with `torch.export`, the rivals with `torch.jit.trace`, which is deprecated and which many
of today's models defeat.  Baseline: `torch.export.export` alone, non-strict, of the model in eval mode.
Rivals: torch.utils.tensorboard, tensorboardX; for ONNX files both want the package onnx, without which their
cells are empty.
Left out: models that `torch.jit.trace` cannot take.

Run: pytest benches/bench_graph.py [--bench-size full], or python -m benches.report --only graph
"""

import contextlib
import io
import tempfile
import time
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

from benches import contenders, judge, methods
from benches.methods import Method
from benches.work import BASELINE, OURS, PEERS, Case, Contender, Measure


def perceptron():
    import torch
    from torch import nn

    torch.manual_seed(0)
    layers = [part for _ in range(3) for part in (nn.Linear(64, 64), nn.ReLU())]
    return nn.Sequential(*layers, nn.Linear(64, 10)), torch.rand(8, 64)


def residual_network():
    import torch
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.conv1, self.norm1 = nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width)
            self.conv2, self.norm2 = nn.Conv2d(width, width, 3, padding=1), nn.BatchNorm2d(width)

        def forward(self, x):
            return torch.relu(x + self.norm2(self.conv2(torch.relu(self.norm1(self.conv1(x))))))

    torch.manual_seed(0)
    blocks = [Block(16) for _ in range(8)]
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)]
    return nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), *blocks, *head), torch.rand(2, 3, 32, 32)


_MODELS = {"graph_mlp": perceptron, "graph_resnet": residual_network}


def graph(library: str, build):
    model, inputs = build()
    return lambda writer, step: writer.add_graph(model, inputs)


def onnx_graph(library: str):
    """Of a file that torch's C++ writes; its last step, which needs the package onnx, is left out."""
    import torch
    from torch.onnx._internal.torchscript_exporter import onnx_proto_utils

    model, inputs = residual_network()
    onnx_proto_utils._add_onnxscript_fn = lambda model_bytes, *_: model_bytes
    path = Path(tempfile.mkdtemp()) / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), (inputs,), str(path), dynamo=False)

    def log_one(writer, step: int) -> None:
        with contextlib.redirect_stdout(io.StringIO()):  # the rivals print every node
            writer.add_onnx_graph(str(path))

    return log_one


def run(case: Case, library: str) -> dict[str, float]:
    """The first graph, which imports what tracing needs, and then all methods."""
    import torch

    contenders.prepare(library, case)
    model, inputs = perceptron()
    torch.optim.Adam(model.parameters())
    writer = contenders.open_writer(library, case.log_dir / "first")
    start = time.perf_counter()
    writer.add_graph(model, inputs)
    writer.close()
    first = time.perf_counter() - start
    judge.check_counts(case.log_dir / "first", 2)
    return {"first": first} | methods.run(case, library, _METHODS)


def run_export(case: Case) -> dict[str, float]:
    import torch

    found = {}
    for method in _METHODS[:2]:
        model, inputs = _MODELS[method.key]()
        model.eval()
        torch.export.export(model, (inputs,), strict=False)
        calls = method.calls(BASELINE, case.amount)
        start = time.perf_counter()
        for _ in range(calls):
            torch.export.export(model, (inputs,), strict=False)
        found[method.key] = (time.perf_counter() - start) / calls
    return found


_METHODS = (
    Method(
        "graph_mlp",
        "`add_graph`, perceptron",
        partial(graph, build=perceptron),
        10,
        20,
        events=2,
        check=partial(judge.check_graphs, least_nodes=10),
    ),
    Method(
        "graph_resnet",
        "`add_graph`, residual network",
        partial(graph, build=residual_network),
        5,
        5,
        events=2,
        check=partial(judge.check_graphs, least_nodes=50),
    ),
    Method(
        "graph_onnx",
        "`add_onnx_graph`, residual network",
        onnx_graph,
        100,
        100,
        needs={"torch": ("onnx",), "tensorboardX": ("onnx",)},
        check=partial(judge.check_graphs, least_nodes=40),
    ),
)
_WORK = methods.work("graph", "graphs", _METHODS)
WORK = replace(
    _WORK,
    contenders=(
        *(Contender(library, library, partial(run, library=library)) for library in (OURS, *PEERS)),
        Contender("torch.export alone", BASELINE, run_export),
    ),
    measures=(
        Measure("first", "`add_graph`, perceptron, the first of a process", headline=True),
        *_WORK.measures,
    ),
)


def test_graph(publish):
    publish()
