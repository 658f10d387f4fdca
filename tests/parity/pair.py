"""The same calls on two writers, and the comparison of what they left."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorboardX
from torch.utils import tensorboard as torch_tensorboard

import ringboard
from tests.support.views import assert_same_events

WRITERS = {"torch": torch_tensorboard.SummaryWriter, "tensorboardX": tensorboardX.SummaryWriter}


class Pair:
    """Two log directories below `root`: `ours` and `theirs`, and our writer's class."""

    def __init__(self, root: Path, writer_class: type = ringboard.SummaryWriter, peer: str = "torch") -> None:
        self.writer_class = writer_class
        self.peer = peer
        self.ours = root / "ours"
        self.theirs = root / "theirs"

    def same(
        self,
        fill: Callable[[Any], object],
        *,
        theirs: Callable[[Any], object] | None = None,
        peer: str | None = None,
    ) -> None:
        """Asserts that `fill(writer)` leaves the same events through both writers.

        `theirs` fills the peer's writer where the peer needs other calls for what ours is expected to do.
        """
        fillers = [
            (self.writer_class, self.ours, fill),
            (WRITERS[peer or self.peer], self.theirs, theirs or fill),
        ]
        for writer_class, directory, filler in fillers:
            writer = writer_class(str(directory))
            filler(writer)
            writer.close()
        assert_same_events(self.ours, self.theirs)
