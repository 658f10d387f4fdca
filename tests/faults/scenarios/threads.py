"""Threads and many writers."""

from __future__ import annotations

import threading

from tests.faults.library import scenario
from tests.faults.run import Run

THREADS = 64
MOST_THREADS, MOST_FILES = 4, 64


def _together(run: Run, bodies: list) -> None:
    start = threading.Barrier(len(bodies))

    def go(body) -> None:
        start.wait()
        try:
            body()
        except Exception as error:
            run.problem(f"a thread raises {type(error).__name__}")

    threads = [threading.Thread(target=go, args=(body,), daemon=True) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20.0)
    for _ in range(sum(thread.is_alive() for thread in threads)):
        run.problem("a thread hangs")


@scenario("64 threads log")
def many_threads(run: Run) -> None:
    writer = run.writer()
    _together(run, [lambda tag=str(each): run.train(writer, tag, 100) for each in range(THREADS)])
    writer.close()


@scenario("64 threads log while others flush and close")
def threads_and_closers(run: Run) -> None:
    writer = run.writer()

    def repeat(act) -> None:
        for _ in range(20):
            act()

    loggers = [lambda tag=str(each): run.train(writer, tag, 100) for each in range(THREADS - 8)]
    closers = [lambda: repeat(writer.close)] * 4 + [lambda: repeat(writer.flush)] * 4
    _together(run, loggers + closers)
    writer.close()


def _cost(run: Run, what: str, before: int) -> None:
    threads, files = run.resources()
    threads -= before
    text = f"{threads} more threads, {files} open files"
    if threads > MOST_THREADS or files > MOST_FILES:
        run.problem(text)
    else:
        run.note(text)


@scenario("100 writers")
def hundred_writers(run: Run) -> None:
    before = run.imported()
    writers = [run.writer(str(each)) for each in range(100)]
    for each, writer in enumerate(writers):
        run.train(writer, str(each), 10)
    _cost(run, "100 writers", before)
    for writer in writers:
        writer.close()


@scenario("`add_scalars` with 50 keys")
def fifty_keys(run: Run) -> None:
    before = run.imported()
    writer = run.writer()
    acks = run.acks("m")
    for step in range(10):
        writer.add_scalars("m", {str(key): key for key in range(50)}, step)
        acks.add(step)
    _cost(run, "50 keys", before)
    writer.close()
