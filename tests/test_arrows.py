"""The tree is the architecture: includes point one way, and Python.h stays in the bindings."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NATIVE = ROOT / "native"

# Room → the rooms it may include.  native/README.md draws it.
ALLOWED = {
    "base": set(),
    "cpu": {"base"},
    "crc32c": {"base", "cpu"},
    "histogram": {"base", "cpu"},
    "png": {"base", "cpu"},
    "tsv": {"base"},
    "wire": {"base", "cpu", "crc32c"},
    "archive": {"base", "crc32c", "wire"},
    "sync": {"base"},
    "io": {"base"},
    "segment": {"base", "sync", "io"},
    "writer": {"base", "cpu", "crc32c", "wire", "png", "sync", "io", "segment"},
    "reader": {"base", "cpu", "crc32c", "wire", "io"},
    "recovery": {"base", "wire", "png", "sync", "io", "segment", "writer"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^">]+)[">]', re.MULTILINE)


def sources(room: str) -> list[Path]:
    return sorted(path for path in (NATIVE / room).iterdir() if path.suffix in {".h", ".cc", ".inc"})


def test_every_room_is_known() -> None:
    rooms = {path.name for path in NATIVE.iterdir() if path.is_dir()} - {"bindings"}
    assert rooms == set(ALLOWED)


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_includes_point_one_way(room: str) -> None:
    wrong = []
    for path in sources(room):
        for included in INCLUDE.findall(path.read_text()):
            target = included.split("/")[0]
            if "/" in included and target in {*ALLOWED, "bindings"} and target not in ALLOWED[room] | {room}:
                wrong.append(f"{path.relative_to(ROOT)} includes {included}")
    assert not wrong


@pytest.mark.parametrize("room", sorted(ALLOWED))
def test_python_stays_in_the_bindings(room: str) -> None:
    assert [path.name for path in sources(room) if "Python.h" in INCLUDE.findall(path.read_text())] == []


def test_atomics_stay_where_they_are_argued() -> None:
    """Memory orders other than relaxed and acquire/release publication live in sync/."""
    fenced = [
        str(path.relative_to(ROOT))
        for room in ALLOWED
        if room != "sync"
        for path in sources(room)
        if "seq_cst" in path.read_text() or "atomic_thread_fence" in path.read_text()
    ]
    assert fenced == []


def test_python_does_not_import_frameworks_at_the_top() -> None:
    frameworks = re.compile(
        r"^(?:import|from)\s+(torch|tensorboard|PIL|matplotlib|zstandard|google)\b", re.MULTILINE
    )
    found = {
        str(path.relative_to(ROOT)): frameworks.findall(path.read_text())
        for path in (ROOT / "src").rglob("*.py")
        if frameworks.search(path.read_text())
    }
    assert found == {}
