from typing import Any

MAX_BLOCK_BYTES: int

def split(data: Any) -> int: ...
def encode(
    data: Any,
) -> tuple[bytes, bytes, bytes, tuple[list[bytes], list[bytes], list[bytes]], bool]: ...
def decode(
    columns: Any, small_bodies: Any, large_bodies: Any, size: int
) -> tuple[bytes, list[tuple[int, int]]]: ...
