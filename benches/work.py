"""What a claim is made of.  Nothing is measured here and nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SIZES = ("smoke", "small", "full")
REPEATS = {"smoke": 1, "small": 3, "full": 7}

Unit = Literal["s", "B", "count", "%"]
OURS = "ringboard"
PEERS = ("torch", "tensorboardX")
BASELINE = "baseline"  # no rival: what the claim could not be without, such as an empty call


@dataclass(frozen=True)
class Amount:
    """How much is logged at one size.  Numbers are told per event, so that a peer may log fewer."""

    ours: int
    peers: int
    ring_bytes: int | None = None  # None: ringboard's default

    def of(self, library: str) -> int:
        return self.ours if library in (OURS, BASELINE) else self.peers


@dataclass(frozen=True)
class Case:
    """What a contender is told to do."""

    amount: int
    log_dir: Path
    ring_bytes: int | None


@dataclass(frozen=True)
class Measure:
    """One number of a contender's run."""

    key: str
    title: str
    unit: Unit = "s"
    headline: bool = False  # gets a row in the combined table, a bar in the plot and a pytest benchmark


@dataclass(frozen=True)
class Contender:
    """One way to do the work, in one library.

    Attributes:
        name: unique in its work.
        library: OURS, one of PEERS, BASELINE, or anything else for a row outside the combined table.
        run: does it, below case.log_dir, and returns a number for each measure that it has.  It runs in a
            process of its own and raises AssertionError when what it wrote is not right.
    """

    name: str
    library: str
    run: Callable[[Case], dict[str, float]]


@dataclass(frozen=True)
class Work:
    """One row of the README's table, or a few.

    Attributes:
        name: of the result file.
        title: what is done, for the table.
        measures: the columns.
        amounts: by size.
        check_amount: how much each contender logs before anything is timed; 0 when
            nothing is written.
        check: asserts over {contender: its log dir} that all wrote what they should have.
        notes: what a reader of the table must know.
        many: its measures are so many that they are rows in its table, and points in a plot of their own.
    """

    name: str
    title: str
    contenders: tuple[Contender, ...]
    measures: tuple[Measure, ...]
    amounts: Mapping[str, Amount]
    check_amount: int
    check: Callable[[Mapping[str, Path]], None]
    notes: str = ""
    many: bool = False

    def contender(self, name: str) -> Contender:
        return next(each for each in self.contenders if each.name == name)

    @property
    def headlines(self) -> list[Measure]:
        return [measure for measure in self.measures if measure.headline]
