"""The libraries that are compared, and the scenarios by name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.faults.run import Run

LIBRARIES = {
    "ringboard": "ringboard",
    "torch": "torch.utils.tensorboard",
    "tensorboardX": "tensorboardX",
}
# Whether ringboard's next process completes what a dead one had accepted. Until then the scenarios that kill
# are held to everything but the loss of the last events.
RECOVERS_AFTER_DEATH = True
# In the table's order.
MODULES = ("processes", "signals", "deaths", "ends", "threads", "disks", "names", "values")


def _nothing(_home: Path) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass(frozen=True)
class Scenario:
    """A row of the table.

    Args:
        title: what happens, as the table says it.
        body: the script; runs in a process of its own.
        recovers: the process, or its children, may die: before the events are counted, another process makes
            a SummaryWriter.
        stage: what the home directory needs around the run; raises Unavailable where the machine has it not.
        may_tear: a file may end inside a record: all before it is readable.
    """

    title: str
    body: Callable[[Run], None]
    recovers: bool = False
    stage: Callable[[Path], AbstractContextManager[None]] = _nothing
    may_tear: bool = False

    @property
    def name(self) -> str:
        return self.body.__name__


class Unavailable(Exception):  # noqa: N818
    """The machine or its user can't stage a scenario; the text says what is missing."""


_found: dict[str, list[Scenario]] = {}


def scenario(title: str, **options) -> Callable[[Callable[[Run], None]], Callable[[Run], None]]:
    """Makes a function a scenario of its module."""

    def add(body: Callable[[Run], None]) -> Callable[[Run], None]:
        _found.setdefault(body.__module__.rpartition(".")[2], []).append(Scenario(title, body, **options))
        return body

    return add


@cache
def scenarios() -> dict[str, list[Scenario]]:
    """{module's first line: its scenarios}, in the table's order."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(f"tests.faults.scenarios.{name}")
        found[(module.__doc__ or name).splitlines()[0].rstrip(".")] = _found[name]
    return found


def scenario_named(name: str) -> Scenario:
    return next(each for group in scenarios().values() for each in group if each.name == name)
