"""Reading lines: convolution, recurrence and CTC on rows of digits; curves, samples as text, weights."""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.tensorboard import SummaryWriter

parser = argparse.ArgumentParser()
parser.add_argument("--logdir", default="logs/lines")
parser.add_argument("--steps", type=int, default=30)
options = parser.parse_args()
torch.manual_seed(1)
digits = load_digits()
pictures, labels = torch.tensor(digits.images, dtype=torch.float32) / 16, torch.tensor(digits.target)


class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 12, (8, 3), padding=(0, 1))
        self.norm = nn.BatchNorm2d(12)
        self.rnn = nn.LSTM(12, 16, bidirectional=True)
        self.head = nn.Linear(32, 11)

    def forward(self, lines):
        columns = self.norm(self.conv(lines[:, None])).relu().squeeze(2)
        return self.head(self.rnn(columns.permute(2, 0, 1))[0]).log_softmax(2)


def lines(count):
    chosen = torch.randint(0, len(labels), (count, 4))
    return torch.cat(pictures[chosen].unbind(1), dim=2), labels[chosen] + 1


def read(scores):
    for column in scores.argmax(2).T:
        kept = torch.unique_consecutive(column)
        yield "".join(str(int(each) - 1) for each in kept if each)


model, criterion = Reader(), nn.CTCLoss(zero_infinity=True)
optimizer = torch.optim.Adam(model.parameters(), 0.01)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.5)
writer = SummaryWriter(log_dir=options.logdir, flush_secs=10)
writer.add_text("options", str(vars(options)))
for step in range(options.steps):
    batch, truth = lines(16)
    scores = model(batch)
    lengths = torch.full((16,), scores.shape[0]), torch.full((16,), 4)
    loss = criterion(scores, truth, *lengths)
    optimizer.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), 5.0)
    optimizer.step()
    schedule.step()
    writer.add_scalar("train/loss", loss, step)
    writer.add_scalars("train/more", {"norm": norm, "lr": schedule.get_last_lr()[0]}, step)
    if step % 10 == 9:
        right = sum(
            text == "".join(str(int(d) - 1) for d in t) for text, t in zip(read(scores), truth, strict=True)
        )
        writer.add_scalar("train/accuracy", right / 16, step)
        writer.add_text("train/sample", next(read(scores)) or "(nothing)", step)
        writer.add_image("train/line", batch[0], step, dataformats="HW")
        for name, parameter in model.named_parameters():
            writer.add_histogram(f"weights/{name}", parameter, step)
            writer.add_histogram(f"gradients/{name}", parameter.grad, step)
writer.flush()
