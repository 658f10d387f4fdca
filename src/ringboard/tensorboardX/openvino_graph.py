"""tensorboardX.openvino_graph: the graph of an OpenVINO model."""

from __future__ import annotations

import os

from ringboard.graph import openvino_graph_def
from ringboard.summaries.serialized import Serialized


def load_openvino_graph(fname: str | os.PathLike[str]) -> Serialized:
    """GraphDef of an OpenVINO IR, the .xml file, for FileWriter.add_openvino_graph."""
    return Serialized(openvino_graph_def(fname), "GraphDef")
