"""Model graphs, as TensorBoard's Graphs tab wants them: a GraphDef made from PyTorch, ONNX and OpenVINO.

Every source (exported.py, traced.py, tree.py, onnx.py, openvino.py) fills one builder (builder.py), which
gives the bytes of the GraphDef; events.py puts them into events.  No framework is imported at the top of
any file here.
"""

from ringboard.graph.events import graph_events, onnx_graph_def, openvino_graph_def, torch_graph_events

__all__ = ["graph_events", "onnx_graph_def", "openvino_graph_def", "torch_graph_events"]
