"""TensorProto as a numpy array, whichever of its fields the numbers stand in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard.reading.messages import Message

_DT_STRING, _DT_BFLOAT16, _DT_HALF, _DT_COMPLEX64, _DT_COMPLEX128 = 7, 14, 19, 8, 18
# types.proto, DataType → numpy's type and the field that holds elements one by one.
_TYPES: dict[int, tuple[str, int]] = {
    1: ("<f4", 5), 2: ("<f8", 6), 3: ("<i4", 7), 4: ("<u1", 7), 5: ("<i2", 7), 6: ("<i1", 7),
    _DT_COMPLEX64: ("<c8", 9), 9: ("<i8", 10), 10: ("?", 11), _DT_BFLOAT16: ("<u2", 13), 17: ("<u2", 7),
    _DT_COMPLEX128: ("<c16", 12), _DT_HALF: ("<f2", 13), 22: ("<u4", 16), 23: ("<u8", 17),
}  # fmt: skip
_UINT32_VAL = 16


def decode_tensor(tensor: Message) -> npt.NDArray[Any]:
    """The array; bfloat16 as float32, strings as bytes objects.

    Raises:
        ValueError: a type that numpy has not, or not as many elements as the shape says.
    """
    number = tensor.integer(1)
    shape = tuple(dim.integer(1) for dim in tensor.message(2).messages(2))
    if any(size < 0 for size in shape):
        raise ValueError(f"a tensor of shape {shape}")
    array: npt.NDArray[Any]
    if number == _DT_STRING:
        strings = tensor.raws(8)
        array = np.empty(len(strings), object)
        array[:] = strings
        return _shaped(array, shape)
    if number not in _TYPES:
        raise ValueError(f"a tensor of type {number} (types.proto, DataType), which numpy has not")
    dtype, field = _TYPES[number]
    content = tensor.raw(4)
    if content:
        if len(content) % np.dtype(dtype).itemsize:
            raise ValueError(f"a tensor of {dtype} with {len(content)} bytes")
        array = np.frombuffer(content, dtype).copy()
    elif field in (5, 6, 9, 12):
        part = dtype.replace("c16", "f8").replace("c8", "f4")
        array = tensor.fixed(field, part).copy()
        if dtype[1] == "c":
            if array.size % 2:
                raise ValueError("a complex tensor with an odd number of parts")
            array = array.view(dtype)
    else:
        integers = tensor.integers(field)
        if not integers.size and field == 7 and dtype[1] == "u":
            integers = tensor.integers(_UINT32_VAL)
        array = _narrow(integers, dtype)
    if number == _DT_BFLOAT16:
        array = (array.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return _shaped(array, shape)


def _narrow(integers: npt.NDArray[np.uint64], dtype: str) -> npt.NDArray[Any]:
    if dtype == "<f2":
        return integers.astype(np.uint16).view(np.float16)
    if dtype == "?":
        return np.not_equal(integers, 0)
    return integers.astype(dtype)


def _shaped(array: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    size = 1
    for each in shape:
        size *= each
    if array.size == 1 and size > 1:  # one element stands for all, as TensorFlow compresses
        return np.broadcast_to(array, shape)
    if array.size != size:
        raise ValueError(f"a tensor of shape {shape} with {array.size} elements")
    return array.reshape(shape)
