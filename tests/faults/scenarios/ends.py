"""Ends of the interpreter, and of writers."""

from __future__ import annotations

import atexit
import copy
import gc
import pickle
import sys
import threading
import time

from tests.faults.library import scenario
from tests.faults.run import Run

STEPS = 1000


@scenario("the script ends without `close()`")
def no_close(run: Run) -> None:
    run.train(run.writer(), "s", STEPS)


@scenario("the script ends by an exception")
def exception(run: Run) -> None:
    run.train(run.writer(), "s", STEPS)
    sys.exit("an exception's traceback")


@scenario("another library's exit handler logs, after this one's")
def other_atexit(run: Run) -> None:
    kept = {}
    atexit.register(lambda: run.train(kept["writer"], "handler", 100))  # the first one in is the last one out
    kept["writer"] = run.writer()
    run.train(kept["writer"], "s", STEPS)


class _Late:
    def __init__(self, run: Run, writer) -> None:
        self.run, self.writer, self.acks = run, writer, run.acks("del")

    def __del__(self) -> None:
        for step in range(100):
            self.writer.add_scalar("del", step, step)
            self.acks.add(step)


@scenario("an object logs in its `__del__` while the interpreter shuts down")
def in_del(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "s", STEPS)
    sys.modules["keeps it"] = _Late(run, writer)  # type: ignore[assignment]


@scenario("4 daemon threads log while the interpreter shuts down")
def daemon_threads(run: Run) -> None:
    writer = run.writer()
    for index in range(4):
        threading.Thread(target=run.train_on, args=(writer, str(index)), daemon=True).start()
    time.sleep(0.1)


@scenario("a thread logs its last words after the main thread has ended")
def last_words(run: Run) -> None:
    writer = run.writer()

    def late() -> None:
        threading.main_thread().join()
        run.train(writer, "late", STEPS)

    threading.Thread(target=late).start()


@scenario("writers are dropped without `close()`, in a cycle, too")
def dropped(run: Run) -> None:
    before = run.imported()
    for index in range(10):
        writer = run.writer(str(index))
        run.train(writer, str(index), 100)
        cycle = [writer]
        cycle.append(cycle)
        del writer, cycle
        gc.collect()
    threads, files = run.resources()
    threads -= before
    if threads > 4 or files > 10:
        run.problem(f"{threads} more threads, {files} open files stay")


@scenario("`close()` twice, `flush()` after it, logging after it")
def close_twice(run: Run) -> None:
    writer = run.writer()
    for index in range(3):
        run.train(writer, "s", 100, 100 * index)
        writer.close()
        writer.close()
        writer.flush()


@scenario("a writer is pickled; the copy logs, too")
def pickled(run: Run) -> None:
    _copied(run, lambda writer: pickle.loads(pickle.dumps(writer)))


@scenario("a writer goes through `copy.deepcopy`; the copy logs, too")
def deepcopied(run: Run) -> None:
    _copied(run, copy.deepcopy)


def _copied(run: Run, make) -> None:
    writer = run.writer()
    run.train(writer, "original", 100)
    other = make(writer)
    run.train(other, "copy", 100)
    run.train(writer, "original", 100, 100)
    other.close()
    writer.close()
