"""projector_config.pbtxt: it outlives calls, writers, processes, damage and other programs."""

from __future__ import annotations

import os
import threading

import pytest

from ringboard import SummaryWriter
from ringboard.projector import write_embedding
from tests.scripts import run_script
from tests.support.projector import (
    CONFIG,
    LABELS,
    MAT,
    PICTURES,
    config,
    files,
    numbers,
    tensor_names,
)


def test_the_same_tag_and_step_again_replaces_it(log_dir):
    writer = SummaryWriter(log_dir)
    writer.add_embedding(MAT, LABELS, PICTURES)
    writer.add_embedding(MAT, tag="other")
    writer.add_embedding(MAT[:2])
    assert tensor_names(log_dir) == ["default:00000", "other:00000"]
    assert sorted(files(log_dir)) == ["00000/default/tensors.tsv", "00000/other/tensors.tsv", CONFIG]
    assert not config(log_dir).embeddings[0].metadata_path
    assert len(numbers(files(log_dir)["00000/default/tensors.tsv"])) == 2


def test_other_writers_and_libraries_keep_their_blocks(log_dir):
    import tensorboardX

    SummaryWriter(log_dir).add_embedding(MAT, tag="first")
    SummaryWriter(log_dir).add_embedding(MAT, tag="second")
    tensorboardX.SummaryWriter(str(log_dir)).add_embedding(MAT, tag="theirs")
    writer = SummaryWriter(log_dir)
    writer.close()
    writer.add_embedding(MAT, tag="after close")
    assert tensor_names(log_dir) == ["first:00000", "second:00000", "theirs:00000", "after close:00000"]


@pytest.mark.parametrize("damage", [b"\xff\xfe\0garbage", b'embeddings { tensor_name: "to', b"}" * 9])
def test_a_damaged_config_is_kept_aside(log_dir, damage):
    write_embedding(str(log_dir), "first", MAT)
    damaged = (log_dir / CONFIG).read_bytes() + damage
    (log_dir / CONFIG).write_bytes(damaged)
    for number, suffix in enumerate(["", ".1"]):
        with pytest.warns(RuntimeWarning, match="damaged from byte") as caught:
            write_embedding(str(log_dir), "second", MAT)
        aside = f"{CONFIG}.damaged{suffix}"
        assert aside in str(caught[0].message)
        assert (log_dir / aside).read_bytes() == damaged
        assert tensor_names(log_dir) == ["first:00000", "second:00000"], number
        (log_dir / CONFIG).write_bytes(damaged)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "directory"])
def test_what_is_no_file_is_moved_aside(log_dir, make):
    make(log_dir / CONFIG)
    with pytest.warns(RuntimeWarning, match="no regular file"):
        write_embedding(str(log_dir), "t", MAT)
    assert tensor_names(log_dir) == ["t:00000"]
    assert (log_dir / f"{CONFIG}.damaged").exists()


def test_a_failed_write_leaves_no_draft_and_no_entry(log_dir, monkeypatch):
    write_embedding(str(log_dir), "t", MAT)
    before = files(log_dir)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_embedding(str(log_dir), "t", MAT[:1])
    assert files(log_dir) == before


ADD = """
import sys
import numpy as np
from ringboard.projector import write_embedding
log_dir, tag, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
count = int(tag) + 1
for step in range(steps):
    write_embedding(log_dir, tag, np.full((3, 2), float(step)), ["a", "b", "c"], None, step)
    write_embedding(log_dir, "shared", np.ones((count, 2)), ["x"] * count)
"""


def test_processes_and_threads_at_once_lose_no_block(log_dir):
    processes, steps = 4, 12
    workers = [
        threading.Thread(target=run_script, args=(ADD, log_dir, index, steps)) for index in range(processes)
    ]

    def add(tag: str) -> None:
        for step in range(steps):
            write_embedding(str(log_dir), tag, MAT, None, None, step)

    own = [threading.Thread(target=add, args=(tag,)) for tag in "ab"]
    for worker in workers + own:
        worker.start()
    for worker in workers + own:
        worker.join()
    wanted = {f"{tag}:{step:05d}" for tag in [*map(str, range(processes)), "a", "b"] for step in range(steps)}
    found = tensor_names(log_dir)
    assert len(found) == len(set(found))
    assert set(found) == wanted | {"shared:00000"}
    left = files(log_dir)
    # Never the tensors of one process with the labels of another.
    assert len(numbers(left["00000/shared/tensors.tsv"])) == left["00000/shared/metadata.tsv"].count(b"\n")
    assert not [name for name in left if name.endswith(".draft")]


def test_a_writer_that_takes_no_lock_is_not_overwritten(log_dir, monkeypatch):
    """tensorboardX appends while we write."""
    from ringboard.projector import config as module

    real, block = module._read, b'embeddings {\n  tensor_name: "theirs"\n}\n'

    def read_and_then_somebody_appends(path):
        found = real(path)
        if block not in found[0]:
            with open(path, "ab") as file:
                file.write(block)
        return found

    monkeypatch.setattr(module, "_read", read_and_then_somebody_appends)
    write_embedding(str(log_dir), "ours", MAT)
    assert tensor_names(log_dir) == ["theirs", "ours:00000"]


def test_who_comes_second_waits(log_dir):
    import fcntl

    fd = os.open(log_dir, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    second = threading.Thread(target=write_embedding, args=(str(log_dir), "t", MAT))
    second.start()
    second.join(0.3)
    assert second.is_alive()
    assert not (log_dir / CONFIG).exists()
    os.close(fd)
    second.join()
    assert tensor_names(log_dir) == ["t:00000"]


def test_a_lock_that_is_never_given_back_stops_nobody(log_dir, monkeypatch):
    import fcntl

    from ringboard.projector import files as module

    monkeypatch.setattr(module, "_LOCK_TIMEOUT_S", 0.1)
    fd = os.open(log_dir, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    try:
        write_embedding(str(log_dir), "t", MAT)
    finally:
        os.close(fd)
    assert tensor_names(log_dir) == ["t:00000"]


def test_from_a_signal_handler_in_the_middle_of_it(log_dir):
    run_script(
        """
        import signal, sys
        import numpy as np
        from ringboard.projector import write_embedding
        from ringboard.projector import config, files
        files._LOCK_TIMEOUT_S = 1000  # waiting for itself would hang the script
        real = config.edited
        def interrupted(old, entry):
            if entry.tensor_name == "outer:00000" and not hasattr(signal, "done"):
                signal.done = True
                signal.raise_signal(signal.SIGUSR1)
            return real(old, entry)
        config.edited = interrupted
        signal.signal(signal.SIGUSR1, lambda *_: write_embedding(sys.argv[1], "inner", np.ones((2, 2))))
        write_embedding(sys.argv[1], "outer", np.ones((2, 2)))
        """,
        log_dir,
    )
    assert tensor_names(log_dir) == ["inner:00000", "outer:00000"]


def test_no_event_is_written(tmp_path):
    sizes = []
    for name in ("with", "without"):
        with SummaryWriter(tmp_path / name) as writer:
            if name == "with":
                writer.add_embedding(MAT, LABELS, PICTURES)
        (events,) = (tmp_path / name).glob("events*")
        sizes.append(events.stat().st_size)
    assert sizes[0] == sizes[1]
