"""ringboard.archive: what is packed and what is not, and restored to the same bytes, whatever they are."""

from __future__ import annotations

import errno
import json
import math
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zstandard
from hypothesis import example, given, settings
from hypothesis import strategies as st

import ringboard
from ringboard import archive, cli
from ringboard._native import archive as native
from ringboard.archive import container, files
from tests import walk
from tests.scripts import run_script
from tests.support.archives import EVENTS, log_everything, mutated, packed

# --- and back -----------------------------------------------------------------------------------------


def test_a_file_comes_back_as_it_was(tmp_path: Path) -> None:
    file = log_everything(tmp_path / "run")
    os.utime(file, ns=(1_600_000_000_123_456_789, 1_600_000_001_987_654_321))
    file.chmod(0o640)
    content = file.read_bytes()
    (report,) = archive.pack(tmp_path)
    path = Path(report.result)
    assert list((tmp_path / "run").iterdir()) == [path]
    assert "tfevents" not in path.name
    assert path.suffix == ".rbz"
    assert (report.state, report.bytes_before, report.bytes_after) == (
        "packed", len(content), path.stat().st_size,
    )  # fmt: skip
    assert path.stat().st_mode & 0o777 == 0o640
    (report,) = archive.restore(tmp_path)
    assert (report.state, report.result) == ("restored", str(file))
    assert list((tmp_path / "run").iterdir()) == [file]
    assert file.read_bytes() == content
    assert file.stat().st_mtime_ns == 1_600_000_001_987_654_321
    assert file.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("who", ["ringboard", "torch", "tensorboardX"])
def test_scalar_logs_are_packed_to_a_tenth(tmp_path: Path, who: str) -> None:
    if who == "ringboard":
        from ringboard import SummaryWriter
    elif who == "torch":
        from torch.utils.tensorboard import SummaryWriter
    else:
        from tensorboardX import SummaryWriter
    noise = random.Random(0)
    with SummaryWriter(str(tmp_path)) as writer:
        for step in range(400):
            for i in range(20):
                value = math.sin(step * (i + 1) / 1000) + noise.gauss(0, 0.1)
                # A step takes some 20 ms, a call some 20 µs, and neither is exact.
                wall_time = 1.7e9 + step * 0.02 + i * 2e-5 + noise.random() * 2e-5
                writer.add_scalar(f"group{i % 3}/metric_{i}", value, step, wall_time)
    (file,) = tmp_path.iterdir()
    plain = zstandard.ZstdCompressor(level=3).compress(file.read_bytes())
    size = file.stat().st_size
    path = packed(file)
    assert size > 8 * path.stat().st_size
    assert len(plain) > 2 * path.stat().st_size


event_bytes = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda seed, cuts: mutated(EVENTS, random.Random(seed), cuts),
        st.integers(0, 2**32),
        st.integers(0, 6),
    ),
)


@given(event_bytes)
@example(b"")
@example(EVENTS)
@example(EVENTS[:-1])
@example(bytes(10000))
def test_any_bytes_come_back(data: bytes) -> None:
    columns, small, large, _tags, _untagged = native.encode(data)
    assert native.decode(columns, small, large, len(data)) == (data, [(0, len(data))] if data else [])


@settings(max_examples=25)
@given(event_bytes)
def test_files_of_any_bytes_come_back(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    directory = tmp_path_factory.mktemp("any")
    file = directory / "events.out.tfevents.1"
    file.write_bytes(data)
    path = packed(file)
    with archive.open_archive(path) as opened:
        assert b"".join(part for _, part in opened.blocks()) == data
        assert opened.problems == []
    (report,) = archive.restore(path)
    assert report.state == "restored"
    assert file.read_bytes() == data


def test_records_larger_than_a_block_and_than_any_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ringboard.SummaryWriter(tmp_path) as writer:
        for size in (5 << 20, 9 << 20):
            writer.add_scalar("s", size, 1)
            writer.add_tensor("big", np.random.default_rng(0).integers(0, 255, size, dtype=np.uint8), 1)
            writer.add_scalar("s", size, 2)
    (file,) = tmp_path.iterdir()
    content = file.read_bytes()
    path = packed(file, keep=True)
    with archive.open_archive(path) as opened:
        assert b"".join(data for _, data in opened.blocks()) == content
        assert sum(len(data) for _, data in opened.blocks("s")) < 1000
    path.unlink()
    monkeypatch.setattr(container, "BLOCK_BYTES", 1 << 20)
    monkeypatch.setattr("ringboard.archive.packing._native.MAX_BLOCK_BYTES", 2 << 20, raising=False)
    with archive.open_archive(packed(file)) as opened:
        assert b"".join(data for _, data in opened.blocks()) == content


# --- what is packed, and what is not ------------------------------------------------------------------


def skipped(path: Path, **options: object) -> str:
    (report,) = archive.pack(path, **{"min_age": 0, **options})
    assert report.state == "skipped", report
    return report.detail


def test_files_in_use_are_left_alone(tmp_path: Path) -> None:
    writer = ringboard.SummaryWriter(tmp_path / "run")
    writer.add_scalar("s", 1.0, 1)
    writer.flush()
    assert "still being written" in skipped(tmp_path / "run")
    writer.close()
    assert "younger than 300 s" in skipped(tmp_path / "run", min_age=300)
    (report,) = archive.pack(tmp_path / "run", min_age=0)
    assert report.state == "packed"
    writer.add_scalar("s", 1.0, 2)  # a new file
    assert "still being written" in skipped(tmp_path / "run")
    writer.close()


def test_files_of_other_processes_are_left_alone(tmp_path: Path) -> None:
    for name, source in {
        "ringboard": "import ringboard; w = ringboard.SummaryWriter(sys.argv[1]); w.flush()",
        "tensorboardX": "import tensorboardX; w = tensorboardX.SummaryWriter(sys.argv[1]); w.flush()",
    }.items():
        with subprocess.Popen(
            [sys.executable, "-c", f"import sys; {source}; print('ready', flush=True); sys.stdin.read()",
             tmp_path / name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(ringboard.__file__).parents[1])},
        ) as living:  # fmt: skip
            assert living.stdout is not None
            living.stdout.readline()
            assert "still being written" in skipped(tmp_path / name)
            living.communicate(b"")
        (report,) = archive.pack(tmp_path / name, min_age=0)
        assert report.state == "packed"


def test_what_a_dead_process_left_is_completed_first(tmp_path: Path) -> None:
    run_script(
        """
        import os, signal, sys
        import ringboard
        writer = ringboard.SummaryWriter(sys.argv[1])
        for step in range(1000):
            writer.add_scalar("s", step, step)
        os.kill(os.getpid(), signal.SIGKILL)
        """,
        tmp_path / "run",
        code=-9,
    )
    (report,) = archive.pack(tmp_path / "run", min_age=0)
    assert report.state == "packed"
    archive.restore(tmp_path / "run")
    assert walk.steps(tmp_path / "run", "s") == list(range(1000))


def test_links_and_other_things_are_left_alone(tmp_path: Path) -> None:
    file = log_everything(tmp_path / "run", 2)
    link = tmp_path / "events.out.tfevents.link"
    link.symlink_to(file)
    assert skipped(link) == "a symbolic link"
    pipe = tmp_path / "events.out.tfevents.pipe"
    os.mkfifo(pipe)
    assert skipped(pipe) == "no plain file"
    path = packed(file)
    assert skipped(path) == "an archive already"
    other = tmp_path / "model.ckpt"
    other.write_bytes(b"weights")
    assert skipped(other) == 'no event file: no "tfevents" in its name'
    (report,) = archive.pack(tmp_path / "missing")
    assert report.state == "failed"
    assert "missing" in report.detail


def test_a_file_that_grows_meanwhile_stays(tmp_path: Path) -> None:
    file = log_everything(tmp_path)
    content = file.read_bytes()
    for when in (0.3, 0.9):  # while it is packed, while it is verified
        file.write_bytes(content)

        def grow(path: str, done: int, size: int, when: float = when) -> None:
            if done >= when * size:
                with open(path, "ab") as more:
                    more.write(b"more")

        assert "changed meanwhile" in skipped(file, progress=grow)
        assert file.read_bytes().startswith(content + b"more")
        assert list(tmp_path.iterdir()) == [file]


def test_an_archive_that_is_there_already(tmp_path: Path) -> None:
    file = log_everything(tmp_path)
    content = file.read_bytes()
    path = packed(file, keep=True)
    assert sorted(tmp_path.iterdir()) == sorted([file, path])
    assert packed(file) == path  # as a process that was killed before it could remove the file
    assert list(tmp_path.iterdir()) == [path]
    archive.restore(path, keep=True)
    assert file.read_bytes() == content
    archive.restore(path)
    assert list(tmp_path.iterdir()) == [file]

    path = packed(file, keep=True)
    file.write_bytes(content + content)
    (report,) = archive.pack(file, min_age=0)
    assert report.state == "failed"
    assert "is no archive of it" in report.detail
    (report,) = archive.restore(path)
    assert report.state == "failed"
    assert "holds something else" in report.detail
    assert sorted(tmp_path.iterdir()) == sorted([file, path])
    assert file.read_bytes() == content + content


@pytest.mark.parametrize("first", ["pack", "restore"])
@pytest.mark.parametrize("second", ["pack", "restore"])
def test_two_at_work_on_one_file_leave_one_of_the_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, second: str
) -> None:
    """The second comes when the first has made its file, and is about to remove the other."""
    file = log_everything(tmp_path, 20)
    content = file.read_bytes()
    if first == "restore":
        packed(file)
    work = {
        "pack": lambda: archive.pack(tmp_path, min_age=0),
        "restore": lambda: archive.restore(tmp_path),
    }
    put_in_place = files.put_in_place
    meanwhile = []

    def put_then_run_the_second(*arguments: object) -> None:
        put_in_place(*arguments)
        monkeypatch.setattr(files, "put_in_place", put_in_place)
        meanwhile.extend(work[second]())

    monkeypatch.setattr(files, "put_in_place", put_then_run_the_second)
    (report,) = work[first]()
    assert report.state == {"pack": "packed", "restore": "restored"}[first], report
    assert [each.state for each in meanwhile] == ["skipped"]
    assert len(os.listdir(tmp_path)) == 1
    archive.restore(tmp_path)
    assert file.read_bytes() == content


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    file = log_everything(tmp_path, 2)
    (report,) = archive.pack(tmp_path, min_age=0, dry_run=True)
    assert (report.state, report.path) == ("packed", str(file))
    path = packed(file)
    (report,) = archive.restore(tmp_path, dry_run=True)
    assert (report.state, report.path, report.result) == ("restored", str(path), str(file))
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
def test_a_full_disk_costs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    file = log_everything(tmp_path)
    content = file.read_bytes()

    def fail(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        if call == "write":
            patch.setattr(container.Block, "pack", fail)
        else:
            patch.setattr(os, call, fail)
        (report,) = archive.pack(file, min_age=0)
    assert report.state == "failed"
    assert "No space left" in report.detail
    assert list(tmp_path.iterdir()) == [file]
    assert file.read_bytes() == content
    path = packed(file)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        (report,) = archive.restore(path)
    assert report.state == "failed"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_size_limit_is_met_by_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "events.out.tfevents.1"
    file.write_bytes(random.Random(0).randbytes(1 << 20))
    run_script(
        """
        import resource, sys
        from ringboard import archive
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        (report,) = archive.pack(sys.argv[1], min_age=0)
        assert report.state == "failed" and "File too large" in report.detail, report
        """,
        file,
    )
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("options", "what"),
    [({"level": 0}, "level=0"), ({"level": "9"}, "level='9'"), ({"threads": 0}, "threads=0")],
)
def test_wrong_options(tmp_path: Path, options: dict[str, object], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        archive.pack(tmp_path, **options)


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    for call in (archive.pack, archive.restore):
        with pytest.raises(ImportError, match=r'pip install "ringboard\[archive\]"'):
            call(tmp_path)
    with pytest.raises(ImportError, match=r'pip install "ringboard\[archive\]"'):
        ringboard.SummaryWriter(tmp_path / "run", archive_on_close=True)
    assert not (tmp_path / "run").exists()


# --- writers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["ringboard", "ringboard.tensorboardX"])
def test_archive_on_close(tmp_path: Path, package: str) -> None:
    writer_class = __import__(package, fromlist=["SummaryWriter"]).SummaryWriter
    writer = writer_class(str(tmp_path), archive_on_close=True)
    writer.add_scalar("s", 1.0, 1)
    writer.add_scalars("m", {"a": 1.0, "b": 2.0}, 1)
    writer.add_hparams({"lr": 0.1}, {"accuracy": 0.5})
    writer.close()
    writer.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 4
    assert {path.suffix for path in files} == {".rbz"}
    writer.add_scalar("s", 1.0, 2)
    assert len(list(tmp_path.glob("*tfevents*"))) == 1
    writer.close()
    assert list(tmp_path.rglob("*tfevents*")) == []
    archive.restore(tmp_path)
    assert list(tmp_path.rglob("*.rbz")) == []
    assert walk.steps(tmp_path, "s") == [1, 2]


def test_archive_on_close_that_fails_leaves_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = ringboard.SummaryWriter(tmp_path, archive_on_close=True)
    writer.add_scalar("s", 1.0, 1)

    def fail(*_arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with pytest.warns(RuntimeWarning, match="could not be packed and stays as it is: .*No space left"):
            writer.close()
    assert walk.steps(tmp_path, "s") == [1]


def test_archive_on_close_is_the_parents(tmp_path: Path) -> None:
    run_script(
        """
        import os, sys
        import ringboard
        writer = ringboard.SummaryWriter(sys.argv[1], archive_on_close=True)
        writer.add_scalar("s", 1.0, 1)
        child = os.fork()
        if child == 0:
            writer.close()
            os._exit(0)
        os.waitpid(child, 0)
        assert [name for name in os.listdir(sys.argv[1]) if name.endswith(".rbz")] == []
        # and no close(): nothing is packed at the process's end
        """,
        tmp_path,
    )
    assert walk.steps(tmp_path, "s") == [1]


def test_archive_on_close_in_remote_directories_is_told(tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    with pytest.warns(RuntimeWarning, match="archive_on_close is for local directories"):
        writer = ringboard.SummaryWriter("memory://archive-on-close", archive_on_close=True)
    writer.add_scalar("s", 1.0, 1)
    writer.close()
    (name,) = fsspec.filesystem("memory").ls("/archive-on-close", detail=False)
    assert "tfevents" in name


# --- the commands -------------------------------------------------------------------------------------


def test_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = log_everything(tmp_path / "run")
    content = file.read_bytes()
    runs = str(tmp_path)
    assert cli.main(["archive", runs]) == 0
    assert "younger than 300 s" in capsys.readouterr().out
    assert cli.main(["archive", runs, "--min-age", "0", "--dry-run"]) == 0
    assert f"to pack   {file}" in capsys.readouterr().out
    assert cli.main(["archive", runs, "--min-age", "0", "--level", "9", "--jobs", "2", "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert report["state"] == "packed"
    assert not file.exists()
    assert cli.main(["restore", runs]) == 0
    assert "1 of 1 file(s) restored" in capsys.readouterr().out
    assert file.read_bytes() == content

    (tmp_path / "bad.rbz").write_bytes(b"bad")
    assert cli.main(["restore", runs]) == 1
    assert "no archive of ringboard" in capsys.readouterr().out
    assert cli.main(["archive", runs, "--level", "99"]) == 2
    assert "level=99" in capsys.readouterr().err
    for name in ("archive", "restore"):
        assert cli.main([name, runs, str(tmp_path / "mistyped")]) == 2
        assert "mistyped" in capsys.readouterr().err
