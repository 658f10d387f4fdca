"""Writers that are pickled or copied: the copy has the arguments, and a file of its own in the same place.

So do multiprocessing's spawned children get them, and DataLoader's workers.
"""

from __future__ import annotations

import copy
import pickle

import pytest

from ringboard import EventFileWriter, FileWriter, SummaryWriter
from ringboard.tensorboardX import SummaryWriter as XSummaryWriter
from ringboard.torch import summary
from tests import walk
from tests.scripts import run_script
from tests.support.events import scalars
from tests.support.records import event_files

WAYS = {
    "pickle": lambda one: pickle.loads(pickle.dumps(one)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.fixture(params=WAYS)
def copied(request):
    return WAYS[request.param]


@pytest.mark.parametrize("kind", [SummaryWriter, XSummaryWriter])
def test_both_log_each_to_a_file_of_its_own(tmp_path, copied, kind):
    with kind(tmp_path, filename_suffix=".mine") as writer:
        writer.add_scalar("original", 1.0, 1)
        writer.add_scalars("m", {"a": 1.0}, 1)
        with copied(writer) as other:
            assert len(event_files(tmp_path)) == 2  # the copy opens its file when it logs
            other.add_scalar("copy", 2.0, 2)
            writer.add_scalar("original", 3.0, 3)
            other.add_scalars("m", {"a": 4.0}, 4)
    found = scalars(tmp_path)
    assert found.pop(".") == {"original": [(1, 1.0), (3, 3.0)], "copy": [(2, 2.0)]}
    assert list(found.values()) == [{"m": [(1, 1.0), (4, 4.0)]}]
    assert len(event_files(tmp_path)) == 4
    assert all(path.name.endswith(".mine") for path in event_files(tmp_path))


def test_a_subclass_keeps_what_it_has(tmp_path, copied):
    writer = Counting(tmp_path)
    writer.add_scalar("s", 1.0, 1)
    other = copied(writer)
    other.add_scalar("s", 1.0, 2)
    assert (type(other), writer.calls, other.calls, other.name) == (Counting, 1, 2, "mine")
    assert other.stats()["accepted"] == 1
    other.close()
    writer.close()


class Counting(SummaryWriter):
    def __init__(self, log_dir):
        super().__init__(log_dir)
        self.calls, self.name = 0, "mine"

    def add_scalar(self, *arguments, **named):
        self.calls += 1
        super().add_scalar(*arguments, **named)


def test_a_closed_writer(tmp_path, copied):
    writer = SummaryWriter(tmp_path)
    writer.close()
    other = copied(writer)
    other.flush()
    other.close()
    assert len(event_files(tmp_path)) == 1
    with other:
        other.add_scalar("s", 1.0, 1)
    assert walk.steps(tmp_path, "s") == [1]


def test_a_copy_does_not_purge_again(tmp_path, copied):
    writer = SummaryWriter(tmp_path, purge_step=5)
    with copied(writer) as other:
        other.add_scalar("s", 1.0, 1)
    writer.close()
    starts = [event for event in walk.events(tmp_path) if event.HasField("session_log")]
    assert len(starts) == 2  # of the first file


@pytest.mark.parametrize("kind", [FileWriter, EventFileWriter])
def test_file_writers(tmp_path, copied, kind):
    writer = kind(str(tmp_path), filename_suffix=".mine")
    other = copied(writer)
    event = summary.scalar("s", 1.0)
    for each in (writer, other) if kind is FileWriter else ():
        each.add_summary(event, 1)
    other.close()
    writer.close()
    assert type(other) is kind
    if copied is WAYS["copy"] and kind is FileWriter:
        return  # a shallow copy shares its event_writer, as any object's does
    assert len(event_files(tmp_path)) == 2


def test_a_handle(tmp_path, copied):
    writer = SummaryWriter(tmp_path)
    handle = writer.scalar("s")
    other = copied(handle)
    handle.add(1.0, 1)
    other.add(2.0, 2)
    writer.close()
    assert sorted(walk.points(tmp_path)["s"]) == [(1, 1.0), (2, 2.0)]


def test_a_writer_and_its_handle_stay_together(tmp_path):
    writer = SummaryWriter(tmp_path)
    other, handle = copy.deepcopy((writer, writer.scalar("s")))
    handle.add(1.0, 1)
    other.close()
    assert walk.steps(tmp_path, "s") == [1]
    writer.close()


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_as_an_argument_of_a_process(tmp_path, method):
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import multiprocessing, sys
from ringboard import SummaryWriter
def work(writer, handle):
    for step in range(500):
        writer.add_scalar("child", step, step)
        handle.add(step, step)
if __name__ == "__main__":
    writer = SummaryWriter(sys.argv[1])
    writer.add_scalar("parent", 1.0, 0)
    arguments = (writer, writer.scalar("handle"))
    child = multiprocessing.get_context({method!r}).Process(target=work, args=arguments)
    child.start()
    child.join()
    assert child.exitcode == 0, child.exitcode
    writer.close()
"""
    )
    run_script(f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')", tmp_path / "log")
    found = {tag: [step for step, _ in points] for tag, points in walk.points(tmp_path / "log").items()}
    assert found == {"parent": [0], "child": list(range(500)), "handle": list(range(500))}
