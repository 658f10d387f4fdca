"""How long do scalars of other types, raw records and short-lived writers take, to the closed file and in the
caller?

Workload: `add_scalar` of a 0-d float32 tensor, of a loss that requires grad, and of a np.float32, in a hot
loop; `add_scalars` of 5 keys; `add_histogram_raw` of 100 buckets; `file_writer.add_summary` and `add_event`
of a ready protobuf message; a writer that is opened, logs one scalar and is closed.
Rivals: torch.utils.tensorboard, tensorboardX.
Left out: tensors on a GPU, for which every writer must wait.

Run: pytest benches/bench_writers.py [--bench-size full], or python -m benches.report --only writers
"""

from functools import partial
from pathlib import Path

import numpy as np

from benches import contenders, judge, methods
from benches.methods import Method


def scalar(library: str, kind: str):
    if kind == "numpy":
        values = list(np.random.default_rng(1).normal(size=1_000).astype(np.float32))
    else:
        import torch

        values = list(torch.from_numpy(np.random.default_rng(1).normal(size=1_000).astype(np.float32)))
        if kind == "loss":
            weight = torch.ones((), requires_grad=True)
            values = [value * weight for value in values]
    return lambda writer, step: writer.add_scalar("loss/train", values[step % 1_000], step)


def scalars(library: str):
    values = {"train": 0.5, "validation": 0.75, "test": 0.7, "best": 0.4, "ema": 0.45}
    return lambda writer, step: writer.add_scalars("loss", values, step)


def histogram_raw(library: str):
    limits, counts = np.linspace(-1, 1, 100), np.arange(100.0)
    total = float(counts.sum())
    return lambda writer, step: writer.add_histogram_raw(
        "weights", -1.0, 1.0, total, 3.5, 7.25, limits, counts, step
    )


def _messages(library: str):
    if library == "tensorboardX":
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary
    else:
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary
    return Event, Summary


def summary(library: str):
    _, Summary = _messages(library)
    message = Summary(value=[Summary.Value(tag="loss", simple_value=0.5)])
    return lambda writer, step: writer.file_writer.add_summary(message, step)


def event(library: str):
    Event, Summary = _messages(library)
    message = Event(summary=Summary(value=[Summary.Value(tag="loss", simple_value=0.5)]))
    return lambda writer, step: writer.file_writer.add_event(message, step)


def open_and_close(library: str):
    def log_one(writer, step: int) -> None:
        directory = writer.logdir if library == "tensorboardX" else writer.log_dir
        own = contenders.open_writer(library, Path(directory) / f"run{step}")
        own.add_scalar("loss", 0.5, step)
        own.close()

    return log_one


WORK = methods.work(
    "writers",
    "values and writers",
    (
        Method(
            "scalar_tensor", "`add_scalar` of a 0-d tensor", partial(scalar, kind="tensor"), 100_000, 2_000
        ),
        Method(
            "scalar_loss", "`add_scalar` of a loss with grad", partial(scalar, kind="loss"), 100_000, 2_000
        ),
        Method("scalar_numpy", "`add_scalar` of a np.float32", partial(scalar, kind="numpy"), 200_000, 2_000),
        Method(
            "scalars",
            "`add_scalars` of 5 keys",
            scalars,
            10_000,
            300,
            events=5,
            check=judge.check_like_events,
        ),
        Method("histogram_raw", "`add_histogram_raw`, 100 buckets", histogram_raw, 20_000, 1_000),
        Method("summary", "`file_writer.add_summary`", summary, 20_000, 2_000),
        Method("event", "`file_writer.add_event`", event, 20_000, 2_000),
        Method("open_close", "a writer opened, one scalar, closed", open_and_close, 200, 40),
    ),
)


def test_writers(publish):
    publish()
