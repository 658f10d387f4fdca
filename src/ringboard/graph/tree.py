"""The tree of a model's modules: what is left to show of a model that doesn't run."""

from __future__ import annotations

from typing import Any

from ringboard.graph.builder import GraphBuilder, Ref, Tensor
from ringboard.graph.describe_torch import tensor_of
from ringboard.graph.scopes import class_name
from ringboard.graph.torch_model import Call


def module_tree(call: Call) -> tuple[GraphBuilder, str]:
    """A node for each module, with edges from its parent and its parameters; and the model as text."""
    builder, scopes = GraphBuilder(), call.scopes
    for name, tensor in zip(call.input_names, call.inputs, strict=True):
        builder.add(f"input/{name}", "IO Node", (), [tensor_of(tensor)])
    nodes: dict[str, Ref] = {}
    parameters: dict[str, Ref] = {}
    for name, module in [("", call.model), *scopes.modules.items()]:
        scope = scopes.module(name)
        sources = [nodes[name.rpartition(".")[0]]] if name else []
        for own, tensor in module.named_parameters(recurse=False):
            sources.append(
                _parameter(builder, parameters, scopes.tensor(f"{name}.{own}".lstrip(".")), tensor)
            )
        arguments = module.extra_repr()
        attributes = {"module": arguments} if arguments else {}
        kind = class_name(module)
        nodes[name] = builder.add(f"{scope}/{kind}", kind, sources, [Tensor()], attributes)
    return builder, str(call.model)


def _parameter(builder: GraphBuilder, known: dict[str, Ref], name: str, tensor: Any) -> Ref:
    if name not in known:
        known[name] = builder.add(name, "Parameter", (), [tensor_of(tensor)])
    return known[name]
