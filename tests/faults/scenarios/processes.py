"""Processes."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from pathlib import Path

from tests.faults.library import scenario
from tests.faults.patience import Patience
from tests.faults.run import Run

STEPS = 1000


@scenario("`os.fork`: parent and child log")
def fork_child_logs(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "parent", STEPS)

    def child() -> None:
        run.train(writer, "child", STEPS)
        writer.close()

    pid = run.fork(child)
    run.train(writer, "parent", STEPS, STEPS)
    run.join(pid)
    writer.close()


@scenario("fork while another thread logs; the child logs")
def fork_while_a_thread_logs(run: Run) -> None:
    writer = run.writer()
    thread = threading.Thread(target=run.train, args=(writer, "thread", 10 * STEPS))
    thread.start()

    def child(index: int) -> None:
        run.train(writer, f"child{index}", 100)
        writer.close()

    for index in range(10):
        run.join(run.fork(lambda index=index: child(index)), 2.0)
    thread.join()
    writer.close()


@scenario("a thread forks; the child logs")
def fork_in_a_thread(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "parent", STEPS)

    def child() -> None:
        run.train(writer, "child", STEPS)
        writer.close()

    thread = threading.Thread(target=lambda: run.join(run.fork(child)))
    thread.start()
    thread.join()
    run.train(writer, "parent", STEPS, STEPS)
    writer.close()


@scenario("`multiprocessing` (fork): the children log with the parent's writer and don't close it")
def multiprocessing_fork(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "parent", STEPS)
    context = multiprocessing.get_context("fork")
    _join_all(
        run,
        [context.Process(target=run.train, args=(writer, f"child{index}", STEPS)) for index in range(4)],
    )
    writer.close()


def _join_all(run: Run, children: list) -> None:
    for child in children:
        child.start()
    for child in children:
        patience = Patience(lambda: [child.pid for child in children], 3.0)
        while child.exitcode is None and not patience.over():
            child.join(0.1)
        if child.exitcode is None:
            run.problem("a process hangs")
            child.kill()
            child.join()
        elif child.exitcode:
            run.problem(f"a process ends with {child.exitcode}")


def _own_writer(module: str, home: str, tag: str) -> None:
    run = Run(module, Path(home))
    run.train(run.writer(), tag, STEPS)


def _own_writers(run: Run, method: str) -> None:
    writer = run.writer()
    run.train(writer, "parent", STEPS)
    context = multiprocessing.get_context(method)
    arguments = [(run.module, str(run.home), f"child{index}") for index in range(2)]
    _join_all(run, [context.Process(target=_own_writer, args=each) for each in arguments])
    writer.close()


@scenario("`multiprocessing` (spawn): a writer in each child, not closed")
def multiprocessing_spawn(run: Run) -> None:
    _own_writers(run, "spawn")


@scenario("`multiprocessing` (forkserver): a writer in each child, not closed")
def multiprocessing_forkserver(run: Run) -> None:
    _own_writers(run, "forkserver")


_inherited = None


def _add(run: Run, writer, tag: str, step: int) -> None:
    """To a tag of this process alone: RustBoard shows no tag whose steps go back and forth between files."""
    tag = f"{tag}-{os.getpid()}"
    writer.add_scalar(tag, step, step)
    run.acks(tag).add(step)


def _pool_task(step: int) -> None:
    run, writer = _inherited
    _add(run, writer, "pool", step)


@scenario("`Pool`: the workers log with the parent's writer; `close()`, `join()`")
def pool_joined(run: Run) -> None:
    global _inherited  # noqa: PLW0603
    _inherited = run, run.writer()
    pool = multiprocessing.get_context("fork").Pool(2)
    pool.map_async(_pool_task, range(500)).get(20.0)
    pool.close()
    pool.join()
    _inherited[1].close()


@scenario("`with Pool()`: the workers are ended by SIGTERM as soon as the work is done", recovers=True)
def pool_terminated(run: Run) -> None:
    global _inherited  # noqa: PLW0603
    _inherited = run, run.writer()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map_async(_pool_task, range(500)).get(20.0)
    _inherited[1].close()


class _Dataset:
    """What a DataLoader takes; logs each item with the writer that it was given."""

    def __init__(self, run: Run, writer) -> None:
        self.run, self.writer = run, writer

    def __len__(self) -> int:
        return 200

    def __getitem__(self, index: int) -> int:
        _add(self.run, self.writer, "item", index)
        return index


def _load(run: Run, method: str) -> None:
    from torch.utils.data import DataLoader

    writer = run.writer()
    run.train(writer, "parent", STEPS)
    loader = DataLoader(
        _Dataset(run, writer), batch_size=10, num_workers=2, multiprocessing_context=method, timeout=60
    )
    for _ in loader:
        pass
    run.train(writer, "parent", STEPS, STEPS)
    writer.close()


@scenario("`DataLoader` with 2 forked workers whose dataset logs")
def data_loader_forked(run: Run) -> None:
    _load(run, "fork")


@scenario("`DataLoader` with 2 spawned workers whose dataset logs: the writer is pickled")
def data_loader_spawned(run: Run) -> None:
    _load(run, "spawn")


@scenario("4 processes start in one second and log into one directory")
def four_processes(run: Run) -> None:
    run.writer("warm").close()  # the import is over

    def child(index: int) -> None:
        writer = run.writer()
        run.train(writer, f"child{index}", STEPS)
        writer.close()

    pids = [run.fork(lambda index=index: child(index)) for index in range(4)]
    for pid in pids:
        run.join(pid)


@scenario("a daemon by double fork logs; its parents end at once")
def double_fork(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "parent", STEPS)
    done, tell = os.pipe()

    def daemon() -> None:
        signal.alarm(15)  # nobody else would end one that hangs
        run.train(writer, "daemon", STEPS)
        writer.close()
        os.write(tell, b"1")

    def middle() -> None:
        os.setsid()
        run.fork(daemon)

    run.join(run.fork(middle))
    os.close(tell)
    os.set_blocking(done, False)
    deadline = time.monotonic() + 10.0
    while time.monotonic() < deadline:
        try:
            if not os.read(done, 1):
                run.problem("the daemon ends early")
            break
        except BlockingIOError:
            time.sleep(0.005)
    else:
        run.problem("a process hangs")
    writer.close()


@scenario("`os.execv` while events are under way; the new program logs, too", recovers=True)
def execv(run: Run) -> None:
    writer = run.writer()
    run.train(writer, "before", STEPS)
    sys.stderr.flush()
    program = f"from {__name__} import after_execv; import sys; after_execv(*sys.argv[1:])"
    os.execv(sys.executable, [sys.executable, "-c", program, run.module, str(run.home)])


def after_execv(module: str, home: str) -> None:
    run = Run(module, Path(home))
    writer = run.writer()
    run.train(writer, "after", STEPS)
    writer.close()


@scenario("`subprocess` started while a thread logs")
def subprocesses(run: Run) -> None:
    import subprocess

    writer = run.writer()
    thread = threading.Thread(target=run.train, args=(writer, "thread", 5 * STEPS))
    thread.start()
    for _ in range(20):
        subprocess.run([sys.executable, "-S", "-c", ""], check=True)
    thread.join()
    writer.close()
