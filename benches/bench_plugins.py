"""How long do PR curves, meshes, hyperparameters, layouts, text and tensors take, to the closed file and in
the caller?

Workload: `add_pr_curve` of 1 M predictions with hard (0 or 1) and soft labels, and with weights;
`add_pr_curve_raw` of 127 thresholds; `add_mesh` of 10,000 float32 vertices with colours and 20,000 faces;
`add_custom_scalars` of 12 charts; `add_hparams` of 8 values and 2 metrics, each call a run of its own;
`add_text` of 60 bytes and 10 KB; `add_tensor` of 1,000 and 100,000 float32 and of 100,000 int64 (torch only:
tensorboardX has none).
Rivals: torch.utils.tensorboard, tensorboardX.
Left out: embeddings.

Run: pytest benches/bench_plugins.py [--bench-size full], or python -m benches.report --only plugins
"""

from functools import partial

import numpy as np

from benches import judge, methods
from benches.methods import Method
from benches.work import OURS

_PREDICTIONS = 1_000_000
_HPARAMS = {
    "lr": 1e-3, "batch": 64, "depth": 4, "width": 256, "decay": 0.01, "dropout": 0.1,
    "optimizer": "adamw", "dataset": "digits",
}  # fmt: skip
_SENTENCE = "**step** done: loss went down, see the chart of the `lr`. "
_WITHOUT_TENSORBOARDX = (OURS, "torch")


def pr_curve(library: str, labels: str, weighted: bool = False):
    rng = np.random.default_rng(7)
    predictions = rng.random(_PREDICTIONS).astype(np.float32)
    truth = rng.random(_PREDICTIONS) if labels == "soft" else rng.integers(0, 2, _PREDICTIONS)
    weights = rng.random(_PREDICTIONS) if weighted else None
    return lambda writer, step: writer.add_pr_curve("pr", truth, predictions, step, weights=weights)


def pr_curve_raw(library: str):
    rows = list(np.random.default_rng(8).random((6, 127)))
    return lambda writer, step: writer.add_pr_curve_raw("pr", *rows, step)


def mesh(library: str):
    rng = np.random.default_rng(9)
    vertices = rng.random((1, 10_000, 3)).astype(np.float32)
    colours = rng.integers(0, 256, (1, 10_000, 3))
    faces = rng.integers(0, 10_000, (1, 20_000, 3))
    return lambda writer, step: writer.add_mesh("mesh", vertices, colours, faces, global_step=step)


def custom_scalars(library: str):
    layout = {
        f"stage {stage}": {
            f"chart {chart}": ["Multiline", [f"stage{stage}/metric{chart}", f"stage{stage}/other{chart}"]]
            for chart in range(4)
        }
        for stage in range(3)
    }
    return lambda writer, step: writer.add_custom_scalars(layout)


def hparams(library: str):
    argument = "name" if library == "tensorboardX" else "run_name"

    def log_one(writer, step: int) -> None:
        metrics = {"accuracy": 0.5 + step / 1e6, "loss": 0.25}
        writer.add_hparams(_HPARAMS, metrics, **{argument: f"trial{step}"}, global_step=0)

    return log_one


def text(library: str, size: int):
    content = (_SENTENCE * (size // len(_SENTENCE) + 1))[:size]
    return lambda writer, step: writer.add_text("notes", content, step)


def tensor(library: str, dtype: str, size: int):
    import torch

    numbers = np.random.default_rng(10).integers(-(2**40), 2**40, size)
    data = torch.from_numpy(numbers.astype(dtype))
    return lambda writer, step: writer.add_tensor("state", data, step)


WORK = methods.work(
    "plugins",
    "plugins",
    (
        Method("pr_hard", "`add_pr_curve`, 1 M hard labels", partial(pr_curve, labels="hard"), 50, 6),
        Method("pr_soft", "`add_pr_curve`, 1 M soft labels", partial(pr_curve, labels="soft"), 20, 6),
        Method(
            "pr_weights",
            "`add_pr_curve`, 1 M hard labels with weights",
            partial(pr_curve, labels="hard", weighted=True),
            20,
            6,
        ),
        Method("pr_raw", "`add_pr_curve_raw`", pr_curve_raw, 5_000, 1_000),
        Method(
            "mesh",
            "`add_mesh`, 10,000 vertices, colours, 20,000 faces",
            mesh,
            300,
            20,
            check=judge.check_like_events,
        ),
        Method("custom_scalars", "`add_custom_scalars`, 12 charts", custom_scalars, 5_000, 1_000),
        Method(
            "hparams",
            "`add_hparams`, 8 values, 2 metrics",
            hparams,
            300,
            30,
            events=5,
            check=judge.check_like_events,
        ),
        Method("text", "`add_text`, 60 bytes", partial(text, size=60), 20_000, 1_000),
        Method("text_10k", "`add_text`, 10 KB", partial(text, size=10_240), 10_000, 1_000),
        Method(
            "tensor_1k",
            "`add_tensor`, 1,000 float32",
            partial(tensor, dtype="float32", size=1_000),
            10_000,
            300,
            libraries=_WITHOUT_TENSORBOARDX,
        ),
        Method(
            "tensor_100k",
            "`add_tensor`, 100,000 float32",
            partial(tensor, dtype="float32", size=100_000),
            500,
            8,
            libraries=_WITHOUT_TENSORBOARDX,
        ),
        Method(
            "tensor_int64",
            "`add_tensor`, 100,000 int64",
            partial(tensor, dtype="int64", size=100_000),
            100,
            8,
            libraries=_WITHOUT_TENSORBOARDX,
        ),
    ),
)


def test_plugins(publish):
    publish()
