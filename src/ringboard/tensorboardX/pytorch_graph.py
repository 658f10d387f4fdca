"""tensorboardX.pytorch_graph (torch's `_pytorch_graph`): the graph of a PyTorch model."""

from __future__ import annotations

from typing import Any

from ringboard.graph.events import run_metadata
from ringboard.graph.torch_model import model_graph
from ringboard.summaries.serialized import Serialized


def graph(
    model: Any, args: Any, verbose: bool = False, use_strict_trace: bool = True
) -> tuple[Serialized, Serialized]:
    """GraphDef and RunMetadata of a model called with `args`, for FileWriter.add_graph."""
    builder = model_graph(model, args, verbose=verbose, strict_trace=use_strict_trace)
    stats = run_metadata(builder.devices())
    return Serialized(builder.graph_def(), "GraphDef"), Serialized(stats, "RunMetadata")
