"""Lightning's and Fabric's TensorBoardLogger."""

import pytest

from tests.frameworks.both import need, run_both
from tests.support.accumulator import load_runs


@pytest.fixture(scope="module")
def fits(tmp_path_factory):
    need("lightning")
    return run_both("lightning_fit.py", tmp_path_factory.mktemp("fit"))


def test_trainer(fits):
    fits.check_same()


def test_resumed_run_is_one_curve(fits):
    run = load_runs(fits.ours / "logs")["exp/version_0"]
    assert [step for step, _ in run.scalars("train/loss_step")] == list(range(12))
    assert run.tags()["graph"]
    assert run.plugin_content("_hparams_/session_start_info")[0] == "hparams"


@pytest.mark.parametrize("program", ["lightning_hparams.py", "fabric_loop.py"])
def test_logger(tmp_path, program):
    need("lightning")
    run_both(program, tmp_path).check_same()
