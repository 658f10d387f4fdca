"""No framework is imported unless its object arrives."""

from __future__ import annotations

import pytest

from tests.scripts import run_script

FRAMEWORKS = [
    "torch", "tensorboard", "tensorboardX", "tensorflow", "google.protobuf", "PIL", "ml_dtypes", "jax",
    "cupy", "matplotlib", "pandas", "fsspec", "multiprocessing", "zstandard", "rich",
]  # fmt: skip

USE = """
import numpy as np
with ringboard.SummaryWriter(sys.argv[1]) as writer:
    writer.add_scalar("s", 1.0, 1)
    writer.add_scalars("m", {"a": 1.0}, 1)
    writer.log({"a": 1.0}, 1)
    writer.add_scalar_series("c", [1.0], [1])
    writer.add_histogram("h", np.ones(3), 1)
    writer.add_image("i", np.ones((3, 2, 2)), 1)
    writer.add_text("t", "x", 1)
    writer.add_tensor("t", np.ones(3), 1)
"""


@pytest.mark.parametrize("package", ["ringboard", "ringboard.tensorboardX"])
@pytest.mark.parametrize("use", ["", USE], ids=["import", "use"])
def test_frameworks_stay_out(tmp_path, use, package):
    check = f"\nfound = [name for name in {FRAMEWORKS!r} if name in sys.modules]\nassert not found, found\n"
    use = use.replace("ringboard.SummaryWriter", f"{package}.SummaryWriter")
    run_script(f"import sys\nimport {package}\n{use}{check}", tmp_path)


def test_public_names():
    run_script(
        """
        import ringboard
        assert {"SummaryWriter", "FileWriter", "configure", "__version__"} <= set(ringboard.__all__)
        for name in ringboard.__all__:
            getattr(ringboard, name)
        """
    )


def test_import_starts_no_thread():
    run_script(
        """
        import os
        import ringboard
        assert len(os.listdir("/proc/self/task")) == 1, os.listdir("/proc/self/task")
        """,
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    )


def test_programs_that_only_write_do_not_import_reading(tmp_path):
    run_script(
        f"""
        import sys
        import ringboard
        {USE.strip().replace(chr(10), chr(10) + " " * 8)}
        assert not [name for name in sys.modules if name.startswith("ringboard.reading")]
        assert len(ringboard.read(sys.argv[1])["."]) >= 6
        assert [name for name in {FRAMEWORKS!r} if name in sys.modules] == []
        """,
        tmp_path,
    )
