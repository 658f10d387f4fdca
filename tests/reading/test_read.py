"""ringboard.read gives back what was logged: every kind, every encoding, with every choice."""

from __future__ import annotations

import datetime
import os
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest
from tensorboard.compat.proto import event_pb2, summary_pb2
from tensorboard.util import tensor_util

import ringboard
from ringboard import SummaryWriter, archive
from ringboard.reading import HParams
from tests.support.records import event_files, frame, records


def event(*values, step=1, wall_time=5.0, **fields):
    return event_pb2.Event(
        step=step, wall_time=wall_time, summary=summary_pb2.Summary(value=values), **fields
    )


def tensor_value(tag, array, plugin=None, content=b""):
    value = summary_pb2.Summary.Value(tag=tag, tensor=tensor_util.make_tensor_proto(array))
    if plugin is not None:
        value.metadata.plugin_data.plugin_name = plugin
        value.metadata.plugin_data.content = content
    return value


def write_events(directory, *events, name="events.out.tfevents.1"):
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / name
    path.write_bytes(b"".join(frame(each.SerializeToString()) for each in events))
    return path


@pytest.fixture
def logged(tmp_path):
    """Every method of the writer once."""
    rng = np.random.default_rng(0)
    with SummaryWriter(tmp_path / "all") as writer:
        for step in range(5):
            writer.add_scalar("loss", step / 4, step, walltime=100.0 + step)
        writer.add_scalar("float", 0.1, 3, new_style=True)
        writer.add_scalar("double", 0.1, 3, new_style=True, double_precision=True)
        writer.log({"a": 1.0, "b": 2.0}, 7)
        writer.add_histogram("histogram", np.array([1.0, 2.0, 2.0]), 1)
        writer.add_image("image", np.full((3, 4, 5), 255, np.uint8), 2)
        writer.add_audio("audio", np.zeros(100, np.float32), 2, sample_rate=8000)
        writer.add_text("text", "grüße", 4)
        writer.add_tensor("tensor", np.arange(6, dtype=np.int16).reshape(2, 3), 5)
        writer.add_pr_curve("curve", np.array([0, 1]), np.array([0.2, 0.9]), 1, num_thresholds=5)
        writer.add_mesh("mesh", np.ones((1, 4, 3)), config_dict={"x": 1}, global_step=1)
        writer.add_custom_scalars({"category": {"chart": ["Multiline", ["a", "b"]]}})
        writer.set_hparams({"lr": 0.1, "bias": True, "name": "x"}, metrics=["loss"])
        writer.add_video("video", rng.integers(0, 255, (1, 3, 3, 8, 8), np.uint8), 1)
    return tmp_path


def test_scalars_are_arrays(logged):
    series = ringboard.read(logged)["all"]["loss"]
    assert (series.kind, series.tag, series.run, len(series)) == ("scalar", "loss", "all", 5)
    assert series.steps.tolist() == [0, 1, 2, 3, 4]
    assert series.wall_times.tolist() == [100.0, 101.0, 102.0, 103.0, 104.0]
    assert series.values.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert [array.dtype for array in (series.steps, series.wall_times, series.values)] == [
        np.int64, np.float64, np.float32,
    ]  # fmt: skip
    assert (series[1], series[-1], series[1:3], list(series)[2]) == (0.25, 1.0, [0.25, 0.5], 0.5)
    with pytest.raises(IndexError):
        series[5]


def test_every_encoding_of_a_scalar(logged):
    run = ringboard.read(logged)["all"]
    assert run["float"].values.dtype == np.float32
    assert run["double"].values.tolist() == [0.1]
    assert run["a"].steps.tolist() == run["b"].steps.tolist() == [7]
    assert run["b"].values.tolist() == [2]


def test_every_kind_is_decoded(logged):
    log = ringboard.read(logged)
    assert log.problems == []
    run = log["all"]
    histogram = run["histogram"][0]
    assert (histogram.min, histogram.max, histogram.num, histogram.sum) == (1, 2, 3, 5)
    assert histogram.counts.sum() == 3
    assert histogram.edges.size == histogram.counts.size + 1
    assert (np.diff(histogram.edges) >= 0).all()
    image = run["image"][0]
    assert (image.height, image.width, image.channels) == (4, 5, 3)
    assert image.to_numpy().tolist() == np.full((4, 5, 3), 255).tolist()
    sound = run["audio"][0]
    assert (sound.sample_rate, sound.frames, sound.content_type) == (8000, 100, "audio/wav")
    assert sound.encoded.startswith(b"RIFF")
    assert run["text/text_summary"][0] == "grüße"
    assert run["tensor"][0].tolist() == [[0, 1, 2], [3, 4, 5]]
    curve = run["curve"][0]
    assert curve.recall.shape == (5,)
    assert curve.true_positives[0] == 1
    mesh = run["mesh_VERTEX"][0]
    assert (mesh.name, mesh.part, mesh.config, mesh.values.shape) == ("mesh", "vertex", {"x": 1}, (1, 4, 3))
    layout = run["custom_scalars__config__"]
    assert layout.kind == "layout"
    assert layout[0] == {"category": {"chart": ["Multiline", ["a", "b"]]}}
    assert run.hparams == {"lr": 0.1, "bias": True, "name": "x"}
    assert run["_hparams_/session_start_info"][0] == HParams("session_start", run.hparams)
    assert run["_hparams_/experiment"][0].metrics == ("loss",)
    assert run["video"][0].to_numpy().shape == (3, 8, 8, 3)


def test_a_graph_is_its_bytes(tmp_path):
    graph = b"\n\x05\n\x03abc"
    metadata = event_pb2.TaggedRunMetadata(tag="step1", run_metadata=b"xy")
    write_events(
        tmp_path,
        event_pb2.Event(graph_def=graph),
        event_pb2.Event(tagged_run_metadata=metadata),
        event(tensor_value("keras", [b"blob"], "graphs")),
        event_pb2.Event(meta_graph_def=b"meta"),
    )
    run = ringboard.read(tmp_path)["."]
    assert run["__run_graph__"].kind == "graph"
    assert run["__run_graph__"][0] == graph
    assert run["step1"][0] == b"xy"
    assert run["keras"][0] == b"blob"
    assert run["__meta_graph__"][0] == b"meta"


def test_what_tensorflow_2_writes(tmp_path):
    rows = np.array([[0.0, 1.0, 3.0], [1.0, 2.0, 5.0]])
    write_events(
        tmp_path,
        event(tensor_value("scalar", np.float32(2.5), "scalars")),
        event(tensor_value("scalar", np.float32(3.5))),  # metadata comes once
        event(tensor_value("histogram", rows, "histograms")),
        event(tensor_value("image", [b"5", b"4", b"one", b"two"], "images")),
        event(tensor_value("text", [[b"a", b"b"]], "text")),
        event(tensor_value("unknown", np.int32([1]), "somebodys")),
        event(tensor_value("bare", np.uint8([1, 2]))),
    )
    run = ringboard.read(tmp_path)["."]
    assert run["scalar"].values.tolist() == [2.5, 3.5]
    assert run["histogram"][0].edges.tolist() == [0, 1, 2]
    assert run["histogram"][0].counts.tolist() == [3, 5]
    assert (run["image"][0].width, run["image"][0].height) == (5, 4)
    assert run["image"][0].batch == (b"one", b"two")
    assert run["text"][0].tolist() == [["a", "b"]]
    assert (run["unknown"].kind, run["unknown"].plugin) == ("tensor", "somebodys")
    assert run["bare"][0].tolist() == [1, 2]


TENSORS = [
    np.array(1.5, dtype) for dtype in ("float16", "float32", "float64", "complex64", "complex128")
] + [
    np.array([[1, 0], [100, 7]], dtype)
    for dtype in ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16")
] + [np.array([-1, -(2**63)]), np.zeros((2, 0, 3), np.float32)]  # fmt: skip


@pytest.mark.parametrize("array", TENSORS, ids=lambda array: f"{array.dtype}{array.shape}")
@pytest.mark.parametrize("writer", ["ringboard", "tensorboard"])
def test_every_tensor_comes_back(tmp_path, array, writer):
    if writer == "ringboard":
        with SummaryWriter(tmp_path) as log:
            log.add_tensor("t", array, 1)
    else:
        if array.dtype == np.int8 or array.size == 0:
            pytest.skip("make_tensor_proto does not take it")
        write_events(tmp_path, event(tensor_value("t", array)))
    found = ringboard.read(tmp_path)["."]["t"][0]
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert (found == array).all()


def test_bfloat16_comes_back_as_float32(tmp_path):
    import torch

    with SummaryWriter(tmp_path) as log:
        log.add_tensor("t", torch.tensor([1.5, -3e38], dtype=torch.bfloat16), 1)
    found = ringboard.read(tmp_path)["."]["t"][0]
    assert found.dtype == np.float32
    assert found.tolist() == torch.tensor([1.5, -3e38], dtype=torch.bfloat16).tolist()


# --- which files, runs and tags ---------------------------------------------------------------------------


def write_scalars(directory, *steps, tag="t", suffix=""):
    with SummaryWriter(directory, filename_suffix=suffix) as writer:
        for step in steps:
            writer.add_scalar(tag, step, step, walltime=1000.0 + step)


def test_runs_are_named_as_tensorboard_names_them(tmp_path):
    write_scalars(tmp_path, 1)
    write_scalars(tmp_path / "a" / "b", 2)
    log = ringboard.read(tmp_path)
    assert list(log) == [".", "a/b"]
    assert len(log) == 2
    assert "a/b" in log
    with pytest.raises(KeyError, match=r"no run 'c'.*'a/b'"):
        log["c"]
    with pytest.raises(KeyError, match=r"no tag 'x'.*'t'"):
        log["."]["x"]
    assert list(ringboard.read(tmp_path / "a" / "b")) == ["."]
    assert list(ringboard.read([tmp_path / "a" / "b", tmp_path])) == [".", "a/b"]
    assert list(ringboard.read(event_files(tmp_path / "a")[0])) == ["."]


def test_a_runs_files_follow_each_other(tmp_path):
    for name, step in (("2", 30), ("1", 10)):
        write_events(
            tmp_path,
            event(summary_pb2.Summary.Value(tag="t", simple_value=step), step=step),
            event(tensor_value("x", [step]), step=step),
            name=f"events.out.tfevents.{name}",
        )
    run = ringboard.read(tmp_path)["."]
    assert run["t"].steps.tolist() == [10, 30]
    assert [value.tolist() for value in run["x"]] == [[10], [30]]
    assert run["x"][1].tolist() == [30]


def test_links_are_followed_once(tmp_path):
    write_scalars(tmp_path / "real", 1, 2)
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "link").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "logs")
    log = ringboard.read(tmp_path / "logs")
    assert {run: len(log[run]["t"]) for run in log} == {"link": 2}


def test_links_beside_a_run_do_not_take_its_name(tmp_path):
    write_scalars(tmp_path / "runs" / "exp1" / "train", 1, 2)
    write_scalars(tmp_path / "elsewhere", 1)
    for name, target in (("best", "exp1"), ("also", "best"), ("other", "../elsewhere"), ("z", "other")):
        (tmp_path / "runs" / name).symlink_to(target)
    assert list(ringboard.read(tmp_path / "runs")) == ["exp1/train", "other"]


def test_tags_and_kinds(logged):
    assert list(ringboard.read(logged, "loss")["all"]) == ["loss"]
    assert set(ringboard.read(logged, ["a", "mesh*"])["all"]) == {"a", "mesh_VERTEX"}
    assert {series.kind for series in ringboard.read(logged, kinds="scalar")["all"].values()} == {"scalar"}
    kinds = {series.kind for series in ringboard.read(logged, kinds=["text", "image"])["all"].values()}
    assert kinds == {"text", "image"}
    assert list(ringboard.read(logged, "nothing")) == []
    with pytest.raises(ValueError, match=r"no kind 'scalars'.*scalar, histogram"):
        ringboard.read(logged, kinds="scalars")
    with pytest.raises(TypeError, match="tags"):
        ringboard.read(logged, tags=3)


def test_a_tag_with_a_bracket_is_found_by_its_name(tmp_path):
    write_scalars(tmp_path, 1, tag="loss[0]*")
    write_scalars(tmp_path, 1, tag="loss0")
    assert list(ringboard.read(tmp_path, "loss[0]*")["."]) == ["loss[0]*", "loss0"]
    assert list(ringboard.read(tmp_path, "loss[[]0]?")["."]) == ["loss[0]*"]


def test_since(tmp_path):
    write_scalars(tmp_path, *range(10))
    assert ringboard.read(tmp_path, since=7)["."]["t"].steps.tolist() == [7, 8, 9]
    when = datetime.datetime.fromtimestamp(1008, datetime.timezone.utc)
    assert ringboard.read(tmp_path, since=when)["."]["t"].steps.tolist() == [8, 9]
    assert ringboard.read(tmp_path, since=7, rules="rustboard")["."]["t"].steps.tolist() == [7, 8, 9]
    with pytest.raises(TypeError, match="fromtimestamp"):
        ringboard.read(tmp_path, since=1.5)


@pytest.mark.parametrize("workers", [1, 3, None])
def test_many_files_at_a_time(tmp_path, workers):
    for run in range(9):
        write_scalars(tmp_path / f"run{run}", *range(run + 1))
    log = ringboard.read(tmp_path, workers=workers)
    assert {run: len(log[run]["t"]) for run in log} == {f"run{run}": run + 1 for run in range(9)}
    with pytest.raises(ValueError, match="workers"):
        ringboard.read(tmp_path, workers=0)


def test_wrong_paths(tmp_path):
    with pytest.raises(FileNotFoundError, match="missing"):
        ringboard.read(tmp_path / "missing")
    with pytest.raises(TypeError, match="log dir"):
        ringboard.read(3)
    assert len(ringboard.read(tmp_path)) == 0


# --- damage -----------------------------------------------------------------------------------------------


def test_damage_is_told_and_passed(tmp_path):
    write_scalars(tmp_path, *range(10))
    (path,) = event_files(tmp_path)
    content = bytearray(path.read_bytes())
    starts = [content.index(record) - 12 for record in records(path)]
    content[starts[4] + 15] ^= 1
    content[starts[6]] ^= 1
    del content[-3:]
    path.write_bytes(content)
    log = ringboard.read(tmp_path)
    assert log["."]["t"].steps.tolist() == [0, 1, 2, 4, 6, 7, 8]
    assert [(each.kind, each.offset, each.file) for each in log.problems] == [
        ("bad_payload", starts[4], str(path)),
        ("bad_length", starts[6], str(path)),
        ("torn_tail", starts[10], str(path)),
    ]
    assert "checksum" in log.problems[0].detail
    assert [(info.bytes, info.records, info.run) for info in log.files] == [(len(content), 8, ".")]


def test_a_tag_of_two_kinds_is_told(tmp_path):
    write_events(
        tmp_path,
        event(summary_pb2.Summary.Value(tag="t", simple_value=1)),
        event(tensor_value("t", [1, 2]), step=8),
    )
    log = ringboard.read(tmp_path)
    assert log["."]["t"].values.tolist() == [1]
    assert [each.kind for each in log.problems] == ["mixed_kinds"]
    assert "step 8" in log.problems[0].detail


def test_a_file_that_changed_since_says_so(tmp_path):
    path = write_events(tmp_path, event(tensor_value("t", [1, 2])))
    series = ringboard.read(tmp_path)["."]["t"]
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(OSError, match=r"tfevents.*'t' at step 1.*record at byte 0"):
        series[0]
    path.unlink()
    with pytest.raises(FileNotFoundError):
        series[0]


def test_a_value_that_cannot_be_decoded_says_where(tmp_path):
    path = write_events(
        tmp_path, event(summary_pb2.Summary.Value(tag="ok", simple_value=1)), event(tensor_value("t", [1, 2]))
    )
    content = path.read_bytes()
    bad = frame(
        event(tensor_value("t", [1, 2])).SerializeToString().replace(b"\x12\x02\x08\x02", b"\x12\x02\x08\x03")
    )
    path.write_bytes(content + bad)
    series = ringboard.read(tmp_path)["."]["t"]
    assert series[0].tolist() == [1, 2]
    with pytest.raises(ValueError, match=rf"{path}.*record at byte {len(content)}.*shape \(3,\) with 2"):
        series[1]


@pytest.mark.parametrize("plugin", ["histograms", "text", "custom_scalars", "graphs", "tensor", "pr_curves"])
def test_a_few_bytes_that_say_they_are_many_are_not_believed(tmp_path, plugin):
    value = tensor_value("t", np.array(["a"]) if plugin != "histograms" else np.array([1.0]), plugin)
    value.tensor.tensor_shape.dim[0].size = 3 << 40
    write_events(tmp_path, event(value))
    series = ringboard.read(tmp_path)["."]["t"]
    if plugin == "tensor":
        assert series[0].strides == (0,)  # one element, seen often
        return
    with pytest.raises(ValueError, match="can't be decoded"):
        series[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path):
    write_scalars(tmp_path, 1)
    event_files(tmp_path)[0].chmod(0)
    assert [each.kind for each in ringboard.read(tmp_path).problems] == ["unreadable"]


def test_reading_is_safe_in_many_threads(tmp_path):
    write_scalars(tmp_path, *range(1000))
    found = []

    def read():
        found.append(len(ringboard.read(tmp_path)["."]["t"]))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1000] * 8


# --- archives ---------------------------------------------------------------------------------------------


class FakeArchive:
    """What ringboard.archive.open_archive returns, of a plain copy; `lost` bytes are in no block."""

    def __init__(self, path, blocks):
        self.content = Path(path).read_bytes()
        self.size = len(self.content)
        self.asked = []
        self.problems = []
        self._blocks = blocks

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def blocks(self, tags=None):
        self.asked.append(tags)
        for start, end in self._blocks:
            yield start, self.content[start:end]

    def read_at(self, offset, size):
        return self.content[offset : offset + size]


def test_archives_are_read_like_their_files(tmp_path, monkeypatch):
    write_scalars(tmp_path / "plain", *range(20))
    with SummaryWriter(tmp_path / "plain") as writer:
        writer.add_text("text", "hello", 1)
    (tmp_path / "archived").mkdir()
    for path in event_files(tmp_path / "plain"):
        name = path.name.replace("tfevents", "rbevents") + ".rbz"
        shutil.copy(path, tmp_path / "archived" / name)
    archives = []

    def open_fake(path):
        size = os.path.getsize(path)
        step = 37  # blocks that cut records anywhere
        archives.append(FakeArchive(path, [(at, min(at + step, size)) for at in range(0, size, step)]))
        return archives[-1]

    monkeypatch.setattr("ringboard.reading.files.open_archive", open_fake)
    monkeypatch.setattr("ringboard.reading.load.open_archive", open_fake)
    log = ringboard.read(tmp_path)
    assert log.problems == []
    assert log["archived"]["t"].steps.tolist() == log["plain"]["t"].steps.tolist()
    assert log["archived"]["text/text_summary"][0] == "hello"
    ringboard.read(tmp_path / "archived", tags="t*")
    assert archives[-1].asked == [("t*",)]


def test_an_archive_beside_its_file_is_left_out(tmp_path, monkeypatch):
    write_scalars(tmp_path, 1, 2)
    (path,) = event_files(tmp_path)
    shutil.copy(path, tmp_path / (path.name.replace("tfevents", "rbevents") + ".rbz"))
    log = ringboard.read(tmp_path)
    assert len(log["."]["t"]) == 2
    assert len(log.files) == 1


def test_blocks_that_were_skipped_are_no_damage(tmp_path, monkeypatch):
    write_scalars(tmp_path, *range(6))
    (path,) = event_files(tmp_path)
    spans = records(path)
    content = path.read_bytes()
    starts = [content.index(record) - 12 for record in spans]
    archive = path.rename(tmp_path / "events.rbevents.1.rbz")
    blocks = [(starts[0], starts[3]), (starts[5], len(content))]
    monkeypatch.setattr("ringboard.reading.load.open_archive", lambda each: FakeArchive(each, blocks))
    log = ringboard.read(archive)
    assert log.problems == []
    assert log["."]["t"].steps.tolist() == [0, 1, 4, 5]


def test_an_archive_has_the_size_of_its_file_whatever_is_read_of_it(tmp_path, monkeypatch):
    pytest.importorskip("zstandard")
    monkeypatch.setattr("ringboard.archive.container.BLOCK_BYTES", 500)
    with SummaryWriter(tmp_path) as writer:
        for tag in ("a", "b"):
            writer.add_scalar_series(tag, range(100), range(100))
    (path,) = event_files(tmp_path)
    size = path.stat().st_size
    archive.pack(path, min_age=0)
    for tags in (None, "a"):
        log = ringboard.read(tmp_path, tags=tags)
        assert log.files[0].bytes == size
        assert len(log["."]["a"]) == 100


def test_what_an_archive_lost_is_told(tmp_path, monkeypatch):
    pytest.importorskip("zstandard")
    from ringboard.archive import container

    monkeypatch.setattr(container, "BLOCK_BYTES", 500)
    with SummaryWriter(tmp_path, archive_on_close=True) as writer:
        writer.add_scalar_series("t", range(100), range(100))
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    with archive.open_archive(path) as opened:
        block = opened._blocks[2]
    at = block.at + block.stored_size - 9
    path.write_bytes(content[:at] + bytes([content[at] ^ 255]) + content[at + 1 :])
    log = ringboard.read(tmp_path)
    (problem,) = log.problems
    assert problem.kind == "bad_archive_block"
    assert (problem.offset, problem.length) == (block.offset, block.size)
    assert 0 < len(log["."]["t"]) < 100
    path.write_bytes(content[:-5])
    assert [each.kind for each in ringboard.read(tmp_path).problems] == ["bad_archive_index"]
