"""Ray Tune's callback without a cluster: a trial is whatever has these attributes."""

import os

import numpy as np
from ray.tune.logger import TBXLoggerCallback


class Trial:
    def __init__(self):
        self.trial_id = "a1"
        self.local_path = os.path.join("logs", "trial_a1")
        self.config = self.evaluated_params = {
            "lr": 0.01,
            "layers": 2,
            "net": {"act": "relu", "bias": True},
            "seed": np.int64(3),
        }

    def init_local_path(self):
        os.makedirs(self.local_path, exist_ok=True)


trial, callback = Trial(), TBXLoggerCallback()
callback.setup()
callback.on_trial_start(0, [trial], trial)
for step in range(1, 4):
    result = {
        "training_iteration": step, "timesteps_total": 10 * step, "loss": 1 / step, "done": step == 3,
        "info": {"grad": np.float32(0.5 * step), "count": step}, "nan": float("nan"), "pid": 1,
        "weights": np.linspace(-1, 1, 9) * step, "list": [1, 2, 2, 3], "empty": [[]], "words": ["a"],
        "image": np.full((3, 4, 5), step, np.uint8), "images": np.full((2, 3, 4, 5), step, np.uint8),
    }  # fmt: skip
    callback.on_trial_result(step, [trial], trial, result)
callback.on_trial_complete(4, [trial], trial)
