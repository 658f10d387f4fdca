"""Proves that the judges in tests/support can fail: each is shown what it must refuse, next to what it must
accept.

The event files come from torch's writer, so that nothing here depends on ours.
"""

from __future__ import annotations

import io
import math
import os
import struct
import subprocess
import sys
import time
import zlib

import numpy as np
import pytest
import torch
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from torch.utils.tensorboard import SummaryWriter

from tests.support import browser as browser_module
from tests.support import png, tensorboard_server
from tests.support.accumulator import load_run, load_runs
from tests.support.events import assert_headers, read_events, scalars, tensorboard_events
from tests.support.payloads import decode_image
from tests.support.processes import end_session, session_members
from tests.support.records import event_files, frame, masked_crc, records, spans
from tests.support.rustboard import steps_by_run
from tests.support.tensorboard_server import TensorBoard
from tests.support.views import View, assert_same_events, compare, views

PICTURE = np.arange(3 * 6 * 5, dtype=np.uint8).reshape(3, 6, 5)
VALUES = np.linspace(-2.0, 3.0, 101)


def write(logdir, fill):
    """A log directory that `fill(writer)` has filled through torch's writer."""
    writer = SummaryWriter(str(logdir))
    fill(writer)
    writer.close()
    return logdir


def fill_everything(writer):
    writer.add_scalar("loss", 0.5, 1)
    writer.add_scalar("new", 0.25, 2, new_style=True)
    writer.add_scalars("both", {"a": 1.0, "b": 2.0}, 3)
    writer.add_image("picture", PICTURE, 4)
    writer.add_histogram("weights", VALUES, 5)
    writer.add_audio("tone", torch.linspace(-1, 1, 64), 6, sample_rate=8000)
    writer.add_text("notes", "hello", 7)
    writer.add_tensor("tensor", torch.arange(6.0).reshape(2, 3), 8)
    writer.add_pr_curve("curve", np.array([0, 1, 1]), np.array([0.1, 0.8, 0.4]), 9)
    writer.add_mesh("mesh", torch.rand(1, 4, 3, generator=torch.Generator().manual_seed(1)), global_step=10)
    writer.add_hparams({"lr": 0.1, "name": "x", "depth": 3}, {"score": 1.0}, run_name="trial")


@pytest.fixture
def everything(tmp_path):
    return write(tmp_path / "everything", fill_everything)


@pytest.fixture
def steps_file(tmp_path):
    """One event file: the header and the scalars 0 … 4."""
    logdir = write(tmp_path / "steps", lambda writer: [writer.add_scalar("s", i, i) for i in range(5)])
    (path,) = event_files(logdir)
    return path


# -- framing: the crc32c package ---------------------------------------------------------------------------


def test_masked_crc_has_the_published_value():
    # RFC 3720 B.4: the CRC32C of 32 zero bytes is 8a9136aa.
    crc = 0x8A9136AA
    assert masked_crc(bytes(32)) == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_records_cover_the_file(steps_file):
    found = spans(steps_file)
    assert len(found) == 6
    assert found[0].start == 0
    assert [span.end for span in found[:-1]] == [span.start for span in found[1:]]
    assert found[-1].end == steps_file.stat().st_size
    assert b"".join(frame(span.data) for span in found) == steps_file.read_bytes()


def test_every_flipped_byte_is_noticed(steps_file):
    whole = steps_file.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x10
        steps_file.write_bytes(damaged)
        with pytest.raises(AssertionError):
            records(steps_file)
        with pytest.raises(AssertionError):
            read_events(steps_file)


@pytest.mark.parametrize(
    ("place", "complaint"), [(0, "bad length"), (8, "bad length"), (12, "bad data"), (-1, "bad data")]
)
def test_a_flipped_byte_is_reported_with_its_record(steps_file, place, complaint):
    third = spans(steps_file)[2]
    damaged = bytearray(steps_file.read_bytes())
    damaged[(third.end if place < 0 else third.start) + place] ^= 1
    steps_file.write_bytes(damaged)
    with pytest.raises(AssertionError, match=f"{complaint} checksum at byte {third.start}"):
        records(steps_file)
    with pytest.raises(AssertionError, match=complaint):  # a wrong checksum is not a torn tail
        records(steps_file, allow_torn_tail=True)


def test_tensorboards_reader_stops_at_damage_in_silence(steps_file):
    third = spans(steps_file)[2]
    damaged = bytearray(steps_file.read_bytes())
    damaged[third.start + 12] ^= 1
    steps_file.write_bytes(damaged)
    assert len(tensorboard_events(steps_file)) == 2


def test_a_torn_tail_raises_at_every_length_unless_allowed(steps_file):
    whole = steps_file.read_bytes()
    last = spans(steps_file)[-1]
    for size in range(last.start + 1, last.end):
        steps_file.write_bytes(whole[:size])
        with pytest.raises(AssertionError, match=f"torn record at byte {last.start}"):
            records(steps_file)
        with pytest.raises(AssertionError, match="torn"):
            read_events(steps_file)
        assert len(records(steps_file, allow_torn_tail=True)) == 5
        assert len(read_events(steps_file, allow_torn_tail=True)) == 5


def test_trailing_zeros_are_not_a_torn_tail(steps_file):
    steps_file.write_bytes(steps_file.read_bytes() + bytes(64))
    with pytest.raises(AssertionError, match="bad length checksum"):
        records(steps_file, allow_torn_tail=True)


def test_a_missing_header_is_noticed(steps_file):
    assert_headers(steps_file)
    steps_file.write_bytes(steps_file.read_bytes()[spans(steps_file)[0].end :])
    with pytest.raises(AssertionError, match="not the file version"):
        assert_headers(steps_file)


def test_readers_that_disagree_are_noticed(steps_file, monkeypatch):
    monkeypatch.setattr(RawEventFileLoader, "Load", lambda self: iter(records(steps_file)[:-1]))
    with pytest.raises(AssertionError, match="TensorBoard's reader finds 5 records, our walk 6"):
        read_events(steps_file)


def test_an_absent_directory_is_not_an_empty_one(tmp_path):
    with pytest.raises(AssertionError, match="no such file"):
        read_events(tmp_path / "absent")


# -- what was written --------------------------------------------------------------------------------------


def test_scalars_of_all_runs_in_file_order(tmp_path):
    def fill(writer):
        for step in (2, 0, 1):
            writer.add_scalar("s", step / 4, step)
        writer.add_scalar("new", 0.5, 7, new_style=True)
        writer.add_scalars("m", {"x": 3.0}, 1)

    assert scalars(write(tmp_path / "log", fill)) == {
        ".": {"s": [(2, 0.5), (0, 0.0), (1, 0.25)], "new": [(7, 0.5)]},
        "m_x": {"m": [(1, 3.0)]},
    }


def test_views_decode_every_kind(everything):
    found = {(view.kind, view.tag): view for view in views(everything)}
    assert found["scalar", "loss"].payload == {"value": 0.5}
    assert found["tensor", "new"].plugin == "scalars"
    picture = found["image", "picture"]
    assert np.array_equal(picture.payload["pixels"], PICTURE.transpose(1, 2, 0))
    assert (picture.payload["height"], picture.payload["width"], picture.payload["colorspace"]) == (6, 5, 3)
    weights = found["histogram", "weights"].payload
    assert (weights["min"], weights["max"], weights["num"], weights["bucket"].sum()) == (-2.0, 3.0, 101, 101)
    tone = found["audio", "tone"].payload
    assert tone["samples"].shape == (64, 1)
    assert (tone["samples"][0, 0], tone["wav_rate"]) == (-32767, 8000)
    assert found["tensor", "notes/text_summary"].payload["array"].tolist() == [b"hello"]
    assert np.array_equal(
        found["tensor", "tensor"].payload["array"], np.arange(6.0, dtype=np.float32).reshape(2, 3)
    )
    assert 'key: "lr"' in found["empty", "_hparams_/session_start_info"].content
    assert "content_type: VERTEX" in found["tensor", "mesh_VERTEX"].content


def test_a_tensor_that_tensorboard_cannot_read_shows_its_raw_fields(tmp_path):
    (view,) = views(
        write(
            tmp_path / "log", lambda writer: writer.add_tensor("t", torch.tensor([1, 2], dtype=torch.uint8))
        )
    )
    assert view.payload["dtype"] == "DT_UINT8"
    assert view.payload["unreadable"] == "ValueError"
    assert view.payload["uint32_val"] == [1, 2]


# -- the comparison ----------------------------------------------------------------------------------------


def test_the_same_calls_give_the_same_events(everything, tmp_path):
    later = write(tmp_path / "later", fill_everything)
    assert_same_events(later, everything)
    for run in ("", "both_a", "trial"):
        assert views(later / run) == views(everything / run)


DIFFERENT_CALLS = {
    "step": (lambda w: w.add_scalar("s", 1.0, 1), lambda w: w.add_scalar("s", 1.0, 2), r"step: 1 != 2"),
    "tag": (lambda w: w.add_scalar("s", 1.0), lambda w: w.add_scalar("t", 1.0), r"tag: 's' != 't'"),
    "value": (
        lambda w: w.add_scalar("s", 1.0),
        lambda w: w.add_scalar("s", 1.0000001),
        r"value: 1.0 != 1.00000011",
    ),
    "zero": (lambda w: w.add_scalar("s", 0.0), lambda w: w.add_scalar("s", -0.0), r"value: 0.0 != -0.0"),
    "nan": (
        lambda w: w.add_scalar("s", 0.0),
        lambda w: w.add_scalar("s", float("nan")),
        r"value: 0.0 != nan",
    ),
    "style": (
        lambda w: w.add_scalar("s", 1.0, new_style=True),
        lambda w: w.add_scalar("s", 1.0, new_style=True, double_precision=True),
        r"dtype: 'DT_FLOAT' != 'DT_DOUBLE'",
    ),
    "kind": (
        lambda w: w.add_scalar("s", 1.0),
        lambda w: w.add_scalar("s", 1.0, new_style=True),
        r"kind: 'scalar' != 'ten",
    ),
    "size": (
        lambda w: w.add_image("i", PICTURE),
        lambda w: w.add_image("i", PICTURE[:, :-1]),
        r"height: 6 != 5(.|\n)*uint8\[6, 5, 3\] != uint8\[5, 5, 3\]",
    ),
    "histogram": (
        lambda w: w.add_histogram("h", VALUES),
        lambda w: w.add_histogram("h", np.append(VALUES[1:], 2.99)),
        r"min: -2.0 != -1.95(.|\n)*bucket",
    ),
    "audio": (
        lambda w: w.add_audio("a", torch.zeros(8)),
        lambda w: w.add_audio("a", torch.eye(8)[3]),
        r"samples: 1 of 8 elements differ, first at \(3, 0\)",
    ),
    "text": (
        lambda w: w.add_text("t", "a"),
        lambda w: w.add_text("t", "b"),
        r"array: 1 of 1 elements differ",
    ),
    "tensor": (
        lambda w: w.add_tensor("t", torch.zeros(2, 2)),
        lambda w: w.add_tensor("t", torch.zeros(4)),
        r"shape: \[2, 2\] != \[4\]",
    ),
    "zero in a tensor": (
        lambda w: w.add_tensor("t", torch.tensor([1.0, 0.0])),
        lambda w: w.add_tensor("t", torch.tensor([1.0, -0.0])),
        r"array: 1 of 2 elements differ, first at \(1,\)",
    ),
    "plugin content": (
        lambda w: w.add_pr_curve("p", np.array([0, 1]), np.array([0.1, 0.8]), num_thresholds=10),
        lambda w: w.add_pr_curve("p", np.array([0, 1]), np.array([0.1, 0.8]), num_thresholds=11),
        r"content: 'num_thresholds: 10",
    ),
    "one more": (lambda w: w.add_scalar("s", 1.0), lambda w: None, r"only in ours: <scalar 's'"),
    "one less": (lambda w: None, lambda w: w.add_scalar("s", 1.0), r"only in theirs: <scalar 's'"),
    "run": (
        lambda w: w.add_scalars("s", {"a": 1}),
        lambda w: w.add_scalars("s", {"b": 1}),
        r"runs: ours \['.', 's_a'\]",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT_CALLS)
def test_different_calls_are_told_apart(tmp_path, name):
    one, other, complaint = DIFFERENT_CALLS[name]
    ours, theirs = write(tmp_path / "ours", one), write(tmp_path / "theirs", other)
    assert_same_events(ours, ours)
    with pytest.raises(AssertionError, match=complaint):
        assert_same_events(ours, theirs)


def test_one_pixel_that_differs_by_one_is_noticed(tmp_path):
    changed = PICTURE.copy()
    changed[2, 4, 3] += 1
    ours = write(tmp_path / "ours", lambda writer: writer.add_image("i", PICTURE))
    theirs = write(tmp_path / "theirs", lambda writer: writer.add_image("i", changed))
    with pytest.raises(AssertionError, match=r"pixels: 1 of 90 elements differ, first at \(4, 3, 2\)"):
        assert_same_events(ours, theirs)


def test_order_matters(tmp_path):
    ours = write(tmp_path / "ours", lambda w: (w.add_scalar("a", 1), w.add_scalar("b", 1)))
    theirs = write(tmp_path / "theirs", lambda w: (w.add_scalar("b", 1), w.add_scalar("a", 1)))
    with pytest.raises(AssertionError, match="tag: 'a' != 'b'"):
        assert_same_events(ours, theirs)


def test_an_empty_reference_proves_nothing(tmp_path):
    with pytest.raises(AssertionError, match="nothing would be compared"):
        assert_same_events(tmp_path, tmp_path)


def test_wall_times_and_the_name_of_the_writer_do_not_count():
    value = Summary(value=[Summary.Value(tag="s", simple_value=1.0)])
    assert views([Event(wall_time=1, summary=value)]) == views([Event(wall_time=2, summary=value)])
    ours, theirs = Event(file_version="brain.Event:2"), Event(file_version="brain.Event:2")
    ours.source_metadata.writer = "ours"
    assert views([ours], without=()) == views([theirs], without=())


def test_values_that_share_an_event_are_told_from_values_that_do_not():
    a, b = Summary.Value(tag="a", simple_value=1.0), Summary.Value(tag="b", simple_value=1.0)
    together = [Event(summary=Summary(value=[a, b]))]
    apart = [Event(summary=Summary(value=[a])), Event(summary=Summary(value=[b]))]
    assert compare(views(together), views(apart))


def histogram_view(**changes) -> View:
    payload = {
        "min": -1.0,
        "max": 1.0,
        "num": 1e6,
        "sum": 1e-9,
        "sum_squares": 3e5,
        "bucket": np.array([1e6]),
    }
    return View("histogram", 0, "h", payload=payload | changes)


@pytest.mark.parametrize(
    ("field", "value", "close"),
    [
        ("sum", 1e-9 + 1e-8, True),  # within the rounding of a million terms that cancel
        ("sum", 1.0, False),
        ("sum", float("nan"), False),
        ("sum_squares", 3e5 * (1 + 1e-13), True),
        ("sum_squares", 3e5 * (1 + 1e-9), False),
        ("min", -1.0 - 1e-15, False),
        ("bucket", np.array([1e6 + 1]), False),
    ],
)
def test_only_the_sums_of_a_histogram_have_a_tolerance(field, value, close):
    changed = histogram_view(**{field: value})
    assert changed != histogram_view()
    assert (compare([changed], [histogram_view()], rtol=1e-12) == []) == close


def test_an_infinite_sum_excuses_nothing():
    infinite = histogram_view(sum=math.inf, sum_squares=math.inf)
    assert compare([infinite], [infinite], rtol=1e-12) == []
    assert compare([histogram_view()], [infinite], rtol=1e-12)
    assert compare([infinite], [histogram_view()], rtol=1e-12)


def test_nan_equals_nan_and_any_packing_of_a_tensor_equals_any_other():
    def tensor_event(**fields):
        value = Summary.Value(tag="t")
        value.tensor.dtype = 1
        value.tensor.tensor_shape.dim.add().size = 2
        for name, content in fields.items():
            if name == "tensor_content":
                value.tensor.tensor_content = content
            else:
                getattr(value.tensor, name).extend(content)
        return [Event(summary=Summary(value=[value]))]

    numbers = [float("nan"), 1.5]
    packed = struct.pack("<2f", *numbers)
    assert views(tensor_event(float_val=numbers)) == views(tensor_event(tensor_content=packed))
    assert views(tensor_event(float_val=numbers)) != views(tensor_event(float_val=[0.0, 1.5]))


# -- PNG ---------------------------------------------------------------------------------------------------


def small_png() -> bytes:
    out = io.BytesIO()
    Image.fromarray(PICTURE.transpose(1, 2, 0)).save(out, "PNG")
    return out.getvalue()


def test_a_flipped_byte_anywhere_in_a_png_is_noticed():
    whole = small_png()
    png.check(whole)
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 4
        with pytest.raises(AssertionError):
            decode_image_as_png(bytes(damaged))


def decode_image_as_png(encoded: bytes) -> None:
    png.check(encoded)
    decode_image(encoded)


def rebuilt(chunks) -> bytes:
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def test_a_wrong_adler_checksum_behind_right_crcs_is_noticed():
    chunks = dict(png.chunks(small_png()))
    chunks[b"IDAT"] = chunks[b"IDAT"][:-1] + bytes([chunks[b"IDAT"][-1] ^ 1])
    with pytest.raises(AssertionError, match="IDAT"):
        png.check(rebuilt(chunks.items()))


def test_a_torn_zlib_stream_behind_right_crcs_is_noticed():
    chunks = dict(png.chunks(small_png()))
    chunks[b"IDAT"] = chunks[b"IDAT"][:-4]  # all pixels are there, the checksum is not
    with pytest.raises(AssertionError, match="zlib stream is torn"):
        png.check(rebuilt(chunks.items()))


def test_a_missing_scanline_and_an_unknown_filter_are_noticed():
    (_, header), *_ = png.chunks(small_png())
    scanline = bytes(1 + 5 * 3)
    for raw, complaint in ((scanline * 5, "scanlines"), (b"\x05" + scanline[1:] + scanline * 5, "filter")):
        with pytest.raises(AssertionError, match=complaint):
            png.check(rebuilt([(b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b"")]))


def test_an_apng_is_decoded_frame_by_frame():
    frames = [Image.fromarray(np.full((4, 6, 3), shade, np.uint8)) for shade in (0, 100, 200)]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:], duration=250, loop=0)
    decoded = decode_image(out.getvalue())
    assert decoded["pixels"].shape == (3, 4, 6, 3)
    assert decoded["pixels"][:, 0, 0, 0].tolist() == [0, 100, 200]
    assert decoded["delays_ms"] == [250.0, 250.0, 250.0]
    without_a_frame = [chunk for chunk in png.chunks(out.getvalue()) if chunk[0] != b"acTL"]
    with pytest.raises(AssertionError, match="acTL announces"):
        png.check(rebuilt(without_a_frame))


# -- TensorBoard's accumulators ----------------------------------------------------------------------------


def test_the_accumulators_show_what_a_user_gets(everything):
    run = load_run(everything)
    assert run.tags()["scalars"] == ["loss"]
    assert run.scalars("loss") == [(1, 0.5)]
    assert run.plugin_content("notes/text_summary") == ("text", b"")
    ((step, picture),) = run.images("picture")
    assert step == 4
    assert np.array_equal(picture["pixels"], PICTURE.transpose(1, 2, 0))
    assert run.histograms("weights")[0][1].num == 101
    assert set(load_runs(everything)) == {".", "both_a", "both_b", "trial"}
    with pytest.raises(KeyError):
        run.scalars("absent")


# -- a real TensorBoard ------------------------------------------------------------------------------------

OUT_OF_ORDER = [0, 1, 2, 3, 4, 5, 3, 6, 7, 1, 8]


@pytest.mark.parametrize(("reader", "shown"), [("rustboard", [0, 1, 8]), ("python", OUT_OF_ORDER)])
def test_the_two_readers_differ_on_steps_out_of_order(tmp_path, reader, shown):
    write(
        tmp_path / "log" / "run",
        lambda w: [w.add_scalar("s", i, step) for i, step in enumerate(OUT_OF_ORDER)],
    )
    with TensorBoard(tmp_path / "log", reader) as server:
        server.wait_for(lambda: server.scalars("run", "s")[-1:] == [(8, 10.0)])
        assert [step for step, _value in server.scalars("run", "s")] == shown


@pytest.mark.parametrize("reader", tensorboard_server.READERS)
def test_a_running_tensorboard_shows_every_kind_and_leaves_nothing_behind(everything, reader):
    with TensorBoard(everything, reader) as server:
        session = server._process.pid
        assert len(session_members(session)) == (2 if reader == "rustboard" else 1)
        tags = {".": ["loss", "new"], "both_a": ["both"], "both_b": ["both"], "trial": ["score"]}
        server.wait_for(lambda: server.tags() == tags)
        server.wait_for(lambda: server.has_tag(".", "curve", "pr_curves"))
        assert server.runs() == [".", "both_a", "both_b", "trial"]
        assert server.scalars("both_b", "both") == [(3, 2.0)]
        ((_, encoded),) = server.images(".", "picture")
        assert np.array_equal(decode_image(encoded)["pixels"], PICTURE.transpose(1, 2, 0))
        ((step, buckets),) = server.histograms(".", "weights")
        assert (step, sum(count for _, _, count in buckets)) == (5, 101)
        ((_, html),) = server.text(".", "notes/text_summary")
        assert "hello" in html
        ((_, wav),) = server.audio(".", "tone")
        assert wav.startswith(b"RIFF")
        assert server.pr_curves(".", "curve")[0]["step"] == 9
        assert {info["name"] for info in server.hparams()["hparamInfos"]} == {"lr", "name", "depth"}
    assert session_members(session) == []


def test_points_beyond_the_default_sampling_are_all_shown(tmp_path):
    write(tmp_path, lambda writer: [writer.add_scalar("s", i, i) for i in range(1500)])
    with TensorBoard(tmp_path) as server:
        server.wait_for(lambda: len(server.scalars(".", "s")) == 1500)


def test_special_values_come_back_over_http(tmp_path):
    special = [float("nan"), float("inf"), float("-inf")]
    write(tmp_path, lambda writer: [writer.add_scalar("s", value, i) for i, value in enumerate(special)])
    with TensorBoard(tmp_path) as server:
        server.wait_for(lambda: len(server.scalars(".", "s")) == 3)
        assert np.array_equal([value for _step, value in server.scalars(".", "s")], special, equal_nan=True)


def test_a_reader_that_fell_back_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(tensorboard_server._LOAD_FAST, "rustboard", "false")
    server = TensorBoard(tmp_path, "rustboard")
    with (
        pytest.raises(RuntimeError, match="rustboard reader was asked for, but TensorBoard uses Multiplexer"),
        server,
    ):
        pass
    assert server._process is None


def test_a_tensorboard_that_cannot_start_is_reported_with_its_log(tmp_path):
    began = time.monotonic()
    with (
        pytest.raises(AssertionError, match=r"TensorBoard ended(.|\n)*no-such-flag"),
        TensorBoard(tmp_path, args=("--no-such-flag",)),
    ):
        pass
    assert time.monotonic() - began < tensorboard_server._START_TIMEOUT_S


def test_a_wait_that_is_in_vain_ends_with_the_last_answer(tmp_path):
    with (
        TensorBoard(tmp_path, "python") as server,
        pytest.raises(AssertionError, match=r"not within 0\.5 s; the last answer was <HTTPError 4"),
    ):
        server.wait_for(lambda: server.scalars("absent", "absent"), timeout=0.5)


# -- processes and the browser -----------------------------------------------------------------------------


def test_end_session_ends_grandchildren_that_ignore_sigterm():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    stubborn = f"{deaf}; print('up', flush=True); time.sleep(600)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {stubborn!r}])"
    leader = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, start_new_session=True)
    with leader:
        assert leader.stdout.readline() == b"up\n"
        assert len(session_members(leader.pid)) == 2
        end_session(leader, grace_s=0.2)
    assert session_members(leader.pid) == []


@pytest.mark.parametrize(("required", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_browser_skips_or_fails(monkeypatch, required, outcome):
    monkeypatch.setitem(os.environ, browser_module.REQUIRED, required)
    monkeypatch.setattr(browser_module.shutil, "which", lambda program: None)
    with pytest.raises(outcome, match="chromium, chromedriver missing"):
        browser_module.chromium_or_skip()


# -- RustBoard -----------------------------------------------------------------------------------------------


def test_rustboard_shows_every_kind_of_every_run(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(150):
            writer.add_scalar("s", step, step)
            writer.add_histogram("h", VALUES, step)
            writer.add_image("i", PICTURE, step)
            writer.add_text("t", "text", step)
        writer.add_scalars("m", {"a": 1.0}, 3)
    everything = {tag: list(range(150)) for tag in ("s", "h", "i", "t/text_summary")}
    assert steps_by_run(tmp_path) == {".": everything, "m_a": {"m": [3]}}


def test_rustboard_hides_what_a_lower_step_follows(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in (0, 1, 2, 3, 4, 5, 3, 6, 7, 1, 8):
            writer.add_scalar("s", step, step)
    assert steps_by_run(tmp_path) == {".": {"s": [0, 1, 8]}}


def test_rustboard_stops_at_damage(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(20):
            writer.add_scalar("s", step, step)
    (path,) = event_files(tmp_path)
    content = bytearray(path.read_bytes())
    content[spans(path)[10].start] ^= 1  # the length of the record of step 9
    path.write_bytes(content)
    assert steps_by_run(tmp_path) == {".": {"s": list(range(9))}}
