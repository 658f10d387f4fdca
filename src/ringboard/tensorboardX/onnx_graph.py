"""tensorboardX.onnx_graph: the graph of an .onnx file."""

from ringboard.dialect_graph import load_onnx_graph

__all__ = ["load_onnx_graph"]
