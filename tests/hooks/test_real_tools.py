"""MLflow, Weights & Biases and ClearML, where they are installed, see what is logged after install()."""

from __future__ import annotations

import importlib.util

import pytest

from tests.scripts import run_script

LOG = """
from torch.utils.tensorboard import SummaryWriter
assert SummaryWriter.__module__ == "ringboard.writer"
with SummaryWriter(sys.argv[1] + "/run") as writer:
    writer.add_scalar("loss", 0.5, 3)
    writer.add_scalar("loss", 0.25, 4)
    writer.add_histogram("weights", [1.0, 2.0], 4)
    writer.add_hparams({"lr": 0.125}, {"best": 0.25})
"""


def needs(package):
    missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(missing, reason=f"{package} is not installed")


@needs("mlflow")
def test_mlflow_autologging(tmp_path):
    run_script(
        f"""
import os, sys
os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow, mlflow.pytorch
import ringboard
mlflow.set_tracking_uri("file://" + sys.argv[1] + "/mlruns")
ringboard.install()
mlflow.pytorch.autolog(log_every_n_step=1)
with mlflow.start_run() as run:
{chr(10).join("    " + line for line in LOG.splitlines())}
from mlflow.utils.autologging_utils.metrics_queue import flush_metrics_queue
flush_metrics_queue()
client = mlflow.MlflowClient()
history = [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, "loss")]
assert sorted(history) == [(3, 0.5), (4, 0.25)], history
assert client.get_run(run.info.run_id).data.params["lr"] == "0.125"
""",
        tmp_path,
    )


@needs("wandb")
def test_wandb_patch(tmp_path):
    run_script(
        f"""
import sys
import ringboard
ringboard.install()
import wandb
from wandb.integration.tensorboard import monkeypatch
told = []
monkeypatch._notify_tensorboard_logdir = lambda logdir, **options: told.append(logdir)
wandb.tensorboard.patch(root_logdir=sys.argv[1])
{LOG}
assert told[0] == sys.argv[1] + "/run" and len(told) == 2, told  # and that of the hyperparameters
from tensorboardX import SummaryWriter
SummaryWriter(sys.argv[1] + "/x").close()
assert told[2:] == [sys.argv[1] + "/x"], told
wandb.tensorboard.unpatch()
SummaryWriter(sys.argv[1] + "/y").close()
assert len(told) == 3
""",
        tmp_path,
    )


@needs("clearml")
@pytest.mark.parametrize("package", ["torch.utils.tensorboard", "tensorboardX"])
def test_clearml_sees_each_event_once(tmp_path, package):
    run_script(
        f"""
import sys
import torch
import ringboard
ringboard.install()
import tensorboardX
from clearml.binding.frameworks import tensorflow_bind
seen = []
class Recorder:
    def __init__(self, logger, logdir=None, **options):
        pass
    def add_event(self, event, step=None, walltime=None):
        seen.extend(value.tag for value in event.summary.value)
tensorflow_bind.EventTrainsWriter = Recorder
class Task:
    def get_logger(self):
        return None
tensorflow_bind.PatchSummaryToEventTransformer.update_current_task(Task())
from {package} import SummaryWriter
with SummaryWriter(sys.argv[1] + "/run") as writer:
    writer.add_scalar("loss", 0.5, 3)
    writer.add_text("notes", "x", 3)
assert seen == ["loss", "notes/text_summary"], seen
""",
        tmp_path,
    )
