"""tensorboardX.crc32c: the checksum of records."""

from __future__ import annotations

from typing import Any

from ringboard._native import crc32c as _native

CRC_INIT = 0


def crc32c(data: Any) -> int:
    """CRC-32C of bytes."""
    return _native.value(data)


def crc_update(crc: int, data: Any) -> int:
    """CRC-32C of what had the checksum `crc`, with `data` behind it."""
    return _native.extend(crc, data)


def crc_finalize(crc: int) -> int:
    """The checksum as 32 bits."""
    return crc & 0xFFFF_FFFF


_crc32c = crc32c
