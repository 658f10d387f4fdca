"""ONNX files.  Of the format only names, types and shapes are read; the weights stay on the disk.

Spec: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto (ModelProto); field numbers are those of it.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator

from ringboard.graph.builder import GraphBuilder, Ref, Tensor, clean_name
from ringboard.graph.order import sources_first
from ringboard.graph.wire import Message

# TensorProto.DataType → numpy's name.
_DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 8: "string",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128",
    16: "bfloat16", 17: "float8_e4m3fn", 19: "float8_e5m2",
}  # fmt: skip
_MOST_LISTED = 16


def read_onnx(path: str | os.PathLike[str]) -> GraphBuilder:
    """The graph of an .onnx file."""
    builder = GraphBuilder()
    try:
        model = Message(_content(path))
        if 7 not in model:
            raise ValueError("there is no graph in it")
        _Importer(builder).graph(model.message(7))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{os.fspath(path)}: not an ONNX model: {error}") from error
    return builder


def _content(path: str | os.PathLike[str]) -> memoryview:
    """The file, mapped: its weights, which may be gigabytes, are skipped and never read."""
    with open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size == 0:
            raise ValueError("the file is empty")
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


class _Importer:
    """Imports a graph into a builder; a subgraph sees the tensors of the graphs around it."""

    def __init__(self, builder: GraphBuilder, scope: str = "", outer: dict[str, Ref] | None = None) -> None:
        self._builder = builder
        self._scope = f"{scope}/" if scope else ""
        self._sources = dict(outer or {})
        self._described: dict[str, Tensor] = {}
        self._weights: dict[str, Tensor] = {}

    def graph(self, graph: Message) -> list[Ref]:
        """Imports a GraphProto; gives the sources of its outputs."""
        for value in (*graph.messages(11), *graph.messages(13), *graph.messages(12)):
            self._described[value.text(1)] = _of_type(value.message(2))
        for weight in graph.messages(5):
            self._weights[weight.text(8)] = Tensor(
                tuple(weight.integers(1)), _DTYPES.get(weight.integer(2), "")
            )
        for value in graph.messages(11):
            if value.text(1) not in self._weights:  # old files list the weights among the inputs
                self._add_end("input", value.text(1), ())
        for node in _sources_first(graph.messages(1)):
            self._node(node)
        outputs = [self._source(value.text(1)) for value in graph.messages(12)]
        for value, source in zip(graph.messages(12), outputs, strict=True):
            if not self._scope:
                self._add_end("output", value.text(1), (source,))
        return outputs

    def _add_end(self, kind: str, name: str, sources: tuple[Ref, ...]) -> None:
        described = [self._described.get(name, Tensor())]
        ref = self._builder.add(f"{self._scope}{kind}/{clean_name(name)}", "IO Node", sources, described)
        if kind == "input":
            self._sources[name] = ref

    def _source(self, name: str) -> Ref:
        """The node that makes a tensor; for a weight, made now, when it is used."""
        if name not in self._sources:
            described = self._weights.get(name) or self._described.get(name, Tensor())
            op = "Parameter" if name in self._weights else "Missing"
            self._sources[name] = self._builder.add(f"{self._scope}{clean_name(name)}", op, (), [described])
        return self._sources[name]

    def _node(self, node: Message) -> None:
        outputs, parts = node.texts(2), node.messages(5)
        name = f"{self._scope}{clean_name(node.text(3) or next(filter(None, outputs), '') or node.text(4))}"
        sources = [self._source(each) for each in node.texts(1) if each]  # "": an optional input left out
        bodies = [(each.text(1), body) for each in parts for body in _bodies(each)]
        if bodies:
            inside = self._builder.scope(name)
            for label, body in bodies:
                sources += _Importer(self._builder, f"{inside}/{label}", self._seen()).graph(body)
            name = f"{inside}/{node.text(4)}"
        attributes = dict(filter(all, map(_attribute, parts)))
        described = [self._described.get(each) or _constant(node) for each in outputs]
        ref = self._builder.add(name, node.text(4), sources, described, attributes)
        self._sources.update((each, Ref(ref.node, port)) for port, each in enumerate(outputs) if each)

    def _seen(self) -> dict[str, Ref]:
        for name in self._weights:
            self._source(name)
        return self._sources


def _sources_first(nodes: list[Message]) -> Iterator[Message]:
    """The nodes in the order that the format wants, and that not every file keeps to."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.texts(2)}
    sources = {
        place: [makers[name] for name in node.texts(1) if name in makers] for place, node in enumerate(nodes)
    }
    return (nodes[place] for place in sources_first(sources))


def _of_type(kind: Message) -> Tensor:
    """A TypeProto, of which tensors are described."""
    tensor = kind.message(1)
    dtype = _DTYPES.get(tensor.integer(1), "")
    if 2 not in tensor:
        return Tensor(None, dtype)
    sizes = (axis.integer(1) if 1 in axis else -1 for axis in tensor.message(2).messages(1))
    return Tensor(tuple(sizes), dtype)


def _constant(node: Message) -> Tensor:
    """What a Constant's value says about its output; nothing for every other node."""
    if node.text(4) != "Constant":
        return Tensor()
    for attribute in node.messages(5):
        if 5 in attribute:
            value = attribute.message(5)
            return Tensor(tuple(value.integers(1)), _DTYPES.get(value.integer(2), ""))
    return Tensor()


def _bodies(attribute: Message) -> list[Message]:
    return [*attribute.messages(6), *attribute.messages(11)]


def _attribute(attribute: Message) -> tuple[str, str]:
    """(name, text) of an AttributeProto; the text is empty for what has no short one."""
    name = attribute.text(1)
    if 2 in attribute:
        return name, _number(attribute.raw(2))
    if 3 in attribute:
        return name, str(attribute.integer(3))
    if 4 in attribute:
        return name, attribute.text(4)
    if 5 in attribute:
        tensor = attribute.message(5)
        return name, f"{_DTYPES.get(tensor.integer(2), 'tensor')}{tensor.integers(1)}"
    listed = [str(each) for each in attribute.integers(8)] or attribute.texts(9)
    if 7 in attribute:
        floats = attribute.raw(7)  # packed, as every writer since 2016 does
        listed = [_number(floats[at : at + 4]) for at in range(0, min(len(floats), 4 * _MOST_LISTED + 4), 4)]
    dots = ["..."] if len(listed) > _MOST_LISTED else []
    return name, f"[{', '.join(listed[:_MOST_LISTED] + dots)}]" if listed else ""


def _number(four_bytes: memoryview) -> str:
    return f"{struct.unpack('<f', four_bytes)[0]:g}" if len(four_bytes) == 4 else ""
