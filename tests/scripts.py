"""Runs a Python program in a process of its own: for what would disturb pytest's, or must end to be seen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import ringboard

ROOT = Path(__file__).parents[1]
# Generous: a machine that runs other work besides must not fail a test.
TIMEOUT_S = 180.0


def _hear_interrupts() -> None:
    """A shell starts background jobs deaf to SIGINT, and their children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def run_script(
    source: str,
    *arguments: object,
    env: dict[str, str] | None = None,
    code: int = 0,
    timeout: float = TIMEOUT_S,
) -> subprocess.CompletedProcess[str]:
    """Runs `source` with `arguments` as sys.argv[1:], and asserts its exit code.

    A script that hangs is killed and fails with subprocess.TimeoutExpired.
    """
    path = os.pathsep.join([str(Path(ringboard.__file__).parents[1]), str(ROOT)])
    command = [sys.executable, "-c", textwrap.dedent(source), *map(str, arguments)]
    done = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": path} | (env or {}),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        preexec_fn=_hear_interrupts,
    )
    assert done.returncode == code, (
        f"exit code {done.returncode}, {code} wanted\n{done.stdout}\n{done.stderr}"
    )
    return done
