"""Ends a child process together with everything that it started.

The child is the leader of its own session (start_new_session=True), so that its descendants are exactly the
processes of that session, whatever process groups they made. Linux: the session is read from /proc.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path


def session_members(session: int) -> list[int]:
    """Ids of the living (not zombie) processes of a session."""
    members = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text()
        except OSError:  # it ended while we looked
            continue
        state, _parent, _group, its_session = stat.rpartition(")")[2].split()[:4]
        if int(its_session) == session and state not in "ZX":
            members.append(int(entry.name))
    return members


def _signal_all(members: list[int], number: signal.Signals) -> None:
    for pid in members:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def end_session(leader: subprocess.Popen, grace_s: float = 5.0) -> None:
    """Asks the session of `leader` to end, kills what is left after `grace_s`, and reaps the leader.

    Raises:
        RuntimeError: something survived SIGKILL for ten seconds.
    """
    session = leader.pid
    _signal_all(session_members(session), signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while (leader.poll() is None or session_members(session)) and time.monotonic() < deadline:
        time.sleep(0.02)
    deadline = time.monotonic() + 10.0
    while members := session_members(session):
        _signal_all(members, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise RuntimeError(f"processes {members} of session {session} survive SIGKILL")
        time.sleep(0.02)
    leader.wait(10)
