"""Processes whose event files lie on a file system that misbehaves on command (see faulty_files.c)."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.scripts import run_script

SOURCE = Path(__file__).with_name("faulty_files.c")

# What a script has to begin with to command its own file system.
COMMANDS = """
import errno, mmap, os, struct, sys, time
_FIELDS = ("write_error", "write_budget", "most_bytes", "interrupted", "hold_writes", "held", "fsync_error",
           "fsyncs", "directory_fsyncs", "open_error")
class _Files:
    def __init__(self):
        with open(os.environ["FAULTY_FILES"], "r+b") as file:
            self.__dict__["pages"] = mmap.mmap(file.fileno(), 4096)
    def __getattr__(self, name):
        return struct.unpack_from("i", self.pages, 4 * _FIELDS.index(name))[0]
    def __setattr__(self, name, value):
        struct.pack_into("i", self.pages, 4 * _FIELDS.index(name), value)
files = _Files()
"""


@functools.cache
def _library() -> str:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not sys.platform.startswith("linux") or compiler is None:
        pytest.skip("needs Linux, for /proc and LD_PRELOAD, and a C compiler")
    directory = tempfile.mkdtemp(prefix="ringboard_faulty_")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    path = Path(directory) / "faulty_files.so"
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", path, SOURCE, "-ldl"], check=True)
    return str(path)


def run_on_faulty_files(source: str, directory: Path, *arguments: object, **options: Any) -> Any:
    """run_script() with `directory` as sys.argv[1]; in the script, `files` commands the file system."""
    control = directory.parent / f"{directory.name}.faults"
    control.write_bytes(bytes(4096))
    preload = os.pathsep.join(filter(None, [_library(), os.environ.get("LD_PRELOAD", "")]))
    env = {"LD_PRELOAD": preload, "FAULTY_FILES": str(control)}
    return run_script(COMMANDS + source, directory, *arguments, env=env, **options)
