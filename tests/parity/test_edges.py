"""Edge cases of every method beside torch: equal, or a difference that the README lists.

Each case stands in the group that says what comes of it in both writers.  A release of torch that behaves in
another way, or a change of ours, moves it to another group and fails here.
"""

from __future__ import annotations

import wave
from fractions import Fraction

import numpy as np
import pytest
import torch

from ringboard import SummaryWriter
from tests.parity.pair import WRITERS
from tests.support.events import events_by_run, read_events
from tests.support.views import assert_same_events

PICTURE = np.zeros((3, 4, 5), np.uint8)
VERTICES = torch.zeros(1, 3, 3)

# Both leave the same events.
SAME = {
    "scalar bytes": lambda w: w.add_scalar("t", b"3.5", 1),
    "scalar wall tensor": lambda w: w.add_scalar("t", 1.0, 1, torch.tensor(2.5)),
    "scalar wall bool": lambda w: w.add_scalar("t", 1.0, 1, True),
    "scalar wall Fraction": lambda w: w.add_scalar("t", 1.0, 1, Fraction(5, 2)),
    "image 2ch": lambda w: w.add_image("t", np.zeros((2, 2, 2), np.uint8), 1),
    "image nan": lambda w: w.add_image("t", np.full((3, 2, 2), np.nan), 1),
    "boxes": lambda w: w.add_image_with_boxes("t", PICTURE, np.array([[0, 0, 2, 2]]), 1),
    "boxes none": lambda w: w.add_image_with_boxes("t", PICTURE, np.zeros((0, 4)), 1),
    "boxes x1>x2": lambda w: w.add_image_with_boxes("t", PICTURE, np.array([[3, 0, 2, 2]]), 1),
    "tensor tag None": lambda w: w.add_tensor(None, torch.ones(2), 1),
    "audio int16": lambda w: w.add_audio("t", np.zeros(9, np.int16), 1),
    "audio nan": lambda w: w.add_audio("t", np.full(9, np.nan), 1),
    "audio rate float": lambda w: w.add_audio("t", np.zeros(9), 1, sample_rate=8000.0),
    "audio rate float2": lambda w: w.add_audio("t", np.zeros(9), 1, sample_rate=8000.5),
    "audio bool": lambda w: w.add_audio("t", np.ones(9, bool), 1),
    "hp metric nan": lambda w: w.add_hparams({"a": float("nan")}, {"m": float("nan")}, run_name="r"),
    "hp str step": lambda w: w.add_hparams({"a": 1}, {"m": 1}, run_name="r", global_step="3"),
    "pr outside": lambda w: w.add_pr_curve("t", np.array([0, 1]), np.array([-1.0, 2.0]), 1),
    "pr nan": lambda w: w.add_pr_curve("t", np.array([0, 1]), np.array([np.nan, 0.2]), 1),
    "pr thresholds 1": lambda w: w.add_pr_curve(
        "t", np.array([0, 1]), np.array([0.1, 0.2]), 1, num_thresholds=1
    ),
    "mesh list": lambda w: w.add_mesh("t", [[[0.0, 0, 0]]]),
    "mesh empty": lambda w: w.add_mesh("t", torch.zeros(1, 0, 3)),
}

# Both leave events, but other ones: the README says how they differ.
DIFFERENT = {
    "scalar bf16 big": lambda w: w.add_scalar("t", torch.tensor(1e38).bfloat16(), 1),
    "hist nan": lambda w: w.add_histogram("t", np.array([1.0, np.nan]), 1),
    "hist inf": lambda w: w.add_histogram("t", np.array([1.0, np.inf]), 1),
    "hist bins outside": lambda w: w.add_histogram("t", np.array([1e30]), 1, bins=[0.0, 1.0]),
    "hist bf16 big": lambda w: w.add_histogram("t", torch.tensor([1.0, 1e10]).bfloat16(), 1),
    "image uint16": lambda w: w.add_image("t", np.full((3, 2, 2), 300, np.uint16), 1),
    "boxes rescale2": lambda w: w.add_image_with_boxes("t", PICTURE, np.array([[0, 0, 2, 2]]), 1, rescale=2),
    "boxes nan": lambda w: w.add_image_with_boxes("t", PICTURE, np.array([[0, 0, 2, np.nan]]), 1),
    "boxes labels": lambda w: w.add_image_with_boxes(
        "t", PICTURE, np.array([[0, 0, 2, 2]]), 1, labels=["a", "b"]
    ),
    "tensor u8": lambda w: w.add_tensor("t", torch.ones(2, dtype=torch.uint8), 1),
    "tensor f16": lambda w: w.add_tensor("t", torch.ones(2, dtype=torch.float16), 1),
    "tensor bf16": lambda w: w.add_tensor("t", torch.ones(2, dtype=torch.bfloat16), 1),
    "audio int16 loud": lambda w: w.add_audio("t", np.full(9, 3, np.int16), 1),
    "hp bool": lambda w: w.add_hparams({"a": True}, {}, run_name="r"),
    "hp run up": lambda w: w.add_hparams({"a": 1}, {"m": 1}, run_name="a/../b"),
    "hp 1d": lambda w: w.add_hparams({"a": torch.tensor([1.0, 2.0])}, {}, run_name="r"),
    "pr raw 2d": lambda w: w.add_pr_curve_raw("t", *[np.array([[1.0, 2.0], [3.0, 4.0]])] * 6, 1),
    "cs tags str": lambda w: w.add_custom_scalars_multilinechart("ab"),
    "mesh colors float": lambda w: w.add_mesh("t", VERTICES, colors=torch.ones(1, 3, 3)),
}

# Both raise: (torch's exception, ours).  Ours is a TypeError or a ValueError, or an OSError of a file.
BOTH_REFUSE = {
    "scalar None": (NotImplementedError, TypeError, lambda w: w.add_scalar("t", None, 1)),
    "scalar list": (NotImplementedError, ValueError, lambda w: w.add_scalar("t", [1.0, 2.0], 1)),
    "scalar str": (ValueError, ValueError, lambda w: w.add_scalar("t", "three", 1)),
    "scalar array2": (AssertionError, AssertionError, lambda w: w.add_scalar("t", np.zeros(2), 1)),
    "scalar complex": (TypeError, TypeError, lambda w: w.add_scalar("t", 1 + 2j, 1)),
    "scalar npcomplex": (TypeError, TypeError, lambda w: w.add_scalar("t", np.complex64(1 + 2j), 1)),
    "scalar torch complex": (TypeError, TypeError, lambda w: w.add_scalar("t", torch.tensor(1j), 1)),
    "scalar tag int": (TypeError, TypeError, lambda w: w.add_scalar(5, 1.0, 1)),
    "scalar tag list": (TypeError, TypeError, lambda w: w.add_scalar(["a"], 1.0, 1)),
    "scalar surrogate": (ValueError, ValueError, lambda w: w.add_scalar("\ud800", 1.0, 1)),
    "scalar wall str": (TypeError, TypeError, lambda w: w.add_scalar("t", 1.0, 1, "now")),
    "scalar step list": (TypeError, TypeError, lambda w: w.add_scalar("t", 1.0, [1])),
    "scalar step nan": (ValueError, ValueError, lambda w: w.add_scalar("t", 1.0, float("nan"))),
    "scalar step inf": (OverflowError, ValueError, lambda w: w.add_scalar("t", 1.0, float("inf"))),
    "scalar step big": (ValueError, ValueError, lambda w: w.add_scalar("t", 1.0, 2**63)),
    "scalar step str": (ValueError, ValueError, lambda w: w.add_scalar("t", 1.0, "7x")),
    "scalar step complex": (TypeError, TypeError, lambda w: w.add_scalar("t", 1.0, 1j)),
    "scalar datetime": (TypeError, TypeError, lambda w: w.add_scalar("t", np.datetime64("2020-01-01"), 1)),
    "scalars none": (AttributeError, TypeError, lambda w: w.add_scalars("t", None, 1)),
    "scalars list": (AttributeError, TypeError, lambda w: w.add_scalars("t", [1], 1)),
    "scalars key int": (TypeError, TypeError, lambda w: w.add_scalars("t", {5: 1.0}, 1)),
    "scalars value None": (
        NotImplementedError,
        TypeError,
        lambda w: w.add_scalars("t", {"a": 1.0, "b": None}, 1),
    ),
    "hist None": (NotImplementedError, TypeError, lambda w: w.add_histogram("t", None, 1)),
    "hist str": (ValueError, TypeError, lambda w: w.add_histogram("t", "abc", 1)),
    "hist empty": (ValueError, ValueError, lambda w: w.add_histogram("t", np.zeros(0), 1)),
    "hist bins bad": (ValueError, ValueError, lambda w: w.add_histogram("t", np.arange(3.0), 1, bins="none")),
    "hist bins unsorted": (
        ValueError,
        ValueError,
        lambda w: w.add_histogram("t", np.arange(3.0), 1, bins=[2.0, 1.0]),
    ),
    "hist bins None": (TypeError, TypeError, lambda w: w.add_histogram("t", np.arange(3.0), 1, bins=None)),
    "hist bins float": (TypeError, TypeError, lambda w: w.add_histogram("t", np.arange(3.0), 1, bins=2.5)),
    "hist maxbins 0": (
        ZeroDivisionError,
        ValueError,
        lambda w: w.add_histogram("t", np.arange(3.0), 1, max_bins=0),
    ),
    "hist maxbins -1": (
        ValueError,
        ValueError,
        lambda w: w.add_histogram("t", np.arange(3.0), 1, max_bins=-1),
    ),
    "hist maxbins 2.0": (
        TypeError,
        ValueError,
        lambda w: w.add_histogram("t", np.arange(3.0), 1, max_bins=2.0),
    ),
    "raw mismatch": (
        ValueError,
        ValueError,
        lambda w: w.add_histogram_raw("t", 0, 1, 2, 3, 4, [1.0], [1.0, 2.0], 1),
    ),
    "raw None": (
        TypeError,
        TypeError,
        lambda w: w.add_histogram_raw("t", 0, 1, 2, 3, 4, None, [1.0, 2.0], 1),
    ),
    "raw min str": (
        TypeError,
        ValueError,
        lambda w: w.add_histogram_raw("t", "x", 1, 2, 3, 4, [1.0], [1.0], 1),
    ),
    "raw 2d": (TypeError, ValueError, lambda w: w.add_histogram_raw("t", 0, 1, 2, 3, 4, [[1.0]], [[1.0]], 1)),
    "image None": (NotImplementedError, TypeError, lambda w: w.add_image("t", None, 1)),
    "image scalar": (AssertionError, ValueError, lambda w: w.add_image("t", 1.0, 1)),
    "image rank": (AssertionError, ValueError, lambda w: w.add_image("t", np.zeros((2, 2)), 1)),
    "image fmt dup": (AssertionError, ValueError, lambda w: w.add_image("t", PICTURE, 1, dataformats="CCH")),
    "image empty": (ValueError, ValueError, lambda w: w.add_image("t", np.zeros((3, 0, 2)), 1)),
    "image 5ch": (TypeError, ValueError, lambda w: w.add_image("t", np.zeros((5, 2, 2)), 1)),
    "image HWC as CHW": (
        TypeError,
        ValueError,
        lambda w: w.add_image("t", np.zeros((20, 30, 3), np.uint8), 1),
    ),
    "images N0": (
        ZeroDivisionError,
        ValueError,
        lambda w: w.add_images("t", np.zeros((0, 3, 2, 2), np.uint8), 1),
    ),
    "boxes rank": (
        IndexError,
        ValueError,
        lambda w: w.add_image_with_boxes("t", PICTURE, np.array([0, 0, 2, 2]), 1),
    ),
    "boxes 3": (
        IndexError,
        ValueError,
        lambda w: w.add_image_with_boxes("t", PICTURE, np.array([[0, 0, 2]]), 1),
    ),
    "boxes rescale0": (
        ValueError,
        ValueError,
        lambda w: w.add_image_with_boxes("t", PICTURE, np.array([[0, 0, 2, 2]]), 1, rescale=0),
    ),
    "figure str": (AttributeError, TypeError, lambda w: w.add_figure("t", "x", 1)),
    "figure empty": (ValueError, ValueError, lambda w: w.add_figure("t", [], 1)),
    "tensor None": (AttributeError, TypeError, lambda w: w.add_tensor("t", None, 1)),
    "tensor meta": (
        NotImplementedError,
        ValueError,
        lambda w: w.add_tensor("t", torch.ones(2, device="meta"), 1),
    ),
    "text int": (AttributeError, TypeError, lambda w: w.add_text("t", 5, 1)),
    "text None": (AttributeError, TypeError, lambda w: w.add_text("t", None, 1)),
    "text bytes": (AttributeError, TypeError, lambda w: w.add_text("t", b"x", 1)),
    "audio empty": (ValueError, ValueError, lambda w: w.add_audio("t", np.zeros(0), 1)),
    "audio rate 0": (wave.Error, ValueError, lambda w: w.add_audio("t", np.zeros(9), 1, sample_rate=0)),
    "audio rate -1": (wave.Error, ValueError, lambda w: w.add_audio("t", np.zeros(9), 1, sample_rate=-1)),
    "audio rate str": (wave.Error, TypeError, lambda w: w.add_audio("t", np.zeros(9), 1, sample_rate="x")),
    "audio None": (NotImplementedError, TypeError, lambda w: w.add_audio("t", None, 1)),
    "audio 3ch": (AssertionError, ValueError, lambda w: w.add_audio("t", np.zeros((3, 9)), 1)),
    "hp list": (TypeError, TypeError, lambda w: w.add_hparams([1], {}, run_name="r")),
    "hp None": (TypeError, TypeError, lambda w: w.add_hparams(None, {}, run_name="r")),
    "hp object": (ValueError, ValueError, lambda w: w.add_hparams({"a": object()}, {}, run_name="r")),
    "hp metric None": (
        NotImplementedError,
        TypeError,
        lambda w: w.add_hparams({"a": 1}, {"m": None}, run_name="r"),
    ),
    "hp metric str": (ValueError, ValueError, lambda w: w.add_hparams({"a": 1}, {"m": "x"}, run_name="r")),
    "hp domain": (
        TypeError,
        TypeError,
        lambda w: w.add_hparams({"a": 1}, {"m": 1}, {"a": ["x"]}, run_name="r"),
    ),
    "hp domain unknown": (
        TypeError,
        TypeError,
        lambda w: w.add_hparams({"a": 1}, {"m": 1}, {"b": [1]}, run_name="r"),
    ),
    "hp domain list": (TypeError, TypeError, lambda w: w.add_hparams({"a": 1}, {"m": 1}, [1], run_name="r")),
    "hp run int": (TypeError, TypeError, lambda w: w.add_hparams({"a": 1}, {"m": 1}, run_name=5)),
    "pr len": (
        ValueError,
        ValueError,
        lambda w: w.add_pr_curve("t", np.array([0, 1]), np.array([0.1, 0.9, 0.5]), 1),
    ),
    "pr None": (NotImplementedError, TypeError, lambda w: w.add_pr_curve("t", None, np.array([0.1]), 1)),
    "pr thresholds 0": (
        ValueError,
        ValueError,
        lambda w: w.add_pr_curve("t", np.array([0, 1]), np.array([0.1, 0.2]), 1, num_thresholds=0),
    ),
    "pr thresholds str": (
        TypeError,
        TypeError,
        lambda w: w.add_pr_curve("t", np.array([0, 1]), np.array([0.1, 0.2]), 1, num_thresholds="x"),
    ),
    "pr weights len": (
        ValueError,
        ValueError,
        lambda w: w.add_pr_curve(
            "t", np.array([0, 1]), np.array([0.1, 0.2]), 1, weights=np.array([1.0, 2.0, 3.0])
        ),
    ),
    "pr raw len": (
        ValueError,
        ValueError,
        lambda w: w.add_pr_curve_raw("t", *[np.array([1.0])] * 5, np.array([1.0, 2.0]), 1),
    ),
    "cs list": (AttributeError, TypeError, lambda w: w.add_custom_scalars([1])),
    "cs margin 2": (AssertionError, AssertionError, lambda w: w.add_custom_scalars_marginchart(["a", "b"])),
    "cs tags int": (TypeError, TypeError, lambda w: w.add_custom_scalars_multilinechart([1])),
    "cs None": (AttributeError, TypeError, lambda w: w.add_custom_scalars(None)),
    "mesh 2d": (ValueError, ValueError, lambda w: w.add_mesh("t", torch.zeros(3, 3))),
    "mesh 4d": (ValueError, ValueError, lambda w: w.add_mesh("t", torch.zeros(1, 1, 3, 3))),
    "mesh config": (TypeError, TypeError, lambda w: w.add_mesh("t", VERTICES, config_dict={"a": object()})),
    "graph str": (AttributeError, TypeError, lambda w: w.add_graph("x")),
    "onnx missing": ((ImportError, OSError), OSError, lambda w: w.add_onnx_graph("/nonexistent")),
}

# Ours logs what torch refuses: (torch's exception).
ONLY_OURS_TAKES = {
    "scalar sparse": (TypeError, lambda w: w.add_scalar("t", torch.tensor([1.0]).to_sparse(), 1)),
    "scalar fp8": (TypeError, lambda w: w.add_scalar("t", torch.tensor(1.0).to(torch.float8_e5m2), 1)),
    "scalar wall array": (TypeError, lambda w: w.add_scalar("t", 1.0, 1, np.array(2.5))),
    "scalars main None": (AttributeError, lambda w: w.add_scalars(None, {"a": 1.0}, 1)),
    "hist list": (NotImplementedError, lambda w: w.add_histogram("t", [1.0, 2.0], 1)),
    "hist nested": (NotImplementedError, lambda w: w.add_histogram("t", [[1.0, 2.0], [3, 4]], 1)),
    "hist allnan": (ValueError, lambda w: w.add_histogram("t", np.array([np.nan]), 1)),
    "hist outside": (ValueError, lambda w: w.add_histogram("t", np.array([1e30]), 1)),
    "image list": (NotImplementedError, lambda w: w.add_image("t", [[0.0, 1.0]], 1, dataformats="HW")),
    "images 4ch": (AssertionError, lambda w: w.add_images("t", np.zeros((2, 4, 2, 2), np.uint8), 1)),
    "images 2ch": (AssertionError, lambda w: w.add_images("t", np.zeros((2, 2, 2, 2), np.uint8), 1)),
    "images list of arrays": (NotImplementedError, lambda w: w.add_images("t", [PICTURE, PICTURE], 1)),
    "images NHW": (
        ValueError,
        lambda w: w.add_images("t", np.zeros((2, 3, 3), np.uint8), 1, dataformats="NHW"),
    ),
    "tensor list": (AttributeError, lambda w: w.add_tensor("t", [1.0], 1)),
    "tensor array": (AttributeError, lambda w: w.add_tensor("t", np.ones(2), 1)),
    "tensor u16": (ValueError, lambda w: w.add_tensor("t", torch.ones(2, dtype=torch.uint16), 1)),
    "tensor fp8": (ValueError, lambda w: w.add_tensor("t", torch.ones(2).to(torch.float8_e5m2), 1)),
    "tensor complex32": (ValueError, lambda w: w.add_tensor("t", torch.ones(2, dtype=torch.complex32), 1)),
    "tensor sparse": (RuntimeError, lambda w: w.add_tensor("t", torch.ones(2).to_sparse(), 1)),
    "text tag None": (TypeError, lambda w: w.add_text(None, "x", 1)),
    "text tag bytes": (TypeError, lambda w: w.add_text(b"t", "x", 1)),
    "audio stereo": (AssertionError, lambda w: w.add_audio("t", np.zeros((2, 9)), 1)),
    "audio list": (NotImplementedError, lambda w: w.add_audio("t", [0.0, 0.5], 1)),
    "audio one": (AssertionError, lambda w: w.add_audio("t", np.zeros(1), 1)),
    "hp dict subclass": (TypeError, lambda w: w.add_hparams(type("D", (dict,), {})(a=1), {}, run_name="r")),
    "hp np": (ValueError, lambda w: w.add_hparams({"a": np.float32(1)}, {}, run_name="r")),
    "hp 0d": (IndexError, lambda w: w.add_hparams({"a": torch.tensor(1.0)}, {}, run_name="r")),
    "hp list value": (ValueError, lambda w: w.add_hparams({"a": [1, 2]}, {}, run_name="r")),
    "hp int key": (TypeError, lambda w: w.add_hparams({5: 1}, {}, run_name="r")),
    "hp nested": (ValueError, lambda w: w.add_hparams({"a": {"b": 1}}, {}, run_name="r")),
    "pr list": (NotImplementedError, lambda w: w.add_pr_curve("t", [0, 1], [0.1, 0.9], 1)),
    "pr thresholds 10.0": (
        TypeError,
        lambda w: w.add_pr_curve("t", np.array([0, 1]), np.array([0.1, 0.2]), 1, num_thresholds=10.0),
    ),
    "pr raw scalar": (IndexError, lambda w: w.add_pr_curve_raw("t", *[1.0] * 6, 1)),
}

# Ours refuses what torch logs, as a number that nobody meant: (our exception).
ONLY_TORCH_TAKES = {
    "scalar meta": (ValueError, lambda w: w.add_scalar("t", torch.zeros((), device="meta"), 1)),
    "scalar wall nan": (ValueError, lambda w: w.add_scalar("t", 1.0, 1, float("nan"))),
    "scalar wall inf": (ValueError, lambda w: w.add_scalar("t", 1.0, 1, float("inf"))),
    "hist complex": (TypeError, lambda w: w.add_histogram("t", np.ones(3) * 1j, 1)),
    "raw min None": (TypeError, lambda w: w.add_histogram_raw("t", None, 1, 2, 3, 4, [1.0], [1.0], 1)),
    "image complex": (TypeError, lambda w: w.add_image("t", np.ones((3, 2, 2)) * 1j, 1)),
    "image fmt bad": (ValueError, lambda w: w.add_image("t", PICTURE, 1, dataformats="CHX")),
    "pr empty": (ValueError, lambda w: w.add_pr_curve("t", np.array([]), np.array([]), 1)),
    "pr labels 2": (ValueError, lambda w: w.add_pr_curve("t", np.array([0, 2]), np.array([0.1, 0.2]), 1)),
    "pr weights nan": (
        ValueError,
        lambda w: w.add_pr_curve(
            "t", np.array([0, 1]), np.array([0.1, 0.2]), 1, weights=np.array([1.0, np.nan])
        ),
    ),
    "mesh None": (TypeError, lambda w: w.add_mesh("t", None)),
    "mesh 2 coords": (ValueError, lambda w: w.add_mesh("t", torch.zeros(1, 3, 2))),
    "mesh face out": (ValueError, lambda w: w.add_mesh("t", VERTICES, faces=torch.tensor([[[0, 1, 9]]]))),
    "mesh colors n": (ValueError, lambda w: w.add_mesh("t", VERTICES, colors=torch.zeros(1, 2, 3))),
}


def outcomes(tmp_path, call) -> tuple[type[Exception] | None, type[Exception] | None]:
    """What torch and ours raise, and None where they log."""
    raised = []
    for peer, writer_class in (("theirs", WRITERS["torch"]), ("ours", SummaryWriter)):
        writer = writer_class(str(tmp_path / peer))
        try:
            call(writer)
            raised.append(None)
        except Exception as error:
            raised.append(type(error))
        writer.close()
    return raised[0], raised[1]


def assert_nothing_but_headers(log_dir) -> None:
    for run, events in events_by_run(log_dir).items():
        assert [event.WhichOneof("what") for event in events] == ["file_version"], run


pytestmark = pytest.mark.filterwarnings("ignore")  # what they say is tested with each kind


@pytest.mark.parametrize("name", SAME)
def test_same(tmp_path, name):
    assert outcomes(tmp_path, SAME[name]) == (None, None)
    assert_same_events(tmp_path / "ours", tmp_path / "theirs")
    assert len(read_events(tmp_path / "ours")) > 1


@pytest.mark.parametrize("name", DIFFERENT)
def test_different(tmp_path, name):
    assert outcomes(tmp_path, DIFFERENT[name]) == (None, None)
    with pytest.raises(AssertionError, match="the events differ"):
        assert_same_events(tmp_path / "ours", tmp_path / "theirs")


@pytest.mark.parametrize("name", BOTH_REFUSE)
def test_both_refuse(tmp_path, name):
    wanted_of_torch, wanted, call = BOTH_REFUSE[name]
    theirs, ours = outcomes(tmp_path, call)
    assert theirs is not None
    assert issubclass(theirs, wanted_of_torch)
    assert ours is not None
    assert issubclass(ours, wanted)
    assert issubclass(ours, (TypeError, ValueError, OSError))
    assert_nothing_but_headers(tmp_path / "ours")


@pytest.mark.parametrize("name", ONLY_OURS_TAKES)
def test_only_ours_takes(tmp_path, name):
    wanted_of_torch, call = ONLY_OURS_TAKES[name]
    theirs, ours = outcomes(tmp_path, call)
    assert theirs is not None
    assert issubclass(theirs, wanted_of_torch)
    assert ours is None
    assert len(read_events(tmp_path / "ours")) > 1


@pytest.mark.parametrize("name", ONLY_TORCH_TAKES)
def test_only_torch_takes(tmp_path, name):
    wanted, call = ONLY_TORCH_TAKES[name]
    theirs, ours = outcomes(tmp_path, call)
    assert theirs is None
    assert ours is not None
    assert issubclass(ours, wanted)
    assert_nothing_but_headers(tmp_path / "ours")
