"""What does logging cost a training step under unedited frameworks, and what share of a step is lost to it?

Workloads, each with the writer that the framework finds at `torch.utils.tensorboard`, and with ringboard in
that place:
- Lightning: `log_dict` of 20 values at each step, TensorBoardLogger, a small perceptron;
- the transformers Trainer: logging_steps=1, a GPT-2 of one small layer;
- Stable-Baselines3: PPO on CartPole, rollouts of 64 steps, one dump each, whose flush() is the framework's;
- a bare loop: a residual network of 0.2 M weights on 8 pictures of 3×32×32, which logs 50 scalars and 20
  histograms (432 to 36,864 weights or gradients) a step.
Logging time is what passes inside the writer's add_* and flush(), which are wrapped alike for all.  What a
writer's thread takes from the training meanwhile is in the loop's last row alone: blocks of 5 steps that log,
their flush() included, alternate with blocks that don't; it is the median of the differences of neighbours,
and means nothing where other work disturbs the machine by more.
torch computes with one thread, so that sums are the same in every process and a second core is idle.
Rivals: torch.utils.tensorboard; tensorboardX in the loop.
Left out: frameworks that aren't installed (the group `frameworks` has them); their own work before the writer
is called.

Run: pytest benches/bench_frameworks.py [--bench-size full], or python -m benches.report --only frameworks;
with the frameworks by .venv-frameworks/bin/python, which `make test-frameworks` sets up.
"""

import importlib.util
import os
import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from benches import contenders, judge
from benches.work import OURS, PEERS, Amount, Case, Contender, Measure, Work

_SCALARS, _HISTOGRAMS, _BLOCK = 50, 20, 5
_VALUES = 20  # that the Lightning module logs a step


class Stopwatch:
    """The time inside the add_* and flush() of a class, nested calls counted once."""

    def __init__(self, writer_class: type) -> None:
        self.took_s = 0.0
        self._depth = 0
        for name in dir(writer_class):
            if name.startswith("add_") or name == "flush":
                setattr(writer_class, name, self._timed(getattr(writer_class, name)))

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            start = time.perf_counter()
            try:
                return method(*args, **kwargs)
            finally:
                self._depth -= 1
                if not self._depth:
                    self.took_s += time.perf_counter() - start

        return timed

    def restart(self) -> None:
        self.took_s = 0.0


# --- the frameworks: each trains `steps` steps below log_dir, calls restart() once it is warm, and ------
# --- returns how many steps were logged since ------------------------------------------------------------

_WARM_UP = 2
Framework = Callable[[Path, int, Callable[[], None]], int]


def lightning(log_dir: Path, steps: int, restart: Callable[[], None]) -> int:
    import logging

    import lightning as L
    import torch
    from lightning.pytorch.loggers import TensorBoardLogger
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset

    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)

    class Module(L.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 1))

        def training_step(self, batch: Any, index: int) -> Any:
            if index == _WARM_UP:
                restart()
            loss = self.net(batch[0]).square().mean()
            self.log_dict({f"values/{each:02d}": loss * each for each in range(_VALUES)})
            return loss

        def configure_optimizers(self) -> Any:
            return torch.optim.SGD(self.parameters(), 0.01)

    torch.manual_seed(0)
    data = DataLoader(TensorDataset(torch.randn(8 * (steps + _WARM_UP), 16)), batch_size=8)
    L.Trainer(
        max_epochs=1, logger=TensorBoardLogger(log_dir), log_every_n_steps=1, accelerator="cpu",
        enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
    ).fit(Module(), data)  # fmt: skip
    return steps


def transformers(log_dir: Path, steps: int, restart: Callable[[], None]) -> int:
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel, Trainer, TrainerCallback, TrainingArguments

    class Restart(TrainerCallback):
        def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == _WARM_UP:
                restart()

    os.environ["TENSORBOARD_LOGGING_DIR"] = str(log_dir)
    torch.manual_seed(0)
    model = GPT2LMHeadModel(GPT2Config(n_layer=1, n_head=2, n_embd=32, vocab_size=64, n_positions=16))
    data = [{"input_ids": row, "labels": row} for row in torch.randint(0, 64, (32, 16))]
    arguments = TrainingArguments(
        str(log_dir.with_name("out")), report_to=["tensorboard"], logging_steps=1, max_steps=steps + _WARM_UP,
        per_device_train_batch_size=4, save_strategy="no", use_cpu=True, disable_tqdm=True, seed=0,
    )  # fmt: skip
    Trainer(model, arguments, train_dataset=data, callbacks=[Restart()]).train()
    return steps


def stable_baselines(log_dir: Path, steps: int, restart: Callable[[], None]) -> int:
    from stable_baselines3 import PPO

    rollout = 64
    model = PPO(
        "MlpPolicy", "CartPole-v1", n_steps=rollout, batch_size=rollout, n_epochs=1, seed=0, device="cpu",
        tensorboard_log=str(log_dir),
    )  # fmt: skip
    model.learn(_WARM_UP * rollout, tb_log_name="run")
    restart()
    model.learn(steps * rollout, tb_log_name="run", reset_num_timesteps=False)
    return steps


FRAMEWORKS: Mapping[str, tuple[str, str, Framework]] = {
    "lightning": ("lightning", f"Lightning, a step of {_VALUES} values", lightning),
    "transformers": ("transformers", "transformers Trainer, a step", transformers),
    "stable_baselines3": ("stable_baselines3", "Stable-Baselines3, a rollout's values", stable_baselines),
}


def run_frameworks(case: Case, library: str) -> dict[str, float]:
    """Seconds of logging a step, of each framework that is installed."""
    if library == OURS:
        import ringboard

        ringboard.install()
    from torch.utils import tensorboard

    stopwatch = Stopwatch(tensorboard.SummaryWriter)
    found = {}
    for key, (package, _, train) in FRAMEWORKS.items():
        if importlib.util.find_spec(package) is not None:
            logged = train(case.log_dir / key, max(2, case.amount), stopwatch.restart)
            found[key] = stopwatch.took_s / logged
    return found


# --- the bare loop ---------------------------------------------------------------------------------------


class Loop:
    """A training step, and what a careful person logs of it."""

    def __init__(self) -> None:
        import torch
        from torch import nn

        from benches.bench_graph import residual_network

        torch.manual_seed(0)
        self.model, _ = residual_network()
        self.model[0] = nn.Conv2d(3, 16, 3, padding=1)
        wide = [nn.Conv2d(16, 64, 3, padding=1), nn.ReLU(), nn.Conv2d(64, 64, 3, padding=1), nn.ReLU()]
        self.model = nn.Sequential(*list(self.model)[:-3], *wide, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.model.append(nn.Linear(64, 10))
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.01, momentum=0.9)
        self.pictures, self.labels = torch.randn(8, 3, 32, 32), torch.randint(0, 10, (8,))
        self.weights = [(name, each) for name, each in self.model.named_parameters() if each.ndim == 4]
        self.weights = self.weights[: -_HISTOGRAMS // 2 - 1 : -1]
        self.everything = list(self.model.parameters())[: _SCALARS - 2]
        self.steps = 0

    def train(self) -> tuple[Any, list[float]]:
        """A step; its loss, and a number of each parameter, which cost the same whether they are logged."""
        import torch

        self.steps += 1
        loss = torch.nn.functional.cross_entropy(self.model(self.pictures), self.labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss, [float(each.norm()) for each in self.everything]

    def log(self, writer: Any, loss: Any, norms: list[float]) -> None:
        step = self.steps
        writer.add_scalar("loss", loss, step)
        writer.add_scalar("lr", self.optimizer.param_groups[0]["lr"], step)
        for index, norm in enumerate(norms):
            writer.add_scalar(f"norm/{index:02d}", norm, step)
        for name, weight in self.weights:
            writer.add_histogram(f"weight/{name}", weight, step)
            writer.add_histogram(f"gradient/{name}", weight.grad, step)


def run_loop(case: Case, library: str) -> dict[str, float]:
    """Blocks of steps, with and without logging in turn."""
    contenders.prepare(library, case)
    writer = contenders.open_writer(library, case.log_dir / "loop")
    stopwatch = Stopwatch(type(writer))
    loop = Loop()
    assert len(loop.everything) + 2 == _SCALARS, "the scalars that are promised"
    assert 2 * len(loop.weights) == _HISTOGRAMS, "the histograms that are promised"
    for _ in range(_WARM_UP):
        loop.log(writer, *loop.train())
    length = min(_BLOCK, case.amount)
    blocks = case.amount // length
    bare, logged, inside = [], [], []
    for _ in range(blocks):
        writer.flush()
        start = time.perf_counter()
        for _ in range(length):
            loop.train()
        bare.append((time.perf_counter() - start) / length)
        stopwatch.restart()
        start = time.perf_counter()
        for _ in range(length):
            loop.log(writer, *loop.train())
        writer.flush()
        logged.append((time.perf_counter() - start) / length)
        inside.append(stopwatch.took_s / length)
    writer.close()
    events = (_WARM_UP + blocks * length) * (_SCALARS + _HISTOGRAMS)
    judge.check_counts(case.log_dir / "loop", events)
    step = statistics.median(logged)
    lost = [1 - without / with_logging for with_logging, without in zip(logged, bare, strict=True)]
    return {
        "loop": statistics.median(inside),
        "loop_step": step,
        "loop_bare": statistics.median(bare),
        "loop_share": 100 * statistics.median(inside) / step,
        "loop_lost": 100 * statistics.median(lost),
    }


# --- both ------------------------------------------------------------------------------------------------


def run(case: Case, library: str) -> dict[str, float]:
    import torch

    torch.set_num_threads(1)
    found = run_loop(case, library)
    return found if library == "tensorboardX" else found | run_frameworks(case, library)


def check(log_dirs: Mapping[str, Path]) -> None:
    """The loop's and Lightning's events are the same; the others' but for what goes by the clock."""
    for key in ("loop", *FRAMEWORKS):
        wrote = {name: path / key for name, path in log_dirs.items() if (path / key).exists()}
        if key in ("loop", "lightning") and wrote:
            judge.check_same_events(wrote)
        elif wrote:
            _check_same_tags(wrote)


def _check_same_tags(log_dirs: Mapping[str, Path]) -> None:
    from tests.support.events import events_by_run
    from tests.support.views import views

    found = {
        name: {
            run: [(v.kind, v.tag, v.step) for v in views(events)]
            for run, events in events_by_run(path).items()
        }
        for name, path in log_dirs.items()
    }
    for name, runs in found.items():
        assert runs == found[OURS], f"{name} logged other tags or steps than ringboard"


WORK = Work(
    name="frameworks",
    title="logging under the frameworks",
    contenders=tuple(Contender(name, name, partial(run, library=name)) for name in (OURS, *PEERS)),
    measures=(
        *(Measure(key, title, headline=True) for key, (_, title, _) in FRAMEWORKS.items()),
        Measure(
            "loop", f"bare loop, a step of {_SCALARS} scalars and {_HISTOGRAMS} histograms", headline=True
        ),
        Measure("loop_step", "bare loop: the whole step, flush() included"),
        Measure("loop_bare", "bare loop: a step that doesn't log"),
        Measure("loop_share", "bare loop: share of the step inside the writer", "%"),
        Measure("loop_lost", "bare loop: share of the step lost, by the difference", "%"),
    ),
    amounts={"smoke": Amount(2, 2), "small": Amount(50, 50), "full": Amount(300, 300)},
    check_amount=2,
    check=check,
    notes="n is the steps logged, of each.",
    many=True,
)


def test_frameworks(publish):
    publish()
