"""Architectures, written by hand: a function for each gives (model, input_to_model)."""

from __future__ import annotations

import dataclasses

import torch
from torch import nn


class MLP(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 3))

    def forward(self, x):
        return self.layers(x).log_softmax(1)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.act = nn.ReLU()
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

    def forward(self, x):
        y = self.bn2(self.conv2(self.act(self.bn1(self.conv1(x)))))
        return self.act(x + y)


class ResidualCNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 3, stride=2)
        self.blocks = nn.Sequential(Block(4), Block(4))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.head = nn.Linear(4, 10)

    def forward(self, image):
        return self.head(self.pool(self.blocks(self.stem(image))).flatten(1))


class Tagger(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(5, 6, num_layers=2, bidirectional=True, batch_first=True)
        self.tags = nn.Linear(12, 4)

    def forward(self, sequence):
        states, (hidden, _) = self.lstm(sequence)
        return self.tags(states), hidden


class Language(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 6)
        self.gru = nn.GRU(6, 6)
        self.decoder = nn.Linear(6, 11)
        self.decoder.weight = self.embedding.weight

    def forward(self, tokens):
        return self.decoder(self.gru(self.embedding(tokens))[0])


class Transformer(nn.Module):
    def __init__(self):
        super().__init__()
        layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.encoder = nn.TransformerEncoder(layer, 2)
        self.head = nn.Linear(8, 3)

    def forward(self, x, src_key_padding_mask=None):
        return self.head(self.encoder(x, src_key_padding_mask=src_key_padding_mask))


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.GELU(), nn.GroupNorm(2, 4))
        self.decoder = nn.Sequential(nn.ConvTranspose2d(4, 1, 4, stride=2, padding=1), nn.Sigmoid())

    def forward(self, x):
        code = self.encoder(x)
        return {"code": code, "image": self.decoder(code)}


class TwoTowers(nn.Module):
    """Takes keywords, one of them nested; gives a nested dict."""

    def __init__(self):
        super().__init__()
        self.text = nn.Linear(5, 4)
        self.image = nn.Linear(7, 4)
        self.scale = nn.Parameter(torch.ones(()))

    def forward(self, text, image, *, weights=None, name="none"):
        a, b = self.text(text), self.image(image)
        if weights is not None:
            a = a * weights["a"] + weights["b"][0]
        left, right = (a @ b.T * self.scale).split(1)
        return {"scores": {"left": left, "right": right}, "parts": [a, b], "name": name, "none": None}


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(4, 4)
        self.same = self.inner
        self.skip = nn.Identity()

    def forward(self, x):
        return self.same(self.skip(self.inner(x)).tanh()) + self.inner(x)


class ShapeFlow(nn.Module):
    """Control flow on shapes, an uncalled module, and views that are written in place."""

    def __init__(self):
        super().__init__()
        self.wide = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.unused = nn.ReLU()

    def forward(self, x):
        for layer in list(self.wide)[: x.shape[0]]:
            x = layer(x)
        if x.dim() == 2:
            x = x.unsqueeze(0)
        x = x.clone()
        x[:, 0] += 1
        return x


@dataclasses.dataclass(frozen=True)
class Prediction:
    mean: torch.Tensor
    deviation: torch.Tensor
    label: str = "gauss"


class Gaussian(nn.Module):
    def __init__(self):
        super().__init__()
        self.mean = nn.Linear(3, 2)
        self.deviation = nn.Sequential(nn.Linear(3, 2), nn.Softplus())

    def forward(self, x):
        return Prediction(self.mean(x), self.deviation(x))


class DataFlow(nn.Module):
    """Control flow on values, which torch.export refuses."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.Identity())
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        self.last = x
        low, high = self.body(x).split(2, 1)
        return {"low": low, "all": [x + 1 if x.sum() > 0 else x, high.view(high.size(0), -1)]}


class Broken(nn.Module):
    """Its forward fails."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 4), nn.ReLU())

    def forward(self, x):
        raise RuntimeError("out of order\nand more lines")


MODELS = {
    "mlp": lambda: (MLP(), torch.rand(2, 6)),
    "residual_cnn": lambda: (ResidualCNN(), torch.rand(2, 3, 16, 16)),
    "lstm": lambda: (Tagger(), torch.rand(2, 7, 5)),
    "gru": lambda: (Language(), torch.randint(0, 11, (5, 2))),
    "transformer": lambda: (Transformer(), (torch.rand(2, 5, 8), torch.zeros(2, 5, dtype=torch.bool))),
    "autoencoder": lambda: (Autoencoder(), [torch.rand(2, 1, 8, 8)]),
    "two_towers": lambda: (
        TwoTowers(),
        {
            "text": torch.rand(2, 5),
            "image": torch.rand(2, 7),
            "weights": {"a": torch.rand(4), "b": (torch.rand(4), None)},
            "name": "pair",
        },
    ),
    "shared": lambda: (Shared(), torch.rand(2, 4)),
    "shape_flow": lambda: (ShapeFlow(), (torch.rand(3, 4),)),
    "dataclass": lambda: (Gaussian(), torch.rand(2, 3)),
}
# torch's add_graph fails on these.
TORCH_FAILS = {"two_towers", "dataclass", "transformer", "autoencoder"}
