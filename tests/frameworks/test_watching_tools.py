"""Weights & Biases, MLflow and ClearML themselves see what they see with the originals."""

import json

import pytest

from tests.frameworks.both import need, run_both, run_plain

PROGRAMS = {"wandb": "wandb_sync.py", "mlflow": "mlflow_autolog.py", "clearml": "clearml_hooks.py"}
EXPECTED = {
    "wandb": 'loss of torch.utils.tensorboard\\": 0.25 at 3',
    "mlflow": '"loss": [[0, 1.0], [1, 0.5]',
    "clearml": '["notes/text_summary", 0.0, 3]',
}


@pytest.fixture(scope="module", params=PROGRAMS)
def tool(request):
    need(request.param)
    return request.param


@pytest.fixture(scope="module")
def both(tool, tmp_path_factory):
    return run_both(PROGRAMS[tool], tmp_path_factory.mktemp(tool))


def seen(directory):
    return json.loads((directory / "seen.json").read_text())


def test_it_sees_the_same(tool, both):
    assert EXPECTED[tool] in (both.theirs / "seen.json").read_text()
    assert seen(both.ours) == seen(both.theirs)
    both.check_same()


def test_it_sees_the_same_if_it_was_there_before_install(tool, both, tmp_path):
    run_plain(PROGRAMS[tool], tmp_path / "late", "late")
    assert seen(tmp_path / "late") == seen(both.theirs)
