"""Log directories elsewhere: through fsspec and through registered factories."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import fsspec
import numpy as np
import pytest

from ringboard import EventFileWriter, SummaryWriter, remote
from tests.scripts import run_script
from tests.support.events import events_by_run, read_events
from tests.support.views import assert_same_events, views


@pytest.fixture
def memory():
    """fsspec's file system in memory, empty."""
    file_system = fsspec.filesystem("memory")
    file_system.store.clear()
    yield file_system
    file_system.store.clear()


def download(file_system, into: Path) -> Path:
    """All its files, below `into`."""
    for path in file_system.find("/"):
        local = into / path.lstrip("/")
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(file_system.cat_file(path))
    return into


class Factory:
    """What a program registers: keeps what each file was given, and can fail."""

    def __init__(self):
        self.files: dict[str, io.BytesIO] = {}
        self.checked: list[str] = []
        self.closed: list[str] = []
        self.flushes = 0
        self.failing = False

    def directory_check(self, path):
        self.checked.append(path)

    def open(self, path):
        return FactoryFile(self, path)

    def fail_if_told_so(self):
        if self.failing:
            raise RuntimeError("the bucket leaks")


class FactoryFile:
    def __init__(self, factory, path):
        self.factory, self.path = factory, path
        factory.files[path] = io.BytesIO()

    def write(self, data):
        self.factory.fail_if_told_so()
        self.factory.files[self.path].write(data)

    def flush(self):
        self.factory.fail_if_told_so()
        self.factory.flushes += 1

    def close(self):
        self.factory.closed.append(self.path)


@pytest.fixture
def factory():
    made = Factory()
    remote.register_factory("fake", made)
    yield made
    made.failing = False
    del remote.FACTORIES["fake"]


def steps(data: bytes, tmp_path: Path) -> list[int]:
    path = tmp_path / "events.out.tfevents.copy"
    path.write_bytes(data)
    return [view.step for view in views(read_events(path))]


def fill(writer):
    for step in range(100):
        writer.add_scalar("loss", step, step)
    writer.add_scalars("main", {"a": 1.0, "b/c": 2.0}, 3)
    writer.add_image("i", np.ones((3, 8, 8)), 1)
    writer.add_hparams({"lr": 0.1}, {"m": 1.0}, run_name="trial")
    writer.add_text("t", "x")


def test_a_url_holds_what_a_directory_would(memory, tmp_path):
    with SummaryWriter("memory://bucket/run") as writer:
        fill(writer)
    with SummaryWriter(tmp_path / "local") as writer:
        fill(writer)
    fetched = download(memory, tmp_path / "fetched") / "bucket" / "run"
    assert_same_events(fetched, tmp_path / "local")
    assert set(events_by_run(fetched)) == {".", "main_a", "main_b/c", "trial"}


def test_flush_brings_it_there(memory, tmp_path):
    writer = SummaryWriter("memory://bucket/run")
    for step in range(3):
        writer.add_scalar("s", step, step)
        writer.flush()
        (path,) = memory.find("/bucket/run")
        assert steps(memory.cat_file(path), tmp_path) == list(range(step + 1))
    assert writer.file_writer.event_writer._file_name == f"memory:/{path}"
    writer.close()
    assert not os.path.exists("memory:")


def test_it_gets_there_by_itself(memory, tmp_path):
    writer = SummaryWriter("memory://bucket/run", flush_secs=0.1)
    writer.add_scalar("s", 1.0, 1)
    deadline = time.monotonic() + 60
    while not (found := memory.find("/bucket/run")) or not steps(memory.cat_file(found[0]), tmp_path):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    writer.close()


def test_after_close_a_new_file(memory, tmp_path):
    writer = SummaryWriter("memory://bucket/run")
    for step in range(2):
        writer.add_scalar("s", step, step)
        writer.close()
    first, second = sorted(memory.find("/bucket/run"))
    assert [steps(memory.cat_file(path), tmp_path) for path in (first, second)] == [[0], [1]]


def test_the_spool_is_gone_afterwards(memory):
    writer = SummaryWriter("memory://bucket/run")
    spool = Path(writer.file_writer.event_writer._stream.path)
    assert spool.exists()
    assert spool.parent.stat().st_mode & 0o077 == 0
    writer.close()
    assert not spool.exists()


def test_names_lead_nowhere_else(memory):
    with SummaryWriter("memory://bucket/run") as writer:
        writer.add_scalars("m", {"../../x": 1.0, "/abs": 1.0}, 1)
        writer.add_hparams({}, {}, run_name="../up")
    assert all(path.startswith("/bucket/run/") for path in memory.find("/"))


@pytest.mark.parametrize("url", ["gopher://x/y", "no-such-thing://x"])
def test_unknown_urls_are_refused(url):
    with pytest.raises(ValueError, match=url.split(":", maxsplit=1)[0]):
        SummaryWriter(url)


def test_without_fsspec_the_error_says_so(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    with pytest.raises(ImportError, match=r"pip install ringboard\[remote\]"):
        SummaryWriter("memory://x")


def test_file_urls_are_local_directories(tmp_path):
    with SummaryWriter(f"file://{tmp_path}/run") as writer:
        writer.add_scalar("s", 1.0, 1)
        assert writer.get_logdir() == f"{tmp_path}/run"
    assert len(views(read_events(tmp_path / "run"))) == 1


def test_other_files_are_written_whole(memory, factory):
    for path in ("memory://bucket/a/b.tsv", "fake:a/b.tsv"):
        remote.write_file(path, b"one")
        remote.write_file(path, b"two")
    assert memory.cat_file("/bucket/a/b.tsv") == b"two"
    assert factory.files["fake:a/b.tsv"].getvalue() == b"two"


def test_embeddings_are_there_too(memory, tmp_path):
    rows = np.arange(6.0).reshape(3, 2)
    for root in ("memory://bucket/run", tmp_path / "local"):
        with SummaryWriter(root) as writer:
            writer.add_embedding(rows, metadata=["a", "b", "c"], tag="one")
            writer.add_embedding(rows, label_img=np.ones((3, 3, 4, 4)), global_step=2, tag="two")
    fetched = download(memory, tmp_path / "fetched") / "bucket" / "run"
    files = [path.relative_to(tmp_path / "local") for path in (tmp_path / "local").rglob("*.*")]
    assert {path.name for path in files} >= {"projector_config.pbtxt", "tensors.tsv", "sprite.png"}
    for path in files:
        if "tfevents" not in path.name:
            assert (fetched / path).read_bytes() == (tmp_path / "local" / path).read_bytes()


def test_an_embedding_that_did_not_get_there_is_uploaded_with_the_next(memory, tmp_path, monkeypatch):
    writer = SummaryWriter("memory://bucket/run")
    with monkeypatch.context() as patch:
        patch.setattr(type(memory), "pipe_file", lambda *_: (_ for _ in ()).throw(OSError("cut off")))
        with pytest.raises(OSError, match="cut off"):
            writer.add_embedding(np.ones((2, 2)), tag="first")
    writer.add_embedding(np.ones((2, 2)), tag="second")
    writer.close()
    names = {path.rpartition("/bucket/run/")[2] for path in memory.find("/bucket/run")}
    assert {"00000/first/tensors.tsv", "00000/second/tensors.tsv", "projector_config.pbtxt"} <= names


# --- factories ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("log_dir", ["fake://bucket/run", "fake:run"])
def test_a_factory_gets_the_bytes_once(factory, tmp_path, log_dir):
    writer = SummaryWriter(log_dir)
    for step in range(3):
        writer.add_scalar("s", step, step)
        writer.flush()
    writer.close()
    assert factory.checked[0] == log_dir
    ((path, file),) = factory.files.items()
    assert path.startswith(f"{log_dir}/events.out.tfevents.")
    assert factory.closed == [path]
    assert steps(file.getvalue(), tmp_path) == [0, 1, 2]


def test_a_prefix_holds_no_colon():
    with pytest.raises(ValueError, match="colon"):
        remote.register_factory("a:b", Factory())


# --- failure --------------------------------------------------------------------------------------------


def test_what_cannot_be_written_is_kept_and_told(factory, tmp_path):
    writer = SummaryWriter("fake:run", flush_secs=1000)
    writer.add_scalar("s", 0.0, 0)
    writer.flush()
    factory.failing = True
    writer.add_scalar("s", 1.0, 1)
    for _ in range(2):
        with pytest.raises(OSError, match="the bucket leaks") as caught:
            writer.flush()
    spool = writer.file_writer.event_writer._stream.path
    assert spool in str(caught.value)
    assert caught.value.filename.startswith("fake:run/")
    assert steps(Path(spool).read_bytes(), tmp_path) == [0, 1]
    factory.failing = False
    writer.add_scalar("s", 2.0, 2)
    writer.flush()
    (file,) = factory.files.values()
    assert steps(file.getvalue(), tmp_path) == [0, 1, 2]
    writer.close()


def test_after_a_close_that_failed_it_is_tried_again(factory, tmp_path):
    writer = SummaryWriter("fake:run", flush_secs=0.1)
    writer.add_scalar("s", 0.0, 0)
    spool = Path(writer.file_writer.event_writer._stream.path)
    factory.failing = True
    with pytest.raises(OSError, match="kept in"):
        writer.close()
    assert spool.exists()
    factory.failing = False
    (file,) = factory.files.values()
    deadline = time.monotonic() + 60
    while not file.getvalue():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert steps(file.getvalue(), tmp_path) == [0]


def test_an_upload_that_fails_half_way_is_repeated_whole(memory, tmp_path, monkeypatch):
    writer = SummaryWriter("memory://bucket/run", flush_secs=1000)
    writer.flush()
    upload = type(memory).put_file

    def half(self, spool, path, **_):
        memory.pipe_file(path, Path(spool).read_bytes()[:-5])
        raise ConnectionError("cut off")

    monkeypatch.setattr(type(memory), "put_file", half)
    writer.add_scalar("s", 1.0, 1)
    with pytest.raises(OSError, match="cut off"):
        writer.flush()
    monkeypatch.setattr(type(memory), "put_file", upload)
    writer.close()
    (path,) = memory.find("/bucket/run")
    assert steps(memory.cat_file(path), tmp_path) == [1]


# --- processes ------------------------------------------------------------------------------------------

# A factory whose files are in the directory argv[1], so that what a process leaves can be seen.
PROCESS = """
import os, sys
from ringboard import SummaryWriter, remote
class Factory:
    failing = False
    def directory_check(self, path): pass
    def open(self, path):
        if self.failing: raise RuntimeError("down")
        return open(os.path.join(sys.argv[1], os.path.basename(path)), "wb")
factory = Factory()
remote.register_factory("there", factory)
writer = SummaryWriter("there:run", flush_secs=1000)
for step in range(1000):
    writer.add_scalar("s", step, step)
"""


@pytest.mark.parametrize("end", ["", "sys.exit(0)", "del writer"])
def test_a_process_that_ends_without_close_loses_nothing(tmp_path, end):
    run_script(f"{PROCESS}\n{end}", tmp_path)
    assert [view.step for view in views(read_events(tmp_path))] == list(range(1000))


def test_a_process_that_ends_in_vain_says_where_it_is(tmp_path):
    done = run_script(
        f"""{PROCESS}
writer.flush()
class Closed:
    def write(self, data): raise RuntimeError("down")
    def flush(self): pass
writer.file_writer.event_writer._mirror._destination._file = Closed()
writer.add_scalar("s", 1000, 1000)
""",
        tmp_path,
        env={"TMPDIR": str(tmp_path)},
    )
    assert "down" in done.stderr
    (spool,) = tmp_path.glob("ringboard-spool-*/events*")
    assert str(spool) in done.stderr
    assert [view.step for view in views(read_events(spool))] == list(range(1001))


@pytest.mark.parametrize("way", ["fork", "multiprocessing"])
def test_a_forked_child_has_a_file_of_its_own(tmp_path, way):
    child = {
        "fork": "pid = os.fork()\nif pid == 0:\n    log()\n    sys.exit()\nassert os.waitpid(pid, 0)[1] == 0",
        "multiprocessing": "import multiprocessing\n"
        "child = multiprocessing.get_context('fork').Process(target=log)\nchild.start()\nchild.join()",
    }[way]
    run_script(
        f"""{PROCESS}
def log():
    for step in range(100):
        writer.add_scalar("child", step, step)
{child}
writer.add_scalar("s", 1000, 1000)
writer.close()
""",
        tmp_path,
    )
    found = sorted(
        [(view.tag, view.step) for view in views(read_events(path))] for path in tmp_path.glob("events*")
    )
    assert found == [[("child", step) for step in range(100)], [("s", step) for step in range(1001)]]


def test_the_event_file_writer_alone(memory, tmp_path):
    writer = EventFileWriter("memory://bucket/run")
    writer.add_event(b"")
    writer.close()
    assert len(memory.find("/bucket/run")) == 1
