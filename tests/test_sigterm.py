"""SummaryWriter(flush_on_sigterm=True): what it flushes, what it goes on to, and what it leaves behind."""

from __future__ import annotations

import signal
import threading
import warnings

import pytest

import ringboard
import ringboard.tensorboardX
from tests import walk
from tests.scripts import run_script
from tests.support.faulty import run_on_faulty_files
from tests.support.records import event_files

# Writes are held up for half a second from the last event on: who does not wait for them loses it.
HELD = """
import signal, threading
import ringboard, ringboard.tensorboardX
def log_and_hold(*writers):
    for writer in writers:
        writer.flush()
    files.hold_writes = 1
    for step in range(100):
        for writer in writers:
            writer.add_scalar("s", step, step)
    threading.Timer(0.5, setattr, (files, "hold_writes", 0)).start()
"""


@pytest.mark.parametrize("dialect", ["ringboard", "ringboard.tensorboardX"])
def test_the_process_dies_of_the_signal_with_all_in_the_file(tmp_path, dialect):
    run_on_faulty_files(
        f"""{HELD}
one = {dialect}.SummaryWriter(sys.argv[1] + "/1", flush_on_sigterm=True)
two = {dialect}.SummaryWriter(sys.argv[1] + "/2", flush_on_sigterm=True)
log_and_hold(one, two)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(60)
""",
        tmp_path / "run",
        code=-signal.SIGTERM,
    )
    for each in "1", "2":
        assert walk.steps(tmp_path / "run" / each, "s") == list(range(100))


def test_an_earlier_handler_is_called_after_the_flush(tmp_path):
    run_on_faulty_files(
        f"""{HELD}
def handler(number, frame):
    assert number == signal.SIGTERM and frame is not None
    assert writer.stats()["written"] == 100, writer.stats()
    sys.exit(7)
signal.signal(signal.SIGTERM, handler)
writer = ringboard.SummaryWriter(sys.argv[1], flush_on_sigterm=True)
log_and_hold(writer)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(60)
""",
        tmp_path / "run",
        code=7,
    )


def test_an_ignored_signal_flushes_and_stays_ignored(tmp_path):
    run_on_faulty_files(
        f"""{HELD}
signal.signal(signal.SIGTERM, signal.SIG_IGN)
writer = ringboard.SummaryWriter(sys.argv[1], flush_on_sigterm=True)
log_and_hold(writer)
os.kill(os.getpid(), signal.SIGTERM)
assert writer.stats()["written"] == 100, writer.stats()
writer.close()
assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
""",
        tmp_path / "run",
    )


def test_the_flush_is_bounded_and_a_second_signal_ends_it(tmp_path):
    done = run_on_faulty_files(
        f"""{HELD}
from ringboard import sigterm
signal.signal(signal.SIGTERM, lambda *_: calls.append(time.monotonic()))
calls = []
writer = ringboard.SummaryWriter(sys.argv[1], flush_on_sigterm=True)
writer.flush()
files.hold_writes = 1
writer.add_scalar("s", 1, 1)
sigterm.PATIENCE_S = 1.0
started = time.monotonic()
os.kill(os.getpid(), signal.SIGTERM)
assert 0.9 < calls[0] - started < 8, calls
sigterm.PATIENCE_S = 30.0
started = time.monotonic()
threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
threading.Timer(2, setattr, (files, "hold_writes", 0)).start()
os.kill(os.getpid(), signal.SIGTERM)
assert len(calls) == 3, calls
assert calls[1] - started < 1.8 < calls[2] - started < 20, calls
""",
        tmp_path / "run",
    )
    assert "not everything could be flushed within 1 s" in done.stderr


def test_what_can_not_be_flushed_is_said_and_the_others_are(tmp_path):
    done = run_on_faulty_files(
        """
import signal
import ringboard
bad, good = [ringboard.SummaryWriter(f"{sys.argv[1]}/{name}", flush_on_sigterm=True) for name in "bg"]
files.write_error = errno.ENOSPC
bad.add_scalar("s", 1, 1)
try:
    bad.flush()
except OSError:
    pass
files.write_budget = 39
good.add_scalar("s", 1, 1)
os.kill(os.getpid(), signal.SIGTERM)
""",
        tmp_path / "run",
        code=-signal.SIGTERM,
    )
    assert "ringboard: SIGTERM: [Errno 28]" in done.stderr


def test_an_upload_is_part_of_the_flush(tmp_path):
    run_script(
        """
import os, signal, sys, time
import ringboard
from ringboard import remote
class Factory:
    def open(self, path): return open(sys.argv[1] + "/" + path.rpartition("/")[2], "wb")
    def directory_check(self, path): pass
remote.register_factory("copy", Factory())
writer = ringboard.SummaryWriter("copy://run", flush_on_sigterm=True)
writer.flush()
for step in range(100):
    writer.add_scalar("s", step, step)
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(60)
""",
        tmp_path,
        code=-signal.SIGTERM,
    )
    assert walk.steps(tmp_path, "s") == list(range(100))


# --- the handler comes and goes -------------------------------------------------------------------------


@pytest.fixture
def earlier():
    def handler(*_):
        handler.calls += 1

    handler.calls = 0
    before = signal.signal(signal.SIGTERM, handler)
    yield handler
    signal.signal(signal.SIGTERM, before)


def test_the_last_writer_restores_the_earlier_handler(tmp_path, earlier):
    plain = ringboard.SummaryWriter(tmp_path / "plain")
    assert signal.getsignal(signal.SIGTERM) is earlier
    one = ringboard.SummaryWriter(tmp_path / "1", flush_on_sigterm=True)
    ours = signal.getsignal(signal.SIGTERM)
    assert ours is not earlier
    two = ringboard.tensorboardX.SummaryWriter(tmp_path / "2", flush_on_sigterm=True)
    assert signal.getsignal(signal.SIGTERM) is ours
    one.close()
    one.close()
    plain.close()
    assert signal.getsignal(signal.SIGTERM) is ours
    two.close()
    assert signal.getsignal(signal.SIGTERM) is earlier
    two.add_scalar("s", 1, 1)  # which opens a new file
    assert signal.getsignal(signal.SIGTERM) is not earlier
    signal.raise_signal(signal.SIGTERM)
    assert earlier.calls == 1
    del two
    assert signal.getsignal(signal.SIGTERM) is earlier


def test_another_handler_that_came_later_is_left_alone(tmp_path, earlier):
    calls = []
    one = ringboard.SummaryWriter(tmp_path / "1", flush_on_sigterm=True)
    ours = signal.getsignal(signal.SIGTERM)

    def later(number, frame):
        calls.append(number)
        ours(number, frame)

    signal.signal(signal.SIGTERM, later)
    two = ringboard.SummaryWriter(tmp_path / "2", flush_on_sigterm=True)  # on top of the later one
    signal.raise_signal(signal.SIGTERM)
    assert (len(calls), earlier.calls) == (1, 1)
    two.close()
    one.close()
    assert signal.getsignal(signal.SIGTERM) is later
    signal.raise_signal(signal.SIGTERM)
    assert (len(calls), earlier.calls) == (2, 2)


def test_who_replaced_the_handler_and_calls_it_lives_on(tmp_path):
    run_script(
        """
import os, signal, sys
import ringboard
writer = ringboard.SummaryWriter(sys.argv[1], flush_on_sigterm=True)
ours = signal.getsignal(signal.SIGTERM)
def graceful(number, frame):
    ours(number, frame)
    writer.add_scalar("last", 1, 1)
    sys.exit(3)
signal.signal(signal.SIGTERM, graceful)
os.kill(os.getpid(), signal.SIGTERM)
""",
        tmp_path,
        code=3,
    )
    assert walk.steps(tmp_path, "last") == [1]


def test_another_thread_can_not_install_it_and_says_so(tmp_path, earlier):
    caught = []

    def make(name):
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            with ringboard.SummaryWriter(tmp_path / name, flush_on_sigterm=True) as writer:
                writer.add_scalar("s", 1, 1)
        caught.extend(found)

    def in_thread(name):
        thread = threading.Thread(target=make, args=(name,))
        thread.start()
        thread.join()

    in_thread("1")
    (warning,) = caught
    assert "main thread" in str(warning.message)
    assert warning.filename == __file__
    assert signal.getsignal(signal.SIGTERM) is earlier
    assert walk.steps(tmp_path / "1", "s") == [1]
    with ringboard.SummaryWriter(tmp_path / "2", flush_on_sigterm=True):
        ours = signal.getsignal(signal.SIGTERM)
        in_thread("3")  # it is installed already
        assert len(caught) == 1
        assert signal.getsignal(signal.SIGTERM) is ours
    assert signal.getsignal(signal.SIGTERM) is earlier


def test_forked_children_die_as_they_would_and_flush_their_own(tmp_path):
    run_on_faulty_files(
        f"""{HELD}
writer = ringboard.SummaryWriter(sys.argv[1], flush_on_sigterm=True)
writer.add_scalar("parent", 0, 0)
for logs in (False, True):
    child = os.fork()
    if child == 0:
        if logs:
            writer.add_scalar("opens the child's file", 0, 0)
            log_and_hold(writer)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGTERM, status
writer.add_scalar("parent", 1, 1)
writer.close()
""",
        tmp_path / "run",
    )
    assert walk.steps(tmp_path / "run", "s") == list(range(100))
    assert walk.steps(tmp_path / "run", "parent") == [0, 1]


def test_signals_in_the_middle_of_everything(tmp_path):
    out = run_script(
        """
import os, signal, sys, threading, time
import numpy as np
import ringboard
ringboard.configure(ring_bytes=65536)
calls = 0
def earlier(*_):
    global calls
    calls += 1
signal.signal(signal.SIGTERM, earlier)
writer = ringboard.SummaryWriter(sys.argv[1], flush_on_sigterm=True)
ended = False
def shoot():
    while not ended:
        seen = calls
        os.kill(os.getpid(), signal.SIGTERM)
        while calls == seen and not ended:
            time.sleep(0.001)
gun = threading.Thread(target=shoot)
gun.start()
step = 0
while calls < 60:
    for step in range(step, step + 300):
        writer.add_scalar("s", step, step)
    step += 1
    writer.add_scalars("m", {"a": step}, step)
    writer.add_image("i", np.zeros((3, 100, 100), np.uint8), step)
    if step % 900 == 0:
        writer.flush()
    if step % 1500 == 0:
        writer.close()
ended = True
gun.join()
writer.close()
print(step)
""",
        tmp_path,
    ).stdout
    found = [step for path in event_files(tmp_path) for step in walk.steps(path, "s")]
    assert sorted(found) == list(range(int(out)))
