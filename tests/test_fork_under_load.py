"""Forks from a signal handler while threads log, flush and close, with a ring that is always full."""

from __future__ import annotations

from tests import walk
from tests.scripts import run_script
from tests.support.records import event_files

CHILDREN = 40


def test_children_forked_anywhere_log_all(tmp_path):
    run_script(
        f"""
import faulthandler, os, signal, sys, threading, time
import ringboard
faulthandler.dump_traceback_later(150, exit=True)
ringboard.configure(ring_bytes=65536)
sys.setswitchinterval(1e-5)
writer = ringboard.SummaryWriter(sys.argv[1])
pids, done = [], False

def child(tag):
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(100)  # one that hangs dies, and its status tells
    handle = writer.scalar(tag + "/handle")
    for step in range(300):
        writer.add_scalar(tag, step, step)
        handle.add(step, step)
    writer.close()
    os._exit(0)

def on_alarm(*_):
    pid = os.fork()
    if pid == 0:
        child(f"child/{{len(pids)}}")
    pids.append(pid)
    if len(pids) < {CHILDREN}:
        signal.setitimer(signal.ITIMER_REAL, 0.01)

def log(index):
    step = 0
    while not done:
        writer.add_scalar(f"parent/{{index}}", step, step)
        step += 1
        if step % 500 == 0:
            time.sleep(0.005)
            if index == 0:
                writer.add_text("text", "x" * 100_000, step)
            if index == 1:
                writer.flush()
            if index == 2:
                writer.close()

signal.signal(signal.SIGALRM, on_alarm)
signal.setitimer(signal.ITIMER_REAL, 0.01)
threads = [threading.Thread(target=log, args=(index,)) for index in range(4)]
for thread in threads:
    thread.start()
while len(pids) < {CHILDREN}:
    time.sleep(0.005)
done = True
for thread in threads:
    thread.join()
assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * {CHILDREN}
writer.close()
""",
        tmp_path,
        timeout=240,
    )
    found: dict[str, list[int]] = {}
    for path in event_files(tmp_path):
        for tag, points in walk.points(path).items():
            found.setdefault(tag, []).extend(step for step, _ in points)
    children = {tag: steps for tag, steps in found.items() if tag.startswith("child/")}
    assert len(children) == 2 * CHILDREN
    assert all(steps == list(range(300)) for steps in children.values())
    parents = [steps for tag, steps in found.items() if tag.startswith("parent/")]
    assert len(parents) == 4
    assert all(steps == list(range(len(steps))) for steps in parents)
