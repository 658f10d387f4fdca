"""What the gallery shows of a training: arrays that look or sound like something.  Nothing in here logs."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from torch.nn import functional
from training import Digits, Epoch

Array = Any  # numpy.ndarray, of the shape that a docstring says
SAMPLE_RATE = 44_100

# A colour for each digit.
PALETTE = np.array(
    [
        (31, 119, 180),
        (255, 127, 14),
        (44, 160, 44),
        (214, 39, 40),
        (148, 103, 189),
        (140, 86, 75),
        (227, 119, 194),
        (110, 110, 110),
        (188, 189, 34),
        (23, 190, 207),
    ],
    np.uint8,
)


# --- pictures ----------------------------------------------------------------------------------------------


def enlarged(images: torch.Tensor, factor: int) -> torch.Tensor:
    """(N, C, H, W) → (N, C, factor · (H + 2), factor · (W + 2)), framed: 8 × 8 pixels are few to look at."""
    framed = functional.pad(images, (1, 1, 1, 1))
    return framed.repeat_interleave(factor, dim=2).repeat_interleave(factor, dim=3)


def misread(digits: Digits, epoch: Epoch) -> torch.Tensor:
    """(N, 3, 60, 60): the digits that were taken for others, tinted red."""
    wrong = digits.images[epoch.read != digits.labels]
    return enlarged(wrong, 6) * torch.tensor([1.0, 0.45, 0.4]).reshape(3, 1, 1)


def filters(model: Any) -> torch.Tensor:
    """(N, 3, 50, 50): the first layer's 3 × 3 weights; blue is negative, orange positive."""
    weights = model.features.conv1.weight.detach()
    scaled = (weights / weights.abs().max()).reshape(-1, 1, 3, 3)
    orange, blue = torch.tensor([1.0, 0.6, 0.1]), torch.tensor([0.1, 0.6, 1.0])
    coloured = scaled.clamp(min=0) * orange.reshape(3, 1, 1) - scaled.clamp(max=0) * blue.reshape(3, 1, 1)
    return enlarged(coloured, 10)


def sprites(digits: Digits) -> torch.Tensor:
    """(N, 3, 30, 30): the digits dark on white."""
    return 1 - enlarged(digits.images, 3).expand(-1, 3, -1, -1)


def scene(digits: Digits, seed: int) -> tuple[torch.Tensor, Array, torch.Tensor]:
    """Eight digits strewn over a sheet: its pixels (3, 180, 350) uint8, their boxes (8, 4), their indices."""
    random = np.random.default_rng(seed)
    sheet = torch.full((3, 180, 350), 24, dtype=torch.uint8)
    indices = torch.from_numpy(random.choice(len(digits.labels), 8, replace=False))
    ink = torch.tensor([255.0, 250.0, 235.0]).reshape(3, 1, 1)
    boxes = []
    for place, index in enumerate(indices):
        y, x = 90 * (place // 4) + random.integers(4, 18), 87 * (place % 4) + random.integers(4, 30)
        digit = digits.images[index].repeat_interleave(6, dim=1).repeat_interleave(6, dim=2)
        sheet[:, y : y + 48, x : x + 48] = torch.maximum(torch.tensor(24.0), digit * ink).byte()
        boxes.append((x - 2, y - 2, x + 50, y + 64))  # room for the label below the digit
    return sheet, np.array(boxes, float), indices


def confusion_figure(confusion: torch.Tensor) -> Figure:
    """A matrix of counts, the written digit down and what it was read as across."""
    figure = Figure(figsize=(5, 4.4), dpi=100)
    axes = figure.add_subplot()
    shown = axes.imshow(np.sqrt(confusion.numpy()), cmap="Blues")
    for (written, read), count in np.ndenumerate(confusion.numpy()):
        if count:
            colour = "white" if written == read else "black"
            axes.text(read, written, str(count), ha="center", va="center", color=colour, fontsize=8)
    axes.set(xlabel="read as", ylabel="written", xticks=range(10), yticks=range(10))
    axes.set_title(f"{int(confusion.trace())} of {int(confusion.sum())} right")
    figure.colorbar(shown, label="√ count")
    return figure


# --- a video -----------------------------------------------------------------------------------------------


def principal_axes(points: Array, count: int) -> Array:
    """(D, count): the directions along which (N, D) points spread most."""
    _, _, directions = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    return directions[:count].T


def clusters(epochs: Sequence[Epoch], size: int = 350) -> Array:
    """(1, T, 3, size, size) uint8: how training pulls the digits apart, a frame an epoch.

    Seen along the two main axes that the last epoch's hidden layer has, a dot of its colour for each digit.
    """
    last = epochs[-1].hidden.numpy()
    axes = principal_axes(last, 2)
    reach = 1.05 * np.abs((last - last.mean(axis=0)) @ axes).max()
    frames = np.full((len(epochs), size, size, 3), 255, np.uint8)
    dy, dx = (offsets.ravel() for offsets in np.mgrid[-3:4, -3:4])
    round_ = dy**2 + dx**2 < 11
    for frame, epoch in zip(frames, epochs, strict=True):
        hidden = epoch.hidden.numpy()
        places = ((hidden - hidden.mean(axis=0)) @ axes / reach + 1) * (size - 1) / 2
        x, y = places.round().astype(int).clip(3, size - 4).T
        frame[y[:, None] + dy[round_], x[:, None] + dx[round_]] = PALETTE[epoch.labels.numpy()][:, None]
    return frames.transpose(0, 3, 1, 2)[None]


# --- sound -------------------------------------------------------------------------------------------------


def plucked(frequencies_hz: Sequence[float], seconds: float) -> Array:
    """(L, 2): tones that fade, entering one after the other, from the left to the right."""
    time_s = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    sound = np.zeros((len(time_s), 2))
    for nth, frequency in enumerate(frequencies_hz):
        since = np.clip(time_s - 0.15 * nth, 0, None)
        partials = [np.sin(2 * np.pi * frequency * n * since) / n**2 for n in (1, 2, 3)]
        right = nth / (len(frequencies_hz) - 1)
        sound += (np.sum(partials, axis=0) * np.exp(-3 * since))[:, None] * (1 - right, right)
    return sound / np.abs(sound).max() * 0.9


def sung(curve: Sequence[float], seconds: float) -> Array:
    """(L,): a curve as the pitch of a tone: 220 Hz at its least, three octaves above at its greatest."""
    levels = (np.array(curve) - min(curve)) / (max(curve) - min(curve))
    samples = int(seconds * SAMPLE_RATE)
    pitch_hz = 220 * 8 ** np.interp(np.linspace(0, 1, samples), np.linspace(0, 1, len(curve)), levels)
    fade = np.minimum(1, np.linspace(0, 50, samples)) * np.minimum(1, np.linspace(50, 0, samples))
    return 0.5 * fade * np.sin(2 * np.pi * np.cumsum(pitch_hz) / SAMPLE_RATE)


# --- text --------------------------------------------------------------------------------------------------


def report(epoch: Epoch) -> str:
    """Markdown: a sentence and a table of how well each digit is read."""
    lines = [
        f"**{epoch.accuracy:.1%}** of {len(epoch.labels)} digits are read right.",
        "",
        "| digit | right | most often taken for |",
        "|:-:|--:|:-:|",
    ]
    for digit, (row, right) in enumerate(zip(epoch.confusion, epoch.accuracy_by_digit, strict=True)):
        others = row.clone()
        others[digit] = 0
        taken = f"{int(others.argmax())} ({int(others.max())} ×)" if others.any() else ""
        lines.append(f"| {digit} | {right:.1%} | {taken} |")
    return "\n".join(lines)


# --- meshes ------------------------------------------------------------------------------------------------

# Classes of three.js and their settings.  TensorBoard's own view is along the third axis, lit from below.
FROM_ABOVE = {
    "camera": {"cls": "PerspectiveCamera", "fov": 50, "position": [1.3, 1.7, 1.9]},
    "lights": [
        {"cls": "AmbientLight", "color": "#ffffff", "intensity": 0.9},
        {"cls": "DirectionalLight", "color": "#ffffff", "intensity": 0.5, "position": [-2, 2, 1]},
    ],
}
DOTS = {"material": {"cls": "PointsMaterial", "size": 0.04}}


def loss_landscape(model: Any, digits: Digits, seed: int, side: int = 29) -> tuple[Array, Array, Array]:
    """The loss around a trained model, in two random directions: vertices, colours and faces of one mesh.

    Each direction is as long as the weights that it moves, layer by layer, so that a step of 1 replaces them.
    """
    generator = torch.Generator().manual_seed(seed)
    here = [parameter.detach().clone() for parameter in model.parameters()]
    moved = copy.deepcopy(model)
    one, other = ([_as_long_as(part, generator) for part in here] for _ in range(2))
    images, labels = digits.images[:120], digits.labels[:120]
    places = np.linspace(-1, 1, side)
    height = np.empty((side, side))
    with torch.no_grad():
        for row, column in np.ndindex(side, side):
            for part, start, x, y in zip(moved.parameters(), here, one, other, strict=True):
                part.copy_(start + float(places[column]) * x + float(places[row]) * y)
            height[row, column] = functional.cross_entropy(moved(images), labels)
    height = np.log1p(height)
    height = (height - height.min()) / np.ptp(height)
    y, x = np.meshgrid(places, places, indexing="ij")
    vertices = np.stack([x, height, y], axis=-1).reshape(-1, 3)
    return vertices[None], heat(height.ravel())[None], grid_faces(side)[None]


def _as_long_as(weights: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    direction = torch.randn(weights.shape, generator=generator)
    return direction * (weights.norm() / direction.norm())


def grid_faces(side: int) -> Array:
    """(F, 3): two triangles for each cell of a grid of side × side vertices."""
    corner = (np.arange(side - 1)[:, None] * side + np.arange(side - 1)).ravel()
    lower = np.stack([corner, corner + side, corner + 1], axis=1)
    upper = np.stack([corner + 1, corner + side, corner + side + 1], axis=1)
    return np.concatenate([lower, upper])


def heat(levels: Array) -> Array:
    """(N,) from 0 to 1 → (N, 3) uint8, from blue over green and yellow to red."""
    stops = np.array([(40, 60, 160), (30, 150, 140), (120, 200, 80), (250, 210, 60), (215, 50, 40)])
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(levels, at, channel) for channel in stops.T], axis=1).astype(np.uint8)


def cloud(epoch: Epoch) -> tuple[Array, Array]:
    """The hidden layer along its three main axes: points (1, N, 3), and their digits' colours (1, N, 3)."""
    hidden = epoch.hidden.numpy()
    points = (hidden - hidden.mean(axis=0)) @ principal_axes(hidden, 3)
    return (points / np.abs(points).max())[None], PALETTE[epoch.labels.numpy()][None]
