"""Layouts for TensorBoard's Custom Scalars tab: which scalars share a chart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ringboard import proto
from ringboard.arrays import describe, to_tag
from ringboard.summaries.tensor import DT_STRING

CONFIG_TAG = "custom_scalars__config__"
MARGIN, MULTILINE = "Margin", "Multiline"
_SHAPE = "{category: {chart: ['Multiline' or 'Margin', [tags]]}}"


class NotThreeTagsError(ValueError, AssertionError):
    """A margin chart without value, lower and upper bound: torch and tensorboardX raise AssertionError."""


def layout_event(layout: Any) -> bytes:
    """The body of the event that says which charts there are.

    Raises:
        TypeError: it is not built as {category: {chart: [kind, [tags]]}}.
        ValueError: a margin chart hasn't three tags.
    """
    tensor = proto.integer(1, DT_STRING) + proto.message(2, b"") + proto.message(8, layout_proto(layout))
    return proto.summary_event(
        proto.text(1, CONFIG_TAG)
        + proto.message(8, tensor)
        + proto.message(9, proto.plugin_metadata("custom_scalars"))
    )


def layout_proto(layout: Any) -> bytes:
    """Layout; its version is 0."""
    if not isinstance(layout, Mapping):
        raise TypeError(f"custom scalars: expected a layout {_SHAPE}, got {describe(layout)}")
    return b"".join(proto.message(2, _category(title, charts)) for title, charts in layout.items())


def _category(title: Any, charts: Any) -> bytes:
    if not isinstance(charts, Mapping):
        raise TypeError(
            f"custom scalars, category {title!r}: expected {{chart: [kind, [tags]]}}, got {describe(charts)}"
        )
    return proto.text_unless_empty(1, to_tag(title)) + b"".join(
        proto.message(2, _chart(name, properties)) for name, properties in charts.items()
    )


def _chart(title: Any, properties: Any) -> bytes:
    try:
        kind, tags = properties[0], properties[1]
    except (TypeError, IndexError, KeyError):
        raise TypeError(
            f"custom scalars, chart {title!r}: expected ['Multiline' or 'Margin', [tags]], "
            f"got {describe(properties)}"
        ) from None
    names = to_tags(title, tags)
    # Any other kind draws lines, as with torch.
    content = proto.message(3, _margin(title, names)) if kind == MARGIN else proto.message(2, _lines(names))
    return proto.text_unless_empty(1, to_tag(title)) + content


def _lines(tags: list[str]) -> bytes:
    """MultilineChartContent."""
    return b"".join(proto.text(1, tag) for tag in tags)


def _margin(title: Any, tags: list[str]) -> bytes:
    """MarginChartContent of one series."""
    if len(tags) != 3:
        raise NotThreeTagsError(
            f"custom scalars, chart {title!r}: expected three tags (value, lower, upper), got {tags}"
        )
    return proto.message(
        1, b"".join(proto.text_unless_empty(field, tag) for field, tag in enumerate(tags, start=1))
    )


def to_tags(title: Any, tags: Any) -> list[str]:
    """Tags as a list of str; a single str is one tag, not a list of its letters."""
    if isinstance(tags, (str, bytes)):
        return [to_tag(tags)]
    if not isinstance(tags, Iterable):
        raise TypeError(f"custom scalars, chart {title!r}: expected a list of tags, got {describe(tags)}")
    names = list(tags)
    for name in names:
        if not isinstance(name, (str, bytes)):
            raise TypeError(
                f"custom scalars, chart {title!r}: expected tags as str, got {describe(name)} among them"
            )
    return [to_tag(name) for name in names]
