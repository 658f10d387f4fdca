"""follow=True: what is new, as soon as it is whole, and nothing twice."""

from __future__ import annotations

import os
import random
import threading
import time

import pytest

import ringboard
from ringboard import SummaryWriter, archive
from tests.support.records import event_files, records


def steps_of(log, run=".", tag="t"):
    return log[run][tag].steps.tolist() if run in log and tag in log[run] else []


def test_each_log_has_what_is_new(tmp_path):
    with ringboard.read(tmp_path, follow=True, poll_interval=0.01) as follower:
        assert len(next(follower)) == 0
        with SummaryWriter(tmp_path) as writer:
            writer.add_scalar("t", 1.0, 1)
            writer.flush()
            assert steps_of(next(follower)) == [1]
            writer.add_scalar("t", 2.0, 2)
            writer.add_text("words", "hello", 2)
            writer.flush()
            new = next(follower)
            assert steps_of(new) == [2]
            assert new["."]["words/text_summary"][0] == "hello"
        with SummaryWriter(tmp_path / "another") as writer:
            writer.add_scalar("t", 3.0, 3)
        new = next(follower)
        assert list(new) == ["another"]
        assert steps_of(new, "another") == [3]
        assert len(follower.poll()) == 0


def test_metadata_of_the_first_value_holds_later(tmp_path):
    with SummaryWriter(tmp_path) as writer, ringboard.read(tmp_path, follow=True) as follower:
        for step in range(3):
            writer.add_pr_curve("curve", [0, 1], [0.1, 0.9], step)
            writer.add_scalar("new", step, step, new_style=True)
            writer.flush()
            run = next(follower)["."]
            assert (run["curve"].kind, run["curve"].steps.tolist()) == ("pr_curve", [step])
            assert run["new"].values.tolist() == [step]


def test_a_file_that_comes_byte_by_byte(tmp_path):
    with SummaryWriter(tmp_path / "whole") as writer:
        for step in range(200):
            writer.add_scalar("t", step, step)
            writer.add_text("words", f"{step}" * 30, step)
    (path,) = event_files(tmp_path / "whole")
    content = path.read_bytes()
    rng = random.Random(4)
    steps, words, problems = [], [], []
    (tmp_path / "growing").mkdir()
    with (
        open(tmp_path / "growing" / path.name, "wb", buffering=0) as file,
        ringboard.read(tmp_path / "growing", follow=True) as follower,
    ):
        at = 0
        while at < len(content):
            size = rng.choice([1, 7, 100, 1000])
            file.write(content[at : at + size])
            at += size
            new = follower.poll()
            steps += steps_of(new)
            words += list(new["."]["words/text_summary"]) if "words/text_summary" in new.get(".", {}) else []
            problems += new.problems
    assert steps == list(range(200))
    assert words == [f"{step}" * 30 for step in range(200)]
    assert problems == []


def test_damage_is_told_once_it_is_passed(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(6):
            writer.add_scalar("t", step, step)
    (path,) = event_files(tmp_path)
    content = bytearray(path.read_bytes())
    damaged = content.index(records(path)[4]) - 12
    content[damaged] ^= 0xFF
    path.write_bytes(content[: damaged + 20])
    with ringboard.read(tmp_path, follow=True) as follower:
        first = next(follower)
        assert first.problems == []
        path.write_bytes(content)
        second = follower.poll()
        assert [each.kind for each in second.problems] == ["bad_length"]
        assert steps_of(first) + steps_of(second) == [0, 1, 2, 4, 5]
        assert follower.poll().problems == []


def test_a_file_that_was_cut_is_told_once(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("t", 1.0, 1)
    (path,) = event_files(tmp_path)
    with ringboard.read(tmp_path, follow=True) as follower:
        next(follower)
        os.truncate(path, 10)
        assert "cut to 10 bytes" in follower.poll().problems[0].detail
        assert follower.poll().problems == []


@pytest.mark.parametrize("tags", [None, "t"])
def test_a_file_that_is_packed_and_unpacked_is_not_read_again(tmp_path, tags):
    pytest.importorskip("zstandard")
    writer = SummaryWriter(tmp_path, archive_on_close=True)
    writer.add_scalar("t", 0, 0)
    writer.flush()
    with ringboard.read(tmp_path, tags, follow=True) as updates:
        assert steps_of(updates.poll()) == [0]
        writer.add_scalar("t", 1, 1)
        writer.close()
        assert steps_of(updates.poll()) == [1]
        assert len(updates.poll()) == 0
        archive.restore(tmp_path)
        assert len(updates.poll()) == 0
        with event_files(tmp_path)[0].open("ab") as file:
            with SummaryWriter(tmp_path / "more") as writer:
                writer.add_scalar("t", 2, 2)
            file.write(event_files(tmp_path / "more")[0].read_bytes())
        new = updates.poll()
        assert steps_of(new) == [2]
        assert new.problems == []


def test_closing_ends_a_waiting_iteration(tmp_path):
    follower = ringboard.read(tmp_path, follow=True, poll_interval=60)
    next(follower)
    found = []
    thread = threading.Thread(target=lambda: found.append(list(follower)))
    thread.start()
    time.sleep(0.05)
    follower.close()
    thread.join(10)
    assert found == [[]]


def test_many_files_keep_no_descriptors(tmp_path):
    for run in range(30):
        with SummaryWriter(tmp_path / str(run)) as writer:
            writer.add_scalar("t", 1.0, 1)
    ringboard.read(tmp_path)
    before = len(os.listdir("/proc/self/fd"))
    with ringboard.read(tmp_path, follow=True) as follower:
        assert len(next(follower)) == 30
        assert len(os.listdir("/proc/self/fd")) <= before


def test_wrong_arguments(tmp_path):
    with pytest.raises(ValueError, match="follow"):
        ringboard.read(tmp_path, follow=True, rules="rustboard")
    for seconds in (0, float("inf"), float("nan")):
        with pytest.raises(ValueError, match="poll_interval"):
            ringboard.read(tmp_path, follow=True, poll_interval=seconds)
    with pytest.raises(FileNotFoundError):
        ringboard.read(tmp_path / "missing", follow=True)
