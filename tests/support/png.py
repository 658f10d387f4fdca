"""Judges a PNG's container: signature, chunk order, every chunk's CRC, and the zlib stream down to its
Adler-32.

Pillow decodes pixels but skips the CRC of IDAT chunks, and browsers differ in what they forgive.
"""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type -> samples per pixel


def chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """[(type, data)] of every chunk.

    Raises:
        AssertionError: no PNG signature, a wrong CRC, a torn chunk, bytes after IEND.
    """
    assert png.startswith(_SIGNATURE), f"not a PNG: {png[:8]!r}"
    found, at = [], len(_SIGNATURE)
    while at < len(png):
        assert at + 12 <= len(png), f"torn PNG chunk at byte {at}"
        length, kind = struct.unpack_from(">I4s", png, at)
        assert at + 12 + length <= len(png), f"torn PNG chunk {kind!r} at byte {at}"
        data = png[at + 8 : at + 8 + length]
        (stored,) = struct.unpack_from(">I", png, at + 8 + length)
        computed = zlib.crc32(kind + data)
        assert stored == computed, (
            f"PNG chunk {kind!r} at byte {at}: CRC {stored:08x}, computed {computed:08x}"
        )
        found.append((kind, data))
        at += 12 + length
        assert kind != b"IEND" or at == len(png), f"{len(png) - at} bytes after IEND"
    ends = [kind for kind, _ in found[:1] + found[-1:]]
    assert ends == [b"IHDR", b"IEND"], f"a PNG runs from IHDR to IEND, not {ends}"
    return found


def _inflate(parts: list[bytes], what: str) -> bytes:
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(b"".join(parts)) + stream.flush()
    except zlib.error as error:
        raise AssertionError(f"{what}: {error}") from None
    assert stream.eof, f"{what}: the zlib stream is torn"
    assert not stream.unused_data, f"{what}: {len(stream.unused_data)} bytes after the zlib stream"
    return raw


def _check_scanlines(raw: bytes, width: int, height: int, bits_per_pixel: int, what: str) -> None:
    stride = 1 + (width * bits_per_pixel + 7) // 8
    assert len(raw) == height * stride, f"{what}: {len(raw)} bytes of scanlines, {height * stride} wanted"
    filters = set(raw[::stride])
    assert filters <= {0, 1, 2, 3, 4}, f"{what}: unknown filter among {sorted(filters)}"


def check(png: bytes) -> None:
    """Asserts that a still PNG or an APNG is sound; each frame of an APNG has its own zlib stream."""
    found = chunks(png)
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(">IIBBBBB", found[0][1])
    assert (compression, filtering, interlace) == (0, 0, 0), "only plain, non-interlaced PNGs are judged here"
    bits = depth * _CHANNELS[colour]
    still = [data for kind, data in found if kind == b"IDAT"]
    _check_scanlines(_inflate(still, "IDAT"), width, height, bits, "IDAT")

    frames: list[tuple[tuple[int, int], list[bytes]]] = []
    sequence = 0
    for kind, data in found:
        if kind not in (b"fcTL", b"fdAT"):
            continue
        (number,) = struct.unpack_from(">I", data)
        assert number == sequence, f"APNG sequence number {number}, {sequence} wanted"
        sequence += 1
        if kind == b"fcTL":
            frames.append((struct.unpack_from(">II", data, 4), []))
        else:
            frames[-1][1].append(data[4:])
    for index, ((frame_width, frame_height), parts) in enumerate(frames):
        if parts or index > 0:  # the first frame may be the still image itself
            what = f"frame {index}"
            _check_scanlines(_inflate(parts, what), frame_width, frame_height, bits, what)
    control = [struct.unpack(">II", data)[0] for kind, data in found if kind == b"acTL"]
    if control or frames:
        assert control == [len(frames)], f"acTL announces {control} frames, there are {len(frames)}"
