"""RecordWriter: TFRecord framing on any file object; torch.utils.tensorboard has TensorBoard's."""

from __future__ import annotations

import struct
from typing import Any

from ringboard._native import crc32c


class RecordWriter:
    """Writes records, each framed by its length and two checksums.

    Args:
        writer: a binary file object: with write(), flush(), close() and closed.
    """

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, data: bytes) -> None:
        """Writes one record."""
        length = struct.pack("<Q", len(data))
        head, foot = (struct.pack("<I", crc32c.mask(crc32c.value(part))) for part in (length, data))
        self._writer.write(length + head + data + foot)

    def flush(self) -> None:
        """Flushes the file."""
        self._writer.flush()

    def close(self) -> None:
        """Closes the file."""
        self._writer.close()

    @property
    def closed(self) -> bool:
        """Whether the file is closed."""
        closed: bool = self._writer.closed
        return closed
