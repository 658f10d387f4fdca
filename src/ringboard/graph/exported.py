"""torch.export's graph, node by node.

An exported program is a torch.fx graph: parameters, buffers and inputs are placeholders, each operation is a
call whose metadata carry the value's shape (`val`) and the modules that it ran in (`nn_module_stack`).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any

from ringboard.graph.aliases import Aliases
from ringboard.graph.builder import GraphBuilder, Ref
from ringboard.graph.describe_torch import tensor_of, value_text
from ringboard.graph.scopes import Scopes, inside_model
from ringboard.graph.torch_model import Call

# Calls of a subgraph that only set a mode, or say how to compute it: their nodes are shown where they stand.
_INLINED = ("wrap", "tag_activation_checkpoint", "invoke_subgraph", "hints_wrapper")
_TENSOR_KINDS = {"PARAMETER": "Parameter", "BUFFER": "Buffer", "CONSTANT_TENSOR": "Constant"}
# What a value of the traced program is in ours: an output of a node, several in a list, or nothing shown.
Value = Any


def export(call: Call) -> tuple[GraphBuilder, str]:
    """The graph of a model by torch.export, and the exported graph as text."""
    import torch

    if isinstance(call.model, torch.jit.ScriptModule):
        raise TypeError("it is scripted")
    # Not strict: runs the model's Python itself, so that whatever Python can do works.
    program = torch.export.export(call.function(), tuple(call.inputs), strict=False)
    importer = _Importer(program, call)
    return importer.graph(), str(program.graph)


class _Importer:
    def __init__(self, program: Any, call: Call) -> None:
        self._program = program
        self._call = call
        self._scopes: Scopes = call.scopes
        self._builder = GraphBuilder()
        self._aliases = Aliases()
        self._values: dict[Any, Value] = {}
        self._tensors: dict[str, Ref] = {}

    def graph(self) -> GraphBuilder:
        nodes = list(self._program.graph.nodes)
        inputs = iter(self._call.input_names)
        specs = self._program.graph_signature.input_specs
        placeholders = [node for node in nodes if node.op == "placeholder"]
        for node, spec in zip(placeholders, specs, strict=True):
            if spec.kind.name == "USER_INPUT":
                self._values[node] = self._add_input(next(inputs, node.name), node)
            elif spec.kind.name in _TENSOR_KINDS:
                self._add_tensor(node, _TENSOR_KINDS[spec.kind.name], inside_model(spec.target))
        outputs = self._run(self._program.graph_module, self._scopes.root)
        self._add_outputs(outputs)
        for scope, module in self._scopes.empty_modules(self._builder.has_scope):
            self._builder.add(f"{scope}/no_operation", "NoOp", attributes={"module": type(module).__name__})
        return self._builder

    # --- ends of the graph ----------------------------------------------------------------------------

    def _add_input(self, name: str, node: Any) -> Ref:
        return self._builder.add(f"input/{name}", "IO Node", (), [tensor_of(node.meta.get("val"))])

    def _add_tensor(self, node: Any, kind: str, target: str) -> None:
        if kind != "Parameter" and not node.users:  # such as num_batches_tracked
            return
        name = key = self._scopes.tensor(target)
        if kind == "Constant":  # often made in forward: stands where it is used
            user = next(iter(node.users))
            name = f"{self._scope_of(user, self._scopes.root)}/{target.rpartition('.')[2]}"
        if key not in self._tensors:
            self._tensors[key] = self._builder.add(name, kind, (), [tensor_of(node.meta.get("val"))])
        self._values[node] = self._tensors[key]

    def _add_outputs(self, outputs: Value) -> None:
        specs = self._program.graph_signature.output_specs
        names = iter(self._call.output_names)
        for value, spec in zip(outputs, specs, strict=True):
            if spec.kind.name != "USER_OUTPUT":  # a buffer that was written
                continue
            name = next(names, "output.1")
            if isinstance(value, Ref):
                shown = self._builder.node(value.node).outputs[value.port]
                self._builder.add(f"output/{name}", "IO Node", self._aliases.read(value), [shown])

    # --- operations -----------------------------------------------------------------------------------

    def _run(self, owner: Any, scope: str) -> list[Value]:
        """Adds the operations of a graph whose placeholders have values; gives the values it returns."""
        returned: Any = ()
        for node in owner.graph.nodes:
            if node.op == "call_function":
                self._values[node] = self._call_function(node, owner, scope)
            elif node.op == "output":
                returned = node.args[0]
        parts = returned if isinstance(returned, (list, tuple)) else (returned,)
        return [self._value(part) for part in parts]

    def _call_function(self, node: Any, owner: Any, scope: str) -> Value:
        scope = self._scope_of(node, scope)
        if node.target is operator.getitem and isinstance(self._value(node.args[0]), list):
            return self._value(node.args[0])[node.args[1]]
        subgraphs = [each for each in _leaves(node.args, node.kwargs) if _is_subgraph(each, owner)]
        if subgraphs:
            return self._call_subgraphs(node, owner, scope, subgraphs)
        if _is_check(node):
            return None
        source = self._value(node.args[0]) if _name(node) == "alias" else None
        if isinstance(source, Ref) and source.node.startswith(f"{scope}/"):
            return source  # our mark of a module that hands on its input, where the module did something
        inputs = [ref for each in _leaves(node.args, node.kwargs) for ref in self._read(each)]
        return self._add(f"{scope}/{_name(node)}", node, inputs)

    def _add(self, name: str, node: Any, inputs: list[Ref]) -> Value:
        value = node.meta.get("val")
        several = isinstance(value, (list, tuple))
        outputs = [tensor_of(each) for each in (value if several else [value])]
        ref = self._builder.add(name, _op(node), inputs, outputs, _attributes(node))
        refs = [Ref(ref.node, port) for port in range(len(outputs))]
        self._aliases.call(getattr(node.target, "_schema", None), map(self._value, node.args), refs)
        return refs if several else ref

    def _call_subgraphs(self, node: Any, owner: Any, scope: str, subgraphs: list[Any]) -> Value:
        leaves = list(_leaves(node.args, node.kwargs))
        operands = [each for each in leaves[leaves.index(subgraphs[-1]) + 1 :] if _is_node(each)]
        inlined = _name(node).startswith(_INLINED)
        inside = scope if inlined else self._builder.scope(f"{scope}/{_name(node)}")
        inputs = [ref for each in leaves if each not in subgraphs for ref in self._read(each)]
        results: list[Value] = []
        for subgraph in subgraphs:
            module = operator.attrgetter(subgraph.target)(owner)
            placeholders = [each for each in module.graph.nodes if each.op == "placeholder"]
            if len(placeholders) != len(operands):  # a function of scalars, such as a score of attention
                continue
            self._values.update(zip(placeholders, map(self._value, operands), strict=True))
            results = self._run(module, scope if inlined else f"{inside}/{subgraph.target}")
            inputs += [each for each in results if isinstance(each, Ref)]
        return results if inlined and results else self._add(f"{inside}/{_name(node)}", node, inputs)

    # --- values and scopes ----------------------------------------------------------------------------

    def _value(self, argument: Any) -> Value:
        if isinstance(argument, (list, tuple)):
            return [self._value(each) for each in argument]
        return self._values.get(argument) if _is_node(argument) else None

    def _read(self, argument: Any) -> Iterator[Ref]:
        value = self._value(argument)
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, Ref):
                yield from self._aliases.read(each)

    def _scope_of(self, node: Any, otherwise: str) -> str:
        stack = list((node.meta.get("nn_module_stack") or {}).values())
        return self._scopes.module(inside_model(stack[-1][0])) if stack else otherwise


def _is_node(argument: Any) -> bool:
    return hasattr(argument, "users")


def _is_subgraph(argument: Any, owner: Any) -> bool:
    if not _is_node(argument) or argument.op != "get_attr":
        return False
    return hasattr(operator.attrgetter(argument.target)(owner), "graph")


def _leaves(*arguments: Any) -> Iterator[Any]:
    for each in arguments:
        if isinstance(each, (list, tuple)):
            yield from _leaves(*each)
        elif isinstance(each, dict):
            yield from _leaves(*each.values())
        else:
            yield each


def _is_check(node: Any) -> bool:
    """An assertion about shapes and dtypes, which export puts in; its result is used by nobody."""
    return node.meta.get("val") is None and not node.users and "assert" in _name(node)


def _op(node: Any) -> str:
    """aten::conv2d, as torch.jit calls it."""
    schema = getattr(node.target, "_schema", None)
    if schema is not None:
        return str(schema.name)
    module = getattr(node.target, "__module__", "") or "torch"
    kind = "higher_order" if "higher_order" in str(module) else str(module).lstrip("_").partition(".")[0]
    return f"{kind}::{getattr(node.target, '__name__', node.target)}"


def _name(node: Any) -> str:
    return _op(node).rpartition("::")[2]


def _attributes(node: Any) -> dict[str, str]:
    """The arguments that are no tensors, by their names."""
    schema = getattr(node.target, "_schema", None)
    names = [argument.name for argument in schema.arguments] if schema is not None else []
    named = dict(zip(names, node.args, strict=False)) | node.kwargs
    return {
        name: value_text(each)
        for name, each in named.items()
        if each is not None and name != "dtype" and not any(map(_is_node, _leaves(each)))
    }
