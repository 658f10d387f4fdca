"""What a scenario's script has in its process: a log dir, acknowledgements, notes, children.

An acknowledgement is a byte in a shared mapping of a file, set after the add_* of that step has returned: it
costs some 50 ns and survives every death of the process.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import mmap
import os
import random
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from tests.faults.patience import Patience

MAX_STEPS = 1 << 20
BURST, PAUSE_S = 20, 0.001
# What lies in the home of a run.
LOG, ACKS, NOTES = "log", "acks", "notes"
STDERR, NEXT, VICTIM = "stderr", "next", "victim"  # of the script; another run's log dir; a file of others


class Acks:
    """Which steps of one tag were acknowledged. The file is sparse; forked children share it."""

    def __init__(self, home: Path, tag: str) -> None:
        path = home / ACKS / quote(tag, safe="")
        path.parent.mkdir(exist_ok=True)
        with open(path, "a+b") as file:
            os.ftruncate(file.fileno(), MAX_STEPS)
            self._steps = mmap.mmap(file.fileno(), MAX_STEPS)

    def add(self, step: int) -> None:
        self._steps[step] = 1

    def any_from(self, step: int) -> bool:
        return self._steps.find(b"\1", step) >= 0


class Run:
    """One run of a scenario.

    Args:
        module: the library: a module with a SummaryWriter.
        home: a directory of this run's own; events go below home/log.
    """

    def __init__(self, module: str, home: Path) -> None:
        self.module = module
        self.home = home
        self.log = home / LOG
        self._acks: dict[str, Acks] = {}

    # -- logging -------------------------------------------------------------------------------------------

    def writer(self, *where: str, **arguments: Any) -> Any:
        """A new SummaryWriter of the library, in a directory below the log dir."""
        return importlib.import_module(self.module).SummaryWriter(str(self.log.joinpath(*where)), **arguments)

    def imported(self) -> int:
        """Imports the library; how many threads there are then, numpy's among them."""
        importlib.import_module(self.module)
        return self.resources()[0]

    def acks(self, tag: str) -> Acks:
        if tag not in self._acks:
            self._acks[tag] = Acks(self.home, tag)
        return self._acks[tag]

    def __reduce__(self) -> tuple[Any, ...]:
        return Run, (self.module, self.home)

    def train(self, writer: Any, tag: str, count: int, first: int = 0) -> None:
        """Logs `count` steps of a scalar, each acknowledged once its call has returned."""
        acks = self.acks(tag)
        for step in range(first, first + count):
            writer.add_scalar(tag, step, step)
            acks.add(step)

    def train_on(self, writer: Any, tag: str) -> None:
        """Logs until something ends the process, 20,000 steps a second at most: readers are slow."""
        for first in range(0, MAX_STEPS, BURST):
            self.train(writer, tag, BURST, first)
            time.sleep(PAUSE_S)
        os._exit(99)

    # -- telling -------------------------------------------------------------------------------------------

    def _tell(self, kind: str, text: str) -> None:
        line = json.dumps([kind, text]) + "\n"
        descriptor = os.open(self.home / NOTES, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)

    def note(self, text: str) -> None:
        """Something to show beside the outcome; equal ones are counted."""
        self._tell("note", text)

    def problem(self, text: str) -> None:
        """Something that must not happen; equal ones are counted."""
        self._tell("problem", text)

    def say(self, what: str, act: Callable[[], Any]) -> bool:
        """Runs `act` and notes the exception or warning that it raises; whether there was neither."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                act()
            except Exception as error:
                self.note(f"{what}: {type(error).__name__}")
                return False
        for each in caught:
            self.note(f"{what}: {each.category.__name__}")
        return not caught

    def must_raise(self, what: str, act: Callable[[], Any]) -> None:
        if self.say(what, act):
            self.problem(f"{what}: no error")

    # -- children ------------------------------------------------------------------------------------------

    def fork(self, body: Callable[[], Any]) -> int:
        """A forked child that runs `body` and ends without the interpreter's exit handlers; its pid."""
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            return pid
        code = 1
        try:
            body()
            code = 0
        except SystemExit as error:
            code = int(error.code or 0)
        except BaseException as error:
            self.problem(f"raises {type(error).__name__}")
            traceback.print_exc()
        finally:
            os._exit(code)

    def join(self, pid: int, idle_s: float = 5.0) -> int | None:
        """The child's wait status; None, and a problem, when it hangs and has to be killed."""
        patience = Patience(lambda: [pid], idle_s)
        while not patience.over():
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return status
            time.sleep(0.002)
        self.problem("a process hangs")
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        return None

    def when_acked(self, tag: str, step: int, jitter: random.Random | None = None) -> None:
        """Waits until a later step of `tag` was acknowledged, and up to 10 ms more."""
        acks, deadline = self.acks(tag), time.monotonic() + 60.0
        while not acks.any_from(step):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{tag} did not come to step {step}")
            time.sleep(0.001)
        if jitter is not None:
            time.sleep(jitter.uniform(0.0, 0.01))

    # -- this process --------------------------------------------------------------------------------------

    def resources(self) -> tuple[int, int]:
        """(threads, open files below the log dir) of this process."""
        names = []
        for descriptor in os.listdir("/proc/self/fd"):
            try:
                names.append(os.readlink(f"/proc/self/fd/{descriptor}"))
            except OSError:  # the one of this very listing
                continue
        return len(os.listdir("/proc/self/task")), sum(name.startswith(str(self.log)) for name in names)

    @staticmethod
    def segfault() -> None:
        ctypes.string_at(0)


def main() -> None:
    """python -m tests.faults.run MODULE HOME SCENARIO"""
    from tests.faults.library import scenario_named

    module, home, name = sys.argv[1:4]
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start background jobs deaf to it
    run = Run(module, Path(home))
    run.log.mkdir(exist_ok=True)
    try:
        scenario_named(name).body(run)
    except Exception as error:
        run.problem(f"raises {type(error).__name__}")
        raise


if __name__ == "__main__":
    main()
