"""What tests leave in shared memory stays among them, and goes with them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def shared_memory_of_their_own() -> Iterator[None]:
    root = tempfile.mkdtemp(prefix="ringboard-tests-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    os.environ["RINGBOARD_SHM_DIR"] = root
    yield
    shutil.rmtree(root, ignore_errors=True)
