"""tensorboardX.onnx_graph: the graph of an .onnx file."""

from __future__ import annotations

import os

from ringboard.graph import onnx_graph_def
from ringboard.summaries.serialized import Serialized


def load_onnx_graph(fname: str | os.PathLike[str]) -> Serialized:
    """GraphDef of an .onnx file, for FileWriter.add_onnx_graph.  Needs no onnx installed."""
    return Serialized(onnx_graph_def(fname), "GraphDef")
