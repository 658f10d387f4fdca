"""Puts an embedding's files in place: checked before anything is written, written before they are listed."""

from __future__ import annotations

import contextlib
import os
import warnings
from typing import Any

from ringboard.arrays import to_step, to_stored_tag
from ringboard.projector import config, names
from ringboard.projector.files import Drafts, locked
from ringboard.projector.labels import encoded, metadata_lines
from ringboard.projector.points import Points
from ringboard.projector.sprite import LARGEST_SIDE, Sprite, make_sprite

TENSORS, METADATA, SPRITE = "tensors.tsv", "metadata.tsv", "sprite.png"


def write_embedding(
    log_dir: str,
    tag: str,
    mat: Any,
    metadata: Any = None,
    label_img: Any = None,
    step: Any = None,
    metadata_header: Any = None,
) -> None:
    """Writes one embedding, or replaces that of this tag and step.

    Args, errors and warnings: SummaryWriter.add_embedding's.  Warnings point two calls up: at who called the
    method that calls this.
    """
    tag = to_stored_tag(tag)
    number = to_step(tag, step)
    points = Points(tag, mat)
    labels = None if metadata is None else metadata_lines(tag, metadata, metadata_header, points.count)
    sprite = None if label_img is None else make_sprite(tag, label_img, points.count)
    below = names.sub_dir(tag, number)
    directory = names.make_dir(log_dir, tag, below)
    entry = config.Entry(
        names.tensor_name(tag, number),
        f"{below}/{TENSORS}",
        None if labels is None else f"{below}/{METADATA}",
        None if sprite is None else f"{below}/{SPRITE}",
        0 if sprite is None else sprite.side,
    )
    with Drafts(directory) as drafts:
        drafts.write(TENSORS, points.lines())
        if labels is not None:
            drafts.write(METADATA, [encoded(labels)])
        if sprite is not None:
            drafts.write(SPRITE, [sprite.png])
        with locked(log_dir):  # over all of them, so that two who write one embedding don't mix
            drafts.publish()
            remark = config.add_entry(log_dir, entry)
            _remove_stale(directory, labels is None, sprite is None)
    for text in _remarks(points, sprite, remark):
        warnings.warn(f"embedding {tag!r}, step {number}: {text}", RuntimeWarning, stacklevel=3)


def _remove_stale(directory: str, no_labels: bool, no_sprite: bool) -> None:
    """What an earlier call for this tag and step left and the config no longer names."""
    for name, unwanted in ((METADATA, no_labels), (SPRITE, no_sprite)):
        if unwanted:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(directory, name))


def _remarks(points: Points, sprite: Sprite | None, config_remark: str | None) -> list[str]:
    """What the caller should know, though it is no error."""
    found = [] if config_remark is None else [config_remark]
    if points.out_of_range:
        found.append(
            f"{points.out_of_range} values are NaN, infinite or beyond float32, which the Projector cannot "
            "place; NaN is stored as 0, the others as the largest or smallest value of the matrix"
        )
    if sprite is not None and sprite.scaled:
        width, height = sprite.given
        found.append(
            f"pictures of {width}×{height} pixels are scaled to fit {sprite.side}×{sprite.side}: the "
            f"Projector takes sprites of at most {LARGEST_SIDE}×{LARGEST_SIDE} pixels"
        )
    return found
