"""tensorboardX.embedding: the files of embeddings, one at a time."""

from __future__ import annotations

import os
from typing import Any

from ringboard.projector import config, names
from ringboard.projector.embedding import METADATA, SPRITE, TENSORS
from ringboard.projector.files import locked
from ringboard.projector.labels import encoded, metadata_lines
from ringboard.projector.points import Points
from ringboard.projector.sprite import make_sprite as _make_sprite


def make_mat(matlist: Any, save_path: str) -> None:
    """Writes the points, (N, D), to tensors.tsv."""
    points = Points("", matlist)
    with open(os.path.join(save_path, TENSORS), "wb") as file:
        file.writelines(points.lines())


def make_tsv(metadata: Any, save_path: str, metadata_header: Any = None) -> None:
    """Writes labels, one for each point, to metadata.tsv."""
    lines = metadata_lines("", metadata, metadata_header, len(metadata))
    with open(os.path.join(save_path, METADATA), "wb") as file:
        file.write(encoded(lines))


def make_sprite(label_img: Any, save_path: str) -> None:
    """Writes the points' pictures, (N, C, H, W), to sprite.png."""
    sprite = _make_sprite("", label_img, len(label_img))
    with open(os.path.join(save_path, SPRITE), "wb") as file:
        file.write(sprite.png)


def append_pbtxt(
    metadata: Any, label_img: Any, save_path: str, subdir: str, global_step: int, tag: str
) -> None:
    """Lists an embedding in projector_config.pbtxt.

    Args:
        metadata: None, or there is a metadata.tsv.
        label_img: None, or the pictures that sprite.png has.
        save_path: the log dir.
        subdir: the directory of its files, below the log dir.
        global_step: the step.
        tag: the name.
    """
    side = 0 if label_img is None else _make_sprite(tag, label_img, len(label_img)).side
    entry = config.Entry(
        names.tensor_name(tag, global_step),
        f"{subdir}/{TENSORS}",
        None if metadata is None else f"{subdir}/{METADATA}",
        None if label_img is None else f"{subdir}/{SPRITE}",
        side,
    )
    with locked(save_path):
        config.add_entry(save_path, entry)
