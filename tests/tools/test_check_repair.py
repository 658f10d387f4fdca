"""ringboard check and repair: damage is told, and what is sound outlives it."""

from __future__ import annotations

import gzip
import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

import ringboard
from ringboard import archive, tools
from ringboard.reading.files import find_files
from ringboard.reading.load import read_file
from ringboard.tools.check import NOTHING
from tests.scripts import ROOT
from tests.support.accumulator import load_run
from tests.support.records import event_files, records, spans
from tests.tools.logs import LONG_AGO, age, command, damage, write_log


def test_sound_files(tmp_path):
    write_log(tmp_path, max_file_bytes=5000)
    found = tools.check(tmp_path)
    assert [each.path for each in found] == [str(path) for path in event_files(tmp_path)]
    assert [each.records for each in found] == [len(spans(path)) for path in event_files(tmp_path)]
    assert not any(each.problems for each in found)
    assert "sound" in command("check", tmp_path)
    assert command("check", tmp_path, "--quiet") == ""
    before = {path: path.read_bytes() for path in event_files(tmp_path)}
    assert {report.state for report in tools.repair(tmp_path)} == {"sound"}
    assert {path: path.read_bytes() for path in event_files(tmp_path)} == before


def test_damage_is_told_with_its_place_and_the_steps_around_it(tmp_path):
    with ringboard.SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("x", range(100), range(100))
    (path,) = event_files(tmp_path)
    found = spans(path)
    content = bytearray(path.read_bytes())
    content[found[11].start + 20] ^= 1
    content[found[51].start] ^= 1
    path.write_bytes(content[: found[91].end - 1])
    (check,) = tools.check(tmp_path)
    assert [problem.offset for problem in check.problems] == [found[index].start for index in (11, 51, 91)]
    assert [problem.kind for problem in check.problems] == ["bad_payload", "bad_length", "torn_tail"]
    assert check.steps == [(9, 11), (49, 51), (89, None)]
    assert check.records == 1 + 100 - 10 - 1 - 1
    text = command("check", tmp_path, code=1)
    assert str(path) in text
    assert f"{found[51].start:,}" in text
    assert "between an event of step 49 and one of step 51" in text
    (as_json,) = json.loads(command("check", tmp_path, "--json", code=1))
    assert as_json["problems"][1]["offset"] == found[51].start


def test_repair_is_named_where_it_can_help(tmp_path):
    write_log(tmp_path, 20)
    for path in event_files(tmp_path / "train"):
        path.write_bytes(path.read_bytes()[:-1])
    assert "see ringboard repair" in command("check", tmp_path, code=1)
    archive.pack(tmp_path / "train", min_age=0)
    damaged = command("check", tmp_path, code=1)
    assert "1 of 2 file(s) damaged" in damaged
    assert "see ringboard repair" not in damaged


@pytest.mark.parametrize("seed", range(20))
def test_what_is_sound_survives_a_repair(tmp_path, seed):
    chance = random.Random(seed)
    write_log(tmp_path, 60)
    sound = {path: damage(path, chance) for path in event_files(tmp_path)}
    reports = tools.repair(tmp_path, keep=chance.random() < 0.5)
    assert {report.state for report in reports} <= {"repaired", "sound"}
    for path, kept in sound.items():
        found = records(path)  # strict: every byte is of a whole record
        if b"brain.Event" not in kept[0].data:
            assert b"brain.Event" in found[0]
            found = found[1:]
        assert found == [span.data for span in kept]
        assert path.stat().st_mtime == LONG_AGO
        load_run(path.parent)
    assert {report.state for report in tools.repair(tmp_path)} == {"sound"}


def test_the_damaged_file_is_kept_on_request(tmp_path):
    write_log(tmp_path, 60)
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])
    age(tmp_path)
    torn = path.read_bytes()
    report = next(each for each in tools.repair(tmp_path, keep=True) if each.kept)
    assert Path(report.kept).read_bytes() == torn
    assert "tfevents" not in Path(report.kept).name
    assert report.lost_bytes == len(torn) - path.stat().st_size


def test_a_repair_that_was_killed_once_keeps_the_damaged_file_the_next_time(tmp_path):
    write_log(tmp_path, 60)
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])
    age(tmp_path)
    kept = path.with_name(path.name.replace("tfevents", "rbevents") + ".damaged")
    os.link(path, kept)  # the last that was done
    torn = path.read_bytes()
    (report,) = tools.repair(path, keep=True)
    assert (report.state, report.kept) == ("repaired", str(kept))
    assert kept.read_bytes() == torn != path.read_bytes()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_files_stay_those_of_their_owner(tmp_path):
    pytest.importorskip("zstandard")
    write_log(tmp_path, 60)
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])
    age(tmp_path)
    os.chown(path, 1234, 2345)
    path.chmod(0o600)
    (report,) = tools.repair(path)
    assert report.state == "repaired"
    (packed,) = archive.pack(path)
    (restored,) = archive.restore(packed.result, keep=True)
    for each in (packed.result, restored.result):
        status = os.stat(each)
        assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1234, 2345, 0o600)


def test_a_dry_run_changes_nothing(tmp_path):
    write_log(tmp_path, 60)
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])
    before = path.read_bytes()
    assert "damaged" in command("repair", tmp_path, "--dry-run")
    assert path.read_bytes() == before


def test_a_damaged_archive_is_skipped_and_a_dry_run_says_so(tmp_path):
    write_log(tmp_path, 60)
    (packed, *_) = archive.pack(event_files(tmp_path), min_age=0)
    content = bytearray(Path(packed.result).read_bytes())
    content[len(content) // 2] ^= 1
    Path(packed.result).write_bytes(content)
    assert "would be skipped: an archive" in command("repair", tmp_path, "--dry-run")
    assert "skipped" in command("repair", tmp_path, code=1)
    assert Path(packed.result).read_bytes() == content


def test_a_file_that_may_be_being_written_is_left_alone(tmp_path):
    write_log(tmp_path, 60)
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])  # now
    torn = path.read_bytes()
    assert "younger" in command("repair", tmp_path, code=1)
    assert path.read_bytes() == torn
    writer = ringboard.SummaryWriter(tmp_path / "live")
    writer.flush()
    (live,) = event_files(tmp_path / "live")
    with live.open("ab") as file:
        file.write(b"half a rec")
    (report,) = tools.repair(live, min_age=0)
    assert report.state == "skipped"
    assert live.read_bytes().endswith(b"half a rec")
    writer.close()


def test_nothing_but_damage(tmp_path):
    (tmp_path / "events.out.tfevents.1.a").write_bytes(os.urandom(3000))
    (tmp_path / "events.out.tfevents.2.b").write_bytes(b"")
    (tmp_path / "events.out.tfevents.3.c").write_bytes(bytes(3000))
    age(tmp_path)
    checks = tools.check(tmp_path)
    assert [len(each.problems) for each in checks] == [1, 0, 1]
    assert checks[2].problems[0].kind == "zeros"
    reports = tools.repair(tmp_path)
    assert [report.state for report in reports] == ["skipped", "sound", "repaired"]
    assert len(records(tmp_path / "events.out.tfevents.3.c")) == 1  # a head


def test_what_is_no_event_file_is_left_alone(tmp_path):
    contents = {
        "model.ckpt": os.urandom(3000),
        "notes.txt": b"short",
        "zeros.bin": bytes(100),
        "events.out.tfevents.1.gz": gzip.compress(b"packed by somebody"),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        os.utime(tmp_path / name, (LONG_AGO, LONG_AGO))
    assert "is it an event file" in command("repair", *(tmp_path / name for name in contents), code=1)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == contents


def test_a_file_that_grows_while_it_is_repaired_is_left_alone(tmp_path, monkeypatch):
    write_log(tmp_path, 20)
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])
    age(tmp_path)
    whole = read_file(find_files(path)[0], NOTHING, for_rules=False)

    def read_then_grow(file, *arguments, **options):
        with path.open("ab") as to:
            to.write(b"more")
        return whole

    monkeypatch.setattr(sys.modules["ringboard.tools.repair"], "read_file", read_then_grow)
    (report,) = tools.repair(path, min_age=0)
    assert report.state == "failed"
    assert path.read_bytes().endswith(b"more")


def test_a_missing_path_and_an_unreadable_file(tmp_path, capsys):
    command("check", tmp_path / "nothing", code=2)
    assert "nothing" in capsys.readouterr().err
    assert "no event files" in command("check", tmp_path)
    write_log(tmp_path, 10)
    if os.getuid() == 0:
        return
    event_files(tmp_path)[0].chmod(0)
    assert "can't be read" in command("check", tmp_path, code=1)


def test_no_room_leaves_all_as_it_was(tmp_path, monkeypatch):
    write_log(tmp_path, 60)
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-3])
    age(tmp_path)
    torn = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    report = tools.repair(path)[0]
    assert report.state == "failed"
    assert "No space" in report.detail
    assert path.read_bytes() == torn
    assert os.listdir(path.parent) == [path.name]


def test_killed_at_any_moment_there_is_the_old_file_or_the_new_one(tmp_path):
    write_log(tmp_path / "log", 2000)
    path = event_files(tmp_path / "log")[0]
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    age(tmp_path)
    damaged = path.read_bytes()
    other = tmp_path / "other"
    shutil.copytree(tmp_path / "log", other)
    (report, *_) = tools.repair(other)
    assert report.state == "repaired"
    repaired = event_files(other)[0].read_bytes()
    chance, seen = random.Random(1), set()
    program = "import sys; from ringboard import tools; print(flush=True); tools.repair(sys.argv[1])"
    for _ in range(25):
        path.write_bytes(damaged)
        age(tmp_path)
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path / "log")],
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}"},
        )
        child.stdout.readline()
        time.sleep(chance.uniform(0, 0.03))
        child.kill()
        child.communicate()
        now = path.read_bytes()
        assert now in (damaged, repaired)
        seen.add(now)
        assert all(b"tfevents" not in name.encode() for name in os.listdir(path.parent) if name != path.name)
    assert tools.repair(tmp_path / "log")[0].state in ("repaired", "sound")
    assert path.read_bytes() == repaired
