"""add_video: torch's frames, as a GIF that Pillow reads and as an APNG that keeps every bit."""

from __future__ import annotations

import io
import itertools
import struct
import sys
import zlib

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_sample_images
from torch.utils.tensorboard import _utils as torch_utils

from ringboard import SummaryWriter
from tests import png_reference
from tests.parity.pair import WRITERS
from tests.support import png
from tests.support.events import read_events
from tests.support.payloads import image

FORMATS = ["gif", "apng"]


def few_colours(shape: tuple[int, ...]) -> np.ndarray:
    """(N, T, C, H, W) in uint8, 4 levels a channel: at most 64 colours, which a GIF keeps."""
    return (np.random.default_rng(sum(shape)).integers(0, 4, shape) * 85).astype(np.uint8)


def torchs_frames(video: np.ndarray) -> np.ndarray:
    """What torch hands to moviepy: (T, H, W, C) in uint8."""
    prepared = torch_utils._prepare_video(video)  # turns uint8 into [0, 1], so that all are scaled
    return (prepared.astype(np.float32) * 255).clip(0, 255).astype(np.uint8)


def written(tmp_path, *arguments, **options):
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_video("v", *arguments, **options)
    (value,) = read_events(tmp_path)[-1].summary.value
    assert value.tag == "v"
    assert value.WhichOneof("value") == "image"
    return value


def played(tmp_path, *arguments, **options) -> np.ndarray:
    """The decoded frames (T, H, W, C), of one frame too."""
    pixels = image(written(tmp_path, *arguments, **options))["pixels"]
    return pixels if pixels.ndim == 4 else pixels[np.newaxis]


def rgb(frames: np.ndarray) -> np.ndarray:
    return np.repeat(frames, 3, axis=-1) if frames.shape[-1] == 1 else frames


def apng_frames(file: bytes) -> list[np.ndarray]:
    """Each frame through a decoder that keeps 16 bits and alpha: as a PNG of its own."""
    png.check(file)
    found = png.chunks(file)
    frames: list[list[bytes]] = []
    for kind, data in found:
        if kind == b"fcTL":
            frames.append([])
        elif kind in (b"IDAT", b"fdAT"):
            frames[-1].append(data if kind == b"IDAT" else data[4:])
    return [
        png_reference.decode(
            b"\x89PNG\r\n\x1a\n" + _chunk(*found[0]) + _chunk(b"IDAT", b"".join(parts)) + _chunk(b"IEND", b"")
        )
        for parts in frames
    ]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


# --- the frames -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 33])
def test_batches_are_laid_out_as_torch_does(tmp_path, file_format, batch):
    video = few_colours((batch, 2, 3, 5, 4))
    expected = torchs_frames(video)
    value = written(tmp_path, video, 1, format=file_format)
    assert np.array_equal(image(value)["pixels"], expected)
    assert (value.image.height, value.image.width, value.image.colorspace) == expected.shape[1:]


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_order_of_the_axes(tmp_path, file_format):
    video = few_colours((2, 3, 3, 4, 5))
    expected = torchs_frames(video)
    with SummaryWriter(str(tmp_path)) as writer:
        for step, order in enumerate(itertools.permutations("NTCHW")):
            axes = "".join(order)
            turned = video.transpose(["NTCHW".index(axis) for axis in axes])
            writer.add_video(
                "v", turned, step, 4, None, axes if step % 2 else axes.lower(), format=file_format
            )
    events = read_events(tmp_path)[1:]
    assert len(events) == 120
    for event in events:
        assert np.array_equal(image(event.summary.value[0])["pixels"], expected)


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("axes", ["TCHW", "THWC", "THW", "NTHW", "WHT"])
def test_axes_that_are_left_out(tmp_path, file_format, axes):
    full = few_colours((2 if "N" in axes else 1, 3, 3 if "C" in axes else 1, 4, 5))
    named = dict(zip("NTCHW", range(5), strict=True))
    video = full.transpose(
        [named[axis] for axis in axes] + [named[axis] for axis in "NTCHW" if axis not in axes]
    )
    video = video.reshape(video.shape[: len(axes)])
    assert np.array_equal(
        played(tmp_path, video, dataformats=axes, format=file_format), rgb(torchs_frames(full))
    )


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bool", "int64"])
def test_values_are_scaled_and_clipped_as_torch_does(tmp_path, file_format, dtype):
    levels = np.array([-0.7, 0, 0.25, 0.5, 0.999, 1, 1.7])
    video = levels[np.random.default_rng(2).integers(0, 7, (1, 3, 1, 20, 30))].astype(dtype)
    assert np.array_equal(played(tmp_path, video, format=file_format), rgb(torchs_frames(video)))


@pytest.mark.parametrize("file_format", FORMATS)
def test_nan_is_black_and_infinities_are_clipped(tmp_path, file_format):
    video = np.array([np.nan, np.inf, -np.inf, 1.0]).reshape(1, 1, 1, 2, 2).astype(np.float32)
    assert played(tmp_path, video, format=file_format)[0, :, :, 0].tolist() == [[0, 255], [0, 255]]


@pytest.mark.parametrize("file_format", FORMATS)
def test_tensors_lists_and_views(tmp_path, file_format):
    video = few_colours((1, 4, 3, 6, 8))
    tensor = torch.from_numpy(video)
    views = {
        "tensor": (tensor, video),
        "bfloat16": (tensor.float().div(255).bfloat16(), tensor.float().div(255).bfloat16().float().numpy()),
        "grad": (tensor.double().div(255).requires_grad_(), tensor.double().div(255).numpy()),
        "reversed": (video[:, ::-1, :, :, ::-1], np.ascontiguousarray(video[:, ::-1, :, :, ::-1])),
        "expanded": (tensor[:, :1].expand(1, 4, 3, 6, 8), np.repeat(video[:, :1], 4, axis=1)),
        "list": ((video / 255).tolist(), video / 255),
    }
    for name, (view, same) in views.items():
        got = played(tmp_path / name, view, format=file_format)
        expected = torchs_frames(same)
        assert np.array_equal(got, expected), name


@pytest.mark.parametrize("file_format", FORMATS)
def test_one_frame(tmp_path, file_format):
    video = few_colours((1, 1, 3, 6, 8))
    assert np.array_equal(played(tmp_path, video, format=file_format), torchs_frames(video))


@pytest.mark.parametrize("file_format", FORMATS)
def test_frames_that_do_not_change_stay_frames(tmp_path, file_format):
    video = few_colours((1, 1, 3, 6, 8)).repeat(5, axis=1)
    video[0, 3, :, 2, 3] ^= 255
    payload = image(written(tmp_path, video, fps=10, format=file_format))
    assert np.array_equal(payload["pixels"], torchs_frames(video))
    assert payload["delays_ms"] == [100] * 5


# --- time -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [1, 2, 4, 5, 10, 25, 0.5, np.int64(20), torch.tensor(8.0)])
@pytest.mark.parametrize("file_format", FORMATS)
def test_delay_and_endless_loop(tmp_path, file_format, fps):
    payload = image(written(tmp_path, few_colours((1, 3, 1, 4, 4)), 1, fps, format=file_format))
    assert (
        payload["delays_ms"]
        == [pytest.approx(1000 / float(fps), abs=5 if file_format == "gif" else 0.01)] * 3
    )
    assert payload["loop"] == 0


@pytest.mark.parametrize("fps", [3, 7, 24, 29.97, 30])
def test_a_gif_lasts_as_long_as_it_should(tmp_path, fps):
    payload = image(written(tmp_path, few_colours((1, 60, 1, 4, 4)), fps=fps))
    assert sum(payload["delays_ms"]) == pytest.approx(60 / fps * 1000, abs=10)


def test_a_gif_is_never_faster_than_browsers_play(tmp_path):
    payload = image(written(tmp_path, few_colours((1, 9, 1, 4, 4)), fps=1000))
    assert payload["delays_ms"] == [20] * 9


@pytest.mark.parametrize("fps", [1 / 65535, 0.001, 1 / 3, 29.97, 60, 59.94, 1000, 65534.7, 65535])
def test_an_apng_keeps_any_rate(tmp_path, fps):
    file = written(tmp_path, few_colours((1, 2, 1, 4, 4)), fps=fps, format="apng").image.encoded_image_string
    controls = [struct.unpack(">5IHH2B", data) for kind, data in png.chunks(file) if kind == b"fcTL"]
    for control in controls:
        numerator, denominator = control[5:7]
        assert numerator / denominator == pytest.approx(1 / fps, rel=1e-4)


def test_many_equal_frames(tmp_path):
    # Pillow adds up the delays of equal frames, and fails when the sum exceeds 655 s.
    payload = image(written(tmp_path, np.zeros((1, 700, 1, 2, 2), np.uint8), fps=1))
    assert payload["delays_ms"] == [1000] * 700


# --- what a GIF can't hold, and APNG can ------------------------------------------------------------------


def gradients(frames: int = 2, height: int = 96, width: int = 128) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    noise = np.random.default_rng(5).normal(0, 3, (frames, 3, height, width))
    smooth = np.stack([x * 2, y * 2, 255 - x - y]) + 5 * np.arange(frames)[:, None, None, None]
    return (smooth + noise).clip(0, 255).astype(np.uint8)[np.newaxis]


def test_a_gif_of_256_colours_is_exact(tmp_path):
    palette = np.random.default_rng(1).integers(0, 256, (256, 3)).astype(np.uint8)
    frames = palette[np.random.default_rng(2).integers(0, 256, (3, 90, 120))]
    assert np.array_equal(played(tmp_path, frames[np.newaxis], dataformats="NTHWC"), frames)


def test_a_grey_gif_is_always_exact(tmp_path):
    video = gradients()[:, :, :1]
    assert np.array_equal(played(tmp_path, video), rgb(torchs_frames(video)))


def test_a_frame_of_few_colours_is_exact_after_one_of_many(tmp_path):
    video = gradients(frames=3)
    video[0, :, :, :, :50] = few_colours((1, 1, 3, 96, 50))[0]  # the same in all frames
    video[0, 2, :, :, 50:] = 7
    assert np.array_equal(played(tmp_path, video)[2], torchs_frames(video)[2])


def median_cut(frames: np.ndarray) -> np.ndarray:
    """What Pillow makes of them by itself, and so moviepy."""
    indexed = [Image.fromarray(frame).quantize(256, Image.Quantize.MEDIANCUT) for frame in frames]
    return np.stack([np.asarray(frame.convert("RGB")) for frame in indexed])


def test_a_gif_of_photographs_is_nearer_to_them_than_pillows_own(tmp_path):
    photographs = np.stack([each[:400, :600] for each in load_sample_images().images])
    ours = played(tmp_path, photographs[np.newaxis], dataformats="NTHWC").astype(float)
    theirs = median_cut(photographs).astype(float)
    assert np.mean((ours - photographs) ** 2) < 0.85 * np.mean((theirs - photographs) ** 2)


def test_a_gif_of_a_gradient_is_nearly_as_near_as_pillows_own(tmp_path):
    frames = torchs_frames(gradients())
    ours = played(tmp_path, gradients()).astype(float)
    assert np.mean((ours - frames) ** 2) < 2 * np.mean((median_cut(frames).astype(float) - frames) ** 2)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("batch", [1, 3])
def test_an_apng_is_exact(tmp_path, channels, dtype, batch):
    top = np.iinfo(dtype).max
    video = np.random.default_rng(3).integers(0, top, (batch, 3, channels, 9, 7), endpoint=True).astype(dtype)
    value = written(tmp_path, video, format="apng")
    frames = np.stack(apng_frames(value.image.encoded_image_string))
    room = np.zeros((1 if batch == 1 else 4, 3, channels, 9, 7), dtype)
    room[:batch] = video
    assert frames.dtype == dtype
    assert np.array_equal(frames, np.concatenate(room, axis=-1).transpose(0, 2, 3, 1))
    assert value.image.colorspace == channels


def test_an_apng_of_gradients_is_exact_and_a_still_to_old_readers(tmp_path):
    video = gradients()
    file = written(tmp_path, video, format="apng").image.encoded_image_string
    assert np.array_equal(np.stack(apng_frames(file)), torchs_frames(video))
    with Image.open(io.BytesIO(file)) as still:
        assert np.array_equal(np.asarray(still), torchs_frames(video)[0])


def test_alpha_in_a_gif_of_many_colours_is_all_or_nothing(tmp_path):
    video = np.concatenate([gradients(), np.full((1, 2, 1, 96, 128), 255, np.uint8)], axis=2)
    video[0, 0, 3, :40] = 0
    got = played(tmp_path, video)
    frames = video[0].transpose(0, 2, 3, 1)
    assert np.array_equal(got[..., 3], frames[..., 3])
    opaque = frames[..., 3] == 255
    assert np.mean((got[opaque].astype(float) - frames[opaque]) ** 2) < 40


@pytest.mark.parametrize("channels", [2, 4])
def test_alpha_in_a_gif_is_all_or_nothing(tmp_path, channels):
    video = few_colours((1, 4, channels, 12, 10))
    video[:, :, -1] = np.random.default_rng(6).choice([0, 100, 128, 255], video[:, :, -1].shape)
    got = played(tmp_path, video)
    frames = video[0].transpose(0, 2, 3, 1)
    opaque = frames[..., -1] >= 128
    assert np.array_equal(got[..., 3] == 255, opaque)
    assert np.array_equal(got[opaque][:, :3], rgb(frames[..., :-1])[opaque])


def test_uint16_in_a_gif_keeps_its_upper_8_bits(tmp_path):
    video = few_colours((1, 2, 3, 6, 8)).astype(np.uint16) * 256 + 201
    assert np.array_equal(played(tmp_path, video), (video[0] >> 8).transpose(0, 2, 3, 1))


def test_a_video_larger_than_the_ring(tmp_path):
    video = np.random.default_rng(8).integers(0, 256, (1, 30, 3, 512, 512), dtype=np.uint8)
    value = written(tmp_path, video, format="apng")
    assert len(value.image.encoded_image_string) > 20_000_000
    with Image.open(io.BytesIO(value.image.encoded_image_string)) as animation:
        animation.seek(29)
        assert np.array_equal(np.asarray(animation.convert("RGB")), video[0, 29].transpose(1, 2, 0))


# --- calls ------------------------------------------------------------------------------------------------


def test_positions_steps_and_walltime(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_video("v", few_colours((1, 2, 3, 4, 4)), 7, 4, 12.5, "NTCHW", "apng")
        writer.add_video("v", few_colours((1, 2, 3, 4, 4)))
    first, second = read_events(tmp_path)[1:]
    assert (first.step, first.wall_time, second.step) == (7, 12.5, 0)


VIDEO = few_colours((1, 2, 3, 4, 4))


@pytest.mark.parametrize(
    ("arguments", "options", "kind"),
    [
        ((VIDEO[0],), {}, ValueError),
        ((VIDEO[..., np.newaxis],), {}, ValueError),
        ((VIDEO,), {"dataformats": "NTCHH"}, ValueError),
        ((VIDEO,), {"dataformats": "NXCHW"}, ValueError),
        ((VIDEO[0],), {"dataformats": "NCHW"}, ValueError),
        ((VIDEO[:, :0],), {}, ValueError),
        ((VIDEO[..., :0],), {}, ValueError),
        ((np.zeros((1, 2, 5, 4, 4)),), {}, ValueError),
        ((VIDEO * 1j,), {}, TypeError),
        (("film.mp4",), {}, TypeError),
        ((None,), {}, TypeError),
        ((VIDEO, 1, 0), {}, ValueError),
        ((VIDEO, 1, -4), {}, ValueError),
        ((VIDEO, 1, float("nan")), {}, ValueError),
        ((VIDEO, 1, 70_000), {}, ValueError),
        ((VIDEO, 1, "fast"), {}, TypeError),
        ((VIDEO, 1, None), {}, TypeError),
        ((VIDEO, float("nan")), {}, ValueError),
        ((VIDEO, 1, 4, float("inf")), {}, ValueError),
        ((VIDEO,), {"format": "mp4"}, ValueError),
        ((np.zeros((1, 1, 1, 1, 65536), np.uint8),), {}, ValueError),
    ],
)
def test_errors_name_the_tag_and_log_nothing(tmp_path, arguments, options, kind):
    with SummaryWriter(str(tmp_path)) as writer, pytest.raises(kind, match="'v'"):
        writer.add_video("v", *arguments, **options)
    assert not any(event.summary.value for event in read_events(tmp_path))


def test_without_pillow_the_error_says_what_to_do_and_apng_works(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "PIL.Image")
    with SummaryWriter(str(tmp_path)) as writer:
        with pytest.raises(ImportError, match=r"pip install ringboard\[video\].*format='apng'"):
            writer.add_video("v", VIDEO)
        writer.add_video("v", VIDEO, format="apng")
    monkeypatch.undo()
    assert np.array_equal(image(read_events(tmp_path)[-1].summary.value[0])["pixels"], torchs_frames(VIDEO))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("peer", ["torch", "tensorboardX"])
def test_same_as_the_originals_with_a_moviepy_that_they_work_with(tmp_path, peer, batch):
    pytest.importorskip("moviepy.editor", reason="torch's add_video needs moviepy < 2")
    video = few_colours((batch, 4, 3, 24, 32))
    writer = WRITERS[peer](str(tmp_path / "theirs"))
    writer.add_video("v", video, 3, 5)
    writer.close()
    theirs = image(read_events(tmp_path / "theirs")[-1].summary.value[0])
    ours = image(written(tmp_path / "ours", video, 3, 5))
    # Not the delays: an imageio from 2.28 on takes moviepy's seconds for milliseconds, and stores 0.
    del ours["delays_ms"], theirs["delays_ms"]
    assert np.array_equal(ours.pop("pixels"), theirs.pop("pixels"))
    assert ours == theirs
