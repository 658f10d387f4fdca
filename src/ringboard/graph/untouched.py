"""Runs a model without leaving a trace on it.

Tracing calls forward, and forward may do anything: count in a buffer, keep its last activations as an
attribute (under torch.export a fake tensor, which would break the model later), draw random numbers.
"""

from __future__ import annotations

import contextlib
import logging
import random
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

# The registries that nn.Module keeps in dicts, which a copy of __dict__ would only refer to.
_REGISTRIES = ("_parameters", "_buffers", "_modules", "_forward_hooks", "_forward_pre_hooks")
# They print pages about a failure of which we give the first line.
_TALKATIVE = ("torch.export", "torch._export", "torch.fx.experimental.symbolic_shapes", "torch._dynamo")


@contextlib.contextmanager
def untouched(model: Any, tensors: list[Any]) -> Iterator[None]:
    """Inside, the model is in eval mode and nothing has a gradient; after, all is as it was before."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(same_random_numbers(model, tensors))
        stack.enter_context(_same_attributes(model))
        stack.enter_context(_eval_mode(model))
        stack.enter_context(_module_by_module())
        stack.enter_context(_quiet())
        yield


@contextlib.contextmanager
def _eval_mode(model: Any) -> Iterator[None]:
    # By attribute: a model's own train() may do more (merge weights, thaw layers), which we couldn't undo.
    flags = [(module, module.training) for module in model.modules()]
    try:
        for module, _ in flags:
            module.training = False
        yield
    finally:
        for module, flag in flags:
            module.training = flag


@contextlib.contextmanager
def _same_attributes(model: Any) -> Iterator[None]:
    import torch

    # A scripted module's attributes live in C++; there is only `training` to change.
    modules = [module for module in model.modules() if not isinstance(module, torch.jit.ScriptModule)]
    attributes = [(module, dict(vars(module))) for module in modules]
    registries = [
        (registry, dict(registry))
        for module in modules
        for registry in (vars(module).get(name) for name in _REGISTRIES)
        if registry
    ]
    values = [(buffer, _version(buffer), buffer.detach().clone()) for buffer in model.buffers()]
    try:
        yield
    finally:
        for module, saved in attributes:
            vars(module).clear()
            vars(module).update(saved)
        for registry, entries in registries:
            registry.clear()
            registry.update(entries)
        with torch.no_grad():
            for buffer, version, value in values:
                if _version(buffer) != version:  # else it may be part of somebody's pending backward
                    buffer.copy_(value)


def _version(tensor: Any) -> int:
    """How often the tensor was written; a tensor of inference mode can't be, outside of it."""
    return 0 if tensor.is_inference() else int(tensor._version)


@contextlib.contextmanager
def same_random_numbers(model: Any, tensors: list[Any]) -> Iterator[None]:
    """Inside, random numbers may be drawn: Python's, numpy's and torch's; after, none were."""
    import torch

    devices: dict[str, set[int]] = {}
    for tensor in (*tensors, *model.parameters(), *model.buffers()):
        if tensor.device.type not in ("cpu", "meta"):
            devices.setdefault(tensor.device.type, set()).add(tensor.device.index or 0)
    python, numpy = random.getstate(), np.random.get_state()
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.random.fork_rng(devices=[]))
        for kind, indices in devices.items():
            stack.enter_context(torch.random.fork_rng(devices=sorted(indices), device_type=kind))
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


@contextlib.contextmanager
def _module_by_module() -> Iterator[None]:
    """No gradients; and no fused kernel that runs a whole transformer layer, of which we'd see one node."""
    import torch

    mha = getattr(torch.backends, "mha", None)
    fast = mha.get_fastpath_enabled() if mha else False
    if mha:
        mha.set_fastpath_enabled(False)
    try:
        with torch.no_grad():
            yield
    finally:
        if mha:
            mha.set_fastpath_enabled(fast)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        with warnings.catch_warnings(), contextlib.redirect_stderr(_OtherThreads(sys.stderr)):
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


class _OtherThreads:
    """A stream that lets through what other threads write."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._thread = threading.get_ident()

    def write(self, text: str) -> int:
        if threading.get_ident() != self._thread and self._stream is not None:
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
