"""Many threads, many writers: one native thread, per-tag order, exact counts."""

from __future__ import annotations

import contextlib
import os
import random
import sys
import threading
import time

import numpy as np
import pytest

from ringboard import SummaryWriter
from tests import walk
from tests.scripts import run_script
from tests.support.accumulator import load_run
from tests.support.records import event_files

THREADS = 16


def native_threads() -> int:
    return len(os.listdir("/proc/self/task"))


def in_threads(work, count: int = THREADS) -> None:
    """Runs work(0) … work(count - 1), each in a thread of its own; the first exception is raised here."""
    failures: list[BaseException] = []
    start = threading.Barrier(count)

    def run(index: int) -> None:
        try:
            start.wait(60)
            work(index)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a thread hangs"
    if failures:
        raise failures[0]


@pytest.fixture
def switch_often():
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_1000_writers_one_thread(tmp_path):
    SummaryWriter(tmp_path / "first").close()
    before = native_threads()
    writers = [SummaryWriter(tmp_path / f"{i:04}") for i in range(1000)]
    for step in range(3):
        for i, writer in enumerate(writers):
            writer.add_scalar("s", i, step)
    assert native_threads() == before
    for writer in writers:
        writer.close()
    for i in range(1000):
        assert walk.points(tmp_path / f"{i:04}") == {"s": [(step, float(i)) for step in range(3)]}


def test_1000_writers_with_few_descriptors(tmp_path):
    run_script(
        """
        import resource, sys
        resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
        from ringboard import SummaryWriter
        writers = [SummaryWriter(f"{sys.argv[1]}/{i}") for i in range(1000)]
        for step in range(5):
            for writer in writers:
                writer.add_scalar("s", step, step)
        for writer in writers:
            writer.flush()
        """,
        tmp_path,
    )
    assert len(event_files(tmp_path)) == 1000
    for i in range(0, 1000, 37):
        assert walk.steps(tmp_path / str(i), "s") == list(range(5))


def open_files_below(directory) -> int:
    names = []
    for descriptor in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):  # the one of this very listing
            names.append(os.readlink(f"/proc/self/fd/{descriptor}"))
    return sum(name.startswith(str(directory)) for name in names)


def test_1000_sub_runs_one_thread_few_open_files(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("s", 1.0, 1)
        threads = native_threads()
        most = 0
        for key in range(1000):
            writer.add_scalars("main", {str(key): key}, 0)
            most = max(most, open_files_below(tmp_path))
        for step in range(1, 3):
            writer.add_scalars("main", {str(key): key for key in range(1000)}, step)
            most = max(most, open_files_below(tmp_path))
            writer.flush()
        assert native_threads() == threads
        assert 1 < max(most, open_files_below(tmp_path)) <= 64
        assert len(writer.all_writers) == 1001
    assert open_files_below(tmp_path) == 0
    for key in range(1000):
        assert walk.points(tmp_path / f"main_{key}") == {"main": [(step, float(key)) for step in range(3)]}


def test_threads_log_while_one_flushes(tmp_path, switch_often):
    count, done = 1500, threading.Event()
    writer = SummaryWriter(tmp_path)

    def work(index):
        if index == 0:
            while not done.wait(0.001):
                writer.flush()
            return
        try:
            handle = writer.scalar(f"handle/{index}")
            for step in range(count):
                writer.add_scalar(f"own/{index}", index, step)
                writer.add_scalar("shared", index, step)
                handle.add(index, step)
                if step % 100 == 0:
                    writer.add_scalars("group", {str(index): step}, step)
                    writer.log({f"log/{index}": step}, step)
                    writer.add_text(f"text/{index}", str(step), step)
                    writer.add_histogram(f"histogram/{index}", np.arange(step + 1), step)
        finally:
            finished.append(index)
            if len(finished) == THREADS - 1:
                done.set()

    finished: list[int] = []
    in_threads(work)
    writer.close()
    found = walk.points(tmp_path)
    for index in range(1, THREADS):
        assert found[f"own/{index}"] == [(step, float(index)) for step in range(count)]
        assert found[f"handle/{index}"] == [(step, float(index)) for step in range(count)]
        assert [step for step, value in found["shared"] if value == index] == list(range(count))
        assert [step for step, _ in found[f"log/{index}"]] == list(range(0, count, 100))
    assert len(found["shared"]) == count * (THREADS - 1)
    assert len(found["group"]) == count // 100 * (THREADS - 1)


def test_threads_log_while_one_closes(tmp_path, switch_often):
    # After a close the next event opens a new file, so order holds within a file and nothing is lost.
    count, rounds = 1500, 25
    writer = SummaryWriter(tmp_path)

    def work(index):
        if index == 0:
            for _ in range(rounds):
                time.sleep(0.005)
                writer.close()
            return
        handle = writer.scalar(f"handle/{index}")
        for step in range(count):
            writer.add_scalar(f"own/{index}", index, step)
            handle.add(index, step)
            writer.log({f"log/{index}": step}, step)

    in_threads(work)
    writer.close()
    total: dict[str, list[int]] = {}
    for path in event_files(tmp_path):
        for tag, points in walk.points(path).items():
            steps = [step for step, _ in points]
            assert steps == sorted(steps), f"{tag} is out of order in {path.name}"
            total.setdefault(tag, []).extend(steps)
    for index in range(1, THREADS):
        for kind in ("own", "handle", "log"):
            assert sorted(total[f"{kind}/{index}"]) == list(range(count))


@pytest.mark.parametrize(
    "log",
    [
        lambda writer, step: writer.add_scalars("m", {"a": step, "b": step}, step),
        lambda writer, step: writer.add_text("t", "x", step),
        lambda writer, step: writer.add_histogram("h", np.ones(3), step),
        lambda writer, step: writer.add_image("i", np.zeros((3, 2, 2), np.uint8), step),
        lambda writer, step: writer.add_scalar_series("c", np.ones(3), [step] * 3),
        lambda writer, step: writer.stats(),
        lambda writer, step: writer.scalar("s").add(step, step),
        lambda writer, step: writer.flush(),
    ],
    ids=["scalars", "text", "histogram", "image", "series", "stats", "scalar", "flush"],
)
def test_no_method_breaks_when_another_thread_closes(tmp_path, switch_often, log):
    writer = SummaryWriter(tmp_path)
    done = threading.Event()

    def work(index):
        if index == 0:
            while not done.is_set():
                writer.close()
            return
        try:
            for step in range(150):
                log(writer, step)
        finally:
            finished.append(index)
            if len(finished) == 3:
                done.set()

    finished: list[int] = []
    in_threads(work, 4)
    writer.close()
    walk.events(tmp_path)


def test_flush_waits_for_what_other_threads_logged_after_a_close(tmp_path, switch_often):
    # All threads find the writer closed at once; whatever files they open, flush() covers them.
    for attempt in range(30):
        logdir = tmp_path / str(attempt)
        writer = SummaryWriter(logdir)
        writer.close()
        in_threads(lambda index, writer=writer: writer.add_scalar(f"s/{index}", index, 1), 8)
        writer.flush()
        assert len(walk.points(logdir)) == 8
        assert len(event_files(logdir)) == 2, "each thread opened a file of its own"
        writer.close()


def test_threads_through_the_smallest_ring(tmp_path):
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    run_script(
        """
        import random, sys, threading
        import numpy as np
        import ringboard
        ringboard.configure(ring_bytes=65536)
        writer = ringboard.SummaryWriter(sys.argv[1])
        def work(index):
            choice = random.Random(int(sys.argv[2]) + index)
            step = 0
            while step < 6000:
                kind = choice.randrange(40)
                if kind == 0:
                    size = choice.randrange(1, 800)
                    steps = np.arange(step, step + size)
                    writer.add_scalar_series(f"t/{index}", steps, steps)
                    step += size
                elif kind == 1:
                    fill = {f"fill/{i}": 0 for i in range(choice.randrange(200))}
                    writer.log({f"t/{index}": step} | fill, step)
                    step += 1
                elif kind == 2:
                    writer.add_text("text", "x" * choice.randrange(40_000), step)
                else:
                    writer.add_scalar(f"t/{index}", step, step)
                    step += 1
            counts[index] = step
        counts = {}
        threads = [threading.Thread(target=work, args=(index,)) for index in range(16)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        writer.close()
        print(*(counts[index] for index in range(16)))
        """,
        tmp_path,
        seed,
    )
    found = walk.points(tmp_path)
    for index in range(16):
        points = found[f"t/{index}"]
        assert points == [(step, float(step)) for step in range(len(points))]
        assert len(points) >= 6000


# -- while it is being written -----------------------------------------------------------------------------


def poll(predicate, timeout: float = 60.0) -> None:
    deadline = time.monotonic() + timeout
    while not predicate():
        assert time.monotonic() < deadline, "not within the time-out"
        time.sleep(0.005)


@pytest.mark.parametrize(
    "log",
    [
        lambda writer: writer.add_scalar("s", 1.0, 1),
        lambda writer: writer.scalar("s").add(1.0, 1),
        lambda writer: writer.log({"s": 1.0}, 1),
        lambda writer: writer.add_scalar_series("s", [1.0], [1]),
        lambda writer: writer.add_text("s", "x", 1),
        lambda writer: writer.add_histogram("s", np.ones(3), 1),
        lambda writer: writer.add_image("s", np.zeros((3, 2, 2), np.uint8), 1),
        lambda writer: writer.add_tensor("s", np.ones(3), 1),
    ],
    ids=["scalar", "handle", "log", "series", "text", "histogram", "image", "tensor"],
)
def test_an_event_is_in_the_file_soon_without_flush(tmp_path, log):
    writer = SummaryWriter(tmp_path)
    time.sleep(0.3)  # the writer thread sleeps
    log(writer)
    poll(lambda: len(walk.events(tmp_path, allow_torn_tail=True)) == 2)
    writer.close()


def test_tensorboards_reader_follows_the_file(tmp_path):
    writer = SummaryWriter(tmp_path)
    view = load_run(tmp_path)
    for upto in (10, 25, 26):
        for step in range(len(view.accumulator.Tags()["scalars"]) and len(view.scalars("s")), upto):
            writer.add_scalar("s", step, step)
        writer.flush()
        view.accumulator.Reload()
        assert view.scalars("s") == [(step, float(step)) for step in range(upto)]
    writer.close()


def test_readers_never_see_half_a_record_for_long(tmp_path):
    # Reads the growing file over and over: at any time it is whole records and at most one torn tail.
    writer = SummaryWriter(tmp_path)
    done = threading.Event()

    def produce():
        for step in range(40_000):
            writer.add_scalar("s", step, step)
        done.set()

    thread = threading.Thread(target=produce)
    thread.start()
    while not done.wait(0.01):
        steps = walk.steps(tmp_path, "s", allow_torn_tail=True)
        assert steps == list(range(len(steps)))
    thread.join()
    writer.close()
    assert walk.steps(tmp_path, "s") == list(range(40_000))


def test_an_idle_process_burns_no_cpu(tmp_path):
    out = run_script(
        """
        import sys, time
        from ringboard import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        for step in range(1000):
            writer.add_scalar("s", step, step)
        writer.flush()
        time.sleep(0.5)
        used = []
        for _ in range(3):
            before = time.process_time()
            time.sleep(0.5)
            used.append(time.process_time() - before)
        print(min(used))
        """,
        tmp_path,
    ).stdout
    assert float(out) < 0.05
