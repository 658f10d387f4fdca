"""ClearML's hooks without its server: what a recorder in its writer's place gets is in seen.json."""

import importlib
import json
import sys

import numpy as np
import tensorboardX  # noqa: F401  ClearML hooks what is imported
import torch.utils.tensorboard  # noqa: F401
from clearml.binding.frameworks import tensorflow_bind

seen = []


class Recorder:
    def __init__(self, logger, logdir=None, **options):
        pass

    def add_event(self, event, step=None, walltime=None, **_):
        seen.extend([value.tag, value.simple_value, step or event.step] for value in event.summary.value)


class Task:
    def get_logger(self):
        return None


tensorflow_bind.EventTrainsWriter = Recorder
tensorflow_bind.PatchSummaryToEventTransformer.update_current_task(Task())
if "late" in sys.argv:
    import ringboard

    ringboard.install()
for package in ("torch.utils.tensorboard", "tensorboardX"):
    with importlib.import_module(package).SummaryWriter(f"logs/{package}") as writer:
        writer.add_scalar("loss", 0.5, 3)
        writer.add_scalars("pair", {"a": 1.0, "b": 2.0}, 3)
        writer.add_text("notes", "x", 3)
        writer.add_histogram("weights", np.arange(10.0), 4)
        writer.add_image("picture", np.zeros((3, 4, 5)), 5)
with open("seen.json", "w") as file:
    json.dump(seen, file)
