"""tensorboardX.proto: the modules with its protobuf classes are TensorBoard's, loaded when they are used.

    from ringboard.tensorboardX.proto import event_pb2
    from ringboard.tensorboardX.proto.summary_pb2 import Summary

Writing events needs none of them.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

_COMPAT = "tensorboard.compat.proto"
_PLUGINS = "tensorboard.plugins"
_SOURCES = {
    "api_pb2": f"{_PLUGINS}.hparams.api_pb2",
    "layout_pb2": f"{_PLUGINS}.custom_scalar.layout_pb2",
    **{
        f"plugin_{name}_pb2": f"{_PLUGINS}.{name}.plugin_data_pb2"
        for name in ("hparams", "mesh", "pr_curve", "text")
    },
    **{
        f"{name}_pb2": f"{_COMPAT}.{name}_pb2"
        for name in (
            *("attr_value", "event", "graph", "node_def", "resource_handle", "summary", "tensor"),
            *("tensor_shape", "types", "versions"),
        )
    },
}


class _Lazy(types.ModuleType):
    """A module whose names are those of another, which is imported when the first one is asked for."""

    def __init__(self, name: str, source: str) -> None:
        super().__init__(name, f"The classes of {source}.")
        self.__dict__["_source"] = source

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        source = self.__dict__["_source"]
        try:
            module = importlib.import_module(source)
        except ImportError as error:
            raise ImportError(
                f"{self.__name__} has TensorBoard's protobuf classes, which are missing: "
                "pip install tensorboard"
            ) from error
        return getattr(module, name)

    def __dir__(self) -> list[str]:
        return dir(importlib.import_module(self.__dict__["_source"]))


def _add_modules() -> None:
    for name, source in _SOURCES.items():
        module = _Lazy(f"{__name__}.{name}", source)
        sys.modules[module.__name__] = module
        globals()[name] = module


_add_modules()
