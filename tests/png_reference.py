"""A slow PNG decoder for what Pillow rounds to 8 bits: it follows the specification byte by byte."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from tests.support.png import check, chunks

_CHANNELS = {0: 1, 2: 3, 4: 2, 6: 4}


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    return min((left, up, corner), key=lambda candidate: abs(estimate - candidate))


def _unfilter(kind: int, row: bytes, above: bytes, pixel_bytes: int) -> bytes:
    out = bytearray(row)
    for i in range(len(row)):
        left = out[i - pixel_bytes] if i >= pixel_bytes else 0
        corner = above[i - pixel_bytes] if i >= pixel_bytes else 0
        predicted = (0, left, above[i], (left + above[i]) // 2, _paeth(left, above[i], corner))[kind]
        out[i] = (row[i] + predicted) & 0xFF
    return bytes(out)


def decode(png: bytes) -> np.ndarray:
    """(height, width, channels) in uint8 or uint16."""
    check(png)
    found = chunks(png)
    width, height, depth, colour = struct.unpack_from(">IIBB", found[0][1])
    channels = _CHANNELS[colour]
    pixel_bytes = channels * depth // 8
    raw = zlib.decompress(b"".join(data for kind, data in found if kind == b"IDAT"))
    stride = width * pixel_bytes
    above, rows = bytes(stride), []
    for start in range(0, len(raw), stride + 1):
        above = _unfilter(raw[start], raw[start + 1 : start + 1 + stride], above, pixel_bytes)
        rows.append(above)
    samples = np.frombuffer(b"".join(rows), ">u2" if depth == 16 else "u1")
    return samples.reshape(height, width, channels).astype(np.uint16 if depth == 16 else np.uint8)
