"""Deaths of the process, under load.

Each kind of death meets several processes, each at another moment. Before the events are counted another
process makes a SummaryWriter, as the next training run would.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

from tests.faults.library import scenario
from tests.faults.run import Run

PROCESSES = 8


def _killed(run: Run, number: int) -> None:
    run.imported()
    chance = random.Random(2)
    for index in range(PROCESSES):
        pid = run.fork(lambda index=index: run.train_on(run.writer(str(index)), str(index)))
        run.when_acked(str(index), 200, chance)
        os.kill(pid, number)
        run.join(pid)


@scenario("SIGKILL (8 processes)", recovers=True)
def sigkill(run: Run) -> None:
    _killed(run, signal.SIGKILL)


@scenario("SIGTERM that nobody handles (8 processes)", recovers=True)
def sigterm(run: Run) -> None:
    _killed(run, signal.SIGTERM)


@scenario("SIGKILL, 4 threads with a writer each (4 processes)", recovers=True)
def sigkill_threads(run: Run) -> None:
    def body(index: int) -> None:
        for each in range(4):
            writer = run.writer(f"{index}-{each}")
            threading.Thread(target=run.train_on, args=(writer, f"{index}-{each}")).start()

    run.imported()
    chance = random.Random(3)
    for index in range(4):
        pid = run.fork(lambda index=index: (body(index), threading.Event().wait()))
        for each in range(4):
            run.when_acked(f"{index}-{each}", 50, chance)
        os.kill(pid, signal.SIGKILL)
        run.join(pid)


def _dies_of(run: Run, act) -> None:
    run.imported()
    for index in range(PROCESSES):

        def body(index: int = index) -> None:
            run.train(run.writer(str(index)), str(index), 100 + 37 * index)
            act()

        run.join(run.fork(body))


@scenario("`os._exit` (8 processes)", recovers=True)
def os_exit(run: Run) -> None:
    _dies_of(run, lambda: os._exit(0))


@scenario("`abort()` (8 processes)", recovers=True)
def abort(run: Run) -> None:
    _dies_of(run, os.abort)


@scenario("segmentation fault (8 processes)", recovers=True)
def segfault(run: Run) -> None:
    _dies_of(run, run.segfault)


@scenario("out of memory by `RLIMIT_AS`, caught; logging goes on")
def out_of_memory(run: Run) -> None:
    import resource

    writer = run.writer()
    run.train(writer, "s", 100)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + (64 << 20), resource.RLIM_INFINITY))
    for step in range(100, 200):
        try:
            bytearray(1 << 30)
            run.problem("the limit is none")
        except MemoryError:
            pass
        run.train(writer, "s", 1, step)
    writer.close()
