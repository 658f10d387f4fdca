"""tensorboardX.pytorch_graph (torch's `_pytorch_graph`): the graph of a PyTorch model."""

from ringboard.dialect_graph import graph

__all__ = ["graph"]
