"""What an embedding's directory and tensor are called."""

from __future__ import annotations

import errno
import hashlib
import os
import re

_LONGEST_NAME = 255  # bytes, of nearly every file system
_HASH_DIGITS = 32
# The Projector puts the tensor's name into a URL as it is: "&" would end it, "#" the URL, "+" and "%41" would
# come back as something else, and the browser drops tabs and newlines.
_UNSAFE_IN_URL = re.compile(r"[&#+\t\n\r]|%(?=[0-9A-Fa-f]{2})")
_STAND_INS = {"&": "＆", "#": "＃", "+": "＋", "%": "％"}


def tensor_name(tag: str, step: int) -> str:
    """The name in the Projector's list, "tag:00012".

    What the Projector could not ask its server for is replaced: & # + % by their full-width forms.
    """
    name = _UNSAFE_IN_URL.sub(lambda found: _STAND_INS.get(found[0], " "), tag)
    return f"{name}:{_padded(step)}"


def sub_dir(tag: str, step: int) -> str:
    """The embedding's directory, relative to the log dir, with forward slashes; no tag leads out of it."""
    escaped = tag.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")
    if escaped in (".", ".."):
        escaped = escaped.replace(".", "%2e")
    encoded = escaped.encode("utf-8")
    if len(encoded) > _LONGEST_NAME:
        # "%-" begins no other escape, so no other tag gets this name.
        digest = hashlib.blake2b(encoded, digest_size=_HASH_DIGITS // 2).hexdigest()
        kept = encoded[: _LONGEST_NAME - _HASH_DIGITS - 2].decode("utf-8", "ignore")
        escaped = f"{kept}%-{digest}"
    return f"{_padded(step)}/{escaped}" if escaped else _padded(step)


def make_dir(log_dir: str, tag: str, below: str) -> str:
    """Makes the directory `below` inside the log dir, and returns its path.

    Raises:
        ValueError: the tag cannot be a path, or a symbolic link leads out of the log dir.
        NotADirectoryError: a part of the path is a file.
    """
    if "\0" in below:
        raise ValueError(f"embedding {tag!r}: the tag holds a NUL character, which no path can")
    path = os.path.join(log_dir, *below.split("/"))
    _check_inside(log_dir, tag, path)
    try:
        os.makedirs(path, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise NotADirectoryError(
            errno.ENOTDIR, f"embedding {tag!r}: a part of its path is a file and no directory", error.filename
        ) from None
    _check_inside(log_dir, tag, path)
    return path


def _check_inside(log_dir: str, tag: str, path: str) -> None:
    root = os.path.realpath(log_dir)
    if os.path.commonpath([root, os.path.realpath(path)]) != root:
        raise ValueError(f"embedding {tag!r}: a symbolic link leads out of the log dir {log_dir!r}: {path!r}")


def _padded(step: int) -> str:
    return str(step).zfill(5)
