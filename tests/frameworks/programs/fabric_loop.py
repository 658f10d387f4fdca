"""A plain loop under Fabric."""

import torch
from lightning.fabric import Fabric
from lightning.fabric.loggers import TensorBoardLogger
from torch import nn

logger = TensorBoardLogger(root_dir="logs", name="fabric", version=2)
fabric = Fabric(accelerator="cpu", devices=1, loggers=[logger])
fabric.launch()
fabric.seed_everything(3)
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
model, optimizer = fabric.setup(net, torch.optim.Adam(net.parameters(), 0.01))
logger.log_hyperparams({"lr": 0.01, "optimizer": "adam", "amsgrad": False}, {"final/loss": 0.25})
for step in range(10):
    x = torch.randn(16, 4)
    loss = nn.functional.mse_loss(model(x), x.prod(1, keepdim=True))
    fabric.backward(loss)
    optimizer.step()
    optimizer.zero_grad()
    fabric.log("loss", loss, step=step)
    fabric.log_dict({"norm": net[0].weight.norm(), "bias": float(net[0].bias[0])}, step=step)
logger.log_graph(net, torch.zeros(2, 4))
logger.experiment.add_histogram("weight", net[0].weight, 10)
logger.finalize("success")
