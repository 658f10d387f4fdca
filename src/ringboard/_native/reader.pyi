import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

FORMS: tuple[str, ...]
BODY: np.dtype[np.void]

ProblemTuple = tuple[str, int, int]
SeriesTuple = tuple[
    bytes,
    bool,
    str,
    bytes | None,
    bytes,
    NDArray[np.int64],
    NDArray[np.float64],
    NDArray[Any],
    NDArray[np.uint64] | None,
]

class _Scan:
    def open(self, path: str | os.PathLike[str]) -> None: ...
    def close(self) -> None: ...
    def scan(self, final: bool) -> None: ...
    def feed(self, offset: int, data: bytes | bytearray | memoryview) -> None: ...
    def finish(self) -> None: ...
    @property
    def offset(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def record_count(self) -> int: ...
    def take_problems(self) -> list[ProblemTuple]: ...

class LogReader(_Scan):
    def __init__(
        self,
        patterns: Iterable[str] | None = None,
        *,
        numbers: bool = True,
        bodies: bool = True,
        least_step: int | None = None,
        least_wall_time: float | None = None,
        records: bool = False,
    ) -> None: ...
    def take(self) -> list[SeriesTuple]: ...
    def take_markers(self) -> list[tuple[str, int, float, int, int, bytes]]: ...

class RecordReader(_Scan):
    def take(self) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]: ...

def records(
    path: str | os.PathLike[str],
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], list[ProblemTuple]]: ...
