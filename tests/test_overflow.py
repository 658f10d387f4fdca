"""A full ring: configure(overflow=…) on a file system that does not answer."""

from __future__ import annotations

import math
import re

import pytest

import ringboard
from tests import walk
from tests.support.faulty import run_on_faulty_files

# A ring of 64 KiB holds some 2000 scalars.
START = """
import numpy as np
import ringboard
ringboard.configure(ring_bytes=65536, overflow_timeout=0.5)
writer = ringboard.SummaryWriter(sys.argv[1])
other = ringboard.SummaryWriter(sys.argv[1] + "/other")
(path,) = [sys.argv[1] + "/" + name for name in os.listdir(sys.argv[1]) if "tfevents" in name]
def hang():
    writer.flush()
    files.hold_writes = 1
    writer.add_scalar("hang", 1, 1)
    while not files.held:
        time.sleep(0.001)
def heal():
    files.hold_writes = 0
    while files.held:
        time.sleep(0.001)
"""


def test_waiting_ends_when_the_file_system_does_not_answer(tmp_path):
    done = run_on_faulty_files(
        f"""{START}
hang()
called = time.monotonic()
for step in range(10_000):
    writer.add_scalar("s", step, step)
took = time.monotonic() - called
assert 0.3 < took < 10, took  # one wait, not one for each call
called = time.monotonic()
other.add_scalar("o", 1, 1)
other.log({{"a": 1, "b": 2}}, 1)
other.add_text("t", "x" * 100_000, 1)  # larger than the ring: not taken on the heap either
other.add_histogram("h", np.arange(10), 1)
other.add_scalar_series("c", np.arange(5), np.arange(5))
assert time.monotonic() - called < 5
assert other.stats()["dropped"] == 1 + 1 + 1 + 1 + 5, other.stats()
dropped = writer.stats()["dropped"]
assert 0 < dropped < 10_000, dropped
heal()
for each, count in (writer, dropped), (other, 9):
    try:
        each.flush()
    except TimeoutError as error:
        assert f"{{count}} events were dropped" in str(error), error
    else:
        raise AssertionError("flush() said nothing of what was dropped")
    each.flush()
writer.add_scalar("s", 10_000, 10_000)
writer.close()
stats = writer.stats()
assert stats["written"] == stats["accepted"] - dropped == 10_002 - dropped, stats
""",
        tmp_path / "run",
    )
    steps = walk.steps(tmp_path / "run", "s")
    assert steps == [*range(len(steps) - 1), 10_000]
    assert re.search(
        r"ringboard: events of .* are dropped: the ring is full, and the file system", done.stderr
    )
    assert len(done.stderr.splitlines()) <= 10  # not one for each


def test_waiting_goes_on_when_the_file_system_answers_in_time(tmp_path):
    run_on_faulty_files(
        f"""{START}
import threading
ringboard.configure(overflow_timeout=60)
hang()
threading.Timer(1, heal).start()
for step in range(10_000):
    writer.add_scalar("s", step, step)
writer.close()
assert writer.stats()["dropped"] == 0
""",
        tmp_path / "run",
    )
    assert walk.steps(tmp_path / "run", "s") == list(range(10_000))


def test_raising_names_tag_and_files_and_loses_nothing_that_was_accepted(tmp_path):
    run_on_faulty_files(
        f"""{START}
ringboard.configure(overflow="raise")
hang()
logged = 0
def fails(tag, call):
    try:
        call()
    except TimeoutError as error:
        assert error.errno == errno.ETIMEDOUT, error
        assert repr(tag) in str(error) and f"write to {{path}}" in str(error), error
        assert "tfevents" in error.filename
    else:
        raise AssertionError(f"{{tag}}: nothing was raised")
def fill():
    global logged
    while True:
        writer.add_scalar("a/tag", logged, logged)
        logged += 1
fails("a/tag", fill)
handle = writer.scalar("handle")
fails("handle", lambda: handle.add(1, 1))
fails("other", lambda: other.add_scalar("other", 1, 1))
fails("h", lambda: writer.add_histogram("h", [1, 2], 1))
fails("i", lambda: writer.add_image("i", np.zeros((3, 8, 8)), 1))
fails("c", lambda: writer.add_scalar_series("c", [1, 2], [1, 2]))
fails("t", lambda: writer.add_text("t", "x" * 100_000, 1))
fails("k", lambda: writer.log({{"k": 1}}, 1))
heal()
writer.close()
assert logged > 1000, logged
assert writer.stats()["dropped"] == 0, writer.stats()
print(logged)
""",
        tmp_path / "run",
    )
    steps = walk.steps(tmp_path / "run", "a/tag")
    assert len(steps) > 1000
    assert steps == list(range(len(steps)))
    assert set(walk.points(tmp_path / "run")) == {"hang", "a/tag"}


def test_dropping_never_waits(tmp_path):
    run_on_faulty_files(
        f"""{START}
ringboard.configure(overflow="drop", overflow_timeout=60)
hang()
called = time.monotonic()
for step in range(10_000):
    writer.add_scalar("s", step, step)
writer.add_text("t", "x" * 30_000, 1)
assert time.monotonic() - called < 10
assert writer.stats()["dropped"] > 5_000
heal()
writer.close()
""",
        tmp_path / "run",
    )
    steps = walk.steps(tmp_path / "run", "s")
    assert steps == list(range(len(steps)))


def test_flush_close_and_the_end_of_a_writer_do_not_hang(tmp_path):
    run_on_faulty_files(
        f"""{START}
import gc
def times_out(method):
    try:
        method()
    except TimeoutError as error:
        assert error.filename.startswith(sys.argv[1]) and f"write to {{path}}" in str(error), error
    else:
        raise AssertionError("nothing was raised")
hang()
times_out(writer.flush)
times_out(other.flush)
while not writer.stats()["dropped"]:
    writer.add_scalar("s", 1, 1)
times_out(writer.flush)  # now there is no room for the request either
times_out(other.close)
called = time.monotonic()
del other
gc.collect()
assert time.monotonic() - called < 20
heal()
""",
        tmp_path / "run",
    )


def test_a_process_ends_on_a_file_system_that_does_not_answer(tmp_path):
    done = run_on_faulty_files(
        f"""{START}
hang()
for step in range(100):
    writer.add_scalar("s", step, step)
""",
        tmp_path / "run",
        timeout=100,
    )
    assert re.search(
        r"ringboard: 101 events could not be written before the process ended: .*write to", done.stderr
    )


@pytest.mark.parametrize("seconds", [0, -1, math.nan, "1", True])
def test_no_timeout(seconds):
    with pytest.raises(ValueError, match="overflow_timeout"):
        ringboard.configure(overflow_timeout=seconds, overflow="drop")
    ringboard.configure(overflow="wait", overflow_timeout=60)
