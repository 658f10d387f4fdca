"""projector_config.pbtxt: the list of a log dir's embeddings, in protobuf's text format.

Several writers, processes and libraries may have put embeddings there, so one is added or replaced, and every
other byte stays.
"""

from __future__ import annotations

import contextlib
import os
import stat
from dataclasses import dataclass

from ringboard.projector.files import Drafts
from ringboard.projector.text_format import Field, MalformedError, fields, quoted, string

NAME = "projector_config.pbtxt"
_LARGEST_BYTES = 64 << 20  # more is no list of embeddings
_Stamp = tuple[int, int, int, int]


@dataclass(frozen=True)
class Entry:
    """What the config says of one embedding; paths are relative to the log dir."""

    tensor_name: str
    tensor_path: str
    metadata_path: str | None = None
    sprite_path: str | None = None
    sprite_side: int = 0

    def message(self) -> str:
        """EmbeddingInfo with its brackets, as protobuf's own printer writes it."""
        lines = [f"  tensor_name: {quoted(self.tensor_name)}"]
        if self.metadata_path is not None:
            lines.append(f"  metadata_path: {quoted(self.metadata_path)}")
        if self.sprite_path is not None:
            side = f"    single_image_dim: {self.sprite_side}"
            lines += ["  sprite {", f"    image_path: {quoted(self.sprite_path)}", side, side, "  }"]
        lines.append(f"  tensor_path: {quoted(self.tensor_path)}")
        return "\n".join(["{", *lines, "}"])


def add_entry(log_dir: str, entry: Entry) -> str | None:
    """Adds the entry, or puts it in the place of the one of its name.

    The caller holds the log dir's lock; still, whoever writes without it in the meantime is not overwritten.

    Returns:
        What the user must know: why and to where the old file was put aside, if it had to be.
    """
    path = os.path.join(log_dir, NAME)
    remark = None
    while True:
        old, stamp, problem = _read(path)
        good, new = edited(old, entry)
        if good < len(old):
            problem = f"is damaged from byte {good} on"
        if problem:
            aside = _put_aside(path, old if stat.S_ISREG(stamp[0]) else None)
            remark = f"{path!r} {problem}; the original is kept as {aside!r}"
            if not os.path.lexists(path):
                stamp = _stamp(path)
        with Drafts(log_dir) as drafts:
            drafts.write(NAME, [new])
            if _stamp(path) == stamp:
                drafts.publish()
                return remark


def edited(old: bytes, entry: Entry) -> tuple[int, bytes]:
    """Up to where `old` is sound, and the file that takes its place: its sound part with the entry."""
    kept, good_end = _sound_fields(old)
    name = entry.tensor_name.encode("utf-8")
    message = entry.message().encode("utf-8")
    parts, at, placed = [], 0, False
    for field in kept:
        candidates = field.values if field.name == b"embeddings" else []
        same = [span for span in candidates if _tensor_name(old, span) == name]
        if same and placed and len(field.values) == 1:  # a second one of this name: the first one counts
            parts.append(old[at : field.start])
            at = field.end
        elif same and not placed:
            start, end = same[0]
            parts += [old[at:start], message]
            at, placed = end, True
    parts.append(old[at:good_end])
    if not placed:
        before = b"" if not good_end or old[:good_end].endswith(b"\n") else b"\n"
        parts += [before, b"embeddings ", message, b"\n"]
    return good_end, b"".join(parts)


def _sound_fields(data: bytes) -> tuple[list[Field], int]:
    """The fields up to the first byte that is not text format, and where they end."""
    try:
        data.decode("utf-8")
        end = len(data)
    except UnicodeDecodeError as error:
        end = error.start
    found: list[Field] = []
    good_end = 0
    try:
        for field in fields(data, 0, end):
            for span in field.values if field.name == b"embeddings" else ():
                _tensor_name(data, span)  # sound inside, too
            found.append(field)
            good_end = field.end
    except MalformedError:
        return found, good_end
    return (found, len(data)) if end == len(data) else (found, good_end)


def _tensor_name(data: bytes, span: tuple[int, int]) -> bytes:
    """The name in an EmbeddingInfo with its brackets; empty if there is none.

    Raises:
        MalformedError: it is no message.
    """
    start, end = span
    if data[start : start + 1] not in (b"{", b"<"):
        raise MalformedError(start)
    name = b""
    for field in fields(data, start + 1, end - 1):
        if field.name == b"tensor_name":
            for value in field.values:
                name = string(data, value) or b""
    return name


# --- the file -----------------------------------------------------------------------------------------


def _stamp(path: str) -> _Stamp:
    """What tells whether somebody has written the file in between; zeros when there is none."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return 0, 0, 0, 0
    return found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns


def _read(path: str) -> tuple[bytes, _Stamp, str | None]:
    """(content, stamp, what keeps it from being used)."""
    stamp = _stamp(path)
    if not stamp[0]:
        return b"", stamp, None
    if not stat.S_ISREG(stamp[0]):  # a pipe would be waited for for ever
        return b"", stamp, "is no regular file"
    if stamp[2] > _LARGEST_BYTES:
        return b"", stamp, f"has {stamp[2]} bytes, more than a list of embeddings"
    flags = os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(os.open(path, flags), "rb") as file:
        return file.read(_LARGEST_BYTES), stamp, None


def _put_aside(path: str, content: bytes | None) -> str:
    """Keeps the file under another name: a copy of what was read, or else the thing itself."""
    number = 0
    while True:
        aside = f"{path}.damaged" + (f".{number}" if number else "")
        number += 1
        if os.path.lexists(aside):
            continue
        if not content:
            with contextlib.suppress(FileNotFoundError):  # somebody else was quicker
                os.rename(path, aside)
            return aside
        try:
            with open(aside, "xb") as file:
                file.write(content)
        except FileExistsError:
            continue
        return aside
