"""Killed at any moment, pack and restore leave the original or the whole archive; the next try ends it."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import ringboard
from ringboard import archive
from tests.scripts import run_script

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="kills its forked children")

# Each call to the system that packing makes, by its name in `os`; in a child, the n-th of all is its last.
EACH_CALL = """
import os, shutil, signal, sys
from pathlib import Path
import zstandard  # here, and no look at /proc there: each child is to make the same calls
from ringboard import archive
from ringboard.archive import files
files._open_for_writing = set

CALLS = (
    "open", "pread", "fsync", "rename", "unlink", "fchmod", "utime", "ftruncate", "close", "stat", "fstat",
)

def die_before(last):
    counts = [0]
    def counting(function):
        def call(*arguments, **options):
            counts[0] += 1
            if counts[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)
        return call
    for name in CALLS:
        setattr(os, name, counting(getattr(os, name)))

directory = Path(sys.argv[1])
content = (directory / "content").read_bytes()
run = directory / "run"
file = run / "events.out.tfevents.1"
packed = run / "events.out.rbevents.1.rbz"

def there():
    '''What of the two is there; each must be whole.'''
    found = []
    if file.exists():
        assert file.read_bytes() == content
        found.append("file")
    if packed.exists():
        with archive.open_archive(packed) as opened:
            assert b"".join(data for _, data in opened.blocks()) == content and not opened.problems
            assert opened.crc is not None
        found.append("archive")
    assert found, sorted(run.iterdir())
    return found

seen = set()
for act, of in ((archive.pack, "file"), (archive.restore, "archive")):
    for last in range(1, 1000):
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir()
        file.write_bytes(content)
        if of == "archive":
            archive.pack(run, min_age=0)
        options = {"min_age": 0} if act is archive.pack else {}
        child = os.fork()
        if child == 0:
            die_before(last)
            act(run, threads=1, **options)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        seen.add((act.__name__, *there()))
        act(run, **options)
        assert there() == (["archive"] if act is archive.pack else ["file"])
        assert len(list(run.iterdir())) == 1, list(run.iterdir())
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            break
    assert 20 < last < 999, last
assert seen == {
    ("pack", "file"), ("pack", "archive"), ("pack", "file", "archive"),
    ("restore", "file"), ("restore", "archive"), ("restore", "file", "archive"),
}, seen
"""


def test_killed_at_each_system_call(tmp_path: Path) -> None:
    with ringboard.SummaryWriter(tmp_path / "log") as writer:
        for step in range(100):
            writer.add_scalar("s", step, step)
    (file,) = (tmp_path / "log").iterdir()
    file.rename(tmp_path / "content")
    run_script(EACH_CALL, tmp_path)


def test_killed_at_random_moments(tmp_path: Path) -> None:
    run = tmp_path / "run"
    contents = {}
    for index in range(3):
        with ringboard.SummaryWriter(run / str(index)) as writer:
            values = np.random.default_rng(index).normal(size=60_000)
            writer.add_scalar_series("s", values, np.arange(60_000))
        (file,) = (run / str(index)).iterdir()
        contents[file] = file.read_bytes()
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    source = (
        "import sys; from ringboard import archive; print('ready', flush=True)\n"
        "while True: archive.pack(sys.argv[1], min_age=0); archive.restore(sys.argv[1])"
    )
    env = os.environ | {"PYTHONPATH": str(Path(ringboard.__file__).parents[1])}
    for _ in range(12):
        with subprocess.Popen(
            [sys.executable, "-c", source, run], stdout=subprocess.PIPE, env=env
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.random() / 2)
            process.send_signal(signal.SIGKILL)
        for file, content in contents.items():
            path = file.with_name(file.name.replace("tfevents", "rbevents") + ".rbz")
            whole = file.exists() and file.read_bytes() == content
            if not whole:
                assert not file.exists(), f"seed {seed}"
                with archive.open_archive(path) as opened:
                    assert b"".join(data for _, data in opened.blocks()) == content, f"seed {seed}"
    archive.pack(run, min_age=0)
    archive.restore(run)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == contents


def test_two_at_once_share_the_work(tmp_path: Path) -> None:
    run = tmp_path / "run"
    contents = {}
    for index in range(20):
        with ringboard.SummaryWriter(run / str(index)) as writer:
            writer.add_scalar_series("s", np.random.default_rng(index).normal(size=5000), np.arange(5000))
        (file,) = (run / str(index)).iterdir()
        contents[file] = file.read_bytes()
    source = """
        import sys
        from ringboard import archive
        act = getattr(archive, sys.argv[2])
        for report in act(sys.argv[1], **({"min_age": 0} if sys.argv[2] == "pack" else {})):
            gone = "No such file" in report.detail  # the other one was faster
            assert report.state != "failed" or gone, report
        """
    from concurrent.futures import ThreadPoolExecutor

    for act, left in (("pack", 20), ("restore", 0)):
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _, act=act: run_script(source, run, act), range(3)))
        assert len(list(run.rglob("*.rbz"))) == left
        assert len([path for path in run.rglob("*") if path.is_file()]) == 20
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == contents
