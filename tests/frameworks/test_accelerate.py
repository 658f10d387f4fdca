"""Accelerate's TensorBoard tracker."""

from tests.frameworks.both import need, run_both


def test_tracker(tmp_path):
    need("accelerate")
    run_both("accelerate_tracker.py", tmp_path).check_same()
