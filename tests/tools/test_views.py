"""ringboard inspect, show, export, tail, board and bench: a log for people and scripts."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary

import ringboard
from ringboard.cli import tail
from ringboard.cli.board import make_mirror
from ringboard.cli.show import smoothed
from tests.scripts import ROOT
from tests.support import rustboard
from tests.support.records import event_files, frame, spans
from tests.tools.logs import command, write_log


def ringboard_command(*arguments: object, **options: object) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-m", "ringboard", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        **options,
    )


def test_inspect(tmp_path):
    write_log(tmp_path)
    with ringboard.SummaryWriter(tmp_path / "back") as writer:
        for step in (0, 1, 2, 3, 1, 2):
            writer.add_scalar("x", 1, step)
    found = json.loads(command("inspect", tmp_path, "--json"))
    assert set(found["runs"]) == {"train", "deep/eval", "back"}
    about = found["runs"]["back"]["x"]
    assert (about["points"], about["first_step"], about["last_step"]) == (6, 0, 2)
    assert (about["min_step"], about["max_step"]) == (0, 3)
    shown = rustboard.steps_by_run(tmp_path)["back"]["x"]
    assert about["hidden_by_rustboard"] == 6 - len(shown) == 3
    assert found["runs"]["train"]["weights"]["kind"] == "histogram"
    assert [file["path"] for file in found["files"]] == [str(path) for path in event_files(tmp_path)]
    text = command("inspect", tmp_path)
    assert "deep/eval" in text
    assert re.search(r"x +scalar +6 +0 +2 +0 +3 +3", text)
    only = json.loads(command("inspect", tmp_path, "--json", "--tags", "l*", "--kinds", "scalar"))
    assert set(only["runs"]["train"]) == {"loss"}


def test_inspect_tells_of_damage(tmp_path):
    write_log(tmp_path, 20)
    path = event_files(tmp_path)[0]
    path.write_bytes(path.read_bytes()[:-1])
    assert "torn_tail" in command("inspect", tmp_path, code=1)


def test_export_as_csv_json_lines_and_parquet(tmp_path):
    with ringboard.SummaryWriter(tmp_path / "log" / "a") as writer:
        writer.add_scalar('x,\n"y"', 0.1, 7, walltime=12.5)
        writer.add_scalar("nan", math.nan, 8, walltime=13)
        writer.add_text("text", "no scalar", 1)
    rows = list(csv.reader(io.StringIO(command("export", tmp_path / "log"))))
    assert rows == [
        ["run", "tag", "step", "wall_time", "value"],
        ["a", 'x,\n"y"', "7", "12.5", repr(float(np.float32(0.1)))],
        ["a", "nan", "8", "13.0", "nan"],
    ]
    lines = command("export", tmp_path / "log", "--format", "jsonl").splitlines()
    assert json.loads(lines[0])["value"] == float(np.float32(0.1))
    assert json.loads(lines[1]) == {"run": "a", "tag": "nan", "step": 8, "wall_time": 13.0, "value": "nan"}
    parquet = pytest.importorskip("pyarrow.parquet")
    command("export", tmp_path / "log", "-o", tmp_path / "x.parquet", "--tags", "nan")
    table = parquet.read_table(tmp_path / "x.parquet").to_pydict()
    assert table["step"] == [8]
    command("export", tmp_path / "log", "-o", tmp_path / "x.csv")
    assert (tmp_path / "x.csv").read_text() == command("export", tmp_path / "log")
    command("export", tmp_path / "log", "--format", "parquet", code=2)


def test_an_export_goes_to_a_pipe_by_its_path(tmp_path):
    write_log(tmp_path, 3)
    process = ringboard_command("export", tmp_path, "-o", "/dev/stdout")
    output, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert output == command("export", tmp_path) != ""


def test_an_export_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    write_log(tmp_path / "log", 5)
    (tmp_path / "x.csv").write_text("of yesterday")

    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ringboard.cli.export._write_csv", full)
    command("export", tmp_path / "log", "-o", tmp_path / "x.csv", code=2)
    assert (tmp_path / "x.csv").read_text() == "of yesterday"
    assert sorted(os.listdir(tmp_path)) == ["log", "x.csv"]
    monkeypatch.undo()
    (tmp_path / "link.csv").symlink_to("x.csv")
    command("export", tmp_path / "log", "-o", tmp_path / "link.csv")
    assert (tmp_path / "x.csv").read_text().startswith("run,tag")
    assert (tmp_path / "link.csv").is_symlink()
    command("export", tmp_path / "log", "-o", os.devnull)
    assert not os.path.isfile(os.devnull)


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.getuid() != 0, reason="only root can be somebody else")
def test_a_directory_that_cannot_be_listed_is_told(tmp_path):
    write_log(tmp_path / "log", 5)
    (tmp_path / "log" / "deep").chmod(0)
    for directory in (tmp_path, *tmp_path.parents[:2]):
        directory.chmod(0o755)
    os.seteuid(65534)
    try:
        (problem,) = ringboard.read(tmp_path / "log").problems
        assert (problem.kind, problem.file) == ("unreadable", str(tmp_path / "log" / "deep"))
        assert "deep" in command("check", tmp_path / "log", code=1)
    finally:
        os.seteuid(0)


def test_export_of_what_a_reader_shows(tmp_path):
    with ringboard.SummaryWriter(tmp_path) as writer:
        for step in (0, 1, 2, 1):
            writer.add_scalar("x", 1, step)
    assert len(command("export", tmp_path, "--rules", "rustboard").splitlines()) == 1 + 2
    assert len(command("export", tmp_path).splitlines()) == 1 + 4


def test_a_pipe_that_closes_early_is_no_error(tmp_path):
    with ringboard.SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("x", range(100_000), range(100_000))
    child = ringboard_command("export", tmp_path)
    assert child.stdout.readline().startswith("run,")
    child.stdout.close()
    assert child.wait(60) == 0
    assert child.stderr.read() == ""


@pytest.mark.parametrize("arguments", [["check"], ["inspect", "--json"], ["archive", "--dry-run"]])
def test_a_pipe_that_was_closed_before_is_no_error(tmp_path, arguments):
    write_log(tmp_path, 5)
    reading, writing = os.pipe()
    os.close(reading)
    child = subprocess.run(
        [sys.executable, "-m", "ringboard", *arguments, tmp_path],
        stdout=writing,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    os.close(writing)
    assert (child.returncode, child.stderr) == (141, b"")


@pytest.mark.parametrize("name", ["inspect", "export", "check"])
def test_without_stdout_the_exit_status_is_the_same(tmp_path, name):
    write_log(tmp_path, 5)
    child = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "ringboard", name, tmp_path],
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        check=False,
    )
    assert (child.returncode, child.stderr) == (0, b"")


def test_ctrl_c_is_no_traceback(tmp_path, monkeypatch, capsys):
    def interrupted(options):
        raise KeyboardInterrupt

    monkeypatch.setattr("ringboard.cli.check.run", interrupted)
    command("check", tmp_path, code=130)
    assert capsys.readouterr().err == "ringboard check: interrupted\n"


@pytest.mark.parametrize("encoding", ["ascii", "utf-8:strict"])
@pytest.mark.parametrize("name", ["inspect", "show", "tail", "export"])
def test_tags_and_names_of_any_bytes_are_printed(tmp_path, monkeypatch, encoding, name):
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    run = os.fsdecode(os.fsencode(tmp_path) + b"/run\xff")
    with ringboard.SummaryWriter(run) as writer:
        writer.add_scalar("emoji \N{PARTY POPPER}", 1, 1)
        writer.add_scalar("two\nlines, \x1b[31mred", 1, 1)
        writer.add_scalar("long" * 1000, 1, 1)
    child = ringboard_command(name, tmp_path, *(["--once"] if name == "tail" else []), errors="replace")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (0, "")
    if name != "export":
        assert "two\\nlines" in out
        assert "\x1b" not in out
        assert max(map(len, out.splitlines())) < 500


def test_export_of_names_of_any_bytes(tmp_path):
    run = os.fsdecode(os.fsencode(tmp_path) + b"/log/run\xff")
    with ringboard.SummaryWriter(run) as writer:
        writer.add_scalar("x", 1, 1)
    command("export", tmp_path / "log", "-o", tmp_path / "x.csv")
    assert b"run\xff,x,1," in (tmp_path / "x.csv").read_bytes()
    pytest.importorskip("pyarrow")
    pytest.importorskip("polars")
    assert ringboard.read(tmp_path / "log").to_arrow()["run"].to_pylist() == ["run\\udcff"]
    assert ringboard.read(tmp_path / "log").to_polars()["run"].to_list() == ["run\\udcff"]


def test_show(tmp_path):
    pytest.importorskip("plotext")
    write_log(tmp_path)
    text = command("show", tmp_path, "--width", 80, "--height", 12)
    titles = [line.strip() for line in text.splitlines() if line.strip() in ("loss", "a", "b")]
    assert sorted(titles) == ["a", "b", "loss"]
    assert "deep/eval" in text
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) <= 80
    one = command("show", tmp_path, "--tags", "loss", "--smooth", "0.6", "--log", "--x", "time")
    assert "loss" in one
    command("show", tmp_path, "--smooth", "1", code=2)
    command("show", tmp_path, "--tags", "nothing", code=1)


def test_show_passes_points_of_no_time(tmp_path):
    pytest.importorskip("plotext")
    for run, times in (("a", [1.0, 2.0, math.nan]), ("b", [math.nan, 1.0])):
        (tmp_path / run).mkdir()
        with open(tmp_path / run / "events.out.tfevents.1.host", "wb") as file:
            for step, wall_time in enumerate(times):
                value = Summary.Value(tag="x", simple_value=1)
                event = Event(wall_time=wall_time, step=step, summary=Summary(value=[value]))
                file.write(frame(event.SerializeToString()))
    assert "x" in command("show", tmp_path, "--x", "time")
    assert "no finite value" in command("show", tmp_path / "b", "--x", "time")


def test_smoothing_is_tensorboards():
    values = np.array([1.0, 3.0, np.nan, 2.0])
    # last = w * last + (1 - w) * value, divided by 1 - w ** n
    first, second = 0.4 * 1 / 0.4, (0.6 * 0.4 * 1 + 0.4 * 3) / (1 - 0.36)
    third = (0.6 * (0.6 * 0.4 + 0.4 * 3) + 0.4 * 2) / (1 - 0.216)
    assert np.allclose(smoothed(values, 0.6), [first, second, second, third])
    assert smoothed(values, 0.0) is values


def test_tail_prints_what_is_logged_while_it_is_logged(tmp_path):
    writer = ringboard.SummaryWriter(tmp_path / "a")
    writer.add_scalar_series("x", range(5), range(5))
    writer.flush()
    child = ringboard_command("tail", tmp_path, "--json", "-n", "2", "--every", "0.05")
    watchdog = threading.Timer(60, child.kill)
    watchdog.start()
    try:
        assert [json.loads(child.stdout.readline())["step"] for _ in range(2)] == [3, 4]
        with ringboard.SummaryWriter(tmp_path / "new") as other:
            other.add_scalar("y", 2.5, 9)
        row = json.loads(child.stdout.readline())
        assert (row["run"], row["tag"], row["step"], row["value"]) == ("new", "y", 9, 2.5)
        writer.add_text("t", "hello", 6)
        writer.flush()
        assert json.loads(child.stdout.readline())["value"] == "<text>"
        child.send_signal(signal.SIGINT)
        assert child.wait(30) == 0
        assert child.stderr.read() == ""
    finally:
        watchdog.cancel()
        child.kill()
        writer.close()


def test_tail_once(tmp_path):
    write_log(tmp_path, 10)
    assert len(command("tail", tmp_path, "--once", "-n", "3").splitlines()) == 3
    assert command("tail", tmp_path, "--once", "-n", "0") == ""
    command("tail", tmp_path, "-n", "-1", code=2)


def test_tail_makes_no_rows_of_what_it_does_not_print(tmp_path, monkeypatch):
    with ringboard.SummaryWriter(tmp_path) as writer:
        for tag, at in (("a", 1000.0), ("b", 2000.0)):
            for step in range(50):
                writer.add_scalar(tag, step, step, walltime=at + step)
    given = []
    rows_of = tail._rows

    def rows(*arguments):
        for row in rows_of(*arguments):
            given.append(row)
            yield row

    monkeypatch.setattr(tail, "_rows", rows)
    printed = [json.loads(line) for line in command("tail", tmp_path, "--once", "-n3", "--json").splitlines()]
    assert [(row["tag"], row["step"]) for row in printed] == [("b", 47), ("b", 48), ("b", 49)]
    assert len(given) == 6


def test_tail_tells_of_damage(tmp_path, capsys):
    with ringboard.SummaryWriter(tmp_path) as writer:
        writer.add_scalar_series("x", range(5), range(5))
    (path,) = event_files(tmp_path)
    content = bytearray(path.read_bytes())
    content[spans(path)[3].start + 20] ^= 1
    path.write_bytes(content)
    assert len(command("tail", tmp_path, "--once").splitlines()) == 4
    assert re.search(rf"^ringboard tail: {re.escape(str(path))}, byte .*checksum", capsys.readouterr().err)


def test_board_shows_archives_beside_live_files(tmp_path):
    archive = pytest.importorskip("ringboard.archive")
    write_log(tmp_path / "log", 30)
    before = rustboard.steps_by_run(tmp_path / "log")
    archive.pack(tmp_path / "log" / "deep")
    assert len(event_files(tmp_path / "log")) == 1
    (tmp_path / "mirror").mkdir()
    make_mirror(str(tmp_path / "log"), str(tmp_path / "mirror"))
    assert rustboard.steps_by_run(tmp_path / "mirror") == before
    assert (tmp_path / "mirror" / "train").is_symlink()


def test_board_passes_links_that_lead_back(tmp_path):
    archive = pytest.importorskip("ringboard.archive")
    write_log(tmp_path / "log", 30)
    before = rustboard.steps_by_run(tmp_path / "log")
    archive.pack(tmp_path / "log")
    (tmp_path / "log" / "deep" / "eval" / "top").symlink_to(tmp_path / "log")
    (tmp_path / "log" / "deep" / "here").symlink_to(tmp_path / "log" / "deep")
    (tmp_path / "mirror").mkdir()
    make_mirror(str(tmp_path / "log"), str(tmp_path / "mirror"))
    assert rustboard.steps_by_run(tmp_path / "mirror") == before


def test_board_starts_tensorboard_and_ends_with_it(tmp_path):
    write_log(tmp_path / "log", 10)
    child = ringboard_command("board", tmp_path / "log", "--port", "0", start_new_session=True)
    watchdog = threading.Timer(120, child.kill)
    watchdog.start()
    try:
        for line in child.stderr:
            if "http://" in line:
                break
        os.killpg(child.pid, signal.SIGINT)
        child.wait(60)
    finally:
        watchdog.cancel()
        child.kill()
    command("board", tmp_path / "nothing", code=2)


def test_sigterm_leaves_no_tensorboard_and_no_restored_files(tmp_path):
    pytest.importorskip("zstandard")
    with ringboard.SummaryWriter(tmp_path / "log", archive_on_close=True) as writer:
        writer.add_scalar("x", 1, 1)
    (tmp_path / "fake" / "tensorboard").mkdir(parents=True)
    (tmp_path / "fake" / "tensorboard" / "__init__.py").touch()
    (tmp_path / "fake" / "tensorboard" / "main.py").write_text(
        "import os, sys, time\nprint(os.getpid(), *sys.argv, flush=True)\ntime.sleep(60)\n"
    )
    (tmp_path / "tmp").mkdir()
    path = os.pathsep.join([str(tmp_path / "fake"), str(ROOT / "src")])
    child = subprocess.Popen(
        [sys.executable, "-m", "ringboard", "board", tmp_path / "log"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path, "TMPDIR": str(tmp_path / "tmp")},
    )
    pid, _, option, log_dir = child.stdout.readline().split()
    assert option == "--logdir"
    assert [path.parent for path in event_files(Path(log_dir))] == [Path(log_dir)]
    child.terminate()
    assert child.wait(30) == 143
    assert list((tmp_path / "tmp").iterdir()) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)


def test_bench(tmp_path, monkeypatch):
    from ringboard.cli import bench

    monkeypatch.setattr(bench, "_ROUNDS", 1)
    works = {name: (act, 3, 1) for name, (act, _, _) in bench._WORKS.items()}
    monkeypatch.setattr(bench, "_WORKS", works)
    found = json.loads(command("bench", "--json", "--dir", tmp_path))
    assert set(found) == set(works)
    assert all(0 < seconds < 60 for row in found.values() for seconds in row.values())
    assert all({"ringboard", "torch", "tensorboardX"} == set(row) for row in found.values())
    assert "add_scalar" in command("bench", "--dir", tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "name",
    ["inspect", "show", "tail", "check", "repair", "export", "merge", "thin", "board", "bench", "recover"],
)
def test_help_has_examples_and_exit_statuses(name):
    child = ringboard_command(name, "--help")
    text, error = child.communicate(timeout=60)
    assert (child.returncode, error) == (0, "")
    assert f"ringboard {name}" in text.split("examples:")[1]
    assert "exit status" in text
    assert max(map(len, text.splitlines())) <= 120
