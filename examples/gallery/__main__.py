"""Logs every kind that TensorBoard shows, from small networks that really learn to read handwritten digits.

    python examples/gallery
    tensorboard --logdir runs/gallery

To copy: kinds.py, a function of a few lines for each kind.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

try:
    import kinds
    from training import COMPARED, SWEPT, Digits, Epoch, Setting, Step, Trainer, training_and_validation

    from ringboard import SummaryWriter
except ImportError as error:
    needs = "The gallery needs ringboard, torch, scikit-learn, matplotlib and Pillow."
    raise SystemExit(f"{error}\n{needs}") from None


def log_training(writer: SummaryWriter, trainer: Trainer) -> tuple[list[Epoch], list[float]]:
    """Trains, and logs what belongs to steps and epochs; the epochs, and the loss of every step."""
    epochs: list[Epoch] = []
    losses = []
    for told in trainer.run():
        if isinstance(told, Step):
            kinds.log_scalars(writer, told)
            losses.append(float(told.loss))
            continue
        kinds.log_metrics(writer, told)
        kinds.log_histograms(writer, told, trainer.model)
        kinds.log_pr_curves(writer, told)
        epochs.append(told)
        show_bar(trainer.setting.optimizer, len(epochs), trainer.setting.epochs)
    return epochs, losses


def log_showpieces(
    writer: SummaryWriter, trainer: Trainer, epochs: list[Epoch], losses: Sequence[float]
) -> None:
    """What one run needs only once."""
    last, digits = epochs[-1], trainer.validation
    for epoch in epochs:
        kinds.log_scalars_together(writer, epoch)
    kinds.log_images(writer, last, digits, trainer.model)
    kinds.log_boxes(writer, last, digits)
    kinds.log_figure(writer, last)
    kinds.log_video(writer, epochs)
    kinds.log_audio(writer, losses)
    kinds.log_graph(writer, trainer.model, digits)
    kinds.log_embedding(writer, last, digits)
    kinds.log_meshes(writer, trainer.model, last, digits)


def log_compared(log_dir: Path, settings: Sequence[Setting], training: Digits, validation: Digits) -> None:
    """A run for each setting; the first one has the showpieces too."""
    for setting in settings:
        began = time.perf_counter()
        trainer = Trainer(setting, training, validation)
        with SummaryWriter(log_dir / setting.optimizer) as writer:
            epochs, losses = log_training(writer, trainer)
            kinds.log_layout(writer)
            kinds.log_text(writer, epochs[-1])
            if setting is settings[0]:
                log_showpieces(writer, trainer, epochs, losses)
        told = f"{setting.epochs} epochs, {epochs[-1].accuracy:.1%} read right"
        print(f"{setting.optimizer:<10} {told:<32} {time.perf_counter() - began:5.1f} s", flush=True)


def log_sweep(log_dir: Path, settings: Sequence[Setting], training: Digits, validation: Digits) -> None:
    """A run of hyperparameters and results for each setting."""
    began = time.perf_counter()
    best = 0.0
    with SummaryWriter(log_dir / "sweep") as writer:
        for number, setting in enumerate(settings):
            (*_, last) = (
                told for told in Trainer(setting, training, validation).run() if isinstance(told, Epoch)
            )
            kinds.log_trial(writer, f"{number:02}", setting, last)
            best = max(best, last.accuracy)
            show_bar("sweep", number + 1, len(settings))
    told = f"{len(settings)} trials, {best:.1%} in the best"
    print(f"{'sweep':<10} {told:<32} {time.perf_counter() - began:5.1f} s", flush=True)


def show_bar(name: str, done: int, total: int) -> None:
    """A bar that the run's line replaces; only where somebody watches."""
    if sys.stdout.isatty():
        bar = f"{name:<10} [{'#' * done}{'.' * (total - done)}]"
        print(f"\r{bar}" if done < total else f"\r{' ' * len(bar)}\r", end="", flush=True)


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="gallery",
        description="Trains small networks on scikit-learn's handwritten digits, on the CPU, for less than a "
        "minute, and logs every kind that TensorBoard shows with ringboard.",
        epilog="Prints a line a run, and the tensorboard command that shows them.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--log-dir", type=Path, default=Path("runs/gallery"), help="where the runs are written; new or empty")
    add("--epochs", type=positive, default=COMPARED[0].epochs, help="of the runs that are compared")
    add("--trials", type=positive, default=len(SWEPT), help="of the sweep, at most the default")
    add("--seed", type=int, default=0, help="of the weights and of the order of the digits")
    options = parser.parse_args(arguments)
    if options.log_dir.exists() and any(options.log_dir.iterdir()):
        parser.error(
            f"--log-dir: {options.log_dir} is not empty: runs of two kinds would mix; choose another"
        )
    return options


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected at least 1")
    return number


def main(arguments: list[str] | None = None) -> None:
    options = parse_arguments(arguments)
    began = time.perf_counter()
    digits = training_and_validation(options.seed)
    compared = [replace(setting, epochs=options.epochs, seed=options.seed) for setting in COMPARED]
    swept = [replace(setting, seed=options.seed) for setting in SWEPT[: options.trials]]
    log_compared(options.log_dir, compared, *digits)
    log_sweep(options.log_dir, swept, *digits)
    size = sum(path.stat().st_size for path in options.log_dir.rglob("*") if path.is_file())
    print(f"\n{size / 1e6:.1f} MB in {time.perf_counter() - began:.0f} s", flush=True)
    print(f"Look:   tensorboard --logdir {shlex.quote(str(options.log_dir))}", flush=True)


if __name__ == "__main__":
    main()
