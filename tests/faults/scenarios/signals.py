"""Signals.

Where chance decides, several processes are forked, each with a writer of its own, and hit at another moment.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time

from tests.faults.library import scenario
from tests.faults.run import BURST, PAUSE_S, Run

PROCESSES = 10


def _hit(run: Run, number: int, body) -> None:
    """Forks processes that run body(index) and log to the tag of that number; each gets a signal."""
    run.imported()
    chance = random.Random(1)
    for index in range(PROCESSES):
        pid = run.fork(lambda index=index: body(index))
        run.when_acked(str(index), 200, chance)
        os.kill(pid, number)
        run.join(pid, 3.0)


@scenario("a SIGTERM handler that calls `close()` and exits, under load (10 processes)")
def sigterm_handler_closes(run: Run) -> None:
    def body(index: int) -> None:
        writer = run.writer(str(index))

        def on_term(*_) -> None:
            writer.close()
            sys.exit(0)

        signal.signal(signal.SIGTERM, on_term)
        run.train_on(writer, str(index))

    _hit(run, signal.SIGTERM, body)


@scenario("Ctrl-C in the middle of the loop, then `close()` (10 processes)")
def sigint_then_close(run: Run) -> None:
    def body(index: int) -> None:
        writer = run.writer(str(index))
        try:
            run.train_on(writer, str(index))
        except KeyboardInterrupt:
            writer.close()

    _hit(run, signal.SIGINT, body)


@scenario("Ctrl-C 30 times, each caught, and logging goes on")
def sigint_often(run: Run) -> None:
    writer = run.writer()
    done = threading.Event()

    def interrupt() -> None:
        for _ in range(30):
            time.sleep(0.005)
            os.kill(os.getpid(), signal.SIGINT)
        done.set()

    thread = threading.Thread(target=interrupt, daemon=True)
    thread.start()
    acks, step = run.acks("s"), 0
    while not done.is_set():
        try:
            while not done.is_set():
                writer.add_scalar("s", step, step)
                acks.add(step)
                step += 1
                if step % BURST == 0:
                    time.sleep(PAUSE_S)
        except KeyboardInterrupt:
            step += 1  # whether it was logged is anybody's guess
    thread.join()
    writer.close()


def _on_alarms(run: Run, act, enough: int, pause_s: float = 0.001) -> None:
    """Logs while a handler runs act(writer, call) every few milliseconds."""
    writer = run.writer()
    calls = 0

    def on_alarm(*_) -> None:
        nonlocal calls
        act(writer, calls)
        calls += 1
        signal.setitimer(signal.ITIMER_REAL, pause_s)  # only now: handlers must not nest for ever

    signal.signal(signal.SIGALRM, on_alarm)
    signal.setitimer(signal.ITIMER_REAL, pause_s)
    step = 0
    while calls < enough:
        run.train(writer, "s", BURST, step)
        step += BURST
        time.sleep(PAUSE_S)
    signal.setitimer(signal.ITIMER_REAL, 0)
    writer.close()


@scenario("a SIGALRM handler that logs every millisecond, under load")
def sigalrm_logs(run: Run) -> None:
    acks = run.acks("handler")

    def act(writer, call: int) -> None:
        writer.add_scalar("handler", call, call)
        acks.add(call)

    _on_alarms(run, act, 200)


@scenario("a SIGALRM handler that flushes every 3 ms, under load")
def sigalrm_flushes(run: Run) -> None:
    _on_alarms(run, lambda writer, _call: writer.flush(), 100, 0.003)


@scenario("a SIGALRM handler that closes every 10 ms, under load; logging goes on")
def sigalrm_closes(run: Run) -> None:
    _on_alarms(run, lambda writer, _call: writer.close(), 50, 0.01)


@scenario("a signal handler that raises, 30 times, under load")
def handler_raises(run: Run) -> None:
    class Mine(BaseException):
        pass

    def on_alarm(*_) -> None:
        raise Mine

    writer = run.writer()
    signal.signal(signal.SIGALRM, on_alarm)
    acks, step = run.acks("s"), 0
    for _ in range(30):
        signal.setitimer(signal.ITIMER_REAL, 0.003)
        try:
            while True:
                writer.add_scalar("s", step, step)
                acks.add(step)
                step += 1
                if step % BURST == 0:
                    time.sleep(PAUSE_S)
        except Mine:
            step += 1
    writer.close()
