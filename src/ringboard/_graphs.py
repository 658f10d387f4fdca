"""SummaryWriter's methods for model graphs."""

from __future__ import annotations

import os
from typing import Any

from ringboard._base import WriterBase


class GraphMethods(WriterBase):
    """A part of SummaryWriter: model graphs."""

    __slots__ = ()

    def add_graph(
        self,
        model: Any,
        input_to_model: Any = None,
        verbose: bool = False,
        use_strict_trace: bool = True,
    ) -> None:
        """Logs the graph of a PyTorch model; TensorBoard's Graphs tab draws it, a box for each module.

        The graph is that of evaluation, by `torch.export`; with a warning by `torch.jit.trace` where
        export fails; with a warning the bare tree of modules where the model doesn't run at all.
        The model comes out as it went in: training flags, buffers, attributes and random numbers.

        Args:
            model: a torch.nn.Module, on any device, or a torch.jit.ScriptFunction.
            input_to_model: what to call it with: a tensor, a tuple or list (the arguments), a dict (keyword
                arguments; if they are none of forward's, the one argument); nested as you like.  None only
                for a model that takes no arguments.
            verbose: print the graph.
            use_strict_trace: torch.jit.trace's `strict`, if it comes to that.

        Raises:
            TypeError: model is no Module; input_to_model holds no tensors.
            ValueError: input_to_model is missing, or is not what forward takes.
        """
        from ringboard.graph import torch_graph_events

        # All is built before anything is logged.
        for body in torch_graph_events(
            model, input_to_model, verbose, use_strict_trace, self._file_writer_type._profile_tag
        ):
            self._add_body(body, None, None)

    def add_onnx_graph(self, prototxt: str | os.PathLike[str]) -> None:
        """Logs the graph of an .onnx file; TensorBoard's Graphs tab draws it.  Needs no onnx installed.

        Args:
            prototxt: path of the file (torch's name for it; the file is binary).

        Raises:
            OSError: it cannot be read.
            ValueError: it is not an ONNX model.
        """
        from ringboard.graph import graph_events, onnx_graph_def

        for body in graph_events(onnx_graph_def(prototxt)):
            self._add_body(body, None, None)

    def add_openvino_graph(self, xmlname: str | os.PathLike[str]) -> None:
        """Logs the graph of an OpenVINO model; TensorBoard's Graphs tab draws it.

        Args:
            xmlname: path of the IR's .xml file; its weights are not needed.

        Raises:
            OSError: it cannot be read.
            ValueError: it is not an OpenVINO IR.
        """
        from ringboard.graph import graph_events, openvino_graph_def

        for body in graph_events(openvino_graph_def(xmlname)):
            self._add_body(body, None, None)
