"""Files that fail under a whole process: errnos, torn and interrupted writes, limits, lost disks."""

from __future__ import annotations

import re

import pytest

from tests import walk
from tests.scripts import run_script
from tests.support.faulty import run_on_faulty_files
from tests.support.records import event_files

START = """
import os, shutil, signal, threading
from pathlib import Path
import ringboard
from tests import walk
writer = ringboard.SummaryWriter(sys.argv[1])
"""


@pytest.mark.parametrize("name", ["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EIO"])
def test_what_fails_is_told_and_what_was_accepted_is_written_once(tmp_path, name):
    done = run_on_faulty_files(
        f"""{START}
writer.add_scalar("s", 0, 0)
writer.flush()
step = 1
for budget in (0, 1, 13, 40, 1000):
    files.write_budget = budget
    files.write_error = errno.{name}
    for step in range(step, step + 50):
        writer.add_scalar("s", step, step)
    try:
        writer.flush()
    except OSError as error:
        assert error.errno == errno.{name}, error
        assert error.filename == writer.file_writer.event_writer.path, error
        assert "kept" in str(error), error
    else:
        raise AssertionError("flush() said nothing")
    files.write_error = 0
    if budget == 13:
        writer.flush()
    step += 1
deadline = time.monotonic() + 60  # without being asked
while writer.stats()["waiting"] and time.monotonic() < deadline:
    time.sleep(0.01)
assert writer.stats()["written"] == step == 251, (step, writer.stats())
writer.close()
""",
        tmp_path / "run",
    )
    assert walk.steps(tmp_path / "run", "s") == list(range(251))
    assert re.search(r"ringboard: cannot write to .*tfevents.*: .*; \d+ bytes are kept", done.stderr)


def test_stderr_hears_at_most_once_a_second(tmp_path):
    done = run_on_faulty_files(
        f"""{START}
files.write_error = errno.ENOSPC
started = time.monotonic()
while time.monotonic() - started < 2.5:
    writer.add_scalar("s", 1, 1)
    try:
        writer.flush()
    except OSError:
        pass
files.write_error = 0
writer.close()
""",
        tmp_path / "run",
    )
    assert 2 <= len(done.stderr.splitlines()) <= 4, done.stderr


def test_short_and_interrupted_writes_are_gone_on_with(tmp_path):
    run_on_faulty_files(
        f"""{START}
files.most_bytes = 5
files.interrupted = 1
for step in range(500):
    writer.add_scalar("s", step, step)
writer.close()
""",
        tmp_path / "run",
    )
    assert walk.steps(tmp_path / "run", "s") == list(range(500))


def test_a_file_that_can_not_be_opened_again(tmp_path):
    run_on_faulty_files(
        f"""{START}
others = [ringboard.SummaryWriter(f"{{sys.argv[1]}}/{{i}}") for i in range(70)]
for other in others:
    other.add_scalar("o", 1, 1)
    other.flush()
files.open_error = errno.EMFILE
writer.add_scalar("s", 1, 1)
try:
    writer.flush()
except OSError as error:
    assert error.errno == errno.EMFILE, error
else:
    raise AssertionError("flush() said nothing")
files.open_error = 0
writer.close()
""",
        tmp_path / "run",
    )
    assert walk.steps(tmp_path / "run", "s") == [1]


def test_the_file_size_limit_kills_nobody_where_its_signal_would(tmp_path):
    run_script(
        """
import errno, resource, signal, sys
import ringboard
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
writer = ringboard.SummaryWriter(sys.argv[1] + "/one")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
for step in range(500):  # the writer thread meets the limit
    writer.add_scalar("s", step, step)
try:
    writer.flush()
except OSError as error:
    assert error.errno == errno.EFBIG, error
else:
    raise AssertionError("flush() said nothing")
resource.setrlimit(resource.RLIMIT_FSIZE, (10, resource.RLIM_INFINITY))
try:
    ringboard.SummaryWriter(sys.argv[1] + "/two")  # the caller meets it
except OSError as error:
    assert error.errno == errno.EFBIG, error
else:
    raise AssertionError("the header went out")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.close()
""",
        tmp_path,
    )
    assert walk.steps(tmp_path / "one", "s") == list(range(500))
    assert event_files(tmp_path / "two") == []


# --- deleted files ------------------------------------------------------------------------------------


def test_a_deleted_log_dir_is_made_anew(tmp_path):
    done = run_script(
        f"""import sys, time
{START}
for step in range(100):
    writer.add_scalar("s", step, step)
writer.add_scalars("m", {{"a": 1.0}}, 1)
writer.flush()
(path,) = Path(sys.argv[1]).glob("*tfevents*")
shutil.rmtree(sys.argv[1])
writer.flush()
assert not Path(sys.argv[1]).exists()
for step in range(100, 200):
    writer.add_scalar("s", step, step)
writer.add_scalars("m", {{"a": 2.0}}, 2)
writer.flush()
assert path.exists()
writer.add_scalar("s", 200, 200)
writer.close()
assert writer.stats()["written"] == 203, writer.stats()
""",
        tmp_path / "run",
    )
    (path,) = (tmp_path / "run").glob("*tfevents*")
    first, *others = walk.events(path)
    assert first.file_version == "brain.Event:2"
    assert walk.steps(path, "s") == list(range(100, 201))
    assert all(not one.file_version for one in others)
    assert walk.steps(tmp_path / "run" / "m_a", "m") == [2]
    lines = done.stderr.splitlines()
    assert 1 <= len(lines) <= 2, lines
    assert re.search(r"ringboard: .*tfevents.* was deleted, and with it the \d+ bytes", lines[0])


def test_close_makes_no_directory_that_was_deleted_for_nothing(tmp_path):
    run_script(
        f"""import sys, time
{START}
writer.add_scalar("s", 1, 1)
writer.flush()
shutil.rmtree(sys.argv[1])
writer.close()
""",
        tmp_path / "run",
    )
    assert not (tmp_path / "run").exists()


def test_a_planted_link_is_not_followed(tmp_path):
    (tmp_path / "precious").write_text("keep")
    run_script(
        f"""import sys, errno, time
{START}
(path,) = Path(sys.argv[1]).glob("*tfevents*")
path.unlink()
path.symlink_to(sys.argv[2])
writer.add_scalar("s", 1, 1)
try:
    writer.flush()
except FileExistsError as error:
    assert error.filename == str(path), error
else:
    raise AssertionError("flush() said nothing")
path.unlink()
writer.close()
""",
        tmp_path / "run",
        tmp_path / "precious",
    )
    assert (tmp_path / "precious").read_text() == "keep"
    assert walk.steps(tmp_path / "run", "s") == [1]


def test_files_are_found_again_from_another_directory(tmp_path):
    run_script(
        """
import os, sys
import ringboard
os.chdir(sys.argv[1])
writers = [ringboard.SummaryWriter(f"run/{i}") for i in range(70)]  # more than are kept open
os.mkdir("elsewhere")
os.chdir("elsewhere")
for step in range(2):
    for writer in writers:
        writer.add_scalar("s", step, step)
        writer.flush()
""",
        tmp_path,
    )
    assert not (tmp_path / "elsewhere" / "run").exists()
    for i in range(70):
        assert walk.steps(tmp_path / "run" / str(i), "s") == [0, 1]


# --- a small disk -------------------------------------------------------------------------------------

MOUNT = """
import ctypes, errno, os, shutil, sys, time
CLONE_NEWNS, CLONE_NEWUSER, MS_REC, MS_PRIVATE = 0x20000, 0x10000000, 0x4000, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)
if libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if os.getuid() else 0)):
    sys.exit(77)
if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
    sys.exit(77)
if libc.mount(b"none", os.fsencode(sys.argv[1]), b"tmpfs", 0, b"size=64k"):
    sys.exit(77)
"""


def test_a_real_disk_fills_and_is_emptied(tmp_path):
    script = f"""{MOUNT}
import ringboard
from tests import walk
run, ballast = sys.argv[1] + "/run", sys.argv[1] + "/ballast"
writer = ringboard.SummaryWriter(run)
with open(ballast, "wb") as file:
    file.write(bytes(40_000))
for step in range(1000):
    writer.add_scalar("s", step, step)
try:
    writer.flush()
except OSError as error:
    assert error.errno == errno.ENOSPC, error
else:
    raise AssertionError("flush() said nothing")
assert 0 < writer.stats()["bytes"] < 30_000
steps = walk.steps(run, "s", allow_torn_tail=True)
assert steps == list(range(len(steps)))
os.unlink(ballast)
writer.close()
assert walk.steps(run, "s") == list(range(1000))
"""
    try:
        run_script(script, tmp_path)
    except AssertionError as error:
        if "exit code 77" in str(error):
            pytest.skip("needs the right to mount: root, or user namespaces")
        raise
