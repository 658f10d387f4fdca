"""Text summaries: TensorBoard renders them as Markdown in its Text tab."""

from __future__ import annotations

from ringboard import proto
from ringboard.summaries.tensor import DT_STRING


def text_event(tag: str, content: str) -> bytes:
    """The body of a text event: a string tensor of one element, as torch writes it."""
    tensor = proto.integer(1, DT_STRING) + proto.message(2, proto.tensor_shape((1,))) + proto.text(8, content)
    return proto.summary_event(
        proto.text(1, f"{tag}/text_summary")
        + proto.message(8, tensor)
        + proto.message(9, proto.plugin_metadata("text"))
    )
