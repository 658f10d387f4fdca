"""What other tools have put in the place of methods of FileWriter and EventFileWriter.

MLflow and ClearML replace `FileWriter.add_event` to see each event, Weights & Biases replaces the name
EventFileWriter in torch's and tensorboardX's module `writer` by a class of its own.  SummaryWriter's events
go to the native core past all of these; where one is found, they take the way that they take in the
originals: a protobuf Event for each, through `FileWriter.add_summary` and `add_event`.

It is looked for when a file writer is made, by flush(), and whenever a writer has no open file: never by the
methods that log.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ringboard import proto
from ringboard._native.writer import wall_time
from ringboard.arrays import Array, to_scalar, to_step, to_tag, to_walltime, widened

if TYPE_CHECKING:
    from ringboard.file_writer import FileWriter
    from ringboard.writer import SummaryWriter

_own_methods: set[Any] = set()
_FIELD_OF_SUMMARY = 5


def remember_own(*classes: type) -> None:
    """These classes' methods, as they are now, are no hooks."""
    for each in classes:
        _own_methods.update(method for name, method in vars(each).items() if name.startswith("add_"))


def replaced_type(dialect: str, own: type) -> Any:
    """The EventFileWriter that somebody has put into a dialect's module `writer`; `own` if nobody has."""
    module = sys.modules.get(f"{dialect}.writer")
    found = own if module is None else vars(module).get("EventFileWriter", own)
    return found if callable(found) else own


def hooks_events(file_writer: FileWriter) -> bool:
    """Whether its add_event or add_summary are somebody else's."""
    return _is_replaced(file_writer, "add_event") or _is_replaced(file_writer, "add_summary")


def hooks_file(event_writer: Any) -> bool:
    """Whether an event writer's add_event is somebody else's."""
    return _is_replaced(event_writer, "add_event")


def _is_replaced(writer: Any, name: str) -> bool:
    if name in getattr(writer, "__dict__", ()):
        return True
    return getattr(type(writer), name, None) not in _own_methods


def look_again(writer: SummaryWriter) -> None:
    """Has an open writer ask for its stream anew, if its file is hooked by now."""
    file_writer = writer._file_writer
    if file_writer is not None and writer._stream is not None and file_writer.is_hooked():
        writer._stream = None


def event_of(body: bytes, step: Any, walltime: float | None) -> Any:
    """An Event of TensorBoard's class, which is what hooks expect; None, with a warning, if there is none."""
    try:
        from tensorboard.compat.proto.event_pb2 import Event
    except ImportError:
        warnings.warn(
            "another tool has replaced FileWriter's or EventFileWriter's methods to see what is logged, but "
            "the protobuf classes that it expects are TensorBoard's, which is not installed: it sees nothing "
            "(pip install tensorboard)",
            RuntimeWarning,
            stacklevel=4,
        )
        return None
    event = Event.FromString(body)
    event.wall_time = wall_time() if walltime is None else walltime
    if step is not None:
        event.step = to_step("event", step)
    return event


class HookedStream:
    """What SummaryWriter logs to where hooks must see it: EventStream's methods, a protobuf each."""

    def __init__(self, file_writer: FileWriter) -> None:
        self._file_writer = file_writer
        self._clean_tag = file_writer._event_writer_type._clean_tag

    @property
    def path(self) -> str:
        """The event file; "" if the event writer is somebody else's and does not tell."""
        return str(getattr(self._file_writer.event_writer, "path", ""))

    def scalar(self, writer: SummaryWriter, tag: str) -> HookedScalar:
        return HookedScalar(writer, tag)

    def add_event(self, body: bytes, step: Any, walltime: float | None, tag: str = "") -> None:
        step = None if step is None else to_step(tag, step)
        walltime = None if walltime is None else to_walltime(tag, walltime)
        event = event_of(body, None, walltime)
        if event is None:
            self._file_writer.event_writer.live_stream().add_event(body, step, walltime, tag)
        elif event.HasField("summary"):
            self._file_writer.add_summary(event.summary, step, walltime)
        else:
            self._file_writer.add_event(event, step, walltime)

    def add_value(self, tag: str, value: Any, step: Any, walltime: float | None) -> None:
        """One Summary of ringboard.dialect_summary."""
        self.add_event(proto.message(_FIELD_OF_SUMMARY, value.SerializeToString()), step, walltime, tag)

    def add_scalar(
        self,
        tag: str,
        value: float,
        step: Any,
        walltime: float | None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        from ringboard.dialect_summary import scalar

        stored = tag if self._clean_tag is None else self._clean_tag(tag)
        summary = scalar(stored, value, new_style=new_style, double_precision=double_precision)
        self.add_value(tag, summary, step, walltime)

    def log(self, tags: list[str], values: list[float], step: Any, walltime: float | None) -> None:
        from ringboard.dialect_summary import scalar

        clean = self._clean_tag or str
        body = b"".join(
            scalar(clean(tag), value).SerializeToString() for tag, value in zip(tags, values, strict=True)
        )
        self.add_event(proto.message(_FIELD_OF_SUMMARY, body), step, walltime, "log()")

    def add_scalar_series(self, tag: str, values: Any, steps: Any, walltimes: Any, walltime: Any) -> None:
        times = [walltime] * len(values) if walltimes is None else walltimes.tolist()
        for value, step, time in zip(values.tolist(), steps.tolist(), times, strict=True):
            self.add_scalar(tag, value, step, time)

    def add_histogram(
        self, tag: str, array: Any, dtype: str, max_bins: int, step: Any, walltime: float | None
    ) -> int:
        from ringboard.dialect_summary import histogram

        numbers = widened(Array(array, dtype))
        finite = numbers[np.isfinite(numbers)] if numbers.dtype.kind == "f" else numbers
        self.add_value(tag, histogram(tag, finite, "tensorflow", max_bins or None), step, walltime)
        return int(numbers.size - finite.size)

    def add_histogram_raw(self, tag: str, *counted: Any) -> None:
        """What dialect_summary.histogram_raw takes behind the tag, then step and wall time."""
        from ringboard.dialect_summary import histogram_raw

        *summary, step, walltime = counted
        self.add_value(tag, histogram_raw(tag, *summary), step, walltime)

    def add_image(
        self, tag: str, array: Any, dtype: str, axes: str, step: Any, walltime: float | None
    ) -> None:
        from ringboard.dialect_summary import image

        self.add_value(tag, image(tag, widened(Array(array, dtype)), dataformats=axes), step, walltime)


class HookedScalar:
    """ScalarHandle of a writer whose events hooks must see."""

    def __init__(self, writer: SummaryWriter, tag: str) -> None:
        self._writer = writer
        self.tag = to_tag(tag)

    def add(
        self, value: Any, step: Any = None, walltime: float | None = None, *, global_step: Any = None
    ) -> None:
        """As SummaryWriter.add_scalar of this tag."""
        self._writer._live_stream().add_scalar(
            self.tag, to_scalar(self.tag, value), step if global_step is None else global_step, walltime
        )
