"""The data that all contenders log: seeded, the same in every process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

TAG = "loss/train"
LOG_TAGS = tuple(f"layer{index:02d}/gradient_norm" for index in range(20))
PERIOD = 4000  # of the scalars' values; a multiple of len(LOG_TAGS)
SERIES_CHUNK = 100_000  # a multiple of PERIOD
Feed = Callable[[Any, int], None]


@cache
def scalar_values() -> list[float]:
    return np.random.default_rng(1).normal(size=PERIOD).tolist()


@cache
def scalar_dicts() -> list[dict[str, float]]:
    """The same values, 20 at a time, as log() takes them."""
    values, width = scalar_values(), len(LOG_TAGS)
    return [
        dict(zip(LOG_TAGS, values[start : start + width], strict=True)) for start in range(0, PERIOD, width)
    ]


@dataclass(frozen=True)
class ScalarStyle:
    """One way to log scalars: step 1 gets the first item, and so on; the items come round again.

    Attributes:
        tags: those that an event holds.
        bind: the writer's method.
        items: what each call passes, made before the clock starts.
        takes_tag: the call is method(TAG, item, step), not method(item, step).
    """

    tags: tuple[str, ...]
    bind: Callable[[Any], Callable[..., None]]
    items: Callable[[], list[Any]]
    takes_tag: bool = False

    @property
    def values_a_call(self) -> int:
        return len(self.tags)


ADD_SCALAR = ScalarStyle((TAG,), lambda writer: writer.add_scalar, scalar_values, takes_tag=True)
HANDLE_ADD = ScalarStyle((TAG,), lambda writer: writer.scalar(TAG).add, scalar_values)
LOG = ScalarStyle(LOG_TAGS, lambda writer: writer.log, scalar_dicts)


def feed_scalars(style: ScalarStyle, writer: Any, steps: int) -> None:
    """Steps 1 … `steps`, in the tightest loop that Python has."""
    call, items = style.bind(writer), style.items()
    for first in range(1, steps + 1, len(items)):
        chunk = items[: steps + 1 - first]
        if style.takes_tag:
            for step, item in enumerate(chunk, first):
                call(TAG, item, step)
        else:
            for step, item in enumerate(chunk, first):
                call(item, step)


def feed_series(writer: Any, steps: int) -> None:
    """The same events as ADD_SCALAR's, in arrays."""
    values = np.tile(scalar_values(), SERIES_CHUNK // PERIOD)
    for first in range(1, steps + 1, SERIES_CHUNK):
        count = min(SERIES_CHUNK, steps + 1 - first)
        writer.add_scalar_series(TAG, values[:count], np.arange(first, first + count))


def expected_values(tags: tuple[str, ...]) -> npt.NDArray[np.float32]:
    """(period in steps, tags): what the file must hold."""
    return np.array(scalar_values(), np.float32).reshape(-1, len(tags))


@cache
def weights(size: int, variants: int) -> list[npt.NDArray[np.float32]]:
    """Arrays as a layer's weights or gradients look: normal, of scales that differ."""
    rng = np.random.default_rng(2)
    return [rng.normal(0, 10.0 ** -(index % 4), size).astype(np.float32) for index in range(variants)]


@cache
def pictures(size: int = 512, variants: int = 4) -> list[npt.NDArray[np.uint8]]:
    """(size, size, 3) gradients with a camera's noise: neither a flat area nor a repeated pixel run."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[0:size, 0:size] / size
    smooth = np.stack([40 + 150 * x, 30 + 180 * y, 60 + 70 * (x + y) / 2], axis=-1)
    return [
        np.clip(smooth + rng.normal(0, 2.2, smooth.shape), 0, 255).astype(np.uint8) for _ in range(variants)
    ]


@cache
def embedding(
    points: int,
) -> tuple[npt.NDArray[np.float32], list[str], npt.NDArray[np.float32]]:
    """(points, 256) vectors; labels; (points, 3, 32, 32) pictures, each value amid a level of 255."""
    rng = np.random.default_rng(4)
    vectors = rng.normal(size=(points, 256)).astype(np.float32)
    x = np.linspace(0, 1, 32, dtype=np.float32)
    phase = rng.random((points, 3, 1, 1), dtype=np.float32)
    smooth = 40 + 120 * phase + 60 * x + 30 * x[:, None]
    noisy = smooth + rng.normal(0, 2.2, (points, 3, 32, 32)).astype(np.float32)
    levels = noisy.clip(0, 254).astype(np.uint8)
    return vectors, [f"class {index % 10}" for index in range(points)], (levels + np.float32(0.5)) / 255


@cache
def tensorflow_edges() -> npt.NDArray[np.float64]:
    """The default edges, made as torch makes them."""
    value, positive = 1e-12, []
    while value < 1e20:
        positive.append(value)
        value *= 1.1
    return np.array([-edge for edge in reversed(positive)] + [0.0] + positive)
