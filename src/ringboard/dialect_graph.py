"""Functions from models to the messages of their graphs: what both originals have in modules of their own."""

from __future__ import annotations

import os
from typing import Any

from ringboard.graph import onnx_graph_def
from ringboard.graph.events import run_metadata
from ringboard.graph.torch_model import model_graph
from ringboard.summaries.serialized import Serialized


def graph(
    model: Any, args: Any, verbose: bool = False, use_strict_trace: bool = True
) -> tuple[Serialized, Serialized]:
    """GraphDef and RunMetadata of a PyTorch model called with `args`, for FileWriter.add_graph.

    See SummaryWriter.add_graph.
    """
    builder = model_graph(model, args, verbose=verbose, strict_trace=use_strict_trace)
    stats = run_metadata(builder.devices())
    return Serialized(builder.graph_def(), "GraphDef"), Serialized(stats, "RunMetadata")


def load_onnx_graph(fname: str | os.PathLike[str]) -> Serialized:
    """GraphDef of an .onnx file, for FileWriter.add_onnx_graph.  Needs no onnx installed."""
    return Serialized(onnx_graph_def(fname), "GraphDef")
