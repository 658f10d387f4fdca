"""Accelerate's TensorBoard tracker, with each kind of value that it takes."""

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import nn

set_seed(2)
accelerator = Accelerator(cpu=True, log_with="tensorboard", project_dir="logs")
accelerator.init_trackers(
    "exp", config={"lr": 0.1, "epochs": 2, "name": "net"}, init_kwargs={"tensorboard": {"flush_secs": 30}}
)
model = nn.Linear(3, 1)
model, optimizer = accelerator.prepare(model, torch.optim.SGD(model.parameters(), 0.1))
for step in range(6):
    loss = model(torch.randn(8, 3)).square().mean()
    accelerator.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
    accelerator.log({"loss": loss.item(), "lr": 0.1, "parts": {"a": step, "b": 2.0 * step}}, step=step)
accelerator.log({"note": "the **end**"}, step=6)
tracker = accelerator.get_tracker("tensorboard")
pictures = np.linspace(0, 1, 2 * 3 * 4 * 5).reshape(2, 3, 4, 5).astype(np.float32)
tracker.log_images({"pictures": pictures}, step=6)
accelerator.get_tracker("tensorboard", unwrap=True).add_histogram("weight", model.weight, 6)
accelerator.end_training()
