"""`torch.utils.tensorboard._embedding`: the files that the Projector tab reads, one function each."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard._native import png
from ringboard.torch._convert_np import make_np
from ringboard.torch._lazy import lazily
from ringboard.torch._utils import make_grid

_EMBEDDING_INFO = "tensorboard.plugins.projector.projector_config_pb2:EmbeddingInfo"
__getattr__ = lazily(
    __name__, {"EmbeddingInfo": _EMBEDDING_INFO, "math": "math", "np": "numpy", "tf": "tensorboard.compat:tf"}
)

StrPath = str | os.PathLike[str]


def make_mat(matlist: Iterable[Iterable[Any]], save_path: StrPath) -> None:
    """Writes tensors.tsv: a row for each vector.

    Args:
        matlist: (N, D) numbers: arrays or tensors, whose elements have item().
        save_path: the directory.
    """
    rows = ("\t".join(str(number.item()) for number in row) for row in matlist)
    _write(save_path, "tensors.tsv", "".join(f"{row}\n" for row in rows))


def make_tsv(
    metadata: Sequence[Any], save_path: StrPath, metadata_header: Sequence[str] | None = None
) -> None:
    """Writes metadata.tsv: a line for each vector; with a header, of several columns.

    Args:
        metadata: a label for each vector; with a header, a list of labels.
        save_path: the directory.
        metadata_header: the names of the columns.

    Raises:
        AssertionError: header and rows differ in length.
    """
    if not metadata_header:
        lines = [str(label) for label in metadata]
    else:
        if len(metadata_header) != len(metadata[0]):
            raise AssertionError(
                f"metadata: {len(metadata_header)} names in the header for {len(metadata[0])} columns"
            )
        lines = ["\t".join(map(str, row)) for row in [metadata_header, *metadata]]
    _write(save_path, "metadata.tsv", "\n".join(lines) + "\n")


def make_sprite(label_img: Any, save_path: StrPath) -> None:
    """Writes sprite.png: all pictures in one square, row by row.

    Args:
        label_img: (N, 3, H, W) pictures with values from 0 to 1, one for each vector.
        save_path: the directory.
    """
    pictures = make_np(label_img)
    columns = math.ceil(len(pictures) ** 0.5)
    grid = make_grid(pictures, ncols=columns)
    size = grid.shape[2]
    square = np.zeros((size, size, 3), np.uint8)
    pixels: npt.NDArray[np.uint8] = (grid * 255.0).clip(0, 255).astype(np.uint8)
    square[: grid.shape[1]] = np.moveaxis(pixels, 0, 2)
    with open(os.path.join(save_path, "sprite.png"), "wb") as file:
        file.write(png.encode(square, "uint8", "HWC"))


def get_embedding_info(metadata: Any, label_img: Any, subdir: str, global_step: Any, tag: str) -> Any:
    """TensorBoard's EmbeddingInfo of one embedding: where its files are.

    Args:
        metadata, label_img: None where it has none.
        subdir: the directory of its files, relative to the log dir.
        global_step: of the embedding.
        tag: its name.

    Raises:
        AttributeError: tensorboard is not installed.
    """
    info = __getattr__("EmbeddingInfo")()
    info.tensor_name = f"{tag}:{str(global_step).zfill(5)}"
    info.tensor_path = os.path.join(subdir, "tensors.tsv")
    if metadata is not None:
        info.metadata_path = os.path.join(subdir, "metadata.tsv")
    if label_img is not None:
        info.sprite.image_path = os.path.join(subdir, "sprite.png")
        info.sprite.single_image_dim.extend([label_img.shape[3], label_img.shape[2]])
    return info


def write_pbtxt(save_path: StrPath, contents: str) -> None:
    """Writes projector_config.pbtxt.

    Args:
        save_path: the log dir.
        contents: a ProjectorConfig in protobuf's text format.
    """
    _write(save_path, "projector_config.pbtxt", contents)


def _write(directory: StrPath, name: str, text: str) -> None:
    with open(os.path.join(directory, name), "w", encoding="utf-8", newline="") as file:
        file.write(text)
