"""An event as a value that compares and prints, and the comparison of two log directories.

What counts: tag, step, kind, plugin, metadata, payload, order, and which values share an event.
What does not: wall times, the writer's name in the header, how a payload is packed (tensor_content or
float_val, PNG compression), and the field order of known plugin messages.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from google.protobuf import text_format
from google.protobuf.message import DecodeError, Message
from tensorboard.compat.proto import config_pb2, graph_pb2
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.plugins.hparams import plugin_data_pb2 as hparams_pb2
from tensorboard.plugins.mesh import plugin_data_pb2 as mesh_pb2
from tensorboard.plugins.pr_curve import plugin_data_pb2 as pr_curve_pb2

from tests.support.events import assert_headers, events_by_run, read_events
from tests.support.payloads import DECODERS, Payload, nothing

StrPath = str | os.PathLike[str]
_MAX_LINES = 40
# Plugin contents with maps or many fields are compared as messages: their bytes may differ for the same
# meaning.
_CONTENTS: dict[str, type[Message]] = {
    "hparams": hparams_pb2.HParamsPluginData,
    "mesh": mesh_pb2.MeshPluginData,
    "pr_curves": pr_curve_pb2.PrCurvePluginData,
}


@dataclass(frozen=True, eq=False)
class View:
    """One summary value, or one event that carries something else. Equal views show alike in TensorBoard."""

    kind: str
    step: int
    tag: str = ""
    part: str = "1/1"  # place among the values of its event: a mesh is three values in one event
    plugin: str = ""
    content: str | bytes = b""
    metadata: str = ""
    payload: Payload = field(default_factory=dict)
    wall_time: float = 0.0  # not compared

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, View) and not differences(self, other)

    def __repr__(self) -> str:
        plugin = f" plugin={self.plugin!r}" if self.plugin else ""
        shown = "".join(f" {name}={_short(item)}" for name, item in self.payload.items())
        return f"<{self.kind} {self.tag!r} step={self.step}{plugin}{shown}>"


def _short(item: Any) -> str:
    if isinstance(item, np.ndarray) and item.size > 8:
        return f"{item.dtype}{list(item.shape)}"
    text = repr(item.tolist()) if isinstance(item, np.ndarray) else repr(item)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _content(plugin: str, content: bytes) -> str | bytes:
    if plugin not in _CONTENTS:
        return content
    try:
        return text_format.MessageToString(_CONTENTS[plugin].FromString(content))
    except DecodeError:
        return content


def _view_value(event: Event, index: int) -> View:
    value = event.summary.value[index]
    kind, decode = DECODERS.get(value.WhichOneof("value"), ("empty", nothing))
    rest = type(value.metadata)()
    rest.CopyFrom(value.metadata)
    rest.ClearField("plugin_data")
    plugin = value.metadata.plugin_data
    return View(
        kind=kind,
        step=event.step,
        tag=value.tag,
        part=f"{index + 1}/{len(event.summary.value)}",
        plugin=plugin.plugin_name,
        content=_content(plugin.plugin_name, plugin.content),
        metadata=text_format.MessageToString(rest),
        payload=decode(value),
        wall_time=event.wall_time,
    )


def _other_payload(event: Event, kind: str) -> tuple[str, Payload]:
    """(tag, payload) of an event that is not a summary."""
    if kind == "file_version":
        return "", {"version": event.file_version}
    if kind == "graph_def":
        return "", {"graph": text_format.MessageToString(graph_pb2.GraphDef.FromString(event.graph_def))}
    if kind == "session_log":
        return "", {"status": SessionLog.SessionStatus.Name(event.session_log.status)}
    if kind == "tagged_run_metadata":
        tagged = event.tagged_run_metadata
        return tagged.tag, {"run_metadata": str(config_pb2.RunMetadata.FromString(tagged.run_metadata))}
    rest = Event()
    rest.CopyFrom(event)
    rest.ClearField("wall_time")
    return "", {"event": str(rest)}


def view(event: Event) -> list[View]:
    """The views of one event: one for each summary value, or a single one for any other kind of event."""
    kind = event.WhichOneof("what") or "empty event"
    if kind == "summary":
        return [_view_value(event, index) for index in range(len(event.summary.value))]
    tag, payload = _other_payload(event, kind)
    return [View(kind=kind, step=event.step, tag=tag, payload=payload, wall_time=event.wall_time)]


def views(source: StrPath | Iterable[Event], *, without: Iterable[str] = ("file_version",)) -> list[View]:
    """The views of a file, of all files below a directory, or of events, in order.

    Args:
        source: a path, read strictly by `read_events`, or events.
        without: kinds that are left out; by default the headers, of which there is one a file.
    """
    events = read_events(source) if isinstance(source, (str, os.PathLike)) else source
    left_out = set(without)
    return [one for event in events for one in view(event) if one.kind not in left_out]


def _same_float(a: float, b: float) -> bool:
    """Equal as bits, so that -0.0 is not 0.0; every NaN equals every other."""
    return struct.pack("<d", a) == struct.pack("<d", b) or (math.isnan(a) and math.isnan(b))


def _unequal_elements(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if a.dtype.kind == "c":
        return _unequal_elements(a.real, b.real) | _unequal_elements(a.imag, b.imag)
    unequal = a != b
    if a.dtype.kind in "fV":  # V: ml_dtypes such as bfloat16
        a, b = a.astype(np.float64), b.astype(np.float64)
        return np.where(np.isnan(a) & np.isnan(b), False, unequal | (np.signbit(a) != np.signbit(b)))
    return unequal


def _array_difference(ours: np.ndarray, theirs: np.ndarray) -> str | None:
    if ours.dtype != theirs.dtype or ours.shape != theirs.shape:
        return f"{ours.dtype}{list(ours.shape)} != {theirs.dtype}{list(theirs.shape)}"
    unequal = np.argwhere(_unequal_elements(ours, theirs))
    if len(unequal) == 0:
        return None
    at = tuple(int(index) for index in unequal[0])
    return f"{len(unequal)} of {ours.size} elements differ, first at {at}: {ours[at]!r} != {theirs[at]!r}"


def _difference(ours: Any, theirs: Any) -> str | None:
    if isinstance(ours, np.ndarray) and isinstance(theirs, np.ndarray):
        return _array_difference(ours, theirs)
    if isinstance(ours, float) and isinstance(theirs, float):
        return None if _same_float(ours, theirs) else f"{ours!r} != {theirs!r}"
    if type(ours) is type(theirs) and ours == theirs:
        return None
    return f"{_short(ours)} != {_short(theirs)}"


def _close_sums(name: str, ours: Payload, theirs: Payload, rtol: float) -> bool:
    """Whether two sums agree up to the order of summation.

    The terms of `sum` cancel, so its error is relative to the sum of |x|, and that is at most sqrt(n · sum of
    x²).
    """
    scale = abs(theirs[name])
    if name == "sum":
        scale = max(scale, math.sqrt(abs(theirs["num"] * theirs["sum_squares"])))
    # An infinite scale would excuse everything; NaN compares false: those sums must match as they are.
    return math.isfinite(scale) and abs(ours[name] - theirs[name]) <= rtol * scale


def _payload_differences(kind: str, ours: Payload, theirs: Payload, rtol: float) -> list[str]:
    found = []
    for name in dict.fromkeys([*ours, *theirs]):
        if name not in ours or name not in theirs:
            found.append(f"{name}: only in {'ours' if name in ours else 'theirs'}")
            continue
        text = _difference(ours[name], theirs[name])
        if text is None:
            continue
        if kind == "histogram" and name in ("sum", "sum_squares") and _close_sums(name, ours, theirs, rtol):
            continue
        found.append(f"{name}: {text}")
    return found


def differences(ours: View, theirs: View, *, rtol: float = 0.0) -> list[str]:
    """What differs, a line for each field; empty for equal views. For rtol see `assert_same_events`."""
    found = []
    for name in ("kind", "tag", "step", "part", "plugin", "content", "metadata"):
        text = _difference(getattr(ours, name), getattr(theirs, name))
        if text is not None:
            found.append(f"{name}: {text}")
    if ours.kind == theirs.kind:
        found += _payload_differences(ours.kind, ours.payload, theirs.payload, rtol)
    return found


def compare(ours: list[View], theirs: list[View], *, rtol: float = 0.0) -> list[str]:
    """What differs between two sequences of views, compared place by place; empty when nothing does."""
    lines = []
    for index, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        found = differences(one, other, rtol=rtol)
        if found:
            lines.append(f"value {index}: ours {one!r}")
            lines.append(f"         theirs {other!r}")
            lines += [f"    {text}" for text in found]
    for name, longer, shorter in (("ours", ours, theirs), ("theirs", theirs, ours)):
        lines += [f"only in {name}: {one!r}" for one in longer[len(shorter) :]]
    return lines


def assert_same_events(
    ours_dir: StrPath,
    theirs_dir: StrPath,
    *,
    rtol: float = 1e-12,
    without: Iterable[str] = ("file_version",),
) -> None:
    """Asserts that two log directories hold the same runs, and each run the same values in the same order.

    Args:
        ours_dir, theirs_dir: log directories; a run may be spread over several files, read in lexical order.
        rtol: tolerance for a histogram's `sum` and `sum_squares` only, whose last bits depend on the order of
            summation. Everything else is exact, pixels included.
        without: kinds of views that are not compared. That every file opens with its header is asserted
        anyway.

    Raises:
        AssertionError: with a line for each difference, ours first.
    """
    ours, theirs = events_by_run(ours_dir), events_by_run(theirs_dir)
    assert theirs, f"no event file below {theirs_dir}: nothing would be compared"
    assert_headers(ours_dir)
    assert_headers(theirs_dir)
    lines = []
    if ours.keys() != theirs.keys():
        lines.append(f"runs: ours {sorted(ours)} != theirs {sorted(theirs)}")
    for run in sorted(ours.keys() & theirs.keys()):
        found = compare(views(ours[run], without=without), views(theirs[run], without=without), rtol=rtol)
        lines += [f"run {run!r}:", *(f"  {text}" for text in found)] if found else []
    if len(lines) > _MAX_LINES:
        lines[_MAX_LINES:] = [f"… and {len(lines) - _MAX_LINES} lines more"]
    assert not lines, "the events differ\n" + "\n".join(lines)
