"""Values, steps and wall times."""

from __future__ import annotations

from collections.abc import Callable

from tests.faults.library import scenario
from tests.faults.run import Run


def _among_others(run: Run, act: Callable) -> None:
    """Runs act(writer) between events that must not suffer by it."""
    writer = run.writer()
    run.train(writer, "s", 100)
    run.say("the call", lambda: act(writer))
    run.train(writer, "s", 100, 100)
    writer.close()


@scenario("a wall time that is NaN")
def nan_walltime(run: Run) -> None:
    _among_others(run, lambda writer: writer.add_scalar("x", 1.0, 1, walltime=float("nan")))


@scenario("a wall time that is infinite")
def infinite_walltime(run: Run) -> None:
    _among_others(run, lambda writer: writer.add_scalar("x", 1.0, 1, walltime=float("inf")))


@scenario("a step that is NaN, infinite, 2⁶³ or a str")
def bad_steps(run: Run) -> None:
    def act(writer) -> None:
        for name, step in {"NaN": float("nan"), "inf": float("inf"), "2⁶³": 1 << 63, "'one'": "one"}.items():
            run.say(name, lambda step=step: writer.add_scalar("x", 1.0, step))

    _among_others(run, act)


@scenario("values that are NaN and infinite: scalar, histogram, picture")
def nan_values(run: Run) -> None:
    import numpy as np

    def act(writer) -> None:
        bad = np.array([float("nan"), float("inf"), -1.0, 1.0], np.float32)
        for step in range(4):
            writer.add_scalar("x", bad[step], step)
            run.say("add_histogram", lambda step=step: writer.add_histogram("h", bad, step))
            run.say("add_image", lambda step=step: writer.add_image("i", np.tile(bad, (3, 4, 1)), step))

    _among_others(run, act)


class _Raises:
    """A value whose conversion fails, like a tensor on a device that is lost."""

    def __float__(self) -> float:
        raise RuntimeError("the device is lost")

    def __array__(self, *_, **__):
        raise RuntimeError("the device is lost")


@scenario("a value in the middle of `add_scalars` raises when it is converted: nothing may be written")
def raises_in_the_middle(run: Run) -> None:
    def act(writer) -> None:
        writer.add_scalars("refused", {"a": 1.0, "b": _Raises(), "c": 2.0}, 1)

    _among_others(run, act)


@scenario("an `add_hparams` that is refused: nothing may be written")
def refused_hparams(run: Run) -> None:
    _among_others(run, lambda writer: writer.add_hparams({"lr": 1.0}, {"refused": 1.0, "other": _Raises()}))
