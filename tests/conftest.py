"""What tests leave in shared memory stays among them, and goes with them; what takes minutes is asked for."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

# How long an example takes says more about the machine than about the code.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")

_ONLY_ON_DEMAND = {"frameworks", "tutorials"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("RINGBOARD_REQUIRE_FRAMEWORKS"):
        return
    for item in items:
        if item.path.parent.name in _ONLY_ON_DEMAND:
            item.add_marker(pytest.mark.skip(reason="runs with `make test-frameworks`"))


@pytest.fixture(scope="session", autouse=True)
def shared_memory_of_their_own() -> Iterator[None]:
    root = tempfile.mkdtemp(prefix="ringboard-tests-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    os.environ["RINGBOARD_SHM_DIR"] = root
    yield
    shutil.rmtree(root, ignore_errors=True)
