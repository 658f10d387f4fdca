"""A script that ends without close() loses nothing, however it ends."""

from __future__ import annotations

import pytest

from tests import walk
from tests.scripts import run_script
from tests.support.events import scalars

COUNT = 10_000
START = f"""
import atexit, os, signal, sys, threading, time
from ringboard import SummaryWriter
COUNT = {COUNT}
writer = SummaryWriter(sys.argv[1])
def log(tag="s", count=COUNT):
    for step in range(count):
        writer.add_scalar(tag, step, step)
"""

ENDINGS = {
    "falls off the end": ("log()", 0),
    "sys.exit": ("log(); sys.exit(3)", 3),
    "exception": ("log(); raise KeyError('mine')", 1),
    "SystemExit in a function": ("def f():\n    log()\n    raise SystemExit\nf()", 0),
    "writer deleted": ("log(); del writer", 0),
    "writer in a cycle": ("log(); cycle = [writer]; cycle.append(cycle); del writer, cycle", 0),
    "in a function": ("def f():\n    mine = SummaryWriter(sys.argv[1])\n    log()\nf()", 0),
    "atexit handler": ("atexit.register(log)", 0),
    "in a thread": ("threading.Thread(target=log).start()", 0),
    "KeyboardInterrupt": ("log(); signal.raise_signal(signal.SIGINT)", -2),
    "last words of another thread": (
        "def late():\n    threading.main_thread().join()\n    log()\nthreading.Thread(target=late).start()", 0
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ENDINGS)
def test_nothing_is_lost(tmp_path, name):
    ending, code = ENDINGS[name]
    run_script(START + ending, tmp_path, code=code)
    assert walk.steps(tmp_path, "s") == list(range(COUNT))


def test_in_del_at_the_end_of_the_interpreter(tmp_path):
    run_script(
        f"""{START}
class Late:
    def __init__(self):
        self.writer, self.handle = writer, writer.scalar("handle")
    def __del__(self):
        self.writer.add_scalar("new tag", 1.0, 1)
        self.handle.add(2.0, 2)
        self.writer.log({{"logged": 3.0}}, 3)
late = Late()
log()
sys.modules["keeps it"] = late
""",
        tmp_path,
    )
    found = walk.points(tmp_path)
    assert len(found.pop("s")) == COUNT
    assert found == {"new tag": [(1, 1.0)], "handle": [(2, 2.0)], "logged": [(3, 3.0)]}


def test_every_kind_and_run(tmp_path):
    run_script(
        f"""{START}
import numpy as np
for step in range(200):
    writer.add_scalars("m", {{"a": step, "b": step}}, step)
    writer.add_text("t", "x" * 1000, step)
    writer.add_image("i", np.full((3, 50, 50), step, np.uint8), step)
    writer.add_histogram("h", np.arange(step + 1), step)
writer.add_text("big", "x" * 10_000_000, 0)
""",
        tmp_path,
    )
    events = walk.events(tmp_path)
    tags = [value.tag for event in events for value in event.summary.value]
    assert {tag: tags.count(tag) for tag in set(tags)} == {
        "m": 400, "t/text_summary": 200, "i": 200, "h": 200, "big/text_summary": 1,
    }  # fmt: skip


def test_many_writers(tmp_path):
    run_script(
        f"""{START}
writers = [SummaryWriter(f"{{sys.argv[1]}}/{{i}}") for i in range(300)]
for step in range(10):
    for one in writers:
        one.add_scalar("s", step, step)
""",
        tmp_path,
    )
    for i in range(300):
        assert walk.steps(tmp_path / str(i), "s") == list(range(10))


def test_a_daemon_thread_that_still_logs(tmp_path):
    run_script(
        f"""{START}
def endless():
    step = 0
    while True:
        writer.add_scalar("s", step, step)
        step += 1
threading.Thread(target=endless, daemon=True).start()
time.sleep(0.05)
""",
        tmp_path,
    )
    steps = walk.steps(tmp_path, "s")
    assert len(steps) > 100
    assert steps == list(range(len(steps)))


def test_two_processes_in_one_directory(tmp_path):
    script = f"{START}\nlog(tag=str(sys.argv[2]), count=500)"
    for name in ("a", "b"):
        run_script(script, tmp_path, name)
    assert scalars(tmp_path) == {
        ".": {name: [(step, float(step)) for step in range(500)] for name in ("a", "b")}
    }


def test_closed_writers_leave_the_exit_silent(tmp_path):
    done = run_script(START + "log(count=10); writer.close()", tmp_path)
    assert (done.stdout, done.stderr) == ("", "")
