"""Ignite's TensorboardLogger, which prefers tensorboardX."""

from tests.frameworks.both import need, run_both


def test_handlers(tmp_path):
    need("ignite")
    run_both("ignite_handlers.py", tmp_path).check_same()
