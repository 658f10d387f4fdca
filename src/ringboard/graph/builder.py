"""The nodes of a graph, their names, and the GraphDef that they become.

Spec: tensorboard/compat/proto/graph.proto, node_def.proto, attr_value.proto.  A node's name is a path; the
Graphs tab draws a box for each of its directories.  An edge is the name of its source, with ":<port>" for
all but the first output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from ringboard import proto

# types.proto's DataType by torch's and numpy's name of the dtype.
DATA_TYPES = {
    "float32": 1, "float64": 2, "int32": 3, "uint8": 4, "int16": 5, "int8": 6, "string": 7, "complex64": 8,
    "int64": 9, "bool": 10, "qint8": 11, "quint8": 12, "qint32": 13, "bfloat16": 14, "uint16": 17,
    "complex128": 18, "float16": 19, "uint32": 22, "uint64": 23, "float8_e5m2": 24, "float8_e4m3fn": 25,
}  # fmt: skip
CPU = "/device:CPU:0"
_PRODUCER = 22  # what torch writes; readers take the structure of a GraphDef from it
_LONGEST_ATTRIBUTE = 500
# The tab reads the graph as text, line by line, and takes what stands between a line's first and last quote
# as it is: quotes, backslashes and what text format would escape come out garbled.  ":" and "^" have a
# meaning in the names of edges.
_UNFIT_FOR_TEXT = re.compile(r"[^\x20-\x7e]|['\"\\]")
_UNFIT_FOR_NAME = re.compile(r"[^\x21-\x7e]|['\"\\:^]")

Shape = tuple[int, ...]


class Ref(NamedTuple):
    """One output of a node: the source of edges."""

    node: str
    port: int = 0

    @property
    def edge(self) -> str:
        return f"{self.node}:{self.port}" if self.port else self.node


class Tensor(NamedTuple):
    """What is known about one output: None is an unknown shape, -1 in it an unknown size."""

    shape: Shape | None = None
    dtype: str = ""
    device: str = CPU


@dataclass
class Node:
    """A NodeDef before it is encoded."""

    name: str
    op: str
    inputs: list[Ref]
    outputs: list[Tensor]
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def device(self) -> str:
        return self.outputs[0].device if self.outputs else CPU


class GraphBuilder:
    """Collects nodes, sources first, and keeps their names apart."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._by_name: dict[str, Node] = {}
        self._scopes: set[str] = set()

    def add(
        self,
        name: str,
        op: str,
        inputs: Iterable[Ref] = (),
        outputs: Sequence[Tensor] = (),
        attributes: Mapping[str, str] | None = None,
    ) -> Ref:
        """Adds a node under `name`, or a numbered variant if that is taken; gives its first output."""
        name = self.unique(name)
        self._enter(name.rpartition("/")[0])
        node = Node(name, op, list(inputs), list(outputs), dict(attributes or {}))
        self.nodes.append(node)
        self._by_name[name] = node
        return Ref(name)

    def scope(self, name: str) -> str:
        """A scope of its own for the parts of one operation."""
        name = self.unique(name)
        self._enter(name)
        return name

    def unique(self, name: str) -> str:
        """`name` as a path that is neither a node nor a scope yet."""
        wanted = clean_name(name)
        name, number = wanted, 0
        while name in self._by_name or name in self._scopes:
            number += 1
            name = f"{wanted}_{number}"
        return name

    def _enter(self, scope: str) -> None:
        while scope and scope not in self._scopes:
            self._scopes.add(scope)
            scope = scope.rpartition("/")[0]

    def has_scope(self, name: str) -> bool:
        """Whether a node lies in the scope."""
        return clean_name(name) in self._scopes

    def node(self, name: str) -> Node:
        """The node of that name."""
        return self._by_name[name]

    def devices(self) -> list[str]:
        """The devices of all nodes, in order of appearance."""
        return list(dict.fromkeys(node.device for node in self.nodes)) or [CPU]

    def graph_def(self) -> bytes:
        """The serialized GraphDef."""
        nodes = b"".join(proto.message(1, _node_def(node)) for node in self.nodes)
        return nodes + proto.message(4, proto.integer(1, _PRODUCER))


def clean_name(name: str) -> str:
    """`name` as the Graphs tab can show it: printable ASCII, no empty directory."""
    parts = [part for part in _UNFIT_FOR_NAME.sub("_", name).split("/") if part]
    return "/".join(parts) or "node"


def clean_text(text: str) -> str:
    """An attribute's text as the Graphs tab can show it."""
    text = _UNFIT_FOR_TEXT.sub("", " ".join(text.split()))
    return text if len(text) <= _LONGEST_ATTRIBUTE else text[: _LONGEST_ATTRIBUTE - 3] + "..."


def _node_def(node: Node) -> bytes:
    attributes = {key: proto.message(2, clean_text(text).encode()) for key, text in node.attributes.items()}
    attributes["_output_shapes"] = _output_shapes(node.outputs)
    data_type = DATA_TYPES.get(node.outputs[0].dtype) if node.outputs else None
    if data_type:
        attributes["dtype"] = proto.integer(6, data_type)
    return (
        proto.text(1, node.name)
        + proto.text(2, clean_text(node.op))
        + b"".join(proto.text(3, ref.edge) for ref in node.inputs)
        + proto.text(4, node.device)
        + b"".join(proto.map_entry(5, key, attributes[key]) for key in sorted(attributes))
    )


def _output_shapes(outputs: Sequence[Tensor]) -> bytes:
    """AttrValue{list{shape…}}: the tab writes them on the edges."""
    shapes = [
        proto.integer(3, 1) if output.shape is None else proto.tensor_shape(output.shape)
        for output in outputs or [Tensor()]
    ]
    return proto.message(1, b"".join(proto.message(7, shape) for shape in shapes))
