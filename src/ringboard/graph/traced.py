"""torch.jit.trace's graph, node by node.

A traced graph is SSA: parameters come by chains of prim::GetAttr from the module, constants and lists are
nodes of their own.  Here only tensors and what computes them become nodes: constants become attributes, a
list hands its elements on.
"""

from __future__ import annotations

from typing import Any

from ringboard.graph.aliases import Aliases
from ringboard.graph.builder import GraphBuilder, Ref, Tensor
from ringboard.graph.describe_torch import device_of, dtype_of, tensor_of, value_text
from ringboard.graph.scopes import inside_model
from ringboard.graph.torch_model import Call

_CONSTRUCTORS = ("prim::ListConstruct", "prim::TupleConstruct", "prim::DictConstruct")
_UNPACKERS = ("prim::ListUnpack", "prim::TupleUnpack")
# What a value of the trace is in ours: an output of a node, several in a list, or nothing shown.
Value = Any


def trace(call: Call, strict: bool) -> tuple[GraphBuilder, str]:
    """The graph of a model by torch.jit.trace, and the traced graph as text."""
    import torch

    # One run is enough: a second one, to compare, would only warn about what we can't change.
    traced = torch.jit.trace(call.function(), tuple(call.inputs), strict=strict, check_trace=False)
    graph = traced.inlined_graph
    return _Importer(call).graph(graph), str(graph)


class _Importer:
    def __init__(self, call: Call) -> None:
        self._call = call
        self._builder = GraphBuilder()
        self._aliases = Aliases()
        self._values: dict[str, Value] = {}
        self._owners: dict[str, str] = {}  # module value → its dotted name in the traced function
        self._constants: dict[str, str] = {}
        self._tensors: dict[str, Ref] = {}

    def graph(self, graph: Any) -> GraphBuilder:
        """Imports a torch.Graph."""
        function, *inputs = graph.inputs()
        self._owners[function.debugName()] = ""
        for value, name, tensor in zip(inputs, self._call.input_names, self._call.inputs, strict=True):
            ref = self._builder.add(f"input/{name}", "IO Node", (), [tensor_of(tensor)])
            self._values[value.debugName()] = ref
        scope = self._call.scopes.root
        for node in graph.nodes():
            self._import(node, scope)
        refs = [ref for value in graph.outputs() for ref in _flat(self._value(value))]
        for name, ref in zip(self._call.output_names, refs, strict=False):
            shown = self._builder.node(ref.node).outputs[ref.port]
            self._builder.add(f"output/{name}", "IO Node", self._aliases.read(ref), [shown])
        for scope, module in self._call.scopes.empty_modules(self._builder.has_scope):
            self._builder.add(f"{scope}/no_operation", "NoOp", attributes={"module": type(module).__name__})
        return self._builder

    def _value(self, value: Any) -> Value:
        return self._values.get(value.debugName())

    def _import(self, node: Any, otherwise: str) -> None:
        kind = node.kind()
        if kind == "prim::GetAttr":
            self._get_attribute(node)
        elif kind == "prim::Constant":
            self._constant(node, otherwise)
        elif kind in _CONSTRUCTORS:
            elements = [self._value(each) for each in node.inputs()]
            self._values[node.output().debugName()] = elements
            self._constants[node.output().debugName()] = f"[{', '.join(map(self._text, node.inputs()))}]"
        elif kind in _UNPACKERS:
            self._unpack(node)
        else:
            self._operation(node, otherwise)

    def _get_attribute(self, node: Any) -> None:
        output, name = node.output(), node.s("name")
        owner = self._owners.get(node.input().debugName(), "")
        path = f"{owner}.{name}" if owner else name
        if output.type().kind() == "ClassType":
            self._owners[output.debugName()] = path
            return
        shown = self._call.scopes.tensor(inside_model(path))
        if shown not in self._tensors:
            self._tensors[shown] = self._builder.add(
                shown, "Parameter", (), [self._attribute_tensor(path, output)]
            )
        self._values[output.debugName()] = self._tensors[shown]

    def _attribute_tensor(self, path: str, output: Any) -> Tensor:
        """What a parameter is; the trace doesn't say, the model does."""
        found = self._call.model
        for part in inside_model(path).split("."):
            found = getattr(found, part, None)
        return tensor_of(found) if found is not None else _described(output)

    def _constant(self, node: Any, otherwise: str) -> None:
        output, text = node.output(), "None"
        if node.hasAttribute("value"):
            value = getattr(node, node.kindOf("value"))("value")
            if getattr(value, "shape", ()):  # a tensor that forward made
                name = f"{self._scope_of(node, otherwise)}/constant"
                self._values[output.debugName()] = self._builder.add(
                    name, "Constant", (), [_described(output)]
                )
                return
            text = value_text(value.item() if hasattr(value, "item") else value)
        self._constants[output.debugName()] = text

    def _unpack(self, node: Any) -> None:
        elements, outputs = self._value(node.input()), list(node.outputs())
        if isinstance(elements, Ref):  # of an operation that gives a list: its ports
            producer = self._builder.node(elements.node)
            producer.outputs = [_described(each) for each in outputs]
            elements = [Ref(elements.node, port) for port in range(len(outputs))]
        for output, element in zip(outputs, elements or (), strict=False):
            self._values[output.debugName()] = element

    def _operation(self, node: Any, otherwise: str) -> None:
        scope = self._scope_of(node, otherwise)
        kind, outputs = node.kind(), list(node.outputs())
        name = f"{scope}/{kind.rpartition('::')[2]}"
        sources = self._read(node.inputs())
        blocks = list(node.blocks())  # of a branch or loop in a scripted function
        if blocks:
            inside = self._builder.scope(name)
            name = f"{inside}/{name.rpartition('/')[2]}"
            for number, block in enumerate(blocks):
                sources += self._block(node, block, f"{inside}/block{number}")
        elif kind == "aten::alias" and any(source.node.startswith(f"{scope}/") for source in sources):
            self._values[outputs[0].debugName()] = sources[0]  # as in exported.py
            return
        if not outputs or (not sources and kind.startswith("prim::")):
            return
        schema = _schema(node)
        attributes = self._attributes(node, schema)
        ref = self._builder.add(name, kind, sources, list(map(_described, outputs)), attributes)
        refs = [Ref(ref.node, port) for port in range(len(outputs))]
        self._aliases.call(schema, map(self._value, node.inputs()), refs)
        self._values.update((output.debugName(), each) for output, each in zip(outputs, refs, strict=True))

    def _block(self, node: Any, block: Any, scope: str) -> list[Ref]:
        """Imports the body of a branch or loop; gives what it returns."""
        given, taken = list(node.inputs())[2:], list(block.inputs())[1:]
        for inner, outer in zip(taken, given, strict=False):  # a loop's: the count, then what is carried
            self._values[inner.debugName()] = self._value(outer)
        for each in block.nodes():
            self._import(each, scope)
        return self._read(block.outputs())

    def _read(self, values: Any) -> list[Ref]:
        refs = [ref for value in values for ref in _flat(self._value(value))]
        return [source for ref in refs for source in self._aliases.read(ref)]

    def _scope_of(self, node: Any, otherwise: str) -> str:
        path = node.scopeName().rpartition("/")[2].removeprefix("__module.")
        return self._call.scopes.module(inside_model(path)) if path else otherwise

    def _text(self, value: Any) -> str:
        return self._constants.get(value.debugName(), "Tensor")

    def _attributes(self, node: Any, schema: Any) -> dict[str, str]:
        """The arguments that are constants, by the names in the operator's schema."""
        names = [argument.name for argument in schema.arguments] if schema is not None else []
        given = zip(names, node.inputs(), strict=False)
        return {
            name: self._constants[value.debugName()]
            for name, value in given
            if self._constants.get(value.debugName(), "None") != "None" and name != "dtype"
        }


def _schema(node: Any) -> Any:
    """The operator's schema; None for what isn't one, such as prim::If."""
    import torch

    try:
        return torch._C.parse_schema(node.schema())
    except RuntimeError:
        return None


def _flat(value: Value) -> list[Ref]:
    if isinstance(value, list):
        return [ref for each in value for ref in _flat(each)]
    return [value] if isinstance(value, Ref) else []


def _described(value: Any) -> Tensor:
    """What a traced value's type says."""
    kind = value.type()
    if kind.kind() in ("IntType", "FloatType", "BoolType"):
        return Tensor(())
    if kind.kind() != "TensorType":
        return Tensor()
    sizes, dtype = kind.sizes(), kind.dtype()
    shape = tuple(-1 if size is None else size for size in sizes) if sizes is not None else None
    return Tensor(shape, dtype_of(dtype), device_of(kind.device()))
