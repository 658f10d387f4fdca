"""Mesh summaries: triangle meshes and point clouds for TensorBoard's Mesh tab.

One event holds up to three tensors of a batch of meshes: vertices, faces (indices of vertices) and colours.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard import proto
from ringboard.arrays import Array, describe, to_array, widened
from ringboard.summaries.tensor import MAX_BYTES, tensor_proto

Part = npt.NDArray[np.float32]

# MeshPluginData.ContentType: number → the end of the tag.  Also their order in the event.
_VERTEX, _FACE, _COLOR = 1, 2, 3
_NAMES = {_VERTEX: "VERTEX", _FACE: "FACE", _COLOR: "COLOR"}


def mesh_event(tag: str, vertices: Any, colors: Any, faces: Any, config: Any) -> bytes:
    """The body of a mesh event.

    Raises:
        ValueError: the shapes are not (B, N, 3), don't fit together, or a face has no such vertex.
        TypeError: a part holds no real numbers, or config is nothing that JSON can say.
    """
    parts = {_VERTEX: _to_part(tag, "vertices", vertices)}
    batch, points, _ = parts[_VERTEX].shape
    if faces is not None:
        parts[_FACE] = _to_part(tag, "faces", faces)
        _check_faces(tag, parts[_FACE], batch, points, faces)
    if colors is not None:
        parts[_COLOR] = _to_part(tag, "colors", colors)
        if parts[_COLOR].shape != (batch, points, 3):
            raise ValueError(
                f"mesh {tag!r}: expected a colour for each vertex, of shape {(batch, points, 3)}; "
                f"got {describe(colors)}"
            )
        parts[_COLOR] = _to_255(parts[_COLOR], colors)
    if sum(part.nbytes for part in parts.values()) > MAX_BYTES - (1 << 20):
        raise ValueError(f"mesh {tag!r}: more than an event can hold (2 GiB); log a part of it")
    settings = _to_json(tag, config)
    components = sum(1 << kind for kind in parts)
    return proto.summary_event(
        *(_part_value(tag, kind, part, settings, components) for kind, part in parts.items())
    )


def _part_value(tag: str, kind: int, part: Part, settings: str, components: int) -> bytes:
    """Summary.Value of one tensor."""
    plugin_data = mesh_plugin_data(tag, kind, settings, part.shape, components)
    return (
        proto.text(1, f"{tag}_{_NAMES[kind]}")
        + proto.message(8, tensor_proto(tag, Array(part, "float32")))
        + proto.message(9, proto.plugin_metadata("mesh", plugin_data))
    )


def mesh_plugin_data(
    name: str, kind: int, json_config: str, shape: tuple[int, ...], components: int
) -> bytes:
    """MeshPluginData; its version is 0."""
    return (
        proto.text_unless_empty(2, name)
        + proto.integer(3, kind)
        + proto.text_unless_empty(5, json_config)
        + proto.message(6, b"".join(map(proto.varint, shape)))
        + proto.integer(7, components)
    )


def _to_part(tag: str, name: str, values: Any) -> Part:
    array = to_array(tag, f"{name} of mesh", values)
    shape = array.data.shape
    if array.data.dtype.kind == "c":
        raise TypeError(f"mesh {tag!r}: expected {name} as real numbers, got {describe(values)}")
    if len(shape) != 3 or shape[2] != 3:
        hint = f"; pass {name}[None] for a single mesh" if len(shape) == 2 and shape[1] == 3 else ""
        raise ValueError(
            f"mesh {tag!r}: expected {name} of shape (B, N, 3), got shape {shape}: {describe(values)}{hint}"
        )
    with np.errstate(over="ignore"):  # past float32's range is infinite, as in every float field
        return np.ascontiguousarray(widened(array), dtype=np.float32)


def _check_faces(tag: str, part: Part, batch: int, points: int, faces: Any) -> None:
    if part.shape[0] != batch:
        raise ValueError(
            f"mesh {tag!r}: expected faces for a batch of {batch}, as the vertices are; got {describe(faces)}"
        )
    # Written so that NaN is out of range too.
    if part.size and not (part.min() >= 0 and part.max() < points):
        raise ValueError(
            f"mesh {tag!r}: expected faces as indices from 0 to {points - 1}, one for each vertex; "
            f"got {part.min():g} to {part.max():g} in {describe(faces)}"
        )


def _to_255(part: Part, colors: Any) -> Part:
    """Colours as TensorBoard reads them: 0 to 255, cut to integers.

    torch documents floats as lying in [0, 1] and writes them as they are, which shows as black.  Floats
    above 1 are taken to be scaled already.
    """
    is_float = to_array("", "colors", colors).dtype in ("bfloat16", "float16", "float32", "float64")
    return part * np.float32(255) if is_float and part.size and part.max() <= 1 else part


def _to_json(tag: str, config: Any) -> str:
    if config is None:
        return "{}"
    try:
        return json.dumps(config, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"mesh {tag!r}: expected config_dict as a dict for JSON: {error}; got {describe(config)}"
        ) from None
