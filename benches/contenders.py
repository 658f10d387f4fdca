"""Opening each library's SummaryWriter as its users do: the default arguments, one directory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benches.work import Case


def prepare(library: str, case: Case) -> None:
    """Once a process, before the first writer."""
    if library == "ringboard" and case.ring_bytes is not None:
        import ringboard

        ringboard.configure(ring_bytes=case.ring_bytes)


def open_writer(library: str, log_dir: Path) -> Any:
    """A new SummaryWriter on `log_dir`."""
    if library == "ringboard":
        from ringboard import SummaryWriter
    elif library == "torch":
        from torch.utils.tensorboard import SummaryWriter
    elif library == "tensorboardX":
        from tensorboardX import SummaryWriter
    else:
        raise ValueError(f"{library!r} has no writer")
    return SummaryWriter(str(log_dir))
