"""Trains a small network on handwritten digits, logs all of it, and measures what the logging cost.

    python examples/digits.py
    tensorboard --logdir runs

To copy: the log_* functions.  They are what a training script calls, and take ringboard's SummaryWriter or
torch's: that is how `SideBySide` times both on the same values of the same run.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

try:
    import torch
    from sklearn.datasets import load_digits
    from torch import nn
    from torch.nn import functional
except ImportError as error:
    needs = "This demo trains with torch on scikit-learn's digits: pip install torch scikit-learn"
    raise SystemExit(f"{error}\n{needs}") from None

from ringboard import SummaryWriter

VALIDATION_SIZE = 360
SAMPLES = 64
MISCLASSIFIED_SHOWN = 16
CONFUSIONS_SHOWN = 10

# A writer is ringboard's or torch's: the methods that both have are called alike.
Writer = Any


@dataclass(frozen=True)
class Config:
    """What a run depends on; logged as a table."""

    epochs: int
    batch_size: int
    learning_rate: float
    histograms_every: int
    seed: int


# --- logging: what a training script calls -----------------------------------------------------------------


def log_start(writer: Writer, config: Config, samples: torch.Tensor) -> None:
    """Once, before the first step."""
    writer.add_text("config", markdown_table(("setting", "value"), asdict(config).items()), 0)
    writer.add_images("samples", samples, 0)


def log_step(writer: Writer, step: int, result: StepResult) -> None:
    """Every step.  Tensors go in as they are, without .item()."""
    writer.add_scalar("train/loss", result.loss, step)
    writer.add_scalar("train/accuracy", result.accuracy, step)
    writer.add_scalar("train/learning_rate", result.learning_rate, step)
    writer.add_scalar("train/grad_norm", result.grad_norm, step)


def log_histograms(writer: Writer, step: int, model: nn.Module) -> None:
    """Every `histograms_every` steps."""
    for name, parameter in model.named_parameters():
        writer.add_histogram(f"weights/{name}", parameter, step)
        writer.add_histogram(f"gradients/{name}", parameter.grad, step)


def log_epoch(writer: Writer, step: int, report: EpochReport) -> None:
    """Every epoch, at the number of its last step, so that the curves share their axis with train/*."""
    writer.log(report.metrics, step)  # many scalars, one call, one event; torch's writer has no such method
    writer.add_scalars("loss", report.loss, step)  # two curves in one chart
    writer.add_scalars("accuracy", report.accuracy, step)
    writer.add_text("confusion", report.summary, step)
    writer.add_tensor("confusion/matrix", report.confusion, step)
    if len(report.misclassified):
        writer.add_images("misclassified", report.misclassified, step)


# --- training: nothing in here knows who logs --------------------------------------------------------------


class Digits(NamedTuple):
    """Grey pictures of handwritten digits."""

    images: torch.Tensor  # (N, 1, 8, 8) float32 in [0, 1]
    labels: torch.Tensor  # (N,) int64


class StepResult(NamedTuple):
    """What one step of training has to tell."""

    loss: torch.Tensor  # a scalar
    accuracy: float
    learning_rate: float
    grad_norm: torch.Tensor  # a scalar


class Evaluation(NamedTuple):
    """How well the validation digits are read."""

    loss: float
    accuracy: float
    predicted: torch.Tensor  # (N,) int64
    confusion: torch.Tensor  # (10, 10) int64: [written, read as]


class EpochReport(NamedTuple):
    """What an epoch has to tell."""

    metrics: dict[str, float]
    loss: dict[str, float]
    accuracy: dict[str, float]
    summary: str
    confusion: torch.Tensor
    misclassified: torch.Tensor  # (N, 3, 40, 40)


def training_and_validation() -> tuple[Digits, Digits]:
    """The digits of scikit-learn, in random order, cut in two."""
    bunch = load_digits()
    images = torch.from_numpy(bunch.images).float().div(16).unsqueeze(1)
    labels = torch.from_numpy(bunch.target).long()
    order = torch.randperm(len(labels))
    first, last = order[:-VALIDATION_SIZE], order[-VALIDATION_SIZE:]
    return Digits(images[first], labels[first]), Digits(images[last], labels[last])


def build_model() -> nn.Module:
    """A small convolutional network: (N, 1, 8, 8) → (N, 10) logits."""
    model = nn.Sequential()
    model.add_module("conv1", nn.Conv2d(1, 16, kernel_size=3, padding=1))
    model.add_module("relu1", nn.ReLU())
    model.add_module("conv2", nn.Conv2d(16, 32, kernel_size=3, padding=1))
    model.add_module("relu2", nn.ReLU())
    model.add_module("pool", nn.MaxPool2d(2))
    model.add_module("flatten", nn.Flatten())
    model.add_module("hidden", nn.Linear(32 * 4 * 4, 64))
    model.add_module("relu3", nn.ReLU())
    model.add_module("output", nn.Linear(64, 10))
    return model


class Trainer:
    """The model and what moves it."""

    def __init__(self, config: Config, digits: Digits) -> None:
        self.digits = digits
        self.batch_size = config.batch_size
        self.steps_per_epoch = -(-len(digits.labels) // config.batch_size)
        self.model = build_model()
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=config.learning_rate, momentum=0.9)
        self.scheduler = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, config.learning_rate, total_steps=config.epochs * self.steps_per_epoch
        )

    def epoch(self) -> Iterator[StepResult]:
        """Goes once through the digits, a batch a step."""
        for batch in torch.randperm(len(self.digits.labels)).split(self.batch_size):
            yield self.step(self.digits.images[batch], self.digits.labels[batch])

    def step(self, images: torch.Tensor, labels: torch.Tensor) -> StepResult:
        learning_rate = self.scheduler.get_last_lr()[0]
        logits = self.model(images)
        loss = functional.cross_entropy(logits, labels)
        self.optimizer.zero_grad()
        loss.backward()
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), max_norm=5.0)
        self.optimizer.step()
        self.scheduler.step()
        accuracy = (logits.argmax(dim=1) == labels).float().mean().item()
        return StepResult(loss.detach(), accuracy, learning_rate, grad_norm)

    def evaluate(self, digits: Digits) -> Evaluation:
        with torch.no_grad():
            logits = self.model(digits.images)
        predicted = logits.argmax(dim=1)
        confusion = torch.bincount(digits.labels * 10 + predicted, minlength=100).reshape(10, 10)
        loss = functional.cross_entropy(logits, digits.labels).item()
        return Evaluation(loss, (predicted == digits.labels).float().mean().item(), predicted, confusion)


def train(config: Config, writers: SideBySide) -> None:
    """The run: trains, validates, logs, and says how it goes."""
    torch.manual_seed(config.seed)
    torch.set_num_threads(1)  # the network is too small to share
    training, validation = training_and_validation()
    trainer = Trainer(config, training)
    print(
        f"{len(training.labels)} digits to learn, {VALIDATION_SIZE} to check with; "
        f"{config.epochs} epochs of {trainer.steps_per_epoch} steps",
        flush=True,
    )
    writers.log("once: text, images", log_start, config, enlarged(training.images[:SAMPLES]))
    step = -1
    for epoch in range(1, config.epochs + 1):
        began = time.perf_counter()
        results = []
        for result in trainer.epoch():
            step += 1
            writers.begin_step()
            writers.log("every step: 4 scalars", log_step, step, result)
            if step % config.histograms_every == 0:
                every = f"every {config.histograms_every} steps: histograms"
                writers.log(every, log_histograms, step, trainer.model)
            results.append(result)
            show_bar(epoch, len(results), trainer.steps_per_epoch)
        evaluation = trainer.evaluate(validation)
        report = make_report(results, evaluation, validation, time.perf_counter() - began)
        writers.log("every epoch: the rest", log_epoch, step, report)
        print(
            f"epoch {epoch:>3}/{config.epochs}"
            f"   loss {report.loss['train']:.4f}, valid {report.loss['valid']:.4f}"
            f"   accuracy {report.accuracy['train']:6.1%}, valid {report.accuracy['valid']:6.1%}"
            f"   {report.metrics['time/epoch_s']:.1f} s",
            flush=True,
        )


def make_report(results: list[StepResult], valid: Evaluation, digits: Digits, seconds: float) -> EpochReport:
    loss = {"train": float(torch.stack([one.loss for one in results]).mean()), "valid": valid.loss}
    accuracy = {"train": sum(one.accuracy for one in results) / len(results), "valid": valid.accuracy}
    metrics = {
        "valid/loss": valid.loss,
        "valid/accuracy": valid.accuracy,
        "time/epoch_s": seconds,
        "time/step_ms": 1000 * seconds / len(results),
    }
    wrong = digits.images[valid.predicted != digits.labels][:MISCLASSIFIED_SHOWN]
    red = enlarged(wrong) * torch.tensor([1.0, 0.4, 0.4]).reshape(3, 1, 1)
    return EpochReport(metrics, loss, accuracy, confusion_summary(valid.confusion), valid.confusion, red)


def enlarged(images: torch.Tensor, factor: int = 4) -> torch.Tensor:
    """(N, C, H, W) → (N, C, factor · (H + 2), factor · (W + 2)), framed: 8 × 8 pixels are few to look at."""
    framed = functional.pad(images, (1, 1, 1, 1))
    return framed.repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)


def confusion_summary(confusion: torch.Tensor) -> str:
    """Markdown: how many are right, and which digits are taken for which most often."""
    right, total = int(confusion.trace()), int(confusion.sum())
    wrong = confusion.clone().fill_diagonal_(0)
    pairs = [(int(wrong[a, b]), int(a), int(b)) for a, b in wrong.nonzero()]
    worst = [(a, b, times) for times, a, b in sorted(pairs, key=lambda pair: -pair[0])[:CONFUSIONS_SHOWN]]
    return f"**{right}** of {total} right\n\n" + markdown_table(("written", "read as", "times"), worst)


def markdown_table(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def show_bar(epoch: int, done: int, total: int, width: int = 30) -> None:
    """A bar that the epoch's line replaces; only where somebody watches."""
    if sys.stdout.isatty():
        filled = width * done // total
        bar = f"epoch {epoch:>3} [{'#' * filled}{'.' * (width - filled)}] {done}/{total}"
        print(f"\r{bar}" if done < total else f"\r{' ' * len(bar)}\r", end="", flush=True)


# --- measuring ---------------------------------------------------------------------------------------------


class Tally:
    """A writer that writes nothing: it counts the calls."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()

    def __getattr__(self, method: str) -> Callable[..., None]:
        def count(*_: Any) -> None:
            self.calls[method] += 1

        return count


class SideBySide:
    """Makes the same calls on several writers and keeps what they took.

    The clock runs while the training loop waits for the calls, and not while a writer's thread works behind
    them.  That is waited for with flush(), and counted apart, before the next writer has its turn: otherwise
    one writer's thread would work in the other's time.  Who comes first changes with every call, so that
    nobody always finds the values in the cache.
    """

    def __init__(self, writers: Mapping[str, Writer]) -> None:
        self.writers = dict(writers)
        self.tally = Tally()
        self.calls: dict[str, dict[str, list[float]]] = {}  # what → writer → seconds of each call
        self.steps: dict[str, list[float]] = {name: [] for name in writers}  # seconds of each step
        self.flushes: dict[str, float] = dict.fromkeys(writers, 0.0)  # seconds in all
        self._turn = list(writers)

    def begin_step(self) -> None:
        for steps in self.steps.values():
            steps.append(0.0)

    def log(self, what: str, function: Callable[..., None], *args: Any) -> None:
        """Calls function(writer, *args) for each writer; `what` names its line in the table."""
        calls = self.calls.setdefault(what, {name: [] for name in self.writers})
        self._turn.reverse()
        for name in self._turn:
            writer = self.writers[name]
            began = time.perf_counter()
            function(writer, *args)
            returned = time.perf_counter()
            writer.flush()
            self.flushes[name] += time.perf_counter() - returned
            calls[name].append(returned - began)
            if self.steps[name]:
                self.steps[name][-1] += returned - began
        function(self.tally, *args)

    def logging_seconds(self, name: str) -> float:
        """What the calls on one writer took together."""
        return sum(sum(calls[name]) for calls in self.calls.values())


def torch_writer(log_dir: str) -> Writer:
    """torch's own writer, if it can be imported.

    Raises:
        ImportError: it needs the package tensorboard.
    """
    from torch.utils.tensorboard import SummaryWriter as TorchSummaryWriter

    writer = TorchSummaryWriter(log_dir)

    def log(values: dict[str, float], step: int) -> None:
        for tag, value in values.items():
            writer.add_scalar(tag, value, step)

    writer.log = log  # what its users write instead
    return writer


# --- telling -----------------------------------------------------------------------------------------------


def duration(seconds: float | np.floating[Any]) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.2f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.2f} µs"


def print_costs(writers: SideBySide, run_seconds: float) -> None:
    """How long the training loop waited for each kind of logging, and what part of its time that is."""
    names = list(writers.writers)
    compared = len(names) > 1
    rows = {what: calls for what, calls in writers.calls.items() if all(calls.values())}
    print("\nHow long the training loop waited for the log_* functions, one line each")
    print(
        f"{'':29}{'calls':>5}"
        + "".join(f"   {name + ' median':>17}{'p99':>10}{'mean':>10}" for name in names)
        + ("   torch/ours: median  mean" if compared else "")
    )
    for what, seconds in {**rows, "a step in all": writers.steps}.items():
        line = f"{what:29}{len(seconds['ringboard']):>5}"
        for name in names:
            median, p99 = np.percentile(seconds[name], [50, 99])
            line += f"   {duration(median):>17}{duration(p99):>10}{duration(np.mean(seconds[name])):>10}"
        if compared:
            for average, width in ((np.median, 21), (np.mean, 6)):
                line += f"{average(seconds['torch']) / average(seconds['ringboard']):>{width}.1f}"
        print(line)
    logging = {name: writers.logging_seconds(name) for name in names}
    work = run_seconds - sum(logging.values()) - sum(writers.flushes.values())
    print(
        f"\nA step of training takes {duration(work / len(writers.steps['ringboard']))} without any logging."
    )
    for name in names:
        print(
            f"{name:>11}: logging adds {logging[name] / work:.2%};"
            f" flush() after each of these calls, not counted in them, {writers.flushes[name] / work:.2%}"
        )


def print_what_was_logged(writers: SideBySide, writer: SummaryWriter, log_dir: Path) -> None:
    calls = (f"{count:,} {method}" for method, count in writers.tally.calls.items())
    stats = (f"{name} {count:,}" for name, count in writer.stats().items())
    print(f"\nCalls:  {', '.join(calls)}")
    print(f"Stats:  {', '.join(stats)}")
    for path in sorted(log_dir.rglob("events.out.tfevents.*")):
        print(f"File:   {path}  {path.stat().st_size:,} bytes")
    print(f"\nLook:   tensorboard --logdir {shlex.quote(str(log_dir))}", flush=True)


# --- the command -------------------------------------------------------------------------------------------


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Trains a small network on scikit-learn's handwritten digits, on the CPU, for less than "
        "a minute.  Logs scalars, histograms, images, text and a tensor with ringboard, and measures what "
        "that took beside torch's own writer, which gets the same calls in the same run.",
        epilog="Prints a line an epoch, then the table of costs, what was logged to which file, and the "
        "tensorboard command that shows it.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    log_dir = time.strftime("runs/demo_%b%d_%H-%M-%S")
    add("--log-dir", type=Path, default=log_dir, help="where the run is written; one directory a run")
    add("--epochs", type=positive, default=20, help="passes through the training digits")
    add("--batch-size", type=positive, default=32, help="digits a step")
    add("--learning-rate", type=float, default=0.1, help="the highest of the one-cycle schedule")
    add("--histograms-every", type=positive, default=20, help="steps between the histograms of all layers")
    add("--seed", type=int, default=0, help="of the weights and of the order of the digits")
    add("--alone", action="store_true", help="log with ringboard only and compare with nothing")
    return parser.parse_args(arguments)


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected at least 1")
    return number


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    config = Config(**{field.name: getattr(options, field.name) for field in fields(Config)})
    with ExitStack() as at_the_end:
        writer = at_the_end.enter_context(SummaryWriter(options.log_dir))
        compared: dict[str, Writer] = {"ringboard": writer}
        if not options.alone:
            try:
                scratch = at_the_end.enter_context(tempfile.TemporaryDirectory(prefix="torch-writer-"))
                compared["torch"] = at_the_end.enter_context(torch_writer(scratch))
            except ImportError as error:
                print(f"torch's own writer can't be imported ({error}): ringboard is measured alone.")
        writers = SideBySide(compared)
        began = time.perf_counter()
        try:
            train(config, writers)
        except KeyboardInterrupt:
            print("\nInterrupted.  What was logged so far is kept.")
        run_seconds = time.perf_counter() - began
        if writers.steps["ringboard"]:
            print_costs(writers, run_seconds)
        print_what_was_logged(writers, writer, options.log_dir)


if __name__ == "__main__":
    main()
