"""What the values of an event file are, once decoded: one class a kind, and how each is read.

A value is decoded from its Summary.Value when somebody asks for it.  `KINDS` lists the kinds.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard.reading.messages import Message, to_text
from ringboard.reading.tensors import decode_tensor

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]

KINDS = (
    "scalar", "histogram", "image", "audio", "text", "tensor", "hparams", "pr_curve", "mesh", "layout",
    "graph", "meta_graph", "run_metadata", "other",
)  # fmt: skip

# The plugin that a tag's first metadata names → kind.
_PLUGINS = {
    "scalars": "scalar",
    "histograms": "histogram",
    "images": "image",
    "audio": "audio",
    "text": "text",
    "tensor": "tensor",
    "hparams": "hparams",
    "pr_curves": "pr_curve",
    "mesh": "mesh",
    "custom_scalars": "layout",
    "graphs": "graph",
    "graph_run_metadata": "run_metadata",
    "graph_run_metadata_graph": "run_metadata",
    "graph_tagged_run_metadata": "run_metadata",
}
# Of what has no metadata, or that of a plugin which nobody here knows: the form of the first value → kind.
_FORMS = {
    "simple_value": "scalar",
    "histogram": "histogram",
    "image": "image",
    "audio": "audio",
    "tensor": "tensor",
    "graph": "graph",
    "meta_graph": "meta_graph",
    "run_metadata": "run_metadata",
}


def kind_of(plugin: str, form: str, is_numbers: bool) -> str:
    """The kind of a series, from what its first value said."""
    if is_numbers:
        return "scalar"
    kind = _PLUGINS.get(plugin) or _FORMS.get(form, "other")
    return "tensor" if kind == "scalar" else kind  # of the scalars plugin, but not one number each


# --- the classes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Histogram:
    """Counts in buckets, as TensorBoard's Distributions and Histograms tabs show them.

    Attributes:
        edges: (n + 1,) float64, ascending; bucket i is between edges[i] and edges[i + 1].
        counts: (n,) float64.
        min, max, num, sum, sum_squares: of the data; NaN where the file doesn't say (TensorFlow 2 stores
            edges and counts alone; num is then the counts' sum).
    """

    edges: Doubles
    counts: Doubles
    min: float
    max: float
    num: float
    sum: float
    sum_squares: float


@dataclass(frozen=True)
class Image:
    """An encoded image, or a batch of them.

    Attributes:
        height, width: in pixels, as the event says.
        channels: 1 to 4; 0 where the event doesn't say.
        encoded: the image file: PNG, GIF or APNG (videos), JPEG.
        batch: all of them, where one event holds several (TensorFlow 2); `encoded` is the first.
    """

    height: int
    width: int
    channels: int
    encoded: bytes = field(repr=False)
    batch: tuple[bytes, ...] = field(default=(), repr=False)

    def to_numpy(self) -> npt.NDArray[Any]:
        """The pixels, (height, width, channels) or, of grey ones, (height, width); an animation's frames
        (frames, height, width, channels).

        Raises:
            ImportError: Pillow is not installed (`pip install ringboard[image]`).
        """
        try:
            from PIL import Image as Pillow
        except ImportError as error:
            raise ImportError(
                "decoding an image needs Pillow: pip install ringboard[image]; .encoded has the image file"
            ) from error
        with Pillow.open(io.BytesIO(self.encoded)) as picture:
            frames = getattr(picture, "n_frames", 1)
            if frames == 1:
                return np.asarray(picture.convert("RGBA") if picture.mode == "P" else picture)
            found = []
            for index in range(frames):
                picture.seek(index)
                found.append(np.asarray(picture.convert("RGB")))
            return np.stack(found)


@dataclass(frozen=True)
class Audio:
    """An encoded sound.

    Attributes:
        sample_rate: in Hz.
        channels, frames: 0 where the event doesn't say.
        content_type: "audio/wav", say.
        encoded: the sound file.
    """

    sample_rate: float
    channels: int
    frames: int
    content_type: str
    encoded: bytes = field(repr=False)


@dataclass(frozen=True)
class HParams:
    """A part of what the HParams tab shows.

    Attributes:
        part: "session_start" (the hyperparameters of this run), "session_end", or "experiment" (which
            columns there are).
        hparams: name → number, bool or str in a session_start; name → list of all values (empty: any) in an
            experiment.
        metrics: tags of the metrics of an experiment.
        status: of a session_end: "unknown", "success", "failure" or "running".
    """

    part: str
    hparams: dict[str, Any] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    status: str = ""


@dataclass(frozen=True)
class PrCurve:
    """A precision-recall curve; (T,) float32 each, for thresholds evenly spaced from 0 to 1."""

    true_positives: Floats
    false_positives: Floats
    true_negatives: Floats
    false_negatives: Floats
    precision: Floats
    recall: Floats


@dataclass(frozen=True)
class Mesh:
    """A part of a batch of meshes.

    Attributes:
        name: the tag that add_mesh was called with.
        part: "vertex", "face" or "color".
        values: (B, N, 3) float32: coordinates, indices of vertices, or red, green and blue from 0 to 255.
        config: three.js classes and their settings.
    """

    name: str
    part: str
    values: Floats
    config: Any


# --- decoding -----------------------------------------------------------------------------------------

_MOST_REPEATED = 1 << 16
_TAG, _OLD_HISTOGRAM, _IMAGE, _HISTOGRAM, _AUDIO, _TENSOR, _METADATA = 1, 3, 4, 5, 6, 8, 9


def decode(kind: str, form: str, data: bytes, first_metadata: bytes) -> Any:
    """A value from its bytes.

    Args:
        form: of the tag's first value: "graph", "meta_graph" and "run_metadata" are fields of the Event
            itself, all others a Summary.Value.
        first_metadata: of the tag's first value; later ones mostly have none.

    Raises:
        ValueError: the bytes are no such value.
    """
    if form == "run_metadata":
        return Message(data).raw(2)
    if form in ("graph", "meta_graph"):
        return data
    return _DECODERS[kind](data, first_metadata)


def plugin_content(metadata: bytes) -> bytes:
    """SummaryMetadata.plugin_data.content."""
    return Message(metadata).message(1).raw(2)


def _histogram(data: bytes, _metadata: bytes) -> Histogram:
    value = Message(data)
    if _TENSOR in value:
        numbers = _elements(decode_tensor(value.message(_TENSOR)), data)
        rows = np.asarray(numbers, np.float64).reshape(-1, 3)
        if not len(rows):
            rows = np.zeros((1, 3))
        counts = rows[:, 2].copy()
        edges = np.append(rows[:, 0], rows[-1, 1])
        nan = float("nan")
        return Histogram(edges, counts, nan, nan, float(counts.sum()), nan, nan)
    proto = value.message(_HISTOGRAM)
    low, high, num, total, squares = (proto.double(number) for number in range(1, 6))
    limits, counts = proto.fixed(6, "<f8"), proto.fixed(7, "<f8")
    if limits.size != counts.size:
        raise ValueError(f"a histogram with {limits.size} limits and {counts.size} counts")
    # The first bucket has no left edge in the file; nothing lies below the least element.
    left = [min(low, limits[0])] if limits.size else [low]
    return Histogram(np.append(left, limits), counts, low, high, num, total, squares)


def _image(data: bytes, _metadata: bytes) -> Image:
    value = Message(data)
    if _TENSOR in value:  # TensorFlow 2: width, height, then the images
        parts = value.message(_TENSOR).raws(8)
        if len(parts) < 2:
            raise ValueError("an image tensor of fewer than two strings")
        width, height = int(parts[0] or b"0"), int(parts[1] or b"0")
        return Image(height, width, 0, parts[2] if len(parts) > 2 else b"", tuple(parts[2:]))
    image = value.message(_IMAGE)
    encoded = image.raw(4)
    return Image(image.integer(1), image.integer(2), image.integer(3), encoded, (encoded,))


def _audio(data: bytes, metadata: bytes) -> Audio:
    value = Message(data)
    if _TENSOR in value:  # TensorFlow 2: pairs of sound and label
        parts = value.message(_TENSOR).raws(8)
        content_type = "audio/wav" if Message(plugin_content(metadata)).integer(2) == 11 else ""
        return Audio(0.0, 0, 0, content_type, parts[0] if parts else b"")
    audio = value.message(_AUDIO)
    rate = float(audio.fixed(1, "<f4")[-1]) if 1 in audio else 0.0
    return Audio(rate, audio.integer(2), audio.integer(3), audio.text(5), audio.raw(4))


def _tensor(data: bytes, _metadata: bytes) -> npt.NDArray[Any]:
    value = Message(data)
    if _TENSOR not in value:
        raise ValueError("a value without a tensor, in a series of tensors")
    return decode_tensor(value.message(_TENSOR))


def _elements(array: npt.NDArray[Any], data: bytes) -> npt.NDArray[Any]:
    """They one by one.

    A few bytes may say that one element stands for any number of them; that many are not made.
    """
    if array.size > max(len(data), _MOST_REPEATED):
        raise ValueError(f"a tensor of {array.size} elements in {len(data)} bytes")
    return array.ravel()


def _text(data: bytes, metadata: bytes) -> Any:
    array = _tensor(data, metadata)
    if array.dtype != object:
        raise ValueError(f"a text of {array.dtype}")
    texts = [to_text(each) for each in _elements(array, data)]
    if len(texts) == 1:
        return texts[0]
    table = np.empty(array.shape, object)
    table.ravel()[:] = texts
    return table


_STATUS = ("unknown", "success", "failure", "running")


def _hparams(data: bytes, metadata: bytes) -> HParams:
    value = Message(data)
    own = value.raw(_METADATA) or metadata
    content = Message(plugin_content(own))
    if 3 in content:
        start = content.message(3)
        pairs = (entry for entry in start.messages(1))
        return HParams("session_start", {pair.text(1): _protobuf_value(pair.message(2)) for pair in pairs})
    if 4 in content:
        status = content.message(4).integer(1)
        return HParams("session_end", status=_STATUS[status] if status < len(_STATUS) else str(status))
    experiment = content.message(2)
    domains = {}
    for info in experiment.messages(4):
        values = info.message(5).messages(1) if 5 in info else []
        domains[info.text(1)] = [_protobuf_value(each) for each in values]
    metrics = tuple(info.message(1).text(2) for info in experiment.messages(5))
    return HParams("experiment", domains, metrics)


def _protobuf_value(value: Message) -> Any:
    """google.protobuf.Value: a number, str, bool, None, or a list or dict of them."""
    if 2 in value:
        return value.double(2)
    if 3 in value:
        return value.text(3)
    if 4 in value:
        return bool(value.integer(4))
    if 6 in value:
        return [_protobuf_value(each) for each in value.message(6).messages(1)]
    if 5 in value:
        return {each.text(1): _protobuf_value(each.message(2)) for each in value.message(5).messages(1)}
    return None


def _pr_curve(data: bytes, metadata: bytes) -> PrCurve:
    rows = _tensor(data, metadata)
    if rows.ndim != 2 or rows.shape[0] != 6:
        raise ValueError(f"a PR curve of shape {rows.shape}; expected (6, T)")
    return PrCurve(*rows)


def _mesh(data: bytes, metadata: bytes) -> Mesh:
    content = Message(plugin_content(Message(data).raw(_METADATA) or metadata))
    parts = {1: "vertex", 2: "face", 3: "color"}
    settings = content.text(5)
    try:
        config = json.loads(settings) if settings else {}
    except ValueError:
        config = settings
    return Mesh(content.text(2), parts.get(content.integer(3), ""), _tensor(data, metadata), config)


def _layout(data: bytes, metadata: bytes) -> dict[str, dict[str, list[Any]]]:
    """As add_custom_scalars takes it: {category: {chart: ["Multiline" or "Margin", [tags]]}}."""
    parts = _elements(_tensor(data, metadata), data)
    layout: dict[str, dict[str, list[Any]]] = {}
    for category in Message(parts[0] if parts.size else b"").messages(2):
        charts = layout.setdefault(category.text(1), {})
        for chart in category.messages(2):
            if 3 in chart:
                margin = chart.message(3).message(1)
                charts[chart.text(1)] = ["Margin", [margin.text(number) for number in (1, 2, 3)]]
            else:
                tags = [to_text(tag) for tag in chart.message(2).raws(1)]
                charts[chart.text(1)] = ["Multiline", tags]
    return layout


def _blob(data: bytes, metadata: bytes) -> bytes:
    """A serialized message, in a tensor of one string."""
    array = _elements(_tensor(data, metadata), data)
    if array.dtype != object or array.size == 0:
        raise ValueError(f"expected a tensor of one string, got {array.size} of {array.dtype}")
    return bytes(array[0])


def _whole(data: bytes, _metadata: bytes) -> bytes:
    return data


_DECODERS: dict[str, Callable[[bytes, bytes], Any]] = {
    "histogram": _histogram,
    "image": _image,
    "audio": _audio,
    "text": _text,
    "tensor": _tensor,
    "hparams": _hparams,
    "pr_curve": _pr_curve,
    "mesh": _mesh,
    "layout": _layout,
    "graph": _blob,
    "meta_graph": _blob,
    "run_metadata": _blob,
    "other": _whole,
}
