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


LOADS = {
    "scalars": "writer.add_scalar('s', step, step)",
    "flush": "writer.add_scalar('s', step, step); writer.flush()",
    "reopening": "writer.add_scalar('s', step, step); writer.close()",
    "arrays": "writer.add_histogram('h', np.arange(30_000), step); writer.add_image('i', PICTURE, step)",
    "far events": "writer.add_text('t', 'x' * 100_000, step)",
    "many files": "writer.add_scalars('m', {str(step % 80): step}, step)",
}


@pytest.mark.parametrize(("load", "name"), [("scalars", "SIGINT"), *((load, "SIGTERM") for load in LOADS)])
def test_close_and_exit_in_a_handler(tmp_path, load, name):
    # Where torch's writer deadlocks.
    out = run_script(
        f"""{START}
def on_signal(*_):
    writer.add_scalar("last words", 1, 1)
    writer.close()
    print(step)
    sys.exit(5)
signal.signal(signal.{name}, on_signal)
PICTURE = np.zeros((3, 99, 99))
writer.add_scalar("s", 0, 0)
threading.Timer(0.3, os.kill, (os.getpid(), signal.{name})).start()
step = 1
while True:
    {LOADS[load]}
    step += 1
""",
        tmp_path,
        code=5,
    ).stdout
    assert walk.points(tmp_path)["last words"] == [(1, 1.0)]
    if "'s'" in LOADS[load]:
        steps = steps_by_file(tmp_path, "s")
        assert steps == list(range(len(steps)))
        assert len(steps) in (int(out), int(out) + 1)


def test_a_handler_that_logs_every_millisecond(tmp_path):
    out = run_script(
        f"""{START}
calls = 0
handle = writer.scalar("handler's handle")
def on_alarm(*_):
    global calls
    calls += 1
    writer.add_scalar("handler", calls, calls)
    writer.log({{"handler's log": calls}}, calls)
    handle.add(calls, calls)
signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
step = 0
while calls < 500:
    writer.add_scalar("s", step, step)
    writer.add_histogram("h", np.arange(20_000), step)
    writer.add_text("t", "x" * 20_000, step)
    if step % 100 == 0:
        writer.flush()
    step += 1
signal.setitimer(signal.ITIMER_REAL, 0)
writer.close()
print(step, calls)
""",
        tmp_path,
    ).stdout
    steps, calls = map(int, out.split())
    assert walk.steps(tmp_path, "s") == list(range(steps))
    # A handler that interrupts a handler may log between its lines.
    for tag in ("handler", "handler's log", "handler's handle"):
        assert len(walk.steps(tmp_path, tag)) == calls
