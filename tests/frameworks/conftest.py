"""`make test-frameworks` installs them and runs these tests, which take minutes."""

from __future__ import annotations

import os

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("RINGBOARD_REQUIRE_FRAMEWORKS"):
        return
    for item in items:
        if "/frameworks/" in item.path.as_posix():
            item.add_marker(pytest.mark.skip(reason="runs with `make test-frameworks`"))
