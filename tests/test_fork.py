"""Forked children and multiprocessing: each process its own file, none with a hole or a repetition."""

from __future__ import annotations

import os
import traceback

import pytest

from tests import walk
from tests.scripts import run_script
from tests.support.records import event_files

COUNT = 5000
START = f"""
import os, sys, threading, time
from ringboard import SummaryWriter
COUNT = {COUNT}
writer = SummaryWriter(sys.argv[1])
def log(tag, first=0, last=COUNT):
    for step in range(first, last):
        writer.add_scalar(tag, step, step)
def join(pid):
    status = os.waitpid(pid, 0)[1]
    assert status == 0, status
"""


def by_process(logdir) -> list[dict[str, list[int]]]:
    """{tag: steps} of each file, in the order of the processes' first files."""
    return [
        {tag: [step for step, _ in points] for tag, points in walk.points(path).items()}
        for path in event_files(logdir)
    ]


ALL = list(range(COUNT))


def test_a_child_that_logs_has_a_file_of_its_own(tmp_path):
    run_script(
        f"""{START}
log("parent", 0, 1000)
pid = os.fork()
if pid == 0:
    log("child")
    writer.close()
    os._exit(0)
log("parent", 1000)
join(pid)
""",
        tmp_path,
    )
    files = by_process(tmp_path)
    assert sorted(files, key=str) == sorted([{"parent": ALL}, {"child": ALL}], key=str)
    pids = {path.name.split(".")[-2] for path in event_files(tmp_path)}
    assert len(pids) == 2


def test_a_child_that_only_ends(tmp_path):
    run_script(
        f"""{START}
log("parent", 0, 1000)
for end in (lambda: os._exit(0), lambda: sys.exit(0)):
    pid = os.fork()
    if pid == 0:
        end()
    join(pid)
log("parent", 1000)
""",
        tmp_path,
    )
    assert by_process(tmp_path) == [{"parent": ALL}]


@pytest.mark.parametrize("act", ["writer.flush()", "writer.close()", "del writer, handle", "writer.stats()"])
def test_a_child_that_tidies_up_leaves_the_parents_file_alone(tmp_path, act):
    run_script(
        f"""{START}
handle = writer.scalar("parent")
log("parent", 0, 1000)
pid = os.fork()
if pid == 0:
    {act}
    sys.exit(0)
join(pid)
log("parent", 1000)
""",
        tmp_path,
    )
    assert [file for file in by_process(tmp_path) if file] == [{"parent": ALL}]


def test_a_child_that_ends_by_sys_exit_loses_nothing(tmp_path):
    run_script(
        f"""{START}
handle = writer.scalar("handle")
log("parent")
pid = os.fork()
if pid == 0:
    log("child")
    for step in range(COUNT):
        handle.add(step, step)
    writer.add_scalars("m", {{"a": 1.0}}, 1)
    sys.exit(0)
join(pid)
""",
        tmp_path,
    )
    found = [file for file in by_process(tmp_path) if file]
    expected = [{"parent": ALL}, {"m": [1]}, {"child": ALL, "handle": ALL}]
    assert sorted(found, key=str) == sorted(expected, key=str)


def test_children_of_children(tmp_path):
    run_script(
        f"""{START}
for depth in range(5):
    log(str(depth))
    pid = os.fork()
    if pid:
        join(pid)
        sys.exit(0)
log("last")
""",
        tmp_path,
    )
    tags = sorted(tag for file in by_process(tmp_path) for tag in file)
    assert tags == ["0", "1", "2", "3", "4", "last"]
    assert all(steps == ALL for file in by_process(tmp_path) for steps in file.values())


def test_fork_while_other_threads_log(tmp_path):
    run_script(
        f"""{START}
threads = [threading.Thread(target=log, args=(f"parent/{{i}}", 0, 30_000)) for i in range(4)]
for thread in threads:
    thread.start()
for child in range(8):
    pid = os.fork()
    if pid == 0:
        log(f"child/{{child}}", 0, 1000)
        writer.close()
        os._exit(0)
    join(pid)
for thread in threads:
    thread.join()
""",
        tmp_path,
    )
    merged: dict[str, list[int]] = {}
    for file in by_process(tmp_path):
        for tag, steps in file.items():
            assert tag not in merged, f"{tag} is in two files"
            merged[tag] = steps
    assert merged == {f"parent/{i}": list(range(30_000)) for i in range(4)} | {
        f"child/{i}": list(range(1000)) for i in range(8)
    }


def test_fork_while_other_threads_open_files(tmp_path):
    # A lock that another thread holds at the fork is never given back in the child.
    run_script(
        f"""{START}
sys.setswitchinterval(1e-6)
done = threading.Event()
def reopen():
    while not done.is_set():
        mine = SummaryWriter(sys.argv[1] + "/reopened")
        mine.add_scalar("s", 1.0, 1)
        mine.close()
threads = [threading.Thread(target=reopen) for _ in range(3)]
for thread in threads:
    thread.start()
for child in range(40):
    pid = os.fork()
    if pid == 0:
        import faulthandler
        faulthandler.dump_traceback_later(60, exit=True)
        log(f"child/{{child}}", 0, 10)
        writer.close()
        os._exit(0)
    join(pid)
done.set()
""",
        tmp_path,
        timeout=240,
    )
    merged = {tag: steps for file in by_process(tmp_path) for tag, steps in file.items()}
    assert {tag: steps for tag, steps in merged.items() if tag != "s"} == {
        f"child/{i}": list(range(10)) for i in range(40)
    }


def test_a_smallest_ring_that_is_full_at_the_fork(tmp_path):
    run_script(
        f"""
import ringboard
ringboard.configure(ring_bytes=65536)
{START}
log("parent", 0, 2500)
pid = os.fork()
if pid == 0:
    log("child")
    writer.close()
    os._exit(0)
log("parent", 2500)
join(pid)
""",
        tmp_path,
    )
    assert sorted(by_process(tmp_path), key=str) == sorted([{"parent": ALL}, {"child": ALL}], key=str)


WORKER = """
def work(where, name, writer=None):
    writer = writer or SummaryWriter(where)
    for step in range(5000):
        writer.add_scalar(name, step, step)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_children_that_end_without_close(tmp_path, method):
    # From a file: spawn and forkserver import the main module again.
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import multiprocessing, sys
from ringboard import SummaryWriter
{WORKER}
if __name__ == "__main__":
    multiprocessing.set_start_method({method!r})
    mine = SummaryWriter(sys.argv[1])
    mine.add_scalar("parent", 1.0, 0)
    children = [multiprocessing.Process(target=work, args=(sys.argv[1], f"child/{{i}}")) for i in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join()
        assert child.exitcode == 0, child.exitcode
"""
    )
    run_script(
        f"import os, sys; os.execv(sys.executable, [sys.executable, {str(program)!r}, sys.argv[1]])",
        tmp_path / "log",
    )
    merged = {tag: steps for file in by_process(tmp_path / "log") for tag, steps in file.items()}
    assert merged == {"parent": [0]} | {f"child/{i}": ALL for i in range(4)}


def test_multiprocessing_child_that_uses_the_parents_writer(tmp_path):
    run_script(
        f"""
import multiprocessing, sys
from ringboard import SummaryWriter
{WORKER}
writer = SummaryWriter(sys.argv[1])
handle = writer.scalar("handle")
work(None, "parent", writer)
def child():
    work(None, "child", writer)
    handle.add(1.0, 1)
process = multiprocessing.get_context("fork").Process(target=child)
process.start()
process.join()
assert process.exitcode == 0
""",
        tmp_path,
    )
    assert sorted(by_process(tmp_path), key=str) == sorted(
        [{"parent": ALL}, {"child": ALL, "handle": [1]}], key=str
    )


def test_multiprocessing_child_that_raises_or_exits(tmp_path):
    run_script(
        f"""
import multiprocessing, sys
from ringboard import SummaryWriter
{WORKER}
def raising():
    work(sys.argv[1], "raising")
    raise KeyError("mine")
def leaving():
    work(sys.argv[1], "leaving")
    sys.exit(7)
context = multiprocessing.get_context("fork")
codes = []
for target in (raising, leaving):
    process = context.Process(target=target)
    process.start()
    process.join()
    codes.append(process.exitcode)
assert codes == [1, 7], codes
""",
        tmp_path,
    )
    merged = {tag: steps for file in by_process(tmp_path) for tag, steps in file.items()}
    assert merged == {"raising": ALL, "leaving": ALL}


def test_pool_workers_keep_what_they_logged(tmp_path):
    run_script(
        """
import multiprocessing, sys
from ringboard import SummaryWriter
writer = None
def start(where):
    global writer
    writer = SummaryWriter(where)
def task(step):
    writer.add_scalar("s", step, step)
context = multiprocessing.get_context("fork")
pool = context.Pool(2, start, (sys.argv[1],))
pool.map(task, range(500))
pool.close()
pool.join()
""",
        tmp_path,
    )
    assert sorted(step for file in by_process(tmp_path) for step in file.get("s", [])) == list(range(500))


def test_this_process_can_fork_too(tmp_path):
    # In the test process itself, whose ring is in use by other tests' writers.
    from ringboard import SummaryWriter

    writer = SummaryWriter(tmp_path)
    writer.add_scalar("parent", 1.0, 1)
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            writer.add_scalar("child", 2.0, 2)
            writer.close()
            code = 0
        except BaseException:
            (tmp_path / "error").write_text(traceback.format_exc())
        finally:
            os._exit(code)
    status = os.waitpid(pid, 0)[1]
    assert status == 0, (tmp_path / "error").read_text()
    writer.close()
    assert sorted(by_process(tmp_path), key=str) == sorted([{"parent": [1]}, {"child": [2]}], key=str)
