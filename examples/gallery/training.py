"""What the gallery logs: small networks that learn to read handwritten digits.  Nothing in here logs."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

VALIDATION_SIZE = 360
BATCH_SIZE = 32
OPTIMIZERS = {
    "adam": torch.optim.Adam,
    "momentum": lambda parameters, lr: torch.optim.SGD(parameters, lr, momentum=0.9),
    "sgd": torch.optim.SGD,
}


@dataclass(frozen=True)
class Setting:
    """What a training depends on."""

    optimizer: str  # one of OPTIMIZERS
    learning_rate: float
    width: int = 8  # channels of the first convolution
    epochs: int = 14
    seed: int = 0


# The three that are shown in full; plain SGD is slow enough for its curves to differ from the others.
COMPARED = (Setting("adam", 3e-3), Setting("momentum", 1e-2), Setting("sgd", 3e-2))
SWEPT = tuple(
    Setting(optimizer, rate, width, epochs=3)
    for optimizer, width, rate in product(("adam", "momentum"), (4, 8), (3e-3, 1e-2, 5e-2))
)


class Digits(NamedTuple):
    """Grey pictures of handwritten digits."""

    images: torch.Tensor  # (N, 1, 8, 8) float32 in [0, 1]
    labels: torch.Tensor  # (N,) int64


class Step(NamedTuple):
    """What a step of training has to tell."""

    number: int
    loss: torch.Tensor  # a scalar
    accuracy: torch.Tensor  # a scalar
    grad_norm: torch.Tensor  # a scalar


class Epoch(NamedTuple):
    """What an epoch has to tell: its last step, the loss while it lasted, and the validation after it."""

    step: int
    train_loss: float
    valid_loss: float
    probabilities: torch.Tensor  # (N, 10)
    labels: torch.Tensor  # (N,)
    hidden: torch.Tensor  # (N, 32): what the last but one layer makes of the pictures
    seconds: float

    @property
    def read(self) -> torch.Tensor:
        """(N,) int64: what the digits are taken for."""
        return self.probabilities.argmax(dim=1)

    @property
    def accuracy(self) -> float:
        return float((self.read == self.labels).float().mean())

    @property
    def confusion(self) -> torch.Tensor:
        """(10, 10) int64: [written, read as]."""
        return torch.bincount(self.labels * 10 + self.read, minlength=100).reshape(10, 10)

    @property
    def accuracy_by_digit(self) -> torch.Tensor:
        """(10,)"""
        return self.confusion.diagonal() / self.confusion.sum(dim=1)


def training_and_validation(seed: int) -> tuple[Digits, Digits]:
    """The digits of scikit-learn, in random order, cut in two."""
    bunch = load_digits()
    images = torch.from_numpy(bunch.images).float().div(16).unsqueeze(1)
    labels = torch.from_numpy(bunch.target).long()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    first, last = order[:-VALIDATION_SIZE], order[-VALIDATION_SIZE:]
    return Digits(images[first], labels[first]), Digits(images[last], labels[last])


def build_model(width: int) -> nn.Module:
    """A small convolutional network: (N, 1, 8, 8) → (N, 10) logits."""
    features = OrderedDict(
        conv1=nn.Conv2d(1, width, kernel_size=3, padding=1),
        relu1=nn.ReLU(),
        conv2=nn.Conv2d(width, 2 * width, kernel_size=3, padding=1),
        relu2=nn.ReLU(),
        pool=nn.MaxPool2d(2),
        flatten=nn.Flatten(),
    )
    hidden = OrderedDict(linear=nn.Linear(2 * width * 4 * 4, 32), relu=nn.ReLU())
    return nn.Sequential(
        OrderedDict(features=nn.Sequential(features), hidden=nn.Sequential(hidden), output=nn.Linear(32, 10))
    )


class Trainer:
    """A model and what moves it."""

    def __init__(self, setting: Setting, training: Digits, validation: Digits) -> None:
        torch.manual_seed(setting.seed)
        torch.set_num_threads(1)  # the network is too small to share
        self.setting = setting
        self.training = training
        self.validation = validation
        self.model = build_model(setting.width)
        self.optimizer = OPTIMIZERS[setting.optimizer](self.model.parameters(), lr=setting.learning_rate)
        self.steps = 0

    def run(self) -> Iterator[Step | Epoch]:
        """Trains to the end: the steps, and after the steps of each epoch that epoch."""
        for _ in range(self.setting.epochs):
            began = time.perf_counter()
            losses = []
            for batch in torch.randperm(len(self.training.labels)).split(BATCH_SIZE):
                step = self._step(self.training.images[batch], self.training.labels[batch])
                losses.append(step.loss)
                yield step
            yield self._validate(float(torch.stack(losses).mean()), began)

    def _step(self, images: torch.Tensor, labels: torch.Tensor) -> Step:
        logits = self.model(images)
        loss = functional.cross_entropy(logits, labels)
        self.optimizer.zero_grad()
        loss.backward()
        grad_norm = nn.utils.clip_grad_norm_(self.model.parameters(), max_norm=5.0)
        self.optimizer.step()
        accuracy = (logits.argmax(dim=1) == labels).float().mean()
        self.steps += 1
        return Step(self.steps - 1, loss.detach(), accuracy, grad_norm)

    def _validate(self, train_loss: float, began: float) -> Epoch:
        images, labels = self.validation
        with torch.no_grad():
            hidden = self.model[:-1](images)
            logits = self.model[-1](hidden)
        return Epoch(
            self.steps - 1,
            train_loss,
            float(functional.cross_entropy(logits, labels)),
            logits.softmax(dim=1),
            labels,
            hidden,
            time.perf_counter() - began,
        )
