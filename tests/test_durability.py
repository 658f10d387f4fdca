"""flush(fsync=True) and fsync_secs: what is on the disk itself, and what is said when it can't be."""

from __future__ import annotations

import math

import pytest

import ringboard
import ringboard.tensorboardX
from tests import walk
from tests.support.faulty import run_on_faulty_files

WRITERS = ["ringboard.SummaryWriter", "ringboard.tensorboardX.SummaryWriter", "ringboard.FileWriter"]
START = """
import ringboard, ringboard.tensorboardX
def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert condition()
"""


@pytest.mark.parametrize("writer_class", WRITERS)
def test_flush_with_fsync(tmp_path, writer_class):
    run_on_faulty_files(
        f"""{START}
writer = {writer_class}(sys.argv[1])
writer.flush()
assert files.fsyncs == 0
writer.flush(fsync=True)
assert files.fsyncs == 1
assert files.directory_fsyncs == 2  # the run's directory, and its entry in the one above
files.fsync_error = errno.EIO
try:
    writer.flush(fsync=True)
except OSError as error:
    assert error.errno == errno.EIO and "tfevents" in error.filename and "power failure" in str(error), error
else:
    raise AssertionError("nothing was raised")
files.fsync_error = 0
writer.flush(fsync=True)
assert (files.fsyncs, files.directory_fsyncs) == (3, 2)
writer.close()
assert files.fsyncs == 3
""",
        tmp_path / "run",
    )


def test_flush_with_fsync_is_for_all_files(tmp_path):
    run_on_faulty_files(
        f"""{START}
writer = ringboard.SummaryWriter(sys.argv[1])
writer.add_scalars("m", {{"a": 1, "b": 2}}, 1)
writer.flush(fsync=True)
assert files.fsyncs == 3
""",
        tmp_path / "run",
    )


@pytest.mark.parametrize("writer_class", WRITERS[:2])
def test_fsync_secs(tmp_path, writer_class):
    run_on_faulty_files(
        f"""{START}
writer = {writer_class}(sys.argv[1], fsync_secs=0.3)
writer.add_scalar("s", 1, 1)
wait_for(lambda: files.fsyncs == 1)
time.sleep(0.7)
assert files.fsyncs == 1  # there is nothing new
started = time.monotonic()
step = 1
while time.monotonic() - started < 1:
    step += 1
    writer.add_scalar("s", step, step)
    time.sleep(0.002)
assert 2 <= files.fsyncs <= 2 + (time.monotonic() - started) / 0.3, files.fsyncs
writer.add_scalars("m", {{"a": 1}}, 1)
writer.flush()
files.fsyncs = 0
writer.close()
assert files.fsyncs == 2
print(step)
""",
        tmp_path / "run",
    )
    steps = walk.steps(tmp_path / "run", "s")
    assert steps == list(range(1, len(steps) + 1))


def test_fsync_secs_that_fails_is_told_on_stderr_and_by_flush(tmp_path):
    done = run_on_faulty_files(
        f"""{START}
writer = ringboard.SummaryWriter(sys.argv[1], fsync_secs=0)
files.fsync_error = errno.EIO
writer.add_scalar("s", 1, 1)
wait_for(lambda: files.fsyncs)
files.fsync_error = 0
time.sleep(0.1)
try:
    writer.flush()
except OSError as error:
    assert error.errno == errno.EIO and "tfevents" in error.filename, error
else:
    raise AssertionError("nothing was raised")
writer.flush()
""",
        tmp_path / "run",
    )
    assert "durable" in done.stderr
    assert walk.steps(tmp_path / "run", "s") == [1]


def test_the_end_of_a_process_is_durable_too(tmp_path):
    done = run_on_faulty_files(
        f"""{START}
writer = ringboard.SummaryWriter(sys.argv[1], fsync_secs=3600)
files.fsync_error = errno.EIO  # so that it is heard of
writer.add_scalar("s", 1, 1)
""",
        tmp_path / "run",
    )
    assert "durable" in done.stderr


@pytest.mark.parametrize("writer_class", [ringboard.SummaryWriter, ringboard.tensorboardX.SummaryWriter])
@pytest.mark.parametrize("seconds", [-1, math.nan, "1", True])
def test_no_number_of_seconds(tmp_path, writer_class, seconds):
    with pytest.raises(ValueError, match="fsync_secs"):
        writer_class(tmp_path / "run", fsync_secs=seconds)
    assert not (tmp_path / "run").exists()
