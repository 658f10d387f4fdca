"""Event files through TensorBoard's Python reader, held against our own walk of the same bytes.

Two ways to read:
read_events: strict, the file must be whole and both readers must find the same records. For judging a file.
tensorboard_events: lenient, what TensorBoard goes on with: migrated, cut short at damage. For judging a
reader.
"""

from __future__ import annotations

import os
from pathlib import Path

from tensorboard.backend.event_processing.event_file_loader import EventFileLoader, RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.util import tensor_util

from tests.support.records import event_files, records, run_name

StrPath = str | os.PathLike[str]
FILE_VERSION = "brain.Event:2"


def _files(path_or_dir: StrPath) -> list[Path]:
    path = Path(path_or_dir)
    if not path.exists():
        raise AssertionError(f"no such file or directory: {path}")
    return event_files(path) if path.is_dir() else [path]


def _events_of_file(path: Path, allow_torn_tail: bool) -> list[Event]:
    ours = records(path, allow_torn_tail=allow_torn_tail)
    theirs = list(RawEventFileLoader(str(path)).Load())
    assert ours == theirs, f"{path}: TensorBoard's reader finds {len(theirs)} records, our walk {len(ours)}"
    return [Event.FromString(record) for record in ours]


def read_events(path_or_dir: StrPath, *, allow_torn_tail: bool = False) -> list[Event]:
    """Every event as it was written, unmigrated: of one file, or of all files below a directory in reading
    order.

    Raises:
        AssertionError: a file is damaged or torn, or TensorBoard's reader finds other records than our walk
        does.
    """
    return [event for path in _files(path_or_dir) for event in _events_of_file(path, allow_torn_tail)]


def tensorboard_events(path_or_dir: StrPath) -> list[Event]:
    """The events as TensorBoard's EventFileLoader hands them on: simple values and histograms became tensors.

    Damage does not raise here: as in TensorBoard, the rest of a damaged file is missing.
    """
    return [event for path in _files(path_or_dir) for event in EventFileLoader(str(path)).Load()]


def events_by_run(logdir: StrPath, *, allow_torn_tail: bool = False) -> dict[str, list[Event]]:
    """{run: events} below `logdir`, read strictly; the run of the top directory is '.'."""
    found: dict[str, list[Event]] = {}
    for path in event_files(logdir):
        found.setdefault(run_name(logdir, path), []).extend(_events_of_file(path, allow_torn_tail))
    return found


def assert_headers(path_or_dir: StrPath) -> None:
    """Asserts that the first record of each event file is its file version."""
    for path in _files(path_or_dir):
        first = Event.FromString(records(path)[0])
        assert first.file_version == FILE_VERSION, (
            f"{path}: the first record is not the file version but {first}"
        )


def _scalar_value(value) -> float | None:
    kind = value.WhichOneof("value")
    if kind == "simple_value":
        return value.simple_value
    if kind == "tensor" and value.metadata.plugin_data.plugin_name == "scalars":
        return tensor_util.make_ndarray(value.tensor).item()
    return None


def scalars(
    logdir: StrPath, *, allow_torn_tail: bool = False
) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """{run: {tag: [(step, value), …]}} in the order of the files, of old-style and new-style scalars alike.

    Strict reading, no purging, no sampling: this is what was written, not what a reader shows.
    """
    found: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for run, events in events_by_run(logdir, allow_torn_tail=allow_torn_tail).items():
        tags = found.setdefault(run, {})
        for event in events:
            for value in event.summary.value:
                number = _scalar_value(value)
                if number is not None:
                    tags.setdefault(value.tag, []).append((event.step, number))
    return found
