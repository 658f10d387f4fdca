"""A log dir, and no warning that a test does not expect."""

from __future__ import annotations

import warnings

import pytest


@pytest.fixture(autouse=True)
def no_warning():
    """None but those that a test expects."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.fixture
def log_dir(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path / "run"
