"""zstd frames, through the package zstandard, which is imported when the first archive is."""

from __future__ import annotations

from types import ModuleType
from typing import Any

# A frame's window may not need more memory than a block does.
_MOST_WINDOW_BYTES = 1 << 27


def library() -> ModuleType:
    """The package zstandard.

    Raises:
        ImportError: it is not installed.
    """
    try:
        import zstandard
    except ImportError as error:
        raise ImportError(
            'archives need the package zstandard, which is missing: pip install "ringboard[archive]"'
        ) from error
    return zstandard


def check_level(level: Any) -> int:
    most = library().MAX_COMPRESSION_LEVEL
    if isinstance(level, bool) or not isinstance(level, int) or not 1 <= level <= most:
        raise ValueError(f"level={level!r}: expected a whole number from 1 to {most}")
    return level


def compress(data: bytes, level: int) -> bytes:
    """One frame, with a checksum of its content; nothing for nothing."""
    if not data:
        return b""
    # One for each frame: a compressor must not be used by two threads, and making it costs microseconds.
    compressor = library().ZstdCompressor(level=level, write_checksum=True, write_content_size=True)
    packed: bytes = compressor.compress(data)
    return packed


def decompress(packed: bytes | memoryview, size: int) -> bytes:
    """The `size` bytes of a frame.

    Raises:
        ValueError: it is damaged, or holds another number of bytes.  No more than `size` are allocated.
    """
    if not size and not packed:
        return b""
    zstandard = library()
    try:
        if zstandard.get_frame_parameters(packed).content_size != size:
            raise ValueError("a frame of another size than the archive says")
        unpacker = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW_BYTES)
        data: bytes = unpacker.decompress(packed, max_output_size=size, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise ValueError(f"not a whole zstd frame ({error})") from error
    if len(data) != size:
        raise ValueError("a frame of another size than the archive says")
    return data
