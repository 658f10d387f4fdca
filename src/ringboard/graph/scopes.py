"""The names of a model's parts in the graph, in torch's style: Net/Sequential[layer1]/Conv2d[0]."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

# The name of the model inside the function that is traced (torch_model.py).
MODEL = "model"


def inside_model(target: str) -> str:
    """The dotted name in the user's model of a name in the function around it."""
    name = target.partition("@")[0]  # name@1: the second call of one module
    return "" if name == MODEL else name.removeprefix(f"{MODEL}.")


def class_name(module: Any) -> str:
    """The module's class; for a scripted module, that of the module it was made from."""
    name: str = getattr(module, "original_name", None) or type(module).__name__
    return name


class Scopes:
    """Scopes of modules and names of parameters, by their dotted names.

    A module that is registered under several names has one scope, that of its first name; likewise a
    parameter that several modules share.
    """

    def __init__(self, model: Any) -> None:
        self.root = class_name(model).replace("/", "_")
        self._scopes = {"": self.root}
        self._tensors: dict[str, str] = {}
        first: dict[int, str] = {id(model): ""}
        for name, module in model.named_modules(remove_duplicate=False):
            known = first.setdefault(id(module), name)
            self._scopes[name] = self._below_parent(name, module) if known == name else self._scopes[known]
        self.modules = {name: module for name, module in model.named_modules() if name}
        self._name_tensors(model)

    def _below_parent(self, name: str, module: Any) -> str:
        if not name:
            return self.root
        parent, _, last = name.rpartition(".")
        return f"{self._scopes[parent]}/{class_name(module).replace('/', '_')}[{last.replace('/', '_')}]"

    def _name_tensors(self, model: Any) -> None:
        first: dict[int, str] = {}
        for kind in (model.named_parameters, model.named_buffers):
            for name, tensor in kind(remove_duplicate=False):
                self._tensors[name] = first.setdefault(id(tensor), name)

    def module(self, name: str) -> str:
        """The scope of a module; for one that came up only while the model ran, that of its parent."""
        while name not in self._scopes:
            name = name.rpartition(".")[0]
        return self._scopes[name]

    def tensor(self, name: str) -> str:
        """The node's name of a parameter, buffer or other tensor attribute."""
        owner, _, last = self._tensors.get(name, name).rpartition(".")
        return f"{self.module(owner)}/{last}"

    def empty_modules(self, occupied: Any) -> Iterator[tuple[str, Any]]:
        """(scope, module) of the modules for which `occupied(scope)` is false."""
        for name, module in self.modules.items():
            if not occupied(self._scopes[name]):
                yield self._scopes[name], module
