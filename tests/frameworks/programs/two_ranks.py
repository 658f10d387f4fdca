"""Two gloo ranks under torchrun: each logs its own run, rank 0 what all agree on as well."""

import torch
import torch.distributed as dist
from torch import nn
from torch.utils.tensorboard import SummaryWriter

dist.init_process_group("gloo")
rank = dist.get_rank()
torch.manual_seed(0)
model = nn.parallel.DistributedDataParallel(nn.Linear(4, 1))
optimizer = torch.optim.SGD(model.parameters(), 0.1)
own = SummaryWriter(f"logs/rank{rank}")
shared = SummaryWriter("logs/all") if rank == 0 else None
data = torch.Generator().manual_seed(10 + rank)
for step in range(20):
    loss = model(torch.randn(8, 4, generator=data)).square().mean()
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    own.add_scalar("loss", loss, step)
    mean = loss.detach().clone()
    dist.all_reduce(mean)
    if shared is not None:
        shared.add_scalar("loss/mean", mean / 2, step)
        shared.add_histogram("weight", model.module.weight, step)
own.close()
if shared is not None:
    shared.close()
dist.destroy_process_group()
