"""Ray Tune's TBXLoggerCallback, without a cluster."""

from tests.frameworks.both import need, run_both


def test_callback(tmp_path):
    need("ray", "pyarrow")
    run_both("ray_tbx.py", tmp_path).check_same()
