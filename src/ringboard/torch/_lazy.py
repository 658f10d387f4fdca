"""Names that a module has of other libraries, imported when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any


def lazily(module: str, sources: Mapping[str, str]) -> Callable[[str], Any]:
    """A `__getattr__` for a module.

    Args:
        module: its name, for errors.
        sources: name → where it is: "package.module:name", or "package.module" for a module.

    Raises:
        AttributeError: the name is not among them, or its library is not installed; so that hasattr() works.
    """

    def find(name: str) -> Any:
        if name not in sources:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        path, _, attribute = sources[name].partition(":")
        try:
            found = importlib.import_module(path)
        except ImportError as error:
            raise AttributeError(f"{module}.{name} is of {path}, which is not there: {error}") from error
        return getattr(found, attribute) if attribute else found

    return find
