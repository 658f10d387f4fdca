"""Signal handlers that flush and close under load, and Ctrl-C while waiting for room."""

from __future__ import annotations

import pytest

from tests import walk
from tests.scripts import run_script
from tests.support.records import event_files

START = """
import os, signal, sys, threading, time
import numpy as np
import ringboard
ringboard.configure(ring_bytes=65536)
writer = ringboard.SummaryWriter(sys.argv[1])
"""


def steps_by_file(logdir, tag: str) -> list[int]:
    """The steps of all files, sorted; within each file they must ascend."""
    found = []
    for path in event_files(logdir):
        steps = walk.steps(path, tag)
        assert steps == sorted(steps)
        found += steps
    return sorted(found)


@pytest.mark.parametrize(
    "handler",
    [
        "writer.flush()",
        "writer.add_scalar('handler', 1.0, 1)",
        "writer.stats()",
        "writer.flush(); writer.add_text('handler', 'x' * 50_000, 1)",
    ],
)
def test_from_a_handler_under_load(tmp_path, handler):
    out = run_script(
        f"""{START}
calls = 0
def on_alarm(*_):
    global calls
    calls += 1
    {handler}
    signal.setitimer(signal.ITIMER_REAL, 0.002)  # only now: a slow machine must not nest handlers for ever
signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, 0.002)
handle = writer.scalar("handle")
step = 0
while calls < 15:
    writer.add_scalar_series("c", np.arange(step, step + 400), np.arange(step, step + 400))
    for step in range(step, step + 400):
        writer.add_scalar("s", step, step)
        handle.add(step, step)
    writer.flush()
    step += 1
signal.setitimer(signal.ITIMER_REAL, 0)
writer.close()
print(step)
""",
        tmp_path,
    ).stdout
    for tag in ("s", "handle", "c"):
        assert walk.steps(tmp_path, tag) == list(range(int(out)))


def test_close_from_a_handler_under_load(tmp_path):
    out = run_script(
        f"""{START}
calls = 0
def on_alarm(*_):
    global calls
    calls += 1
    writer.close()
    signal.setitimer(signal.ITIMER_REAL, 0.005)  # only now, as above
signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, 0.005)
handle = writer.scalar("handle")
step = 0
while calls < 15:
    writer.add_scalars("m", {{"a": step}}, step)
    writer.add_text("t", "x", step)
    writer.add_scalar_series("c", np.arange(step, step + 400), np.arange(step, step + 400))
    writer.add_histogram("h", np.arange(30_000), step)
    writer.add_image("i", np.zeros((3, 200, 200), np.uint8), step)
    for step in range(step, step + 400):
        writer.add_scalar("s", step, step)
        handle.add(step, step)
    step += 1
signal.setitimer(signal.ITIMER_REAL, 0)
writer.close()
print(step)
""",
        tmp_path,
    ).stdout
    for tag in ("s", "handle", "c"):
        assert steps_by_file(tmp_path, tag) == list(range(int(out)))
    assert steps_by_file(tmp_path, "m") == list(range(0, int(out), 400))


def test_keyboard_interrupt_in_the_middle_of_a_long_series(tmp_path):
    out = run_script(
        f"""{START}
count = 10_000_000
values, steps = np.zeros(count), np.arange(count)
(path,) = os.scandir(sys.argv[1])
def interrupt():
    while os.path.getsize(path) < 1_000_000:
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt).start()
try:
    writer.add_scalar_series("long", values, steps)
except KeyboardInterrupt:
    accepted = writer.stats()["accepted"]
else:
    raise AssertionError("the series was over before the interrupt: the test tests nothing")
assert 0 < accepted < count
writer.add_scalar("after", 1.0, 1)
writer.close()
print(accepted)
""",
        tmp_path,
    ).stdout
    (path,) = event_files(tmp_path)
    content = path.read_bytes()  # too many events to parse: count the tags
    path.unlink()
    assert content.count(b"\x04long") == int(out)
    assert content.count(b"\x05after") == 1


def test_keyboard_interrupt_while_the_ring_is_full(tmp_path):
    # The writer thread is starved by many producers: a caller waits, and Ctrl-C must end its wait.
    run_script(
        f"""{START}
def interrupt():
    for _ in range(20):
        time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)
interrupted = 0
step = 0
threading.Thread(target=interrupt, daemon=True).start()
deadline = time.monotonic() + 60
while interrupted < 10 and time.monotonic() < deadline:
    try:
        for _ in range(10_000):
            writer.add_scalar("s", step, step)
            step += 1
    except KeyboardInterrupt:
        interrupted += 1
signal.signal(signal.SIGINT, signal.SIG_IGN)
assert interrupted >= 10, interrupted
writer.close()
""",
        tmp_path,
    )
    steps = walk.steps(tmp_path, "s")
    # An interrupt between the call and `step += 1` repeats a step; none is ever left out.
    assert sorted(set(steps)) == list(range(max(steps) + 1))
    assert steps == sorted(steps)


def test_an_exception_from_a_handler_leaves_flush(tmp_path):
    run_script(
        f"""{START}
class Mine(Exception): pass
def on_alarm(*_): raise Mine
signal.signal(signal.SIGALRM, on_alarm)
caught = 0
deadline = time.monotonic() + 60
while caught < 5 and time.monotonic() < deadline:
    signal.setitimer(signal.ITIMER_REAL, 0.001)
    try:
        while True:
            for step in range(100):
                writer.add_scalar("s", step, step)
            writer.flush()
    except Mine:
        caught += 1
assert caught == 5
writer.close()
""",
        tmp_path,
    )
    assert set(walk.steps(tmp_path, "s")) <= set(range(100))
