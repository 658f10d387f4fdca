"""Tensor summaries: any array, kept exactly, for programs that read event files."""

from __future__ import annotations

import numpy as np

from ringboard import proto
from ringboard.arrays import Array, describe

DT_STRING = 7

# dtype → (types.proto's DataType, TensorProto's field for its elements)
_FIXED_TYPES = {"float32": (1, 5), "float64": (2, 6), "complex64": (8, 9), "complex128": (18, 12)}
# TensorBoard's reader looks for these nowhere but in tensor_content.
_CONTENT_TYPES = {"uint32": (22, 4), "uint64": (23, 4)}
_VARINT_TYPES = {
    "int8": (6, 7),
    "int16": (5, 7),
    "int32": (3, 7),
    "uint8": (4, 7),
    "uint16": (17, 7),
    "int64": (9, 10),
    "bool": (10, 11),
    # half_val holds the 16-bit patterns, which is what readers expect there.
    "float16": (19, 13),
    "bfloat16": (14, 13),
}
MAX_BYTES = 2**31 - 1  # of a protobuf message


def tensor_event(tag: str, array: Array) -> bytes:
    """The body of a tensor event: the elements in the typed field of their dtype, and the shape."""
    if array.data.nbytes > MAX_BYTES - (1 << 20):
        raise ValueError(
            f"tensor {tag!r}: {array.data.nbytes} bytes are more than an event can hold (2 GiB); "
            f"got {describe(array.data)}; log a part of it"
        )
    tensor = tensor_proto(tag, array)
    return proto.summary_event(
        proto.text(1, tag) + proto.message(8, tensor) + proto.message(9, proto.plugin_metadata("tensor"))
    )


def tensor_proto(tag: str, array: Array) -> bytes:
    """TensorProto of the array."""
    flat = np.ravel(array.data)
    fixed = _FIXED_TYPES | _CONTENT_TYPES
    if array.dtype in fixed:
        dtype, field = fixed[array.dtype]
        elements = flat.astype(flat.dtype.newbyteorder("<"), copy=False).tobytes()
    elif array.dtype in _VARINT_TYPES:
        dtype, field = _VARINT_TYPES[array.dtype]
        if array.dtype in ("float16", "bfloat16"):
            flat = flat.view(np.uint16)
        elements = packed_varints(flat)
    else:
        raise TypeError(f"tensor {tag!r}: an event holds no {array.dtype}; got {describe(array.data)}")
    head = proto.integer(1, dtype)
    if array.data.ndim:
        head += proto.message(2, proto.tensor_shape(array.data.shape))
    else:
        head += proto.message(2, b"")
    return head + (proto.message(field, elements) if flat.size else b"")


def packed_varints(numbers: np.ndarray) -> bytes:
    """Integers as packed varints, a chunk at a time and without a loop over elements."""
    if numbers.size <= 256:  # below, numpy's fixed costs are the larger ones
        return b"".join(map(proto.varint, numbers.tolist()))
    chunk = 1 << 16  # what it needs meanwhile stays in the cache
    if numbers.size > chunk:
        parts = (numbers[start : start + chunk] for start in range(0, numbers.size, chunk))
        return b"".join(packed_varints(part) for part in parts)
    left = numbers.astype(np.int64 if numbers.dtype.kind == "i" else np.uint64).view(np.uint64)
    largest = int(left.max())
    if largest < 0x80:
        return left.astype(np.uint8).tobytes()
    lengths = np.ones(left.size, dtype=np.intp)
    for bits in range(7, largest.bit_length(), 7):
        lengths += left >> np.uint64(bits) != 0
    ends = np.cumsum(lengths)
    out = np.empty(int(ends[-1]), np.uint8)
    # Their first bytes, each to its place; then the second bytes of those that have one, and so on.
    at = ends - lengths
    while left.size:
        more = left >= 0x80
        out[at] = left.astype(np.uint8) & 0x7F | more.view(np.uint8) << 7
        at, left = at[more] + 1, left[more] >> np.uint64(7)
    return out.tobytes()
