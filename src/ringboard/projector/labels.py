"""metadata.tsv: a line for each point, a column for each thing known about it.

How the Projector reads it: lines end with a newline (its server takes a carriage return for one), cells with
a tab.  The first line names the columns if, and only if, there is a tab in it; a single column is always
called "label".  Blank lines are skipped, so one would shift all labels behind it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ringboard.arrays import describe

_BREAKS = re.compile(r"\r\n|[\t\n\r]")
# Zero width, but no white space to the Projector: keeps a blank line from being skipped.
_NOTHING = "\u200b"


def metadata_lines(tag: str, metadata: Any, header: Sequence[Any] | None, points: int) -> list[str]:
    """The lines of the file.

    Args:
        tag: for errors.
        metadata: a label for each point; with a header of columns, a row of cells for each.
        header: names of the columns; None or empty: one column.
        points: how many there are.

    Raises:
        TypeError: metadata or header is no sequence.
        ValueError: not one for each point, or not a cell for each column.
    """
    labels = _to_list(tag, "metadata", metadata)
    if len(labels) != points:
        raise ValueError(
            f"embedding {tag!r}: expected a label for each of {points} points, got {len(labels)} labels"
        )
    columns = [] if header is None else _to_list(tag, "metadata_header", header)
    if not columns:
        return [_line([_text(label)]) for label in labels]
    rows = [_line(_row(tag, index, label, len(columns))) for index, label in enumerate(labels)]
    if len(columns) == 1:  # without a tab, its name would be taken for the first label
        return rows
    return [_line([_text(name) for name in columns]), *rows]


def _to_list(tag: str, what: str, values: Any) -> list[Any]:
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"embedding {tag!r}: expected {what} as a list, got {describe(values)}")
    return list(values)


def _row(tag: str, index: int, row: Any, columns: int) -> list[str]:
    single = isinstance(row, (str, bytes)) or not hasattr(row, "__iter__")
    cells = [row] if single else list(row)
    if len(cells) != columns:
        raise ValueError(
            f"embedding {tag!r}: expected {columns} cells in each row of metadata, one for each name in "
            f"metadata_header; row {index} has {len(cells)}: {describe(row)}"
        )
    return [_text(cell) for cell in cells]


def _text(value: Any) -> str:
    """A cell: what str() says, but a tensor's number rather than 'tensor(3)', and in one line."""
    if not isinstance(value, str) and getattr(value, "ndim", None) == 0 and hasattr(value, "is_meta"):
        value = value.item()
    return _BREAKS.sub(" ", str(value))


def _line(cells: list[str]) -> str:
    line = "\t".join(cells)
    if not line.replace("\ufeff", "").strip():
        return _NOTHING + line
    return line


def encoded(lines: list[str]) -> bytes:
    """The file's bytes."""
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace")
