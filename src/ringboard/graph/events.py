"""Graphs as the bodies of events: what SummaryWriter and FileWriter log."""

from __future__ import annotations

import os
from typing import Any

from ringboard import proto
from ringboard.arrays import describe
from ringboard.graph.builder import CPU


def graph_events(graph: Any, run_metadata: Any = None, tag: str = "step1") -> list[bytes]:
    """The bodies of a graph's events: the GraphDef, then, if given, the RunMetadata under `tag`.

    Args:
        graph: a GraphDef: its bytes, or an object with SerializeToString().
        run_metadata: a RunMetadata, likewise.
        tag: the name of the profile in the Graphs tab.
    """
    bodies = [proto.message(4, _serialized(graph, "GraphDef"))]
    if run_metadata is not None:
        tagged = proto.text(1, tag) + proto.message(2, _serialized(run_metadata, "RunMetadata"))
        bodies.append(proto.message(8, tagged))
    return bodies


def run_metadata(devices: list[str] | None = None) -> bytes:
    """RunMetadata that says which devices there are, without timings."""
    stats = b"".join(proto.message(1, proto.text(1, device)) for device in devices or [CPU])
    return proto.message(1, stats)


def torch_graph_events(
    model: Any, inputs: Any, verbose: bool, strict_trace: bool, tag: str = "step1"
) -> list[bytes]:
    """The bodies of the events of a PyTorch model's graph; see SummaryWriter.add_graph."""
    from ringboard.graph.torch_model import model_graph

    builder = model_graph(model, inputs, verbose=verbose, strict_trace=strict_trace)
    return graph_events(builder.graph_def(), run_metadata(builder.devices()), tag)


def onnx_graph_def(path: str | os.PathLike[str]) -> bytes:
    """The GraphDef of an .onnx file."""
    from ringboard.graph.onnx import read_onnx

    return read_onnx(path).graph_def()


def openvino_graph_def(path: str | os.PathLike[str]) -> bytes:
    """The GraphDef of an OpenVINO IR, the .xml file."""
    from ringboard.graph.openvino import read_openvino

    return read_openvino(path).graph_def()


def _serialized(message: Any, kind: str) -> bytes:
    if isinstance(message, (bytes, bytearray, memoryview)):
        return bytes(message)
    serialize = getattr(message, "SerializeToString", None)
    if serialize is None:
        raise TypeError(
            f"expected a {kind}: bytes, or a protobuf message with SerializeToString(); "
            f"got {describe(message)}"
        )
    data: bytes = serialize()
    return data
