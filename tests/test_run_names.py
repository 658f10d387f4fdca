"""The runs of add_scalars stay below the log dir, whatever the tags and keys say."""

from __future__ import annotations

import os

import pytest

from ringboard import SummaryWriter
from tests.support.events import scalars
from tests.support.records import event_files

WAYS_OUT = [
    "..", "../..", "../../../x", "/", "//", "/etc", "/tmp/escaped", "a/../../b", "a/../../../../b", "./..",
    ".", "../" * 30 + "tmp/x", "..\\..", "a/./../..", "...", "~", "~root", "a/..", "/..",
]  # fmt: skip


def outside_of(log_dir) -> set[str]:
    root = log_dir.parent
    return {path.relative_to(root).parts[0] for path in root.rglob("*")} - {log_dir.name}


@pytest.mark.parametrize("name", WAYS_OUT)
@pytest.mark.parametrize("place", ["key", "main_tag", "both"])
def test_no_name_leads_out(tmp_path, name, place):
    log_dir = tmp_path / "a" / "b" / "log"
    main_tag, key = {"key": ("m", name), "main_tag": (name, "k"), "both": (name, name)}[place]
    with SummaryWriter(log_dir) as writer:
        writer.add_scalars(main_tag, {key: 1.0, "ordinary": 2.0}, 1)
        writer.add_scalar("after", 1.0, 1)
    assert {path.relative_to(tmp_path).parts[:3] for path in event_files(tmp_path)} == {("a", "b", "log")}
    assert outside_of(log_dir) == set()
    values = [points for run, tags in scalars(log_dir).items() if run != "." for points in tags.values()]
    assert sorted(point for points in values for point in points) == [(1, 1.0), (1, 2.0)]
    assert all(os.path.realpath(path).startswith(str(log_dir)) for path in event_files(log_dir))


def test_names_that_readers_cannot_open_are_refused(tmp_path):
    # TensorBoard's Python reader raises UnicodeEncodeError at such a directory, and shows no run at all.
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match="surrogate"):
        writer.add_hparams({"lr": 1.0}, {"loss": 1.0}, run_name="a\udcffb")
    assert {path.parent for path in event_files(tmp_path)} == {tmp_path}


@pytest.mark.parametrize("key", ["a\0b", "\0", "../\0"])
def test_nul_is_refused(tmp_path, key):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(ValueError, match="NUL"):
            writer.add_scalars("m", {key: 1.0}, 1)
        writer.add_scalar("after", 1.0, 1)
    assert scalars(tmp_path) == {".": {"after": [(1, 1.0)]}}


@pytest.mark.parametrize("where", ["m_key", "m_key/deeper"])
@pytest.mark.parametrize("absolute", [True, False])
def test_a_symbolic_link_out_of_the_log_dir_is_refused(tmp_path, where, absolute):
    outside = tmp_path / "outside"
    outside.mkdir()
    log_dir = tmp_path / "log"
    link = log_dir / where
    link.parent.mkdir(parents=True)
    link.symlink_to(outside if absolute else os.path.relpath(outside, link.parent))
    with SummaryWriter(log_dir) as writer:
        with pytest.raises((ValueError, OSError), match="link"):
            writer.add_scalars("m", {"key/deeper/run": 1.0}, 1)
        with pytest.raises((ValueError, OSError), match="link"):
            writer.add_scalars("m", {"key/deeper": 1.0}, 1)
        writer.add_scalars("m", {"other": 2.0}, 1)
    assert list(outside.iterdir()) == []
    assert scalars(log_dir)["m_other"] == {"m": [(1, 2.0)]}


def test_a_dangling_symbolic_link_is_refused(tmp_path):
    log_dir = tmp_path / "log"
    log_dir.mkdir()
    (log_dir / "m_key").symlink_to(tmp_path / "not there yet")
    with SummaryWriter(log_dir) as writer, pytest.raises((ValueError, OSError)):
        writer.add_scalars("m", {"key": 1.0}, 1)
    assert not (tmp_path / "not there yet").exists()


def test_a_loop_of_symbolic_links_is_refused(tmp_path):
    (tmp_path / "m_key").symlink_to(tmp_path / "m_key")
    with SummaryWriter(tmp_path) as writer, pytest.raises((ValueError, OSError)):
        writer.add_scalars("m", {"key": 1.0}, 1)


def test_a_symbolic_link_planted_later_is_refused_when_the_writer_reopens(tmp_path):
    log_dir, outside = tmp_path / "log", tmp_path / "outside"
    outside.mkdir()
    writer = SummaryWriter(log_dir)
    writer.add_scalars("m", {"key": 1.0}, 1)
    writer.close()
    (log_dir / "m_key").rename(tmp_path / "moved away")
    (log_dir / "m_key").symlink_to(outside)
    with pytest.raises((ValueError, OSError), match="link"):
        writer.add_scalars("m", {"key": 2.0}, 2)
    writer.close()
    assert list(outside.iterdir()) == []


def test_a_symbolic_link_within_the_log_dir_may_stay(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "m_key").symlink_to(tmp_path / "real")
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("m", {"key": 1.0}, 1)
    assert scalars(tmp_path)["real"] == {"m": [(1, 1.0)]}


def test_the_log_dir_itself_may_be_a_symbolic_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with SummaryWriter(tmp_path / "link") as writer:
        writer.add_scalars("m", {"key": 1.0}, 1)
    assert scalars(tmp_path / "real")["m_key"] == {"m": [(1, 1.0)]}


def test_keys_that_meet_in_one_directory_lose_nothing(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalars("m", {"a/b": 1.0, "a//b": 2.0, "a/./b": 3.0}, 1)
    assert sorted(value for _, value in scalars(tmp_path)["m_a/b"]["m"]) == [1.0, 2.0, 3.0]


def test_a_key_that_is_too_long_for_a_path(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((ValueError, OSError)):
            writer.add_scalars("m", {"k" * 5000: 1.0}, 1)
        writer.add_scalar("after", 1.0, 1)
    assert scalars(tmp_path) == {".": {"after": [(1, 1.0)]}}
