"""A short kill storm, and proof that its judge can say no. `make kill-storm` is the long one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ringboard
from tests.faults.run import Run
from tests.faults.stage import ROOT
from tests.faults.storm_count import Count
from tests.faults.storm_judge import judge_storm
from tests.support.records import event_files, frame, spans


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's shared memory")
def test_a_short_storm(tmp_path):
    path = os.pathsep.join([str(Path(ringboard.__file__).parents[1]), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.kill_storm", "--kills", "30", "--kill-recovery"],
        env=os.environ | {"PYTHONPATH": path, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (acknowledged,) = re.findall(r"events acknowledged \| ([\d,]+)", done.stdout)
    assert int(acknowledged.replace(",", "")) > 1000, done.stdout


@pytest.fixture
def storm(tmp_path):
    """What a process leaves that ended well: 50 acknowledged events."""
    run = Run("ringboard", tmp_path / "000")
    run.home.mkdir()
    with run.writer() as writer:
        run.train(writer, "scalar", 50)
    return run


def test_a_process_that_ended_well(storm):
    assert judge_storm(storm.home.parent) == Count(acknowledged=50, found=50)


def test_lost_events_are_seen(storm):
    storm.acks("scalar").add(50)
    storm.acks("another").add(7)
    found = judge_storm(storm.home.parent)
    assert (found.acknowledged, found.lost_python, found.lost_rust) == (52, 2, 2)
    assert found.faults(losses_count=False) == {}


def _rewrite(storm: Run, change) -> Count:
    (path,) = event_files(storm.log)
    records = [span.data for span in spans(path)]
    change(records)
    path.write_bytes(b"".join(map(frame, records)))
    return judge_storm(storm.home.parent)


def test_an_event_that_is_there_twice_is_seen(storm):
    found = _rewrite(storm, lambda records: records.append(records[-1]))
    assert found.faults() == {"duplicates": 1, "disordered": 1}


def test_a_hole_is_seen(storm):
    found = _rewrite(storm, lambda records: records.pop(10))
    assert found.faults() == {"disordered": 1, "lost_python": 1, "lost_rust": 1}


def test_a_changed_order_is_seen(storm):
    def swap(records: list[bytes]) -> None:
        records[10], records[11] = records[11], records[10]

    found = _rewrite(storm, swap)
    assert found.disordered == 3
    assert found.faults(losses_count=False) == {"disordered": 3}


def test_a_wrong_payload_is_seen(storm):
    with storm.writer() as writer:
        writer.add_image("picture", [[[0.0]]] * 3, 0)
        writer.add_histogram("histogram", [1.0, 2.0], 0)
        writer.add_text("text", "another", 0)
        writer.add_scalar("other", 5.0, 0, new_style=True)
        writer.add_scalar("handle", 5.0, 0)
    assert judge_storm(storm.home.parent).faults() == {"wrong": 5}


def test_a_torn_file_is_seen(storm):
    (path,) = event_files(storm.log)
    path.write_bytes(path.read_bytes()[:-1])
    assert judge_storm(storm.home.parent).faults() == {"unsound": 1, "lost_python": 1, "lost_rust": 1}
