"""writer.stats() and ringboard.configure(): what they count, what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

import ringboard
from ringboard import SummaryWriter
from tests import walk
from tests.scripts import run_script
from tests.support.records import event_files

KEYS = {
    "accepted", "written", "dropped", "waiting", "bytes",
    "ring_bytes", "ring_used_bytes", "ring_high_water_bytes",
}  # fmt: skip


def test_names_and_types(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        stats = writer.stats()
    assert set(stats) == KEYS
    assert all(type(count) is int and count >= 0 for count in stats.values())
    assert stats["accepted"] == stats["written"] == stats["dropped"] == stats["waiting"] == 0


def test_every_kind_counts_its_events(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("s", 1.0, 1)
        writer.scalar("s").add(1.0, 2)
        writer.log({"a": 1.0, "b": 2.0}, 3)
        writer.add_scalar_series("c", [1.0, 2.0, 3.0], [1, 2, 3])
        writer.add_histogram("h", np.ones(3), 1)
        writer.add_histogram("h", np.ones(3), 1, bins=4)
        writer.add_image("i", np.ones((3, 2, 2)), 1)
        writer.add_image("big", np.random.default_rng(0).integers(0, 256, (3, 1700, 1700), np.uint8), 1)
        writer.add_text("t", "x", 1)
        writer.add_tensor("t", np.ones(3), 1)
        writer.add_scalars("m", {"x": 1.0, "y": 2.0}, 1)
        writer.flush()
        stats = writer.stats()
    assert stats["accepted"] == stats["written"] == 14
    assert stats["dropped"] == stats["waiting"] == 0
    assert stats["bytes"] == sum(path.stat().st_size for path in event_files(tmp_path))
    assert stats["ring_bytes"] >= stats["ring_high_water_bytes"] > 0


def test_accepted_is_never_less_than_written_and_dropped(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(20_000):
            writer.add_scalar("s", step, step)
            if step % 50 == 0:
                stats = writer.stats()
                assert stats["accepted"] == step + 1
                assert stats["accepted"] == stats["written"] + stats["dropped"] + stats["waiting"]


def test_stats_leave_no_file_behind(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("s", 1.0, 1)
    writer.close()
    files = event_files(tmp_path)
    writer.stats()
    assert event_files(tmp_path) == files


def test_dropping_counts_what_it_drops(tmp_path):
    out = run_script(
        """
        import sys
        import numpy as np
        import ringboard
        ringboard.configure(ring_bytes=65536, overflow="drop")
        with ringboard.SummaryWriter(sys.argv[1]) as writer:
            for burst in range(20):
                writer.add_scalar_series("series", np.arange(50_000), np.arange(50_000))
            for step in range(50_000):
                writer.add_scalar("scalar", step, step)
            for step in range(300):
                writer.add_histogram_raw("h", 0, 1, 2, 3, 4, np.arange(900.0), np.ones(900), step)
            writer.flush()
            stats = writer.stats()
            assert stats["accepted"] == 20 * 50_000 + 50_000 + 300, stats
            assert stats["dropped"] > 0, "the ring never filled: the test tests nothing"
            assert stats["written"] + stats["dropped"] == stats["accepted"], stats
            assert stats["waiting"] == 0, stats
            print(stats["written"])
        """,
        tmp_path,
    ).stdout
    events = [event for event in walk.events(tmp_path) if event.summary.value]
    assert len(events) == int(out)
    steps = [event.step for event in events if event.summary.value[0].tag == "scalar"]
    assert steps == sorted(set(steps)), "what is kept stays in order and is kept once"


def test_waiting_drops_nothing(tmp_path):
    run_script(
        """
        import sys
        import ringboard
        ringboard.configure(ring_bytes=65536, overflow="wait")
        with ringboard.SummaryWriter(sys.argv[1]) as writer:
            for step in range(100_000):
                writer.add_scalar("scalar", step, step)
            writer.flush()
            stats = writer.stats()
            assert stats["accepted"] == stats["written"] == 100_000, stats
            assert stats["dropped"] == 0, stats
        """,
        tmp_path,
    )
    assert walk.steps(tmp_path, "scalar") == list(range(100_000))


# -- configure ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("overflow", ["block", "", 1, b"drop"])
def test_unknown_overflow(overflow):
    with pytest.raises((TypeError, ValueError), match="overflow"):
        ringboard.configure(overflow=overflow)


@pytest.mark.parametrize("effort", ["fast", "", 6, b"small"])
def test_unknown_png_effort(effort):
    with pytest.raises((TypeError, ValueError), match=r"png.*balanced"):
        ringboard.configure(png=effort, overflow="drop")
    assert ringboard.configure() is None


def test_the_ring_cannot_change_once_it_is_used(tmp_path):
    with SummaryWriter(tmp_path), pytest.raises(ValueError, match="before the first writer"):
        ringboard.configure(ring_bytes=1 << 20)


def test_overflow_can_change_at_any_time(tmp_path):
    with SummaryWriter(tmp_path):
        ringboard.configure(overflow="drop")
        ringboard.configure(overflow="wait")
    ringboard.configure()


def test_ring_sizes():
    run_script(
        """
        import tempfile
        import ringboard
        for bad in (0, 1, 65535, -1, 2**35, 2**70, 1.5, "1M", None.__class__):
            try:
                ringboard.configure(ring_bytes=bad, overflow="drop")
            except (TypeError, ValueError) as error:
                assert "ring_bytes" in str(error), error
            else:
                raise AssertionError(f"ring_bytes={bad!r} was taken")
        ringboard.configure(ring_bytes=100_000)
        with tempfile.TemporaryDirectory() as where, ringboard.SummaryWriter(where) as writer:
            assert writer.stats()["ring_bytes"] == 131_072, writer.stats()
        """
    )


def test_notebooks_show_directory_counts_and_command(tmp_path):
    log_dir = tmp_path / "a <run> & more"
    writer = SummaryWriter(log_dir)
    for step in range(1234):
        writer.add_scalar("s", 1.0, step)
    shown = writer._repr_html_()
    assert "1,234 events" in shown
    assert f"{tmp_path}/a &lt;run&gt; &amp; more</code>" in shown
    assert f"tensorboard --logdir &#x27;{tmp_path}/a &lt;run&gt; &amp; more&#x27;" in shown
    writer.close()
    assert "1,234 events" in writer._repr_html_()
    assert object.__new__(SummaryWriter)._repr_html_()
