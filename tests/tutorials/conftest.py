"""`make test-frameworks` runs these tests, too: each program runs twice, and they take minutes."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("RINGBOARD_REQUIRE_FRAMEWORKS"):
        return
    for item in items:
        if "/tutorials/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason="runs with `make test-frameworks`"))
