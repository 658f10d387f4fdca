"""Tensors inside nested values: what a model takes and what it gives.

torch.export and torch.jit.trace each know some containers and refuse others (dataclasses, None, strings,
plain objects).  So models are traced as functions of tensors to tensors, and what is around them is taken
apart and put together here.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

_DEEPEST = 32  # below this an object refers to itself


def is_tensor(value: object) -> bool:
    """Whether it is a torch.Tensor; only asked where torch is loaded."""
    import torch

    return isinstance(value, torch.Tensor)


def tensors_in(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(path, tensor) of every tensor in nested mappings, sequences, dataclasses and other objects.

    A path joins keys, indices and attribute names by dots.
    """
    if is_tensor(value):
        yield path, value
    elif depth < _DEEPEST:
        for key, child in _children(value):
            yield from tensors_in(child, f"{path}.{key}" if path else str(key), depth + 1)


def _children(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, (list, tuple)):
        names = getattr(value, "_fields", range(len(value)))
        yield from zip(names, value, strict=True)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from ((field.name, getattr(value, field.name, None)) for field in dataclasses.fields(value))
    elif not isinstance(value, type) and not callable(value):
        yield from ((key, child) for key, child in getattr(value, "__dict__", {}).items() if key[:1] != "_")


def with_tensors(value: Any, replace: Callable[[Any], Any], depth: int = 0) -> Any:
    """A copy of `value` whose tensors are `replace(tensor)`, in tensors_in's order."""
    if is_tensor(value):
        return replace(value)
    changed = []
    if depth < _DEEPEST:
        for key, child in _children(value):
            new = with_tensors(child, replace, depth + 1)
            changed.append((key, child, new))
    if all(child is new for _, child, new in changed):
        return value
    return _rebuilt(value, {key: new for key, _, new in changed})


def _rebuilt(value: Any, children: dict[Any, Any]) -> Any:
    if isinstance(value, (list, tuple)):
        parts = children.values()
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    new = copy.copy(value)
    for key, child in children.items():
        if isinstance(value, Mapping):
            new[key] = child
        else:
            object.__setattr__(new, key, child)  # also into frozen dataclasses
    return new
