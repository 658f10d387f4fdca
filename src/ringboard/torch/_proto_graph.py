"""`torch.utils.tensorboard._proto_graph`: nodes of a GraphDef as TensorBoard's protobuf objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ringboard.torch._lazy import lazily

_PROTO = "tensorboard.compat.proto"
__getattr__ = lazily(
    __name__,
    {
        "AttrValue": f"{_PROTO}.attr_value_pb2:AttrValue",
        "NodeDef": f"{_PROTO}.node_def_pb2:NodeDef",
        "TensorShapeProto": f"{_PROTO}.tensor_shape_pb2:TensorShapeProto",
        "torch": "torch",
    },
)


def attr_value_proto(dtype: object, shape: Sequence[int] | None, s: str | None) -> dict[str, Any]:
    """The attributes of a node: `s` as text, and the shape of its output, unless None."""
    attr_value = __getattr__("AttrValue")
    attributes = {}
    if s is not None:
        attributes["attr"] = attr_value(s=s.encode())
    if shape is not None:
        shapes = attr_value.ListValue(shape=[tensor_shape_proto(shape)])
        attributes["_output_shapes"] = attr_value(list=shapes)
    return attributes


def tensor_shape_proto(outputsize: Sequence[int]) -> Any:
    """TensorShapeProto of a shape."""
    shape = __getattr__("TensorShapeProto")
    return shape(dim=[shape.Dim(size=size) for size in outputsize])


def node_proto(
    name: str,
    op: str = "UnSpecified",
    input: list[str] | str | None = None,
    dtype: object = None,
    shape: tuple[int, ...] | None = None,
    outputsize: Sequence[int] | None = None,
    attributes: str = "",
) -> Any:
    """NodeDef.

    Args:
        name: its name; slashes make scopes.
        op: what it does.
        input: the names of the nodes that it reads.
        dtype, shape: accepted for compatibility.
        outputsize: the shape of its output.
        attributes: what the Graphs tab shows of it.
    """
    inputs = input if isinstance(input, list) else [] if input is None else [input]
    values = attr_value_proto(dtype, outputsize, attributes)
    return __getattr__("NodeDef")(name=name.encode(), op=op, input=inputs, attr=values)
