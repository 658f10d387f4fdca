"""Tells a process that hangs from one that is slow: the machine may have other work.

A process that waits for ever uses no processor time, and one that imports torch on a busy machine does.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable

_WORK_S = 0.05  # what threads that only look whether there is something take in a window is far less
_MOST_WINDOWS = 12  # then a process that works hangs all the same: it turns in circles
_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")


class Patience:
    """With `processes`, for as long as they work: over once they used next to no time for `idle_s` seconds.

    Args:
        processes: gives the ids of those that count, whenever it is asked.
    """

    def __init__(self, processes: Callable[[], Iterable[int]], idle_s: float) -> None:
        self._processes = processes
        self._idle_s = idle_s
        self._begin()
        self._end = time.monotonic() + idle_s * _MOST_WINDOWS

    def _begin(self) -> None:
        self._used = self._seconds()
        self._until = time.monotonic() + self._idle_s

    def _seconds(self) -> float:
        return sum(map(_processor_seconds, self._processes()))

    def over(self) -> bool:
        now = time.monotonic()
        if now < self._until:
            return False
        if now < self._end and abs(self._seconds() - self._used) > _WORK_S:  # less: one of them has ended
            self._begin()
            return False
        return True


def _processor_seconds(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK_S
