"""add_audio leaves torch's samples where torch accepts the sound, and sound where it does not."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ringboard import SummaryWriter
from tests.parity.pair import Pair
from tests.support.events import read_events
from tests.support.payloads import audio


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def tone(frames: int = 1000, dtype: str = "float32") -> np.ndarray:
    return np.sin(np.arange(frames) / 7).astype(dtype)


def logged(tmp_path, *arguments, **options) -> dict:
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_audio("sound", *arguments, **options)
    return audio(read_events(tmp_path)[-1].summary.value[0])


# --- where torch accepts the input ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1000,), (1, 1000), (1000, 1), (1, 1, 1000)])
def test_mono(pair, dtype, shape):
    pair.same(lambda writer: writer.add_audio("a", tone(dtype=dtype).reshape(shape), 3))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_truncation(pair, dtype):
    exact = np.arange(-32767, 32768).astype(dtype) / np.dtype(dtype).type(32767)
    values = np.concatenate([exact, np.nextafter(exact, -9), np.nextafter(exact, 9)]).clip(-1, 1)
    pair.same(lambda writer: writer.add_audio("a", values.astype(dtype), 1))


@pytest.mark.parametrize(
    "tensor",
    [
        torch.linspace(-1, 1, 77),
        torch.linspace(-1, 1, 77).double(),
        torch.linspace(-1, 1, 77).requires_grad_(),
        torch.linspace(-1, 1, 77)[::3],
        torch.linspace(-1, 1, 77).flip(0)[None],
    ],
)
def test_torch_tensors(pair, tensor):
    pair.same(lambda writer: writer.add_audio("a", tensor, 1))


@pytest.mark.parametrize("rate", [8000, 44100, 192_000, np.int64(16000), 22050.0, 22050.6])
def test_sample_rates(pair, rate):
    pair.same(lambda writer: writer.add_audio("a", tone(), 1, rate))


def test_positions_and_walltime(pair):
    pair.same(lambda writer: writer.add_audio("a", tone(), 4, 16000, 12.5))
    assert read_events(pair.ours)[-1].wall_time == 12.5


def test_no_step_two_frames_and_silence(pair):
    def fill(writer):
        writer.add_audio("a", tone(2))
        writer.add_audio("b", np.zeros(5), 1)
        writer.add_audio("c", np.array([True, False, True]), 1)

    pair.same(fill)


def test_out_of_range_is_clipped_as_torch_does_and_said(pair):
    loud = tone() * 1.5
    with pytest.warns(RuntimeWarning, match=r"audio 'a', step 7: \d+ of 1000 samples are out of range"):
        pair.same(lambda writer: writer.add_audio("a", loud, 7))


def test_a_long_sound_that_is_larger_than_the_ring(pair):
    noise = np.random.default_rng(1).uniform(-1, 1, 5_000_000).astype(np.float32)
    pair.same(lambda writer: writer.add_audio("a", noise, 1))


# --- where torch refuses it, or stores something else -------------------------------------------------


@pytest.mark.parametrize("layout", ["frames first", "channels first"])
def test_stereo(tmp_path, layout):
    left, right = tone(), -tone() / 2
    sound = np.stack([left, right], axis=1 if layout == "frames first" else 0)
    found = logged(tmp_path, sound, 1, 16000)
    assert (found["num_channels"], found["length_frames"], found["sample_rate"]) == (2, 1000, 16000)
    expected = np.stack([left, right], axis=1) * np.float32(32767)
    assert np.array_equal(found["samples"], expected.astype(np.int16))


def test_two_by_two_is_two_frames_of_stereo(tmp_path):
    found = logged(tmp_path, np.array([[0.5, -0.5], [0.25, 0.0]]))
    assert found["samples"].tolist() == [[16383, -16383], [8191, 0]]


@pytest.mark.parametrize("value", [0.5, [0.5], np.float32(0.5), torch.tensor(0.5), [[0.5]]])
def test_one_sample(tmp_path, value):
    found = logged(tmp_path, value)
    assert (found["num_channels"], found["samples"].tolist()) == (1, [[16383]])


def test_int16_is_stored_as_it_is(tmp_path):
    samples = np.array([-32768, -32767, -1, 0, 1, 32767], np.int16)
    assert np.array_equal(logged(tmp_path, samples)["samples"][:, 0], samples)


@pytest.mark.parametrize(
    ("dtype", "low", "middle", "high"),
    [
        ("int8", -128, 0, 127),
        ("uint8", 0, 128, 255),
        ("uint16", 0, 32768, 65535),
        ("int32", -(2**31), 0, 2**31 - 1),
        ("uint32", 0, 2**31, 2**32 - 1),
    ],
)
def test_integers_fill_their_range(tmp_path, dtype, low, middle, high):
    low_sample, silence, high_sample = logged(tmp_path, np.array([low, middle, high], dtype))["samples"][:, 0]
    assert (low_sample, silence) == (-32768, 0)
    assert high_sample >= 32512  # 8 bits: 127 * 256


def test_wide_integers_hold_the_values_of_int16(tmp_path):
    with pytest.warns(RuntimeWarning, match="2 of 5 samples"):
        found = logged(tmp_path, np.array([-40000, -32768, 5, 32767, 10**12]))
    assert found["samples"][:, 0].tolist() == [-32768, -32768, 5, 32767, 32767]


def test_float16_and_bfloat16_are_exact(tmp_path):
    # torch multiplies float16 in float16, where 1.0 * 32767 is 32768, which int16 does not hold.
    values = torch.tensor([1.0, -1.0, 0.5, 0.1])
    for number, dtype in enumerate((torch.float16, torch.bfloat16)):
        expected = (values.to(dtype).float() * 32767).to(torch.int16).numpy()
        assert np.array_equal(logged(tmp_path / str(number), values.to(dtype))["samples"][:, 0], expected)


def test_nan_is_silence_and_infinities_are_loud(tmp_path):
    with pytest.warns(RuntimeWarning, match="audio 'sound', step 3: 3 of 4 samples"):
        found = logged(tmp_path, np.array([math.nan, math.inf, -math.inf, 0.5]), 3)
    assert found["samples"][:, 0].tolist() == [0, 32767, -32767, 16383]


def test_a_list_and_a_transposed_view(tmp_path):
    stereo = np.stack([tone(50), tone(50) / 2])
    views = [stereo.tolist(), np.asfortranarray(stereo), stereo[:, ::-1][:, ::-1]]
    for number, view in enumerate(views):
        found = logged(tmp_path / str(number), np.asarray(view, np.float32))
        assert np.array_equal(found["samples"], (stereo.T * np.float32(32767)).astype(np.int16))


# --- errors -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sound", "kind"),
    [
        (np.zeros(0), ValueError),
        (np.zeros((0, 2)), ValueError),
        (np.zeros((5, 3)), ValueError),
        (np.zeros((2, 5, 2)), ValueError),
        (np.zeros(5, complex), TypeError),
        ("song.wav", TypeError),
        (None, TypeError),
    ],
)
def test_what_is_no_sound(tmp_path, sound, kind):
    with SummaryWriter(str(tmp_path)) as writer, pytest.raises(kind, match="'sound'"):
        writer.add_audio("sound", sound)
    assert not any(event.summary.value for event in read_events(tmp_path))


@pytest.mark.parametrize("rate", [0, -1, math.nan, math.inf, 2**31, "fast", None])
def test_what_is_no_sample_rate(tmp_path, rate):
    with SummaryWriter(str(tmp_path)) as writer, pytest.raises((ValueError, TypeError), match="'sound'"):
        writer.add_audio("sound", tone(), 1, rate)


def test_a_bad_step_names_the_tag_and_logs_nothing(tmp_path):
    with SummaryWriter(str(tmp_path)) as writer, pytest.raises(ValueError, match="'sound'"):
        writer.add_audio("sound", tone(), math.nan)
    assert not any(event.summary.value for event in read_events(tmp_path))
