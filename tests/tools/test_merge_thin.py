"""ringboard merge and thin: the same log in other files, and a smaller one."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

import ringboard
from ringboard import archive, proto, tools
from ringboard.reading import read
from ringboard.tools.thin import envelope, evenly
from tests.support import rustboard
from tests.support.records import event_files, frame, records
from tests.tools.logs import command, contents, write_log


def test_a_merged_log_has_one_file_a_run_and_the_same_records(tmp_path):
    write_log(tmp_path / "log", max_file_bytes=4000)
    merged = tools.merge(tmp_path / "log", tmp_path / "merged")
    assert [each.run for each in merged] == ["deep/eval", "train"]
    assert all(each.files > 3 for each in merged)
    files = event_files(tmp_path / "merged")
    assert [each.path for each in merged] == [str(path) for path in files]
    assert contents(tmp_path / "merged") == contents(tmp_path / "log")
    assert rustboard.steps_by_run(tmp_path / "merged") == rustboard.steps_by_run(tmp_path / "log")


def test_runs_of_one_name_are_joined(tmp_path):
    for node, steps in (("node0", range(50)), ("node1", range(50, 100))):
        with ringboard.SummaryWriter(tmp_path / node / "train") as writer:
            writer.add_scalar_series("x", steps, steps)
    assert "train" in command("merge", tmp_path / "node0", tmp_path / "node1", "-o", tmp_path / "out")
    assert read(tmp_path / "out")["train"]["x"].steps.tolist() == list(range(100))


def test_a_file_that_is_named_twice_is_merged_once(tmp_path):
    with ringboard.SummaryWriter(tmp_path / "log" / "train") as writer:
        writer.add_scalar_series("x", range(5), range(5))
    (path,) = event_files(tmp_path / "log")
    (tmp_path / "link").symlink_to(tmp_path / "log")
    (packed,) = archive.pack(path, min_age=0, keep=True)
    paths = [tmp_path / "log", tmp_path / "link", path.parent, path, packed.result]
    (merged,) = tools.merge(paths, tmp_path / "out")
    assert (merged.run, merged.files) == ("train", 1)
    assert read(tmp_path / "out")["train"]["x"].steps.tolist() == list(range(5))


def test_what_is_damaged_is_left_out_and_told(tmp_path):
    write_log(tmp_path / "log", 60)
    path = event_files(tmp_path / "log")[0]
    content = bytearray(path.read_bytes())
    content[20] ^= 1  # the head
    path.write_bytes(content)
    assert str(path) in command("merge", tmp_path / "log", "-o", tmp_path / "out", code=1)
    assert str(path) in command("thin", tmp_path / "log", "-o", tmp_path / "thin", code=1)
    first, *rest = records(event_files(tmp_path / "out")[0])
    assert b"brain.Event:2" in first
    assert len(rest) == len(read(path)[next(iter(read(path)))]["loss"].steps) * 2 + 6


def test_archives_of_many_blocks_are_merged_whole(tmp_path, monkeypatch):
    pytest.importorskip("zstandard")
    monkeypatch.setattr("ringboard.archive.container.BLOCK_BYTES", 500)
    write_log(tmp_path / "log")
    before = contents(tmp_path / "log")
    assert all(report.state == "packed" for report in archive.pack(tmp_path / "log", min_age=0))
    checks = tools.check(tmp_path / "log")
    assert {check.run: check.records for check in checks} == {run: len(all_) for run, all_ in before.items()}
    tools.merge(tmp_path / "log", tmp_path / "merged")
    assert contents(tmp_path / "merged") == before


def test_a_lost_block_of_an_archive_is_told_and_the_rest_merged(tmp_path, monkeypatch):
    pytest.importorskip("zstandard")
    monkeypatch.setattr("ringboard.archive.container.BLOCK_BYTES", 500)
    with ringboard.SummaryWriter(tmp_path / "log", archive_on_close=True) as writer:
        writer.add_scalar_series("x", range(100), range(100))
    (path,) = (tmp_path / "log").iterdir()
    content = bytearray(path.read_bytes())
    with archive.open_archive(path) as opened:
        block = opened._blocks[2]
    content[block.at + block.stored_size - 9] ^= 255
    path.write_bytes(content)
    assert "damaged" in command("check", tmp_path / "log", code=1)
    assert "lost" in command("merge", tmp_path / "log", "-o", tmp_path / "out", code=1)
    assert 50 < len(read(tmp_path / "out")["."]["x"]) < 100
    (thinned,) = tools.thin(tmp_path / "log", tmp_path / "thin")
    assert [problem.kind for problem in thinned.problems] == ["bad_archive_block"]


@pytest.mark.parametrize("name", ["merge", "thin"])
def test_a_file_that_cannot_be_opened_is_told_and_the_rest_is_there(tmp_path, name):
    write_log(tmp_path / "log", 10)
    (tmp_path / "log" / "broken").mkdir()
    (tmp_path / "log" / "broken" / "events.out.rbevents.1.rbz").write_bytes(b"no archive")
    out = command(name, tmp_path / "log", "-o", tmp_path / "out", code=1)
    assert "can't be read" in out
    assert list(read(tmp_path / "out")) == ["deep/eval", "train"]


@pytest.mark.parametrize("name", ["merge", "thin"])
def test_nothing_is_written_over(tmp_path, name, capsys):
    write_log(tmp_path / "log", 10)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").write_text("somebody's")
    command(name, tmp_path / "log", "-o", tmp_path / "out", code=2)
    assert "not empty" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a"]


@pytest.mark.parametrize("name", ["merge", "thin"])
def test_of_a_path_that_there_is_not_nothing_is_made(tmp_path, name):
    command(name, tmp_path / "mistyped", "-o", tmp_path / "out", code=2)
    with pytest.raises(FileNotFoundError, match="mistyped"):
        getattr(tools, name)(tmp_path / "mistyped", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_thin_log_has_the_shape_of_the_curves(tmp_path):
    write_log(tmp_path / "log", 1500, max_file_bytes=20_000)
    before = contents(tmp_path / "log")
    thinned = tools.thin(tmp_path / "log", tmp_path / "small", points=100)
    assert contents(tmp_path / "log") == before
    full, small = read(tmp_path / "log"), read(tmp_path / "small")
    assert list(small) == list(full)
    for each in thinned:
        own, all_ = small[each.run], full[each.run]
        assert each.points_after == sum(map(len, own.values()))
        assert each.points_before == sum(map(len, all_.values()))
        assert each.bytes_after < each.bytes_before * 0.7
        assert set(all_) - set(own) == {"picture"}
        for tag in ("loss", "a", "b"):
            kept, whole = own[tag], all_[tag]
            assert 50 <= len(kept) <= 100
            assert kept.steps[[0, -1]].tolist() == [0, 1499]
            places = np.searchsorted(whole.steps, kept.steps)
            assert (whole.values[places] == kept.values).all()
            assert (whole.wall_times[places] == kept.wall_times).all()
        assert list(own["text/text_summary"]) == list(all_["text/text_summary"])
        assert len(own["weights"]) == 30
    assert (
        rustboard.steps_by_run(tmp_path / "small")["train"]["loss"] == small["train"]["loss"].steps.tolist()
    )


def test_an_event_of_several_values_keeps_those_that_stay(tmp_path):
    with ringboard.SummaryWriter(tmp_path / "log") as writer:
        for step in range(1000):
            writer.log({"up": step, "wave": np.sin(step), "none": np.nan}, step)
    (thinned,) = tools.thin(tmp_path / "log", tmp_path / "small", points=20)
    full, small = read(tmp_path / "log")["."], read(tmp_path / "small")["."]
    assert thinned.points_after == sum(map(len, small.values()))
    for tag in ("up", "wave", "none"):
        assert 10 <= len(small[tag]) <= 20
        assert np.array_equal(full[tag].values[small[tag].steps], small[tag].values, equal_nan=True)
        assert np.array_equal(full[tag].wall_times[small[tag].steps], small[tag].wall_times)
    assert small["up"].steps.tolist() != small["wave"].steps.tolist()


def test_thin_passes_an_event_that_breaks_off_behind_a_new_tag(tmp_path):
    whole = [
        Event(wall_time=step, step=step, summary=Summary(value=[Summary.Value(tag="x", simple_value=step)]))
        for step in range(2)
    ]
    value = Summary.Value(tag="new", simple_value=1).SerializeToString()
    broken = proto.double(1, 2.0) + proto.message(5, proto.message(1, value) + b"\x0a\x04\xff\xff\xff\xff")
    first, last = (event.SerializeToString() for event in whole)
    (tmp_path / "log").mkdir()
    path = tmp_path / "log" / "events.out.tfevents.1.host"
    path.write_bytes(b"".join(map(frame, (first, broken, last))))
    (thinned,) = tools.thin(tmp_path / "log", tmp_path / "thin")
    assert [problem.kind for problem in thinned.problems] == ["bad_event"]
    assert read(tmp_path / "thin")["."]["x"].steps.tolist() == [0, 1]


def test_kinds_to_drop(tmp_path):
    write_log(tmp_path / "log", 200)
    table = command("thin", tmp_path / "log", "-o", tmp_path / "all", "--drop", "", "--points", "4")
    assert "train" in table
    one = read(tmp_path / "all")["train"]
    assert set(one) == {"loss", "a", "b", "weights", "picture", "text/text_summary"}
    assert len(one["picture"]) == len(one["weights"]) == 4
    command("thin", tmp_path / "log", "-o", tmp_path / "few", "--drop", "scalar, text,image,histogram")
    assert read(tmp_path / "few") == {}
    with pytest.raises(ValueError, match="no kind 'pictures'"):
        tools.thin(tmp_path / "log", tmp_path / "none", drop=["pictures"])
    with pytest.raises(ValueError, match="points=3"):
        tools.thin(tmp_path / "log", tmp_path / "none", points=3)


def test_the_envelope_of_a_curve():
    chance = np.random.default_rng(1)
    for size in (0, 1, 4, 5, 11, 100, 101, 1000, 12345):
        for points in (4, 5, 10, 100, 1000):
            values = chance.normal(size=size)
            values[chance.random(size) < 0.2] = np.nan
            rows = envelope(values, points)
            assert rows.size <= max(points, 0)
            assert (np.diff(rows) > 0).all()
            if size <= points:
                assert rows.tolist() == list(range(size))
                continue
            assert rows[0] == 0
            assert rows[-1] == size - 1
            with np.errstate(invalid="ignore"):
                assert np.nanmax(values[rows]) == np.nanmax(values)
                assert np.nanmin(values[rows]) == np.nanmin(values)
    assert envelope(np.full(100, np.nan), 10).size <= 10
    assert envelope(np.array([1.0] * 50 + [np.inf] + [1.0] * 50), 6).tolist().count(50) == 1


def test_even_distances():
    assert evenly(3, 10).tolist() == [0, 1, 2]
    assert evenly(101, 5).tolist() == [0, 25, 50, 75, 100]


def test_reports_as_json(tmp_path):
    write_log(tmp_path / "log", 60)
    (first, _) = json.loads(command("merge", tmp_path / "log", "-o", tmp_path / "m", "--json"))
    assert first["files"] == 1
    (first, _) = json.loads(command("thin", tmp_path / "log", "-o", tmp_path / "t", "--json"))
    assert first["points_before"] > first["points_after"]
