"""What tensorboardX's SummaryWriter does beside logging: attributes, metadata, switches, life."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest
import tensorboardX
import torch

import ringboard
from ringboard.tensorboardX import FileWriter, SummaryWriter
from ringboard.tensorboardX.writer import DummyFileWriter
from tests.scripts import run_script
from tests.support.accumulator import load_run
from tests.support.events import events_by_run, read_events
from tests.support.views import views
from tests.tensorboardX import cases

# --- constructor --------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [{"logdir": "a"}, {"log_dir": "a"}, {"logdir": "a", "log_dir": "b"}])
def test_log_dir_has_two_names(tmp_path, monkeypatch, arguments):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(**arguments) as writer:
        assert writer.logdir == writer.log_dir == writer.get_logdir() == "a"


def test_default_log_dir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter(comment="_note") as writer:
        assert writer.logdir.startswith("runs/")
        assert writer.logdir.endswith("_note")


def test_attributes_keep_what_was_passed(tmp_path):
    config = {"disabled": True, "api_key": "x"}
    with SummaryWriter(tmp_path, "", 5, 20, 60, ".x", True, None, config) as writer:
        assert (writer.purge_step, writer._max_queue, writer._flush_secs) == (5, 20, 60)
        assert (writer._filename_suffix, writer._write_to_disk) == (".x", True)
        assert (writer._comet_config, writer.kwargs) == (config, {})
        assert isinstance(writer.file_writer, FileWriter)
        assert list(writer.all_writers) == [str(tmp_path)]


def test_unknown_arguments_are_refused_before_anything_is_made(tmp_path):
    with pytest.raises(TypeError, match="max_size"):
        SummaryWriter(tmp_path / "run", max_size=1)
    assert list(tmp_path.iterdir()) == []


def test_comet_is_told_of(tmp_path):
    with pytest.warns(RuntimeWarning, match="nothing is sent to Comet"):
        SummaryWriter(tmp_path, comet_config={"disabled": False}).close()


def test_purge_step_purges_once_and_stays(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(10):
            writer.add_scalar("s", step, step)
    writer = SummaryWriter(tmp_path, purge_step=5)
    writer.add_scalar("s", 105.0, 5)
    writer.close()
    writer.add_scalar("s", 106.0, 6)
    writer.close()
    assert writer.purge_step == 5
    assert load_run(tmp_path).scalars("s") == [(step, float(step)) for step in range(5)] + [
        (5, 105.0),
        (6, 106.0),
    ]


def test_subclasses_and_objects_without_init(tmp_path):
    class Mine(SummaryWriter):
        def add_scalar(self, tag, *args, **kwargs):
            super().add_scalar(f"mine/{tag}", *args, **kwargs)

    with Mine(tmp_path / "a") as writer:
        writer.add_scalar("a b", 1.0, 1)
    bare = object.__new__(SummaryWriter)
    bare.log_dir, bare.purge_step, bare.max_queue, bare.flush_secs = str(tmp_path / "b"), None, 10, 120
    bare.filename_suffix = ""
    bare.add_scalar("c d", 1.0, 2)
    bare.close()
    assert [view.tag for view in views(tmp_path)] == ["mine/a_b", "c_d"]
    assert issubclass(SummaryWriter, ringboard.SummaryWriter)


# --- tags ---------------------------------------------------------------------------------------------


def test_tags_that_clean_to_one_are_one_series(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step, tag in enumerate(["a b", "a_b", "/a b", "a?b"]):
            writer.add_scalar(tag, step, step)
            writer.log({tag: step}, step + 10)
            writer.scalar(tag).add(step, step + 20)
    assert {view.tag for view in views(tmp_path)} == {"a_b"}
    assert len(views(tmp_path)) == 12


# --- add_scalars --------------------------------------------------------------------------------------


def test_scalars_are_exported_and_forgotten(tmp_path):
    found = []
    for library in (SummaryWriter, tensorboardX.SummaryWriter):
        writer = library(str(tmp_path / library.__module__))
        for step in range(2):
            writer.add_scalars("m/n", {"a": step, "b": np.float32(0.5)}, step, 12.5)
        writer.add_scalars("m/n", {"a": 1.0})
        writer.export_scalars_to_json(tmp_path / "scalars.json")
        assert writer.scalar_dict == {}
        writer.close()
        exported = json.loads((tmp_path / "scalars.json").read_text())
        root = str(tmp_path / library.__module__)
        found.append({run.removeprefix(root): points for run, points in exported.items()})
    mine, theirs = found
    assert mine["/m/n/a"].pop()[1:] == theirs["/m/n/a"].pop()[1:] == [None, 1.0]
    assert mine == theirs


@pytest.mark.parametrize(("main_tag", "key"), [("/abs", "k"), ("m", "/abs"), ("..", ".."), ("m", "../../up")])
def test_no_name_leads_out(tmp_path, main_tag, key):
    with SummaryWriter(tmp_path / "log") as writer:
        writer.add_scalars(main_tag, {key: 1.0}, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["log"]
    assert len(views(tmp_path / "log")) == 1


def test_layout_of_tags(tmp_path):
    with SummaryWriter(tmp_path) as writer, writer.use_metadata(global_step=3, walltime=12.5):
        writer.add_scalars("m n", {"a": 1.0, "b": 2.0}, layout="tags")
    assert [(view.tag, view.step, view.wall_time) for view in views(tmp_path)] == [
        ("m_n/a", 3, 12.5),
        ("m_n/b", 3, 12.5),
    ]
    assert set(events_by_run(tmp_path)) == {"."}


# --- use_metadata -------------------------------------------------------------------------------------


def test_step_alone_leaves_the_time_as_it_is(tmp_path):
    with SummaryWriter(tmp_path) as writer, writer.use_metadata(global_step=7):
        writer.add_scalar("s", 1.0)
    assert [view.step for view in views(tmp_path)] == [7]
    assert views(tmp_path)[0].wall_time > 1e9


def test_it_holds_for_add_scalars_and_for_handles(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        handle = writer.scalar("h")
        with writer.use_metadata(global_step=7, walltime=12.5):
            writer.add_scalars("m", {"a": 1.0})
            handle.add(1.0)
            writer.log({"l": 1.0})
            writer.add_mesh("v", cases.VERTICES)
            writer.add_image_with_boxes("b", cases.PICTURE, cases.BOX)
            writer.file_writer.add_summary(views_summary())
        handle.add(1.0)
    assert {(view.step, view.wall_time) for view in views(tmp_path)[:-1] if view.tag != "h"} == {(7, 12.5)}
    assert [view.step for view in views(tmp_path) if view.tag == "h"] == [7, 0]


def views_summary():
    from ringboard.tensorboardX.summary import scalar

    return scalar("summary", 1.0)


def test_it_ends_with_an_exception(tmp_path):
    writer = SummaryWriter(tmp_path)
    with pytest.raises(KeyError), writer.use_metadata(global_step=7):
        raise KeyError
    writer.add_scalar("s", 1.0)
    writer.close()
    assert [view.step for view in views(tmp_path)] == [0]


def test_it_does_not_nest(tmp_path):
    with SummaryWriter(tmp_path) as writer, writer.use_metadata(global_step=7):
        for error in (ValueError, AssertionError):  # tensorboardX's is an AssertionError
            with pytest.raises(error, match="enclosing"), writer.use_metadata(global_step=8):
                pass
        writer.add_scalar("s", 1.0)
    assert [view.step for view in views(tmp_path)] == [7]


def test_it_reaches_a_forked_child(tmp_path):
    run_script(
        """
        import os, sys
        from ringboard.tensorboardX import SummaryWriter
        writer = SummaryWriter(sys.argv[1])
        with writer.use_metadata(global_step=7):
            if os.fork() == 0:
                writer.add_scalar("child", 1.0)
                sys.exit(0)
            os.wait()
        """,
        tmp_path,
    )
    assert [(view.tag, view.step) for view in views(tmp_path)] == [("child", 7)]


# --- write_to_disk=False ------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_nothing_is_on_disk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with SummaryWriter("log", write_to_disk=False) as writer:
        assert isinstance(writer.file_writer, DummyFileWriter)
        for name, case in cases.SAME.items():
            if not name.startswith("histogram default"):
                case(writer)
        writer.add_embedding(np.ones((2, 2)), ["a", "b"])
        writer.add_audio("a", np.zeros(9))
        writer.add_video("v", np.zeros((1, 2, 3, 4, 4), np.uint8))
        writer.add_graph(torch.nn.Linear(2, 2), torch.zeros(1, 2))
        writer.file_writer.add_summary(b"")
        writer.flush()
        counts = writer.stats()
    assert counts["accepted"] == counts["written"] > 100
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_checked_all_the_same(tmp_path):
    with SummaryWriter(tmp_path / "log", write_to_disk=False) as writer:
        for case in ("scalar str", "histogram empty", "image shape", "hparams list", "hparams metric"):
            with pytest.raises((TypeError, ValueError)):
                cases.BOTH_REFUSE[case](writer)
        with pytest.raises(ValueError, match="embedding"):
            writer.add_embedding(np.ones(3))
    assert list(tmp_path.iterdir()) == []


# --- kinds that tensorboardX makes in another way -----------------------------------------------------


def test_graph_is_of_tag_profiler(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_graph(torch.nn.Linear(2, 2), torch.zeros(1, 2))
    assert [(view.kind, view.tag) for view in views(tmp_path)] == [
        ("graph_def", ""),
        ("tagged_run_metadata", "profiler"),
    ]


def test_audio_is_torchs(tmp_path):
    sound = np.linspace(-1, 1, 200, dtype=np.float32)
    for library, name in ((SummaryWriter, "x"), (ringboard.SummaryWriter, "t")):
        with library(tmp_path / name) as writer:
            writer.add_audio("a b", sound, 1, 8000)
            writer.add_audio("stereo", np.stack([sound, -sound], 1), 1, 8000)
    assert views(tmp_path / "x") == views(tmp_path / "t")


def test_video_is_cleaned_and_takes_every_layout(tmp_path):
    film = np.random.default_rng(1).integers(0, 256, (2, 3, 3, 6, 5), dtype=np.uint8)
    with SummaryWriter(tmp_path) as writer:
        writer.add_video("a b", film, 1)
        writer.add_video("a b", film.transpose(0, 1, 3, 4, 2), 2, 4, None, "NTHWC")
    first, second = views(tmp_path)
    assert first.tag == "a_b"
    assert first.payload["pixels"].shape == (3, 6, 10, 3)
    assert np.array_equal(first.payload["pixels"], second.payload["pixels"])


def test_mesh_has_the_tags_that_tensorboard_looks_for(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_mesh("m", cases.VERTICES)
    assert [view.tag for view in views(tmp_path)] == ["m_VERTEX"]


def test_list_of_pictures_needs_no_dataformats(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_images("i", list(cases.BATCH))
        writer.add_images("i", cases.BATCH)
    first, second = views(tmp_path)
    assert first == second


# --- FileWriter ---------------------------------------------------------------------------------------


def test_file_writer(tmp_path):
    writer = FileWriter(str(tmp_path), 10, 120, ".x")
    with writer.use_metadata(global_step=7):
        writer.add_event(b"")
    writer.add_event(b"", 3, 12.5)
    writer.add_openvino_graph(b"")
    writer.close()
    events = read_events(tmp_path)[1:]
    assert [event.step for event in events] == [7, 3, 0]
    assert events[1].wall_time == 12.5
    assert events[2].WhichOneof("what") == "graph_def"


def test_two_writers_of_one_second(tmp_path):
    # tensorboardX's names are those of the second: the later writer empties the earlier one's file.
    writers = [SummaryWriter(tmp_path) for _ in range(3)]
    for step, writer in enumerate(writers):
        writer.add_scalar("s", 1.0, step)
        writer.close()
        writer.add_scalar("s", 1.0, step + 10)
        writer.close()
    assert sorted(view.step for view in views(tmp_path)) == [0, 1, 2, 10, 11, 12]


def test_flush_waits_for_all(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(1000):
            writer.add_scalar("s", 1.0, step)
        writer.flush()
        assert len(views(tmp_path)) == 1000


def test_no_log_lines_for_what_is_fine(tmp_path, caplog):
    with caplog.at_level(logging.DEBUG), SummaryWriter(tmp_path) as writer:
        writer.add_scalar("a b", float("nan"), 1)
    assert caplog.records == []
