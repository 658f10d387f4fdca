"""Shapes, dtypes, devices and arguments of torch, as a GraphDef writes them."""

from __future__ import annotations

from typing import Any

from ringboard.graph.builder import CPU, Tensor

# TensorBoard's rules for devices are TensorFlow's.
_DEVICES = {"cpu": "CPU", "cuda": "GPU"}


def tensor_of(value: Any) -> Tensor:
    """What is known about a value: a tensor, a number (a shape without axes), or nothing."""
    shape = getattr(value, "shape", None)
    if shape is None:
        known = type(value).__name__ in ("int", "float", "bool", "SymInt", "SymFloat", "SymBool")
        return Tensor(() if known else None)
    sizes = tuple(size if isinstance(size, int) else -1 for size in shape)
    return Tensor(sizes, dtype_of(value.dtype), device_of(value.device))


def dtype_of(dtype: Any) -> str:
    """The name of a torch.dtype without "torch."."""
    return str(dtype).rpartition(".")[2] if dtype is not None else ""


def device_of(device: Any) -> str:
    """A torch.device in TensorFlow's style: /device:GPU:0."""
    if device is None:
        return CPU
    return f"/device:{_DEVICES.get(device.type, device.type.upper())}:{device.index or 0}"


def value_text(value: Any) -> str:
    """An argument of an operation, as text."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(value_text, value))}]"
    return f"{value:g}" if isinstance(value, float) else str(value)
