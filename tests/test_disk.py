"""A disk that refuses: errors are told with the path and the errno, and nothing that was accepted is lost.

The disk is full when the file reaches RLIMIT_FSIZE (EFBIG), and has room again when the limit is raised.
"""

from __future__ import annotations

from tests import walk
from tests.scripts import run_script

START = """
import errno, resource, signal, sys, time
import ringboard
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = ringboard.SummaryWriter(sys.argv[1])
"""


def test_flush_tells_and_everything_arrives_once_there_is_room(tmp_path):
    run_script(
        f"""{START}
limit(10_000)
for step in range(5000):
    writer.add_scalar("s", step, step)
for _ in range(3):
    try:
        writer.flush()
    except OSError as error:
        assert error.errno == errno.EFBIG, error
        assert error.filename.startswith(sys.argv[1]), error
    else:
        raise AssertionError("flush() said nothing")
stats = writer.stats()
assert stats["accepted"] == 5000, stats
assert stats["waiting"] > 0, stats
limit(resource.RLIM_INFINITY)
writer.flush()
stats = writer.stats()
assert stats["written"] == 5000, stats
writer.add_scalar("s", 5000, 5000)
writer.close()
""",
        tmp_path,
    )
    assert walk.steps(tmp_path, "s") == list(range(5001))


def test_close_tells(tmp_path):
    run_script(
        f"""{START}
limit(1000)
for step in range(500):
    writer.add_scalar("s", step, step)
try:
    writer.close()
except OSError as error:
    assert error.errno == errno.EFBIG, error
else:
    raise AssertionError("close() said nothing")
limit(resource.RLIM_INFINITY)
""",
        tmp_path,
    )
    assert walk.steps(tmp_path, "s") == list(range(500))


def test_a_process_that_ends_on_a_full_disk_ends_and_says_what_is_lost(tmp_path):
    done = run_script(
        f"""{START}
limit(2000)
for step in range(500):
    writer.add_scalar("s", step, step)
""",
        tmp_path,
        timeout=120,
    )
    assert "could not be written" in done.stderr
    steps = walk.steps(tmp_path, "s", allow_torn_tail=True)
    assert 0 < len(steps) < 500
    assert steps == list(range(len(steps)))


def test_one_full_file_does_not_stop_another(tmp_path):
    run_script(
        f"""{START}
other = ringboard.SummaryWriter(sys.argv[1] + "/other")
for step in range(500):
    writer.add_scalar("s", step, step)
writer.flush()
limit(20_000)
for step in range(500, 2000):
    writer.add_scalar("s", step, step)
for step in range(100):
    other.add_scalar("o", step, step)
other.flush()
assert other.stats()["written"] == 100
try:
    writer.flush()
except OSError:
    pass
else:
    raise AssertionError("flush() said nothing")
limit(resource.RLIM_INFINITY)
""",
        tmp_path,
    )
    assert walk.steps(tmp_path / "other", "o") == list(range(100))
    assert walk.steps(tmp_path, "s") == list(range(2000))


def test_flush_serves_the_other_files_when_one_fails(tmp_path):
    run_script(
        f"""{START}
for step in range(300):
    writer.add_scalar("s", step, step)
writer.flush()
limit(16_000)
for step in range(300, 1000):
    writer.add_scalar("s", step, step)
writer.add_scalars("m", {{"a": 1.0}}, 1)
try:
    writer.flush()
except OSError:
    pass
else:
    raise AssertionError("flush() said nothing")
from pathlib import Path
from tests import walk
assert walk.steps(Path(sys.argv[1]) / "m_a", "m") == [1]
limit(resource.RLIM_INFINITY)
""",
        tmp_path,
    )


def test_no_descriptor_left_for_a_new_file(tmp_path):
    run_script(
        f"""{START}
import os
held = []
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
try:
    while True:
        held.append(os.open("/dev/null", os.O_RDONLY))
except OSError:
    pass
try:
    ringboard.SummaryWriter(sys.argv[1] + "/second")
except OSError as error:
    assert error.errno == errno.EMFILE, error
else:
    raise AssertionError("a file was opened")
writer.add_scalar("s", 1.0, 1)
for one in held:
    os.close(one)
writer.close()
""",
        tmp_path,
    )
    assert walk.steps(tmp_path, "s") == [1]
