"""ringboard.archive: archives read in place, whole and damaged."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event, TaggedRunMetadata
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.compat.proto.summary_pb2 import Summary

import ringboard
from ringboard import archive
from ringboard.archive import container
from tests import walk
from tests.support.archives import EVENTS, log_everything, mutated, packed
from tests.support.records import frame

# --- read in place ------------------------------------------------------------------------------------


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "BLOCK_BYTES", 20_000)


@pytest.mark.usefixtures("small_blocks")
def test_bytes_from_any_place(tmp_path: Path) -> None:
    file = log_everything(tmp_path)
    content = file.read_bytes()
    name = file.name
    with archive.open_archive(packed(file)) as opened:
        assert opened.size == len(content)
        assert opened.original_name == name
        assert opened.tags >= {"train/loss", "val/loss", "a", "b", "weights", "noise", "note/text_summary"}
        rng = random.Random(0)
        for _ in range(200):
            at, size = rng.randrange(len(content) + 5), rng.randrange(50_000)
            assert opened.read_at(at, size) == content[at : at + size]
        with pytest.raises(ValueError, match="negative"):
            opened.read_at(-1, 1)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize(
    ("tags", "all_of"),
    [
        ("val/loss", "val/loss"),
        (["a"], "a"),
        (["*/loss"], "train/loss"),
        ("weights", "weights"),
        ("noise", "noise"),
    ],
)
def test_blocks_without_a_tag_are_not_unpacked(tmp_path: Path, tags: str | list[str], all_of: str) -> None:
    file = log_everything(tmp_path)
    content = file.read_bytes()
    with archive.open_archive(packed(file)) as opened:
        given = list(opened.blocks(tags))
        assert all(content[at : at + len(data)] == data for at, data in given)
        found = b"".join(data for _, data in given)
        size = sum(len(data) for _, data in given)
        assert opened.problems == []
    (tmp_path / "part").write_bytes(found)

    def of(path: Path) -> list[bytes]:
        return [
            event.SerializeToString()
            for event in walk.events(path)
            if any(value.tag == all_of for value in event.summary.value)
        ]

    (tmp_path / "whole").write_bytes(content)
    assert of(tmp_path / "part") == of(tmp_path / "whole") != []
    if all_of != "noise":  # the pictures are most of the file
        assert size < len(content) / 3


@pytest.mark.parametrize("tags", ["*", "__run_graph__", "profile", ["profile", "loss"]])
def test_graphs_and_run_metadata_are_found_by_tag(tmp_path: Path, tags: str | list[str]) -> None:
    graph = GraphDef()
    graph.node.add(name="a", op="b")
    events = [
        Event(wall_time=1, graph_def=graph.SerializeToString()),
        Event(wall_time=2, tagged_run_metadata=TaggedRunMetadata(tag="profile", run_metadata=b"bytes")),
        Event(wall_time=3, summary=Summary(value=[Summary.Value(tag="loss", simple_value=3)])),
    ]
    file = tmp_path / "events.out.tfevents.1.host"
    file.write_bytes(b"".join(frame(event.SerializeToString()) for event in events))

    def found() -> dict[str, list[object]]:
        (run,) = ringboard.read(tmp_path, tags).values()
        return {tag: list(series) for tag, series in run.items()}

    before = found()
    packed(file)
    assert found() == before != {}


@pytest.mark.usefixtures("small_blocks")
def test_scalars_are_read_past_damaged_pictures(tmp_path: Path) -> None:
    file = log_everything(tmp_path)
    content = file.read_bytes()
    path = packed(file)
    data = bytearray(path.read_bytes())
    with archive.open_archive(path) as opened:
        for block in opened._blocks:
            end = block.at + block.stored_size
            large = block.frames[2][1]
            data[end - large : end] = bytes(large)
    path.write_bytes(data)
    with archive.open_archive(path) as opened:
        (tmp_path / "part").write_bytes(b"".join(data for _, data in opened.blocks("train/loss")))
        assert opened.problems == []
        assert walk.steps(tmp_path / "part", "train/loss") == list(range(300))
        list(opened.blocks())
        assert {problem.kind for problem in opened.problems} == {"bad_archive_block"}
    (report,) = archive.restore(path)
    assert report.state == "failed"
    assert "can't be unpacked" in report.detail
    assert sorted(tmp_path.iterdir()) == sorted([path, tmp_path / "part"])
    assert len(content) > len(data)


def test_threads_share_an_archive(tmp_path: Path, small_blocks: None) -> None:
    from concurrent.futures import ThreadPoolExecutor

    file = log_everything(tmp_path)
    content = file.read_bytes()
    with archive.open_archive(packed(file)) as opened, ThreadPoolExecutor(4) as pool:
        ranges = [(at, 3000) for at in range(0, len(content), 2500)]
        found = pool.map(lambda each: opened.read_at(*each), ranges)
        assert list(found) == [content[at : at + size] for at, size in ranges]
        assert b"".join(data for _, data in opened.blocks(pool=pool, ahead=8)) == content


# --- damaged ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_blocks(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """(an archive of several blocks, its original)."""
    directory = tmp_path_factory.mktemp("blocks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(container, "BLOCK_BYTES", 500)
        file = directory / "events.out.tfevents.1"
        file.write_bytes(EVENTS)
        return packed(file).read_bytes(), EVENTS


def check_what_is_readable(path: Path, original: bytes) -> int:
    """Opens, reads all in every way; returns how many right bytes there were."""
    opened, told = None, ""
    try:
        opened = archive.open_archive(path)
    except archive.ArchiveError as error:
        told = str(error)
    if opened is None:
        assert str(path) in told
        return 0
    with opened:
        right = 0
        for at, data in opened.blocks():
            assert original[at : at + len(data)] == data
            right += len(data)
        lost = opened.size - right
        assert (lost == 0) == (not [p for p in opened.problems if p.kind != "bad_archive_index"])
        list(opened.blocks("train/*"))
        try:
            assert opened.read_at(0, len(original)) == original[: opened.size]
        except archive.ArchiveError as error:
            told = str(error)
        assert bool(told) == (lost > 0)
        assert not told or str(path) in told
        return right


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32), times=st.integers(1, 3))
def test_damaged_archives_give_what_is_right_or_an_error(
    two_blocks: tuple[bytes, bytes], tmp_path_factory: pytest.TempPathFactory, seed: int, times: int
) -> None:
    data, original = two_blocks
    path = tmp_path_factory.getbasetemp() / "damaged.rbz"
    path.write_bytes(mutated(data, random.Random(seed), times))
    check_what_is_readable(path, original)


def test_cut_anywhere(two_blocks: tuple[bytes, bytes], tmp_path: Path) -> None:
    data, original = two_blocks
    path = tmp_path / "cut.rbz"
    right = []
    for size in range(0, len(data), 101):
        path.write_bytes(data[:size])
        right.append(check_what_is_readable(path, original))
    assert right == sorted(right)
    assert right[-1] == len(original)


def test_without_its_index_all_is_found(two_blocks: tuple[bytes, bytes], tmp_path: Path) -> None:
    data, original = two_blocks
    path = tmp_path / "no_index.rbz"
    path.write_bytes(data[:-60])
    with archive.open_archive(path) as opened:
        assert b"".join(part for _, part in opened.blocks()) == original
        (problem,) = opened.problems
        assert (problem.kind, problem.file, problem.offset) == (
            "bad_archive_index",
            str(path),
            len(data) - 60,
        )
        assert opened.tags is None
    # What its end would have said can't be checked: nothing is removed.
    (report,) = archive.restore(path)
    assert report.state == "failed"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["../up", "/etc/x", "", ".", "..", "a\0b"])
def test_an_archive_names_no_file_elsewhere(tmp_path: Path, name: str) -> None:
    head = container.Head(name, 0o644, 0).pack()
    path = tmp_path / "evil.rbz"
    end = container.End(len(head), 0, 0, 0, 0, 0)
    path.write_bytes(head + end.pack())
    with pytest.raises(archive.ArchiveError, match="no file name"):
        archive.open_archive(path)
    (report,) = archive.restore(path)
    assert report.state == "failed"
    assert list(tmp_path.iterdir()) == [path]


def test_frames_that_promise_too_much_are_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "events.out.tfevents.1"
    file.write_bytes(EVENTS)
    path = packed(file)
    data = path.read_bytes()
    with archive.open_archive(path) as opened:
        (block,) = opened._blocks
    bomb = zstandard.ZstdCompressor(level=19).compress(bytes(100 << 20))
    for frames in (
        ((100 << 20, len(bomb)), (0, 0), (0, 0)),  # as promised, but no columns
        ((1000, len(bomb)), (0, 0), (0, 0)),
        ((2**32 - 1, len(bomb)), (0, 0), (0, 0)),
    ):
        evil = container.Block(0, 0, block.size, block.crc, frames)
        path.write_bytes(data[: block.at] + evil.pack() + bomb)
        with archive.open_archive(path) as opened:
            assert list(opened.blocks()) == []
            assert opened.problems


@pytest.mark.parametrize("content", [b"", b"x", b"\x93RBZ\r\n\x1a\n", EVENTS[:1000], bytes(100_000)])
def test_what_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.rbz"
    path.write_bytes(content)
    with pytest.raises(archive.ArchiveError, match=r"no\.rbz: no archive of ringboard"):
        archive.open_archive(path)


def test_another_version_is_named(tmp_path: Path) -> None:
    path = tmp_path / "new.rbz"
    head = container.Head("events", 0o644, 0).pack()
    path.write_bytes(head[:8] + b"\x02\x00" + head[10:])
    with pytest.raises(archive.ArchiveError, match="version 2"):
        archive.open_archive(path)
