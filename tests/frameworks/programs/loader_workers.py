"""Worker processes of a DataLoader log what they load, each to a run of its own."""

import sys

import torch
from torch.utils.data import DataLoader, Dataset, get_worker_info
from torch.utils.tensorboard import SummaryWriter


class Squares(Dataset):
    writer = None

    def __len__(self):
        return 24

    def __getitem__(self, index):
        if self.writer is None:
            self.writer = SummaryWriter(f"logs/worker{get_worker_info().id}")
        self.writer.add_scalar("loaded", index, index)
        self.writer.add_histogram("item", torch.arange(index + 1), index)
        self.writer.flush()
        return torch.tensor(float(index * index))


if __name__ == "__main__":
    start = sys.argv[1]
    loader = DataLoader(Squares(), batch_size=4, num_workers=2, multiprocessing_context=start)
    main = SummaryWriter("logs/main")
    for step, batch in enumerate(loader):
        main.add_scalar("mean", batch.mean(), step)
    main.close()
