"""The Projector's files: what the tests log, and how TensorBoard's server and page read what came of it."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
from google.protobuf import text_format
from PIL import Image
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

from tests.support.png import check

CONFIG = "projector_config.pbtxt"
RNG = np.random.default_rng(5)
MAT = RNG.normal(size=(10, 4)).astype(np.float32)
LABELS = [f"point {i}" for i in range(10)]
PICTURES = RNG.random((10, 3, 8, 8)).astype(np.float32)


def files(directory: Path) -> dict[str, bytes]:
    """Path below the directory → content, of all but event files."""
    return {
        path.relative_to(directory).as_posix(): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and "tfevents" not in path.name
    }


def config(directory: Path) -> ProjectorConfig:
    return text_format.Parse((directory / CONFIG).read_text("utf-8"), ProjectorConfig())


def tensor_names(directory: Path) -> list[str]:
    return [each.tensor_name for each in config(directory).embeddings]


def numbers(content: bytes) -> np.ndarray:
    """As TensorBoard's server parses tensors.tsv."""
    lines = content.decode().splitlines()
    return np.array([[float(cell) for cell in line.split("\t")] for line in lines], np.float32)


def pixels(content: bytes) -> np.ndarray:
    check(content)
    return np.asarray(Image.open(io.BytesIO(content)))


def cut(content: bytes, single_image_dim, index: int) -> np.ndarray:
    """The picture that the Projector's page shows for a point."""
    image = pixels(content)
    width, height = single_image_dim
    column = index % (image.shape[1] / width)
    row = math.floor(index / (image.shape[0] / height))
    left, top = round(column * width), row * height
    return image[top : top + height, left : left + width]


def read_labels(content: bytes) -> dict[str, list[str | None]]:
    """Column → labels, as the Projector's server and page read metadata.tsv."""
    served = io.TextIOWrapper(io.BytesIO(content), "utf-8").read()  # carriage returns end lines
    blank = " \t\v\f\u00a0\ufeff\u1680\u2000\u2009\u3000\u2028\u2029\r\n"
    lines = [line for line in served.split("\n") if line.strip(blank)]
    columns = lines.pop(0).split("\t") if lines and "\t" in lines[0] else ["label"]
    rows = [line.split("\t") for line in lines]
    return {name: [row[at] if at < len(row) else None for row in rows] for at, name in enumerate(columns)}
