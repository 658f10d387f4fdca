"""Processes that die lose nothing that was accepted: ringboard.recover, and the first writer after."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ringboard
from ringboard._native import recovery as native
from tests import walk
from tests.scripts import run_script

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="shared memory is implemented for POSIX systems"
)

EVENTS, LAST = 3000, 2000
DEATHS = {
    "os._exit": ("os._exit(3)", 3),
    "SIGKILL": ("os.kill(os.getpid(), signal.SIGKILL)", -9),
    "SIGTERM": ("os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)", -15),
    "abort": ("os.abort()", -6),
    "segmentation fault": ("import ctypes; ctypes.string_at(0)", -11),
    "exec": ("os.execv('/bin/true', ['true'])", 0),
}


@pytest.fixture
def shm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory for the rings of this test's processes alone."""
    root = tmp_path / "shm"
    root.mkdir()
    monkeypatch.setenv("RINGBOARD_SHM_DIR", str(root))
    return root


def die(log_dir: Path, death: str = "SIGKILL", before: str = "") -> subprocess.CompletedProcess[str]:
    """A process that logs EVENTS scalars and some of everything else, and dies at once."""
    act, code = DEATHS[death]
    return run_script(
        f"""
        import os, signal, sys, time
        import numpy as np
        import ringboard

        {before}
        writer = ringboard.SummaryWriter(sys.argv[1])
        big = np.random.default_rng(0).integers(0, 255, (3, 2500, 2500), dtype=np.uint8)
        for step in range({EVENTS}):
            writer.add_scalar("s", step, step)
            if step % 500 == 0:
                writer.add_histogram("h", np.arange(1000.0), step)
                writer.add_image("i", big[:, :200, :200], step)
                writer.log({{"a": 1.0, "b": 2.0}}, step)
                writer.add_text("t", f"step {{step}}", step)
                writer.add_scalar_series("series", np.arange(50.0), np.arange(step, step + 50))
        writer.add_image("far", big, 0)  # larger than a quarter of the ring
        for step in range({LAST}):  # less than what the writer thread would let pass before its next look
            writer.add_scalar("last", 1.0, step)
        {act}
        """,
        log_dir,
        code=code,
    )


def check_all_is_there(log_dir: Path) -> None:
    found: dict[str, list[int]] = {}
    for event in walk.events(log_dir):
        for value in event.summary.value:
            found.setdefault(value.tag, []).append(event.step)
    hundreds = list(range(0, EVENTS, 500))
    assert found == {
        "s": list(range(EVENTS)),
        **dict.fromkeys(("h", "i", "a", "b", "t/text_summary"), hundreds),
        "series": [first + i for first in hundreds for i in range(50)],
        "far": [0],
        "last": list(range(LAST)),
    }


@pytest.mark.parametrize("death", DEATHS)
def test_death_of_any_kind_loses_nothing(death: str, tmp_path: Path, shm: Path) -> None:
    die(tmp_path / "run", death)
    ringboard.recover()
    check_all_is_there(tmp_path / "run")
    assert list(shm.iterdir()) == []


def test_the_next_process_completes_the_files_at_its_first_writer(tmp_path: Path, shm: Path) -> None:
    die(tmp_path / "run")
    after = run_script(
        "import ringboard, sys; ringboard.SummaryWriter(sys.argv[1]).add_scalar('n', 1, 1)", tmp_path / "next"
    )
    check_all_is_there(tmp_path / "run")
    assert list(shm.iterdir()) == []
    assert "completed 1 event file(s) of processes that had died" in after.stderr
    assert str(tmp_path / "run") in after.stderr


def test_a_process_that_ends_well_leaves_nothing(tmp_path: Path, shm: Path) -> None:
    done = run_script(
        "import ringboard, sys; ringboard.SummaryWriter(sys.argv[1]).add_scalar('n', 1, 1)", tmp_path
    )
    assert list(shm.iterdir()) == []
    assert done.stderr == ""


def test_children_of_multiprocessing_leave_nothing(tmp_path: Path, shm: Path) -> None:
    run_script(
        """
        import multiprocessing, sys
        import ringboard

        def child(number):
            ringboard.SummaryWriter(f"{sys.argv[1]}/{number}").add_scalar("n", 1, number)

        context = multiprocessing.get_context("fork")
        children = [context.Process(target=child, args=(number,)) for number in range(3)]
        [child.start() for child in children]
        [child.join() for child in children]
        assert [child.exitcode for child in children] == [0, 0, 0]
        """,
        tmp_path / "runs",
    )
    assert list(shm.iterdir()) == []
    assert [walk.steps(tmp_path / "runs" / str(number), "n") for number in range(3)] == [[0], [1], [2]]


def test_a_living_process_is_not_touched(tmp_path: Path, shm: Path) -> None:
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import ringboard, sys; w = ringboard.SummaryWriter(sys.argv[1]); "
            "print('ready', flush=True); sys.stdin.read(); w.add_scalar('n', 1, 1)",
            tmp_path,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(Path(ringboard.__file__).parents[1])},
    ) as living:
        assert living.stdout is not None
        living.stdout.readline()
        assert ringboard.recover() == []
        assert len(list(shm.iterdir())) == 1
        living.communicate(b"")
    assert walk.steps(tmp_path, "n") == [1]


def test_what_cannot_be_completed_is_kept_told_once_and_discarded_on_demand(
    tmp_path: Path, shm: Path
) -> None:
    die(tmp_path / "run")
    (file,) = (tmp_path / "run").iterdir()
    away = file.rename(tmp_path / "away")
    file.write_bytes(b"another file of that name")
    nexts = [
        run_script("import ringboard, sys; ringboard.SummaryWriter(sys.argv[1])", tmp_path / name).stderr
        for name in ("first", "second")
    ]
    assert f"could not complete {file}: another file has its name; `ringboard recover` tells more" in nexts[0]
    assert nexts[1] == ""
    (dead,) = ringboard.recover()
    assert dead.state == "left"
    assert [each.state for each in dead.files] == ["left"]
    assert file.read_bytes() == b"another file of that name"
    file.unlink()
    away.rename(file)
    (dead,) = ringboard.recover()
    assert dead.state == "recovered"
    check_all_is_there(tmp_path / "run")

    die(tmp_path / "other")
    (file,) = (tmp_path / "other").iterdir()
    file.rename(tmp_path / "away")
    file.write_bytes(b"another file of that name")
    assert [each.state for each in ringboard.recover(discard=True)] == ["left"]
    assert list(shm.iterdir()) == []
    assert ringboard.recover() == []


def test_a_deleted_run_is_given_up(tmp_path: Path, shm: Path) -> None:
    die(tmp_path / "run")
    shutil.rmtree(tmp_path / "run")
    (dead,) = ringboard.recover()
    assert dead.state == "recovered"
    assert list(shm.iterdir()) == []
    assert not (tmp_path / "run").exists()


def test_a_log_dir_chooses_whose_files(tmp_path: Path, shm: Path) -> None:
    die(tmp_path / "one")
    (segment,) = shm.iterdir()
    aside = segment.rename(tmp_path / segment.name)  # or the next process would complete it
    die(tmp_path / "two")
    aside.rename(segment)
    assert ringboard.recover(tmp_path / "on") == []  # a prefix of the name is not a directory above it
    assert len(ringboard.recover(tmp_path / "one")) == 1
    check_all_is_there(tmp_path / "one")
    assert len(list(shm.iterdir())) == 1
    assert len(ringboard.recover(tmp_path)) == 1
    check_all_is_there(tmp_path / "two")


def test_the_command(tmp_path: Path, shm: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from ringboard.cli import main

    assert main(["recover"]) == 0
    assert capsys.readouterr().out == "Nothing to recover.\n"
    die(tmp_path / "run")
    (file,) = (tmp_path / "run").iterdir()
    away = file.rename(tmp_path / "away")
    file.write_bytes(b"another file of that name")
    assert main(["recover", str(tmp_path)]) == 1
    shown = capsys.readouterr().out
    assert "not all of its files could be completed" in shown
    assert f"left      {file}" in shown
    assert "another file has its name" in shown
    file.unlink()
    away.rename(file)
    assert main(["recover", "--json"]) == 0
    (dead,) = json.loads(capsys.readouterr().out)
    assert dead["state"] == "recovered"
    assert dead["files"][0]["path"] == str(file)
    assert dead["files"][0]["events"] > 0
    check_all_is_there(tmp_path / "run")


def test_without_shared_memory_there_is_one_warning_and_all_works(tmp_path: Path) -> None:
    source = """
        import ringboard, sys
        for name in "ab":
            ringboard.SummaryWriter(f"{sys.argv[1]}/{name}").add_scalar("n", 1, 1)
        """
    missing = run_script(source, tmp_path, env={"RINGBOARD_SHM_DIR": str(tmp_path / "missing")})
    assert missing.stderr.count("the ring can't lie in shared memory") == 1
    off = run_script(source, tmp_path, env={"RINGBOARD_SHM_DIR": ""})
    assert off.stderr == ""
    assert walk.steps(tmp_path / "a", "n") == [1, 1]


def test_a_small_shared_memory_gives_a_smaller_ring(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "none", small], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this user may not mount a file system")
    try:
        source = """
            import ringboard, sys
            writer = ringboard.SummaryWriter(sys.argv[1])
            print(writer.stats()["ring_bytes"])
            for step in range(200000):
                writer.add_scalar("n", step, step)
            """
        done = run_script(source, tmp_path / "run", env={"RINGBOARD_SHM_DIR": str(small)})
        assert int(done.stdout) == 4 << 20
        assert done.stderr == ""
        (small / "ballast").write_bytes(bytes(21 << 20))
        done = run_script(source, tmp_path / "full", env={"RINGBOARD_SHM_DIR": str(small)})
        assert "the ring can't lie in shared memory" in done.stderr
        assert walk.steps(tmp_path / "full", "n") == list(range(200000))
        assert list(small.iterdir()) == [small / "ballast"]
    finally:
        subprocess.run(["umount", "-l", small], check=True)


def test_segments_are_their_users_alone(tmp_path: Path, shm: Path) -> None:
    die(tmp_path / "run")
    (segment,) = shm.iterdir()
    assert segment.stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in segment.iterdir()} == {0o600}
    segment.chmod(0o755)
    (dead,) = ringboard.recover()
    assert (dead.state, dead.detail) == ("unusable", "others may write to it, or own it")
    segment.chmod(0o700)
    assert [each.state for each in ringboard.recover()] == ["recovered"]
    check_all_is_there(tmp_path / "run")


def test_the_default_place_is_the_systems_shared_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RINGBOARD_SHM_DIR")
    if sys.platform == "linux":
        assert native.shared_memory_root() == "/dev/shm"
