"""Disks and files."""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.faults.library import Unavailable, scenario
from tests.faults.run import LOG, VICTIM, Run
from tests.support.records import frame

_VERSION_EVENT = b"\x1a\x0dbrain.Event:2"


@contextmanager
def _mounted(home: Path, options: str) -> Iterator[None]:
    """A small file system of its own as the log dir."""
    (home / LOG).mkdir()
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(home / LOG)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"needs to mount a tmpfs: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(home / LOG)], check=True)


def small_disk(home: Path):
    return _mounted(home, "size=1m")


def read_only_disk(home: Path):
    return _mounted(home, "ro")


@scenario("the disk is full for a while (tmpfs of 1 MB); training goes on", stage=small_disk)
def disk_full(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "s", 100)
    writer.flush()
    ballast = run.log / "ballast"
    with open(ballast, "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    run.train(writer, "s", 3000, 100)
    time.sleep(0.5)
    ballast.unlink()
    run.train(writer, "s", 100, 3100)
    run.say("close()", writer.close)


@scenario("the disk is full and stays full; the script ends",
          stage=small_disk, recovers=True, may_tear=True)  # fmt: skip
def disk_stays_full(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "s", 100)
    writer.flush()
    with open(run.log / "ballast", "wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 4096)
        except OSError:
            pass
    for step in range(3000):
        writer.add_scalar("not acknowledged", step, step)
    run.must_raise("close()", writer.close)


def _limited(run: Run, limit: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))


@scenario("`RLIMIT_FSIZE` is reached, and raised later")
def file_size_limit(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "s", 100)
    _limited(run, 20_000)
    run.train(writer, "s", 2000, 100)
    time.sleep(0.5)
    _limited(run, resource.RLIM_INFINITY)
    run.train(writer, "s", 100, 2100)
    run.say("close()", writer.close)


@scenario("no file descriptor is left for a while")
def no_descriptors(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "s", 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    held = []
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    try:
        run.train(writer, "s", 200, 100)
        time.sleep(0.2)
    finally:
        for each in held:
            os.close(each)
    run.train(writer, "s", 100, 300)
    run.say("close()", writer.close)


@scenario("the log dir is read-only", stage=read_only_disk)
def read_only(run: Run) -> None:
    run.must_raise("SummaryWriter()", run.writer)


@scenario("the log dir is a file")
def log_dir_is_a_file(run: Run) -> None:
    (run.log / "taken").write_text("precious")
    run.must_raise("SummaryWriter()", lambda: run.writer("taken"))
    if (run.log / "taken").read_text() != "precious":
        run.problem("overwrites a file")


@scenario("the log dir is deleted while the writer is open; training goes on")
def log_dir_deleted(run: Run) -> None:
    writer = run.writer("gone")
    for step in range(100):
        writer.add_scalar("s", step, step)
    writer.flush()
    shutil.rmtree(run.log / "gone")
    for step in range(100, 200):
        writer.add_scalar("s", step, step)
    told = [run.say("flush()", writer.flush), run.say("close()", writer.close)]
    if all(told) and not any((run.log / "gone").glob("*tfevents*")):
        run.problem("nobody is told")
    other = run.writer("other")
    run.train(other, "s", 100)
    other.close()


def _coming_names() -> list[str]:
    """Names of event files that any of the libraries may choose in the next seconds."""
    now, host, pid = int(time.time()), socket.gethostname(), os.getpid()
    stems = [f"events.out.tfevents.{second:010d}.{host}" for second in range(now, now + 20)]
    numbers = ["0", "1", "000000", "000001"]
    return stems + [f"{stem}.{pid}.{number}" for stem in stems for number in numbers]


_PRECIOUS = frame(_VERSION_EVENT)


@scenario("symbolic links to another file lie where the event file will be")
def planted_links(run: Run) -> None:
    victim = run.home / VICTIM
    victim.write_bytes(_PRECIOUS)
    for name in _coming_names():
        (run.log / name).symlink_to(victim)
    _log_beside(run)
    if victim.read_bytes() != _PRECIOUS:
        run.problem("writes through the link")


@scenario("other files lie where the event file will be")
def planted_files(run: Run) -> None:
    names = _coming_names()
    for name in names:
        (run.log / name).write_bytes(_PRECIOUS)
    _log_beside(run)
    if any((run.log / name).read_bytes() != _PRECIOUS for name in names):
        run.problem("overwrites a file")


def _log_beside(run: Run) -> None:
    def log() -> None:
        writer = run.writer()
        run.train(writer, "s", 100)
        writer.close()

    run.say("SummaryWriter()", log)
