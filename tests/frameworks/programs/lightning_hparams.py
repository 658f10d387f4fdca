"""The logger by itself: hyperparameters with metrics, sub-directories, logging after finalize."""

from lightning.pytorch.loggers import TensorBoardLogger

logger = TensorBoardLogger(
    "logs", name="exp", version="a", sub_dir="sub", default_hp_metric=False, flush_secs=5
)
logger.log_hyperparams(
    {"lr": 0.1, "layers": 3, "name": "net", "flag": True, "nested": {"a": 1, "b": [1, 2]}, "none": None},
    {"metrics/accuracy": 0.5, "metrics/loss": 1.5},
)
logger.log_metrics({"metrics/accuracy": 0.75, "parts": {"a": 1.0, "b": 2.0}}, step=3)
logger.save()
logger.finalize("success")
logger.log_metrics({"late": 4.0}, step=4)
logger.finalize("success")
