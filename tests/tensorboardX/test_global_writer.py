"""GlobalSummaryWriter: one count of steps over threads and processes, forked and spawned ones."""

from __future__ import annotations

import copy
import threading

import numpy as np
import pytest
import torch

from ringboard.tensorboardX import GlobalSummaryWriter, global_writer
from ringboard.tensorboardX.mailbox import Message
from tests.scripts import run_script
from tests.support.events import events_by_run, read_events
from tests.support.payloads import decode_image
from tests.support.records import event_files
from tests.support.tensorboard_server import READERS, TensorBoard
from tests.support.views import views

PROCESSES, EACH = 4, 500
# Main program of its own: a spawned child imports it.
PROGRAM = """
import multiprocessing, os, sys
import numpy as np
from ringboard.tensorboardX import GlobalSummaryWriter

def log(writer, number):
    for index in range({each}):
        writer.add_scalar("all", index)
        writer.add_scalar(f"own/{{number}}", index)
        if index % 100 == 0:
            writer.add_text("text", f"{{number}}: {{index}}")
            writer.add_image("image", np.full((1, 4, 4), number * 10, np.uint8))

def init(writer):
    global held
    held = writer

def log_in_pool(number):
    log(held, number)
    return number

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    writer = GlobalSummaryWriter(sys.argv[1])
    {body}
"""
BODIES = {
    "processes": """
    children = [context.Process(target=log, args=(writer, number)) for number in range({processes})]
    for child in children: child.start()
    for child in children: child.join()
    assert not any(child.exitcode for child in children)
    writer.close()""",
    "pool": """
    with context.Pool({processes}, init, (writer,)) as pool:
        pool.map(log_in_pool, range({processes}), chunksize=1)
    writer.close()""",
    "never closed": """
    for number in range({processes}):
        context.Process(target=log, args=(writer, number)).start()""",
}


def run_program(tmp_path, log_dir, way, body):
    """Runs it from a file, as spawned children want it."""
    path = tmp_path / "program.py"
    source = BODIES[body].format(processes=PROCESSES)
    path.write_text(PROGRAM.format(each=EACH, body=source.strip()))
    return run_script(
        "import runpy, sys; path = sys.argv.pop(1); sys.argv[0] = path; "
        "runpy.run_path(path, run_name='__main__')"
        if way == "fork"
        else "import subprocess, sys; sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))",
        path,
        log_dir,
        way,
    )


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("way", ["fork", "spawn"])
def test_processes(tmp_path, way, body):
    log_dir = tmp_path / "log"
    run_program(tmp_path, log_dir, way, body)
    assert len(event_files(log_dir)) == 1
    steps: dict[str, list[int]] = {}
    values: dict[str, list[float]] = {}
    for view in views(read_events(log_dir)):
        steps.setdefault(view.tag, []).append(view.step)
        values.setdefault(view.tag, []).append(view.payload.get("value"))
    # In the order of the file: unique and ascending, which TensorBoard's default reader asks for.
    assert steps["all"] == list(range(PROCESSES * EACH))
    assert sorted(values["all"]) == sorted(list(range(EACH)) * PROCESSES)
    for number in range(PROCESSES):
        assert steps[f"own/{number}"] == values[f"own/{number}"] == list(range(EACH))
    assert steps["text/text_summary"] == steps["image"] == list(range(PROCESSES * EACH // 100))


@pytest.mark.parametrize("reader", READERS)
def test_tensorboard_shows_every_step(tmp_path, reader):
    run_program(tmp_path, tmp_path / "log", "fork", "processes")
    with TensorBoard(tmp_path / "log", reader) as server:
        server.wait_for(lambda: server.has_tag(".", "all", "scalars"))
        server.wait_for(lambda: len(server.scalars(".", "all")) == PROCESSES * EACH)
        assert [step for step, _ in server.scalars(".", "all")] == list(range(PROCESSES * EACH))


def test_threads(tmp_path):
    writer = GlobalSummaryWriter(str(tmp_path))

    def log():
        for index in range(EACH):
            writer.add_scalar("all", index)

    threads = [threading.Thread(target=log) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    writer.close()
    assert [view.step for view in views(read_events(tmp_path))] == list(range(4 * EACH))


def test_each_kind_counts_each_tag_for_itself(tmp_path):
    writer = GlobalSummaryWriter(str(tmp_path))
    for _ in range(2):
        writer.add_scalar("a b", 1.0, 12.5)
        writer.add_scalar("c", torch.tensor(1.0))
        writer.add_image("a b", np.zeros((4, 4, 3), np.uint8), None, "HWC")
        writer.add_text("a b", "text")
    writer.close()
    seen = [(view.kind, view.tag, view.step) for view in views(read_events(tmp_path))]
    one = [("scalar", "a_b"), ("scalar", "c"), ("image", "a_b"), ("tensor", "a b/text_summary")]
    assert seen == [(*each, step) for step in range(2) for each in one]
    assert read_events(tmp_path)[1].wall_time == 12.5


def test_values_from_another_process_are_those_of_the_call(tmp_path):
    writer = GlobalSummaryWriter(str(tmp_path))
    other = copy.deepcopy(writer)  # logs through the socket, as another process does
    picture = np.random.default_rng(1).integers(0, 256, (3, 5, 6), dtype=np.uint8)
    other.add_image("picture", torch.from_numpy(picture))
    other.add_image("float", torch.full((3, 5, 6), 0.5, dtype=torch.bfloat16))
    other.add_scalar("s", np.float32(0.25), walltime=3.5)
    other.flush()
    writer.add_scalar("s", 1.0)
    writer.close()
    image, half, first, second = (event for event in read_events(tmp_path) if event.summary.value)
    assert np.array_equal(
        decode_image(image.summary.value[0].image.encoded_image_string)["pixels"], picture.transpose(1, 2, 0)
    )
    assert decode_image(half.summary.value[0].image.encoded_image_string)["pixels"][0, 0, 0] == 127
    assert (first.wall_time, first.step, first.summary.value[0].simple_value) == (3.5, 0, 0.25)
    assert second.step == 1


def test_flush_of_another_process_waits_for_the_file(tmp_path):
    writer = GlobalSummaryWriter(str(tmp_path))
    other = copy.deepcopy(writer)
    for count in range(1, 200):
        other.add_scalar("s", count)
        other.flush()
        assert len([event for event in read_events(tmp_path) if event.summary.value]) == count
    writer.close()


@pytest.mark.parametrize(
    "data",
    [
        b"", b"x", b"\xff\xff\xff\xff", b"\x02\0\0\0[]", b"\x04\0\0\0null",
        Message("add_scalar", "s", np.zeros(3), 1.0, {}).to_bytes()[:-1],
        Message("close", "s", 1.0, 1.0, {}).to_bytes(),
        Message("__init__", "s", 1.0, 1.0, {}).to_bytes(),
        Message("add_scalar", "s", "O", 1.0, {}).to_bytes().replace(b"null", b"[1]\x20"),
    ],
)  # fmt: skip
def test_what_is_no_message_is_told_and_left_alone(tmp_path, capfd, data):
    writer = GlobalSummaryWriter(str(tmp_path))
    other = copy.deepcopy(writer)
    other.add_scalar("s", 1.0)
    other._outbox._connection.send_bytes(data)
    other.add_scalar("s", 2.0)
    other.flush()
    writer.close()
    assert [event.step for event in read_events(tmp_path) if event.summary.value] == [0, 1]
    assert "another process's event is lost" in capfd.readouterr().err


@pytest.mark.parametrize(
    "value", [0.1, float("nan"), float("-inf"), "text \u20ac", np.arange(6.0).reshape(2, 3)]
)
def test_a_message_comes_back(value):
    back = Message.from_bytes(
        Message("add_scalar", "tag \u20ac", value, 12.5, {"dataformats": "HW"}).to_bytes()
    )
    assert back[:2] == ("add_scalar", "tag \u20ac")
    assert back[3:] == (12.5, {"dataformats": "HW"})
    np.testing.assert_array_equal(back.value, value)


@pytest.mark.parametrize("through_socket", [False, True])
def test_bad_input_raises_where_it_is_logged_and_counts_no_step(tmp_path, through_socket):
    owner = GlobalSummaryWriter(str(tmp_path))
    writer = copy.deepcopy(owner) if through_socket else owner
    for log in (
        lambda: writer.add_scalar("tag", "three"),
        lambda: writer.add_image("tag", np.zeros(3)),
        lambda: writer.add_text("tag", 3),
        lambda: writer.add_scalar("tag", 1.0, "now"),
    ):
        with pytest.raises((TypeError, ValueError), match="tag"):
            log()
    writer.add_scalar("tag", 1.0)
    owner.close()
    assert [(view.tag, view.step) for view in views(read_events(tmp_path))] == [("tag", 0)]


def test_a_child_that_is_killed_takes_nobody_along(tmp_path):
    run_script(
        """
        import os, signal, sys, time
        from ringboard.tensorboardX import GlobalSummaryWriter
        writer = GlobalSummaryWriter(sys.argv[1])
        pid = os.fork()
        if pid == 0:
            while True:
                writer.add_text("text", "x" * 1_000_000)
        time.sleep(0.5)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        writer.add_scalar("after", 1.0)
        writer.close()
        """,
        tmp_path,
    )
    found = views(read_events(tmp_path))
    assert found[-1].tag == "after"
    texts = [view.step for view in found if view.tag == "text/text_summary"]
    assert texts == list(range(len(texts)))


def test_a_child_that_outlives_its_parent_is_told(tmp_path):
    done = run_script(
        """
        import os, sys, time
        from ringboard.tensorboardX import GlobalSummaryWriter
        writer = GlobalSummaryWriter(sys.argv[1])
        parent_lives, parent_end = os.pipe()
        child_lives, child_end = os.pipe()
        if os.fork() == 0:
            os.close(parent_end)
            writer.add_scalar("before", 1.0)
            os.read(parent_lives, 1)  # until the parent is gone
            for _ in range(100_000):
                writer.add_scalar("after", 1.0)
            sys.exit(0)
        while not writer._steps:
            time.sleep(0.01)
        # A sibling that lives on must not keep the socket open, on which nobody reads any more.
        if os.fork() == 0:
            os.close(parent_end)
            os.close(child_end)
            os.read(child_lives, 1)
            sys.exit(0)
        """,
        tmp_path,
    )
    assert done.stderr.count("has ended") == 1


def test_the_singleton(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(global_writer, "_writer", None)
    writer = GlobalSummaryWriter.getSummaryWriter()
    assert GlobalSummaryWriter.getSummaryWriter() is writer
    directory = writer.file_writer.get_logdir()
    assert capsys.readouterr().out.count(f"Using the global logger in: {directory}") == 2
    writer.add_scalar("s", 1.0)
    writer.close()
    writer.add_scalar("s", 2.0)  # a new file; the steps go on
    writer.close()
    (run,) = events_by_run("runs").values()
    assert [view.step for view in views(run)] == [0, 1]


def test_arguments(tmp_path):
    writer = GlobalSummaryWriter(
        str(tmp_path / "a"), filename_suffix=".x", write_to_disk=False, coalesce_process=False, anything=1
    )
    writer.add_scalar("s", 1.0)
    writer.close()
    assert list(tmp_path.iterdir()) == []


def test_takes_the_arguments_that_ringboard_has_besides(tmp_path):
    writer = GlobalSummaryWriter(str(tmp_path), max_file_bytes=1000, fsync_secs=1.0, whatever=3)
    for _ in range(100):
        writer.add_scalar("x", 1.0)
    writer.close()
    assert len(event_files(tmp_path)) > 1
    with pytest.raises(ValueError, match="max_file_bytes"):
        GlobalSummaryWriter(str(tmp_path), max_file_bytes=-1)
