"""Stable-Baselines3's TensorBoard output."""

from tests.frameworks.both import need, run_both


def test_learn(tmp_path):
    need("stable_baselines3", "gymnasium")
    run_both("stable_baselines.py", tmp_path).check_same(by_the_clock=["time/fps"])
