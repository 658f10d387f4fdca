"""The graph of a PyTorch model: by torch.export, else by torch.jit.trace, else the tree of its modules."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ringboard.arrays import describe
from ringboard.graph.builder import GraphBuilder
from ringboard.graph.scopes import MODEL, Scopes, class_name
from ringboard.graph.structure import is_tensor, tensors_in, with_tensors
from ringboard.graph.untouched import same_random_numbers, untouched


@dataclass
class Call:
    """A model and what it is called with, as a function of tensors to tensors."""

    model: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    scopes: Scopes
    input_names: list[str]
    inputs: list[Any]
    output_names: list[str] = field(default_factory=list)

    def function(self) -> Any:
        """A module that takes the tensors of the inputs and gives those of the outputs."""
        import torch

        call = self

        class Function(torch.nn.Module):  # type: ignore[misc]
            def __init__(self) -> None:
                super().__init__()
                self.training = False  # not by eval(), which would call the model's
                setattr(self, MODEL, call.model)

            def forward(self, *tensors: Any) -> tuple[Any, ...]:
                source = iter(tensors)
                args, kwargs = with_tensors((call.args, call.kwargs), lambda _: next(source))
                result = getattr(self, MODEL)(*args, **kwargs)
                found = list(tensors_in(result))
                call.output_names = [path or "output.1" for path, _ in found]
                if isinstance(result, (list, tuple)) and not hasattr(result, "_fields"):
                    call.output_names = [_torch_output(name) for name in call.output_names]
                return tuple(tensor for _, tensor in found)

        return Function()


def _torch_output(path: str) -> str:
    """torch counts outputs from 1: output.1, output.2."""
    first, dot, rest = path.partition(".")
    return f"output.{int(first) + 1}{dot}{rest}"


def model_graph(model: Any, inputs: Any, *, verbose: bool = False, strict_trace: bool = True) -> GraphBuilder:
    """The graph of `model` called with `inputs`; SummaryWriter.add_graph documents both."""
    model = _ready(_module(model))
    args, kwargs = _arguments(model, inputs)
    named = _input_names(model, args, kwargs)
    tensors = [tensor for _, tensor in named]
    model = _initialized(model, args, kwargs)
    call = Call(
        model,
        args,
        kwargs,
        Scopes(model),
        [name for name, _ in named],
        [tensor.detach().clone() for tensor in tensors],
    )
    with untouched(model, tensors):
        builder, text, failures = _first_that_works(call, strict_trace)
    for message in failures:
        warnings.warn(message, RuntimeWarning, stacklevel=4)
    if verbose:
        print(text)
    return builder


def _first_that_works(call: Call, strict_trace: bool) -> tuple[GraphBuilder, str, list[str]]:
    """The graph, itself as text, and what went wrong before it was got."""
    from ringboard.graph.exported import export
    from ringboard.graph.traced import trace
    from ringboard.graph.tree import module_tree

    name = class_name(call.model)
    try:
        with _marked_pass_through(call.model):
            return *export(call), []
    except Exception as error:
        exporting = f"torch.export cannot take {name} ({_first_line(error)})"
    try:
        with _marked_pass_through(call.model):
            return *trace(call, strict_trace), [f"add_graph: {exporting}; the graph is torch.jit.trace's"]
    except Exception as error:
        tracing = f"nor can torch.jit.trace ({_first_line(error)})"
    message = f"add_graph: {exporting}, {tracing}; the graph is the tree of modules, without the data's way"
    return *module_tree(call), [message]


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


@contextlib.contextmanager
def _marked_pass_through(model: Any) -> Iterator[None]:
    """Inside, a module that hands on its input, such as Identity, does so by an operation we can see."""
    import torch

    # In forward and not in a hook, because for torch.jit a hook runs outside of the module.
    leaves = [
        module
        for module in model.modules()
        if not isinstance(module, torch.jit.ScriptModule) and not any(True for _ in module.children())
    ]
    own = [vars(module).get("forward") for module in leaves]
    for module in leaves:
        vars(module)["forward"] = _marking(module.forward)
    try:
        yield
    finally:
        for module, forward in zip(leaves, own, strict=True):
            if forward is None:
                vars(module).pop("forward", None)
            else:
                vars(module)["forward"] = forward


def _marking(forward: Callable[..., Any]) -> Callable[..., Any]:
    import torch

    @functools.wraps(forward)
    def marked(*args: Any, **kwargs: Any) -> Any:
        output = forward(*args, **kwargs)
        if is_tensor(output) and any(output is each for each in (*args, *kwargs.values())):
            return torch.ops.aten.alias.default(output)
        return output

    return marked


# --- what the caller gave -----------------------------------------------------------------------------


def _module(model: Any) -> Any:
    import torch

    if isinstance(model, torch.nn.Module):
        return model
    if isinstance(model, torch.jit.ScriptFunction):
        return _module_of(model)
    raise TypeError(f"add_graph: expected the model as a torch.nn.Module, got {describe(model)}")


def _module_of(function: Any) -> Any:
    """A module whose forward is a scripted function."""
    import torch

    def forward(_self: Any, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    names = ["self", *(argument.name for argument in function.schema.arguments)]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    forward.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, kind) for name in names]
    )
    return type(function.name or "ScriptFunction", (torch.nn.Module,), {"forward": forward})()


def _ready(model: Any) -> Any:
    """The model inside of what compiles or distributes it."""
    while True:
        kind = type(model).__name__
        if kind == "OptimizedModule":
            model = model._orig_mod
        elif kind in ("DataParallel", "DistributedDataParallel"):
            model = model.module
        else:
            return model


def _initialized(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The model; if its lazy modules have no shapes yet, a copy that has run once and has them."""
    import torch
    from torch.nn.parameter import is_lazy

    if not any(is_lazy(tensor) for tensor in (*model.parameters(), *model.buffers())):
        return model
    model = copy.deepcopy(model)
    with same_random_numbers(model, []), torch.no_grad():
        model(*args, **kwargs)
    return model


def _signature(model: Any) -> inspect.Signature:
    return inspect.signature(model.forward)


def _binds(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    try:
        _signature(model).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def _arguments(model: Any, inputs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The positional and keyword arguments that input_to_model stands for."""
    forward = f"{class_name(model)}.forward{_signature(model)}"
    if inputs is None:
        if _binds(model, (), {}):
            return (), {}
        raise ValueError(f"add_graph: input_to_model is missing; {forward} needs it")
    if not _is_empty(inputs) and next(tensors_in(inputs), None) is None:
        raise TypeError(
            "add_graph: expected input_to_model to be a tensor, or a tuple, list or dict of tensors; "
            f"got {describe(inputs)}"
        )
    choices: list[tuple[tuple[Any, ...], dict[str, Any]]] = [((inputs,), {})]
    if isinstance(inputs, Mapping) and all(isinstance(key, str) for key in inputs):
        choices.insert(0, ((), dict(inputs)))
    elif isinstance(inputs, (list, tuple)) and not hasattr(inputs, "_fields"):
        choices.insert(0, (tuple(inputs), {}))
    for args, kwargs in choices:
        if _binds(model, args, kwargs):
            return args, kwargs
    raise ValueError(f"add_graph: {forward} doesn't take input_to_model: {_summary(inputs)}")


def _is_empty(inputs: Any) -> bool:
    return isinstance(inputs, (Mapping, list, tuple)) and not inputs


def _summary(inputs: Any) -> str:
    if isinstance(inputs, Mapping):
        return f"{type(inputs).__name__} with the keys {list(inputs)}"
    if isinstance(inputs, (list, tuple)):
        return (
            f"{type(inputs).__name__} of {len(inputs)}: {', '.join(type(each).__name__ for each in inputs)}"
        )
    return describe(inputs)


def _input_names(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    """(name, tensor) of every tensor among the arguments, named after forward's parameters."""
    kinds = inspect.Parameter
    parameters = _signature(model).parameters.values()
    positional = [
        each.name for each in parameters if each.kind in (kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD)
    ]
    rest = next((each.name for each in parameters if each.kind is kinds.VAR_POSITIONAL), "")
    named = list(zip(positional, args, strict=False))
    named += [(f"{rest}.{place}", each) for place, each in enumerate(args[len(positional) :])]
    return [
        (path, tensor) for name, each in (*named, *kwargs.items()) for path, tensor in tensors_in(each, name)
    ]
