"""Our files in a real TensorBoard, with each of its two readers."""

from __future__ import annotations

import numpy as np
import pytest

from ringboard import SummaryWriter
from tests.scripts import run_script
from tests.support.accumulator import load_run
from tests.support.events import read_events
from tests.support.payloads import decode_image
from tests.support.tensorboard_server import READERS, TensorBoard

PICTURE = np.random.default_rng(2).integers(0, 256, (3, 8, 9), dtype=np.uint8)
PURGED_RUN, GONE_ON = "purged", 6


def write_everything(logdir) -> None:
    with SummaryWriter(logdir / "all") as writer:
        for step in range(200):
            writer.add_scalar("loss", step / 4, step)
            writer.log({"a": step, "b": -step}, step)
        writer.add_scalar("new", 0.5, 1, new_style=True)
        for step, value in enumerate((float("nan"), float("inf"), -float("inf"))):
            writer.add_scalar("special", value, step)
        writer.add_scalar_series("series", np.arange(50) / 2, np.arange(50))
        writer.add_scalars("group", {"x": 1.0, "y": 2.0}, 1)
        writer.add_histogram("weights", np.random.default_rng(1).normal(size=1000), 3)
        writer.add_image("picture", PICTURE, 4)
        writer.add_text("notes", "a **bold** remark", 5)


def write_purged(logdir) -> None:
    """Steps 0 … 9, then a restart that goes on at step 6 with other values."""
    with SummaryWriter(logdir / PURGED_RUN) as writer:
        for step in range(10):
            writer.add_scalar("loss", step, step)
    with SummaryWriter(logdir / PURGED_RUN, purge_step=GONE_ON) as writer:
        for step in range(GONE_ON, 8):
            writer.add_scalar("loss", 100 + step, step)


EXPECTED_AFTER_PURGE = [(step, float(step)) for step in range(GONE_ON)] + [(6, 106.0), (7, 107.0)]


@pytest.fixture(scope="module", params=READERS)
def server(request, tmp_path_factory):
    logdir = tmp_path_factory.mktemp("log")
    write_everything(logdir)
    write_purged(logdir)
    with TensorBoard(logdir, request.param) as server:
        server.wait_for(lambda: len(server.runs()) == 4)
        server.wait_for(lambda: server.has_tag("all", "notes/text_summary", "text"))
        yield server


def test_runs(server):
    assert server.runs() == ["all", "all/group_x", "all/group_y", PURGED_RUN]


def test_scalars(server):
    assert server.scalars("all", "loss") == [(step, step / 4) for step in range(200)]
    assert server.scalars("all", "a") == [(step, float(step)) for step in range(200)]
    assert server.scalars("all", "b") == [(step, float(-step)) for step in range(200)]
    assert server.scalars("all", "new") == [(1, 0.5)]
    assert server.scalars("all", "series") == [(step, step / 2) for step in range(50)]
    assert server.scalars("all/group_y", "group") == [(1, 2.0)]


def test_special_values(server):
    (_, nan), (_, plus), (_, minus) = server.scalars("all", "special")
    assert nan != nan  # noqa: PLR0124
    assert (plus, minus) == (float("inf"), -float("inf"))


def test_histogram(server):
    ((step, buckets),) = server.histograms("all", "weights")
    assert step == 3
    assert sum(count for _left, _right, count in buckets) == pytest.approx(1000)


def test_image(server):
    ((step, encoded),) = server.images("all", "picture")
    assert step == 4
    assert np.array_equal(decode_image(encoded)["pixels"], PICTURE.transpose(1, 2, 0))


def test_text(server):
    ((step, html),) = server.text("all", "notes/text_summary")
    assert step == 5
    assert "<p>a <strong>bold</strong> remark</p>" in html


def test_purge_step_hides_what_the_restart_repeats(server):
    server.wait_for(lambda: server.scalars(PURGED_RUN, "loss")[-1][1] >= 100)
    assert server.scalars(PURGED_RUN, "loss") == EXPECTED_AFTER_PURGE


def test_purge_step_in_the_event_accumulator(tmp_path):
    write_purged(tmp_path)
    assert load_run(tmp_path / PURGED_RUN).scalars("loss") == EXPECTED_AFTER_PURGE


def test_purge_step_is_not_repeated_when_the_writer_reopens(tmp_path):
    writer = SummaryWriter(tmp_path, purge_step=5)
    writer.close()
    writer.add_scalar("s", 1.0, 7)
    writer.close()
    assert sum(event.HasField("session_log") for event in read_events(tmp_path)) == 2
    assert load_run(tmp_path).scalars("s") == [(7, 1.0)]


@pytest.mark.parametrize("purge_step", [0, 2**40, np.int64(3)])
def test_purge_step_is_the_step_of_the_session_start(tmp_path, purge_step):
    SummaryWriter(tmp_path, purge_step=purge_step).close()
    steps = {event.step for event in read_events(tmp_path) if event.HasField("session_log")}
    assert steps == {int(purge_step)}


def test_files_of_one_second_are_read_in_the_order_they_were_written(tmp_path):
    # Readers take a run's files by name.  Twelve files: a counter at the name's end gets a second digit.
    run_script(
        """
        import sys
        from ringboard import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        for step in range(12):
            writer.add_scalar("s", step, step)
            writer.close()
        """,
        tmp_path,
    )
    assert [step for step, _ in load_run(tmp_path).scalars("s")] == list(range(12))
