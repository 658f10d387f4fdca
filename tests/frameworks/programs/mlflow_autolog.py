"""MLflow's autologging of what a writer logs, to a local file store; what it saw is in seen.json."""

import json
import os
import sys

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
import mlflow
import mlflow.pytorch
import numpy as np
from mlflow.utils.autologging_utils.metrics_queue import flush_metrics_queue
from torch.utils.tensorboard import SummaryWriter

mlflow.set_tracking_uri("file:mlruns")
mlflow.pytorch.autolog(log_every_n_step=1)
if "late" in sys.argv:
    import ringboard

    ringboard.install()
with mlflow.start_run() as run:
    with SummaryWriter("logs/run") as writer:
        for step in range(5):
            writer.add_scalar("loss", 1 / (step + 1), step)
        writer.add_scalars("pair", {"a": 1.0, "b": 2.0}, 3)
        writer.add_histogram("weights", np.array([1.0, 2.0]), 4)
        writer.add_hparams({"lr": 0.125, "name": "net"}, {"best": 0.25}, run_name="hp")
    flush_metrics_queue()

client = mlflow.MlflowClient()
data = client.get_run(run.info.run_id).data
history = {
    key: sorted((each.step, each.value) for each in client.get_metric_history(run.info.run_id, key))
    for key in data.metrics
}
with open("seen.json", "w") as file:
    json.dump({"metrics": history, "params": data.params}, file, sort_keys=True)
