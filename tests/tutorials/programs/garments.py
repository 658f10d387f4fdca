"""The introductory tour: data, model and embedding, the loss, predictions as figures, a curve a class."""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.tensorboard import SummaryWriter

torch.manual_seed(0)
digits = load_digits()
pictures = torch.tensor(digits.images, dtype=torch.float32)[:, None] / 16
labels = torch.tensor(digits.target)
train = DataLoader(TensorDataset(pictures[:1200], labels[:1200]), batch_size=40, shuffle=True)
test = DataLoader(TensorDataset(pictures[1200:1600], labels[1200:1600]), batch_size=40)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.head = nn.Linear(72, 10)

    def forward(self, x):
        return self.head(self.features(x))


net = Net()
writer = SummaryWriter("logs/digits_1")
batch, _ = next(iter(train))
writer.add_images("forty digits", batch, 0)
writer.add_graph(net, batch)
chosen = torch.randperm(1200)[:100]
writer.add_embedding(
    pictures[chosen].flatten(1),
    metadata=[str(int(each)) for each in labels[chosen]],
    label_img=pictures[chosen],
)


def predictions_figure(batch, truth):
    with torch.no_grad():
        chances, guesses = net(batch).softmax(1).max(1)
    figure = plt.figure(figsize=(8, 2))
    for place in range(4):
        axes = figure.add_subplot(1, 4, place + 1, xticks=[], yticks=[])
        axes.imshow(batch[place, 0], cmap="Greys")
        right = bool(guesses[place] == truth[place])
        axes.set_title(f"{guesses[place]} {chances[place]:.0%}", color="green" if right else "red")
    return figure


optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9)
running, step = 0.0, 0
for _ in range(2):
    for batch, truth in train:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(batch), truth)
        loss.backward()
        optimizer.step()
        running += loss.item()
        step += 1
        if step % 10 == 0:
            writer.add_scalar("training loss", running / 10, step)
            writer.add_figure("guesses against truth", predictions_figure(batch, truth), global_step=step)
            running = 0.0

with torch.no_grad():
    chances = torch.cat([net(batch).softmax(1) for batch, _ in test])
for digit in range(10):
    writer.add_pr_curve(f"digit {digit}", labels[1200:1600] == digit, chances[:, digit], global_step=0)
writer.close()
