"""Protobuf's text format, as far as it takes to edit a file of somebody else's and leave the rest as it is.

Nothing is parsed into messages: a field is a name and the bytes that it stands in.  Comments, white space,
unknown fields, both kinds of quotes and brackets, lists and separators are understood and kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"""(?P<space>(?:\s|\#[^\n]*)+)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<word>[A-Za-z0-9_.+\-]+)
    |(?P<mark>[{}<>\[\]:,;/])""",
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {b"{": b"}", b"<": b">", b"[": b"]"}
_ESCAPE = re.compile(
    rb"\\(?:([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL
)
_SIMPLE = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v"}


class MalformedError(ValueError):
    """The file is no text format from `good_end` on."""

    def __init__(self, good_end: int) -> None:
        super().__init__(f"no protobuf text format from byte {good_end} on")
        self.good_end = good_end


class Token(NamedTuple):
    kind: str  # text, word, mark or end
    text: bytes
    start: int
    end: int


class Field(NamedTuple):
    """A field, its values (several in a list) and where it and each value stand."""

    name: bytes
    start: int
    end: int
    values: list[tuple[int, int]]


def fields(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Field]:
    """The fields between two places, one after the other.

    Raises:
        MalformedError: after the last field that is whole.
    """
    stream = _Tokens(data, start, len(data) if end is None else end)
    while stream.peek.kind != "end":
        field = _field(stream)
        stream.good_end = field.end
        yield field


def string(data: bytes, span: tuple[int, int]) -> bytes | None:
    """The value of a string field; None when it is something else.  Neighbouring strings are one."""
    stream, parts = _Tokens(data, *span), []
    while stream.peek.kind == "text":
        parts.append(_ESCAPE.sub(_unescaped, stream.next().text[1:-1]))
    return b"".join(parts) if parts and stream.peek.kind == "end" else None


def quoted(text: str) -> str:
    """A string as protobuf's own printer writes it."""
    return '"' + text.translate(_QUOTED) + '"'


_QUOTED = {code: f"\\{code:03o}" for code in [*range(32), 127]}
_QUOTED |= {ord(c): f"\\{escape}" for c, escape in zip("\n\t\r\"'\\", "ntr\"'\\", strict=True)}


class _Tokens:
    """A stream of tokens with one of them in sight."""

    def __init__(self, data: bytes, start: int, end: int) -> None:
        self._data, self._at, self._end = data, start, end
        self.good_end = start
        self.last_end = start
        self.peek = self._read()

    def next(self) -> Token:
        token = self.peek
        if token.kind in ("bad", "end"):
            raise MalformedError(self.good_end)
        self.last_end = token.end
        self.peek = self._read()
        return token

    def take(self, mark: bytes) -> bool:
        """Whether `mark` comes next; if so, it is taken."""
        found = self.peek.text == mark
        if found:
            self.next()
        return found

    def slice(self, start: int, end: int) -> bytes:
        return self._data[start:end]

    def _read(self) -> Token:
        while self._at < self._end:
            found = _TOKEN.match(self._data, self._at, self._end)
            if found is None:
                return Token("bad", b"", self._at, self._end)
            self._at = found.end()
            if found.lastgroup != "space":
                return Token(str(found.lastgroup), found[0], found.start(), found.end())
        return Token("end", b"", self._end, self._end)


def _field(stream: _Tokens) -> Field:
    start = stream.peek.start
    name = _name(stream)
    if not stream.take(b":") and stream.peek.text not in (b"{", b"<"):
        raise MalformedError(stream.good_end)
    values = _list(stream) if stream.take(b"[") else [_value(stream)]
    if not stream.take(b","):
        stream.take(b";")
    return Field(name, start, stream.last_end, values)


def _name(stream: _Tokens) -> bytes:
    """A word, or an extension's or a type's name in brackets."""
    if stream.peek.text == b"[":
        start, end = _message(stream)
        return stream.slice(start, end)
    token = stream.next()
    if token.kind != "word":
        raise MalformedError(stream.good_end)
    return token.text


def _list(stream: _Tokens) -> list[tuple[int, int]]:
    """What stands behind "[", up to and with "]"."""
    values: list[tuple[int, int]] = []
    while not stream.take(b"]"):
        if values and not stream.take(b","):
            raise MalformedError(stream.good_end)
        values.append(_value(stream))
    return values


def _value(stream: _Tokens) -> tuple[int, int]:
    """A message with its brackets, a number, a word, or strings in a row."""
    if stream.peek.text in (b"{", b"<"):
        return _message(stream)
    first = stream.next()
    if first.kind not in ("word", "text"):
        raise MalformedError(stream.good_end)
    while first.kind == "text" and stream.peek.kind == "text":
        stream.next()
    return first.start, stream.last_end


def _message(stream: _Tokens) -> tuple[int, int]:
    """From one bracket to the one that closes it.  No recursion: files may nest as deep as they like."""
    first = stream.next()
    open_brackets = [first.text]
    while open_brackets:
        token = stream.next()
        if token.kind != "mark":
            continue
        if token.text in _CLOSING:
            open_brackets.append(token.text)
        elif token.text in _CLOSING.values() and _CLOSING[open_brackets.pop()] != token.text:
            raise MalformedError(stream.good_end)
    return first.start, stream.last_end


def _unescaped(found: re.Match[bytes]) -> bytes:
    octal, hexadecimal, short, long, other = found.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    if hexadecimal is not None:
        return bytes([int(hexadecimal, 16)])
    if other is not None:
        return _SIMPLE.get(other, other)
    code = int(short or long, 16)
    return chr(code).encode("utf-8", "replace") if code < 0x110000 else b"?"
