"""OpenVINO's intermediate representation, the .xml file: layers with ports, and edges between ports.

Spec: https://docs.openvino.ai/2024/documentation/openvino-ir-format.html
"""

from __future__ import annotations

import os
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from ringboard.graph.builder import GraphBuilder, Ref, Tensor, clean_name
from ringboard.graph.order import sources_first

_DTYPES = {
    "FP16": "float16", "FP32": "float32", "FP64": "float64", "BF16": "bfloat16", "I8": "int8", "I16": "int16",
    "I32": "int32", "I64": "int64", "U8": "uint8", "U16": "uint16", "U32": "uint32", "U64": "uint64",
    "BOOL": "bool", "BOOLEAN": "bool", "STRING": "string",
}  # fmt: skip
_ENDS = {"Parameter": "input", "Input": "input", "Result": "output"}
_OPS = {"Const": "Parameter", "Parameter": "IO Node", "Input": "IO Node", "Result": "IO Node"}


def read_openvino(path: str | os.PathLike[str]) -> GraphBuilder:
    """The graph of an IR's .xml file."""
    with open(path, "rb") as file:
        content = file.read()
    try:
        net = _parse(content)
        layers, edges = net.find("layers"), net.find("edges")
        if layers is None:
            raise ValueError(f"there are no layers in <{net.tag}>")
        return _graph(list(layers), list(edges) if edges is not None else [])
    except (ValueError, KeyError, expat.ExpatError) as error:
        raise ValueError(f"{os.fspath(path)}: not an OpenVINO IR: {error}") from error


def _parse(content: bytes) -> Element:
    """The document's root.  A document type is refused: its entities can swell to any size or read files."""
    builder, parser = TreeBuilder(), expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise ValueError("it declares a document type, which an IR never does")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.Parse(content, True)
    return builder.close()


def _graph(layers: list[Element], edges: list[Element]) -> GraphBuilder:
    incoming: dict[str, list[tuple[int, str, str]]] = {layer.attrib["id"]: [] for layer in layers}
    for edge in edges:
        source = (int(edge.get("to-port", 0)), edge.attrib["from-layer"], edge.get("from-port", ""))
        incoming[edge.attrib["to-layer"]].append(source)
    by_id = {layer.attrib["id"]: layer for layer in layers}
    builder = GraphBuilder()
    names: dict[str, str] = {}
    sources_of = {key: [source for _, source, _ in each] for key, each in incoming.items()}
    for layer_id in sources_first(sources_of):
        layer = by_id[layer_id]
        sources = [
            Ref(names[source], _port_number(by_id[source], port))
            for _, source, port in sorted(incoming[layer_id])
            if source in names
        ]
        kind, data = layer.get("type", "Layer"), layer.find("data")
        name = clean_name(layer.get("name") or layer_id)
        name = f"{_ENDS[kind]}/{name}" if kind in _ENDS else name
        attributes = dict(data.attrib) if data is not None else {}
        names[layer_id] = builder.add(name, _OPS.get(kind, kind), sources, _outputs(layer), attributes).node
    return builder


def _ports(layer: Element) -> list[Element]:
    output = layer.find("output")
    return output.findall("port") if output is not None else []


def _port_number(layer: Element, port: str) -> int:
    ids = [each.get("id", "") for each in _ports(layer)]
    return ids.index(port) if port in ids else 0


def _outputs(layer: Element) -> list[Tensor]:
    """What the output ports give; a Result has none, and shows what comes in."""
    entry = layer.find("input")
    ports = _ports(layer) or (entry.findall("port") if entry is not None else [])
    return [
        Tensor(
            tuple(int(axis.text or -1) for axis in port.findall("dim")),
            _DTYPES.get(port.get("precision", ""), ""),
        )
        for port in ports
    ]
