"""Events by our own walk of the records alone, both checksums of each verified.

tests.support.events reads every file twice, once through TensorBoard's Python reader, at 20 µs an event and a
second a megabyte: too slow for the files of stress tests.
"""

from __future__ import annotations

import os
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event

from tests.support.records import event_files, records

StrPath = str | os.PathLike[str]


def events(path_or_dir: StrPath, *, allow_torn_tail: bool = False) -> list[Event]:
    """Every event of one file, or of all files below a directory in reading order."""
    path = Path(path_or_dir)
    files = event_files(path) if path.is_dir() else [path]
    return [
        Event.FromString(record)
        for file in files
        for record in records(file, allow_torn_tail=allow_torn_tail)
    ]


def points(path_or_dir: StrPath, *, allow_torn_tail: bool = False) -> dict[str, list[tuple[int, float]]]:
    """{tag: [(step, simple value), …]} in the order of the files; runs are not told apart."""
    found: dict[str, list[tuple[int, float]]] = {}
    for event in events(path_or_dir, allow_torn_tail=allow_torn_tail):
        for value in event.summary.value:
            if value.WhichOneof("value") == "simple_value":
                found.setdefault(value.tag, []).append((event.step, value.simple_value))
    return found


def steps(path_or_dir: StrPath, tag: str, *, allow_torn_tail: bool = False) -> list[int]:
    """The steps of one scalar tag, in the order of the files."""
    return [step for step, _value in points(path_or_dir, allow_torn_tail=allow_torn_tail).get(tag, [])]
