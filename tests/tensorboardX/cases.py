"""Calls of every kind, for both writers."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.figure import Figure

RNG = np.random.default_rng(5)
PICTURE = RNG.integers(0, 256, (3, 8, 9), dtype=np.uint8)
FLOATS = RNG.integers(0, 256, (3, 8, 9)).astype(np.float32) / np.float32(255) + np.float32(0.001)
BATCH = RNG.integers(0, 256, (10, 3, 6, 5), dtype=np.uint8)
BOX = np.array([[1, 1, 6, 5]])
VALUES = RNG.normal(size=1000)
LABELS, PREDICTIONS = RNG.integers(0, 2, 100), RNG.random(100)
CURVE = np.arange(24.0).reshape(6, 4)
VERTICES = RNG.normal(size=(1, 5, 3)).astype(np.float32)
LAYOUT = {"c": {"lines": ["Multiline", ["a", "b"]], "band": ["Margin", ["a", "b", "c"]]}, "d": {}}
RAW = (0.0, 1.0, 2.0, 1.0, 1.0, [0.5, 1.0], [1.0, 1.0])


def figure() -> Figure:
    with mpl.rc_context({"figure.figsize": (0.4, 0.3), "figure.dpi": 20}):
        return Figure()


# Each logs something at (tag, step, wall time), by position.
METHODS = {
    "add_scalar": lambda w, tag, step, time: w.add_scalar(tag, 1.5, step, time),
    "add_scalar, named": lambda w, tag, step, time: w.add_scalar(tag, 1.5, step, time, "name", "what it is"),
    "add_scalars": lambda w, tag, step, time: w.add_scalars(tag, {"k": 1.5}, step, time),
    "add_histogram": lambda w, tag, step, time: w.add_histogram(tag, np.ones(3), step, "tensorflow", time),
    "add_histogram, bins": lambda w, tag, step, time: w.add_histogram(tag, np.arange(3.0), step, 3, time),
    "add_histogram_raw": lambda w, tag, step, time: w.add_histogram_raw(tag, *RAW, step, time),
    "add_image": lambda w, tag, step, time: w.add_image(tag, PICTURE, step, time),
    "add_images": lambda w, tag, step, time: w.add_images(tag, BATCH, step, time),
    "add_image_with_boxes": lambda w, tag, step, time: w.add_image_with_boxes(tag, PICTURE, BOX, step, time),
    "add_figure": lambda w, tag, step, time: w.add_figure(tag, figure(), step, True, time),
    "add_text": lambda w, tag, step, time: w.add_text(tag, "text", step, time),
    "add_pr_curve": lambda w, tag, step, time: w.add_pr_curve(
        tag, LABELS, PREDICTIONS, step, 127, None, time
    ),
    "add_pr_curve_raw": lambda w, tag, step, time: w.add_pr_curve_raw(tag, *CURVE, step, 127, None, time),
}
STEPS = [
    None, 0, 1, -5, 2**62, 2**63 - 1, -(2**63), 3.9, -3.9, True, "7", np.int8(-3), np.uint64(5),
    np.float32(2.5), np.array(3), torch.tensor(4), torch.tensor([5]), Fraction(7, 2),
]  # fmt: skip
WALL_TIMES = [0, 1.5, -3.0, 1e9 + 1 / 3, np.float64(7.25), np.int64(12)]
TAGS = [
    "plain", "with/slash", "with space", "ünïcödé 損失 🙂", "a" * 200, "\t\n", "/lead", "//two",
    "trail/", "a.b-c_d", "q?x=1&y", "(a)[b]{c}",
]  # fmt: skip

# Both leave the same events.
SAME = {
    "scalar int": lambda w: w.add_scalar("t", 3, 1),
    "scalar bool": lambda w: w.add_scalar("t", True, 1),
    "scalar float32": lambda w: w.add_scalar("t", np.float32(0.1), 1),
    "scalar 0d": lambda w: w.add_scalar("t", np.array(0.1), 1),
    "scalar 1x1": lambda w: w.add_scalar("t", np.array([[0.1]]), 1),
    "scalar tensor": lambda w: w.add_scalar("t", torch.tensor([0.1]), 1),
    "scalar grad": lambda w: w.add_scalar("t", torch.tensor(0.1, requires_grad=True), 1),
    "scalar list": lambda w: w.add_scalar("t", np.array([1.5]), 1),
    "scalar nan": lambda w: w.add_scalar("t", float("nan"), 1),
    "scalar inf": lambda w: w.add_scalar("t", -float("inf"), 1),
    "scalar huge": lambda w: w.add_scalar("t", 1e300, 1),
    "scalar tiny": lambda w: w.add_scalar("t", 1e-50, 1),
    "scalar -0": lambda w: w.add_scalar("t", -0.0, 1),
    "scalar uint64": lambda w: w.add_scalar("t", np.uint64(2**64 - 1), 1),
    "scalar tag None": lambda w: w.add_scalar(None, 1.0, 1),
    "scalar tag empty": lambda w: w.add_scalar("", 1.0, 1),
    "scalar no step": lambda w: w.add_scalar("t", 1.0),
    "scalar keywords": lambda w: w.add_scalar(tag="t", scalar_value=1.0, global_step=1, walltime=2.0),
    "scalar display": lambda w: w.add_scalar("t", 1.0, 1, display_name="größer"),
    "scalar description": lambda w: w.add_scalar("t", 1.0, 1, summary_description="**what**"),
    "scalars": lambda w: w.add_scalars("main", {"a": 1.0, "b": np.float32(2), "c": torch.tensor(3)}, 4),
    "scalars nested": lambda w: w.add_scalars("m/n o", {"a/b": 1.0, "c d": 2.0}, 4),
    "scalars empty dict": lambda w: w.add_scalars("m", {}, 4),
    "scalars twice": lambda w: [w.add_scalars("m", {"a": i, "b": -i}, i) for i in range(3)],
    "histogram": lambda w: w.add_histogram("t", VALUES, 1),
    "histogram float32": lambda w: w.add_histogram("t", VALUES.astype(np.float32), 1),
    "histogram int": lambda w: w.add_histogram("t", np.arange(-50, 50), 1),
    "histogram bool": lambda w: w.add_histogram("t", np.array([True, False, True]), 1),
    "histogram list": lambda w: w.add_histogram("t", [1.0, 2.0, 3.0], 1),
    "histogram tensor": lambda w: w.add_histogram("t", torch.arange(12.0).reshape(3, 4), 1),
    "histogram scalar": lambda w: w.add_histogram("t", 3.5, 1),
    "histogram auto": lambda w: w.add_histogram("t", VALUES, 1, bins="auto"),
    "histogram edges": lambda w: w.add_histogram("t", VALUES, 1, bins=[-1.0, 0.0, 2.0]),
    "histogram max_bins": lambda w: w.add_histogram("t", VALUES, 1, max_bins=20),
    "histogram default_bins": lambda w: w.add_histogram("t", VALUES, 1, bins=w.default_bins),
    "histogram_raw": lambda w: w.add_histogram_raw("t", *RAW, 1),
    "histogram_raw tensors": lambda w: w.add_histogram_raw(
        "t", *RAW[:5], torch.tensor(RAW[5]), torch.tensor(RAW[6]), 1
    ),
    "image": lambda w: w.add_image("t", PICTURE, 1),
    "image float": lambda w: w.add_image("t", FLOATS.clip(0, 1), 1),
    "image bool": lambda w: w.add_image("t", PICTURE > 99, 1),
    "image zero one ints": lambda w: w.add_image("t", (PICTURE > 99).astype(np.int64), 1),
    "image tensor": lambda w: w.add_image("t", torch.from_numpy(PICTURE), 1),
    "image HWC": lambda w: w.add_image("t", PICTURE.transpose(1, 2, 0), 1, dataformats="HWC"),
    "image hwc": lambda w: w.add_image("t", PICTURE.transpose(1, 2, 0), 1, dataformats="hwc"),
    "image HW": lambda w: w.add_image("t", PICTURE[0], 1, dataformats="HW"),
    "image WH": lambda w: w.add_image("t", PICTURE[0], 1, dataformats="WH"),
    "image 1 channel": lambda w: w.add_image("t", PICTURE[:1], 1),
    "image 2 channels": lambda w: w.add_image("t", PICTURE[:2], 1),
    "image 4 channels": lambda w: w.add_image("t", PICTURE[[0, 1, 2, 0]], 1),
    "image NCHW": lambda w: w.add_image("t", BATCH, 1, dataformats="NCHW"),
    "image list": lambda w: w.add_image("t", [[0.0, 0.5], [1.0, 0.25]], 1, dataformats="HW"),
    "images": lambda w: w.add_images("t", BATCH, 1),
    "images NHWC": lambda w: w.add_images("t", BATCH.transpose(0, 2, 3, 1), 1, dataformats="NHWC"),
    "images grey": lambda w: w.add_images("t", BATCH[:, :1], 1),
    "images 4 channels": lambda w: w.add_images("t", BATCH[:, [0, 1, 2, 0]], 1),
    "images list": lambda w: w.add_images("t", [torch.from_numpy(p) for p in BATCH], 1, dataformats="CHW"),
    "images list of arrays": lambda w: w.add_images("t", list(BATCH), 1, dataformats="CHW"),
    "images list HWC": lambda w: w.add_images("t", list(BATCH.transpose(0, 2, 3, 1)), 1, dataformats="HWC"),
    "boxes": lambda w: w.add_image_with_boxes("a b", PICTURE, BOX, 1),
    "boxes HWC": lambda w: w.add_image_with_boxes(
        "t", PICTURE.transpose(1, 2, 0), BOX, 1, None, "HWC", ["x"]
    ),
    "boxes tensor": lambda w: w.add_image_with_boxes("t", PICTURE, torch.tensor(BOX), 1, labels="x"),
    "figure": lambda w: w.add_figure("a b", figure(), 1),
    "figures": lambda w: w.add_figure("t", [figure(), figure()], 1),
    "text": lambda w: w.add_text("a b", "# größer\n\x00", 1),
    "text empty": lambda w: w.add_text("t", "", 1),
    "pr": lambda w: w.add_pr_curve("a b", LABELS, PREDICTIONS, 1),
    "pr weights": lambda w: w.add_pr_curve("t", LABELS, PREDICTIONS, 1, 50, 2.0),
    "pr outside": lambda w: w.add_pr_curve("t", np.array([0, 1]), np.array([0.1, 2.0]), 1),
    "pr thresholds": lambda w: w.add_pr_curve("t", LABELS, PREDICTIONS, 1, num_thresholds=999),
    "pr tensor": lambda w: w.add_pr_curve("t", torch.tensor(LABELS), torch.tensor(PREDICTIONS), 1),
    "pr raw": lambda w: w.add_pr_curve_raw("t", *CURVE, 1, 4),
    "custom scalars": lambda w: w.add_custom_scalars(LAYOUT),
    "custom multi": lambda w: w.add_custom_scalars_multilinechart(["a", "b"], "c", "t"),
    "custom margin": lambda w: w.add_custom_scalars_marginchart(["a", "b", "c"]),
    "hparams": lambda w: w.add_hparams({"lr": 0.1, "n": 3, "s": "x", "no": None}, {"m": 1.5}, "trial"),
    "hparams bool": lambda w: w.add_hparams({"b": True}, {"m": 1.5}, "trial"),
    "hparams callable": lambda w: w.add_hparams({"f": figure, "c": dict}, {"m": 1.5}, "trial"),
    "hparams empty": lambda w: w.add_hparams({}, {}, name="trial"),
    "metadata": lambda w: with_metadata(w, global_step=7, walltime=12.5),
    "metadata wall time": lambda w: with_metadata(w, walltime=12.5),
}


def with_metadata(writer, **metadata) -> None:
    with writer.use_metadata(**metadata) as same:
        assert same is writer
        writer.add_scalar("s", 1.0)
        writer.add_scalar("s", 2.0, 9, 3.5)
        writer.add_histogram("h", VALUES)
        writer.add_image("i", PICTURE)
        writer.add_text("t", "x")
        writer.add_pr_curve("p", LABELS, PREDICTIONS)
        writer.add_custom_scalars(LAYOUT)
    writer.add_scalar("s", 3.0)


# Both leave events, but other ones: the README says how they differ.
DIFFERENT = {
    "image above 1": lambda w: w.add_image("t", FLOATS + 1, 1),
    "image below 0": lambda w: w.add_image("t", -FLOATS, 1),
    "image int": lambda w: w.add_image("t", PICTURE.astype(np.int32), 1),
    "image uint16": lambda w: w.add_image("t", PICTURE.astype(np.uint16), 1),
    "boxes rescale": lambda w: w.add_image_with_boxes("t", PICTURE, BOX, 1, rescale=2),
    "boxes labels": lambda w: w.add_image_with_boxes("t", PICTURE, BOX, 1, labels=["x", "y"]),
    "histogram nan": lambda w: w.add_histogram("t", np.array([1.0, np.nan]), 1),
    "histogram outside": lambda w: w.add_histogram("t", np.array([1e30]), 1, bins=[0.0, 1.0]),
    "mesh": lambda w: w.add_mesh("t", VERTICES, config_dict={"a": 1}),
    "hparams other": lambda w: w.add_hparams({"x": [1, 2]}, {"m": 1.0}, "trial"),
    "hparams numpy": lambda w: w.add_hparams({"x": np.float32(1)}, {"m": 1.0}, "trial"),
    "hparams metric tag": lambda w: w.add_hparams({"a": 1}, {"a b": 1.0}, "trial"),
    "hparams step": lambda w: w.add_hparams({"a": 1}, {"m": 1.0}, "trial", 5),
    "hparams name up": lambda w: w.add_hparams({"a": 1}, {"m": 1.0}, "a/../b"),
    "scalars absolute key": lambda w: w.add_scalars("m", {"a/../b": 1.0}, 1),
}

# Both raise.
BOTH_REFUSE = {
    "scalar None": lambda w: w.add_scalar("t", None, 1),
    "scalar str": lambda w: w.add_scalar("t", "three", 1),
    "scalar array": lambda w: w.add_scalar("t", np.zeros(2), 1),
    "scalar complex": lambda w: w.add_scalar("t", 1j, 1),
    "scalar tag int": lambda w: w.add_scalar(5, 1.0, 1),
    "scalar step str": lambda w: w.add_scalar("t", 1.0, "x"),
    "scalar step list": lambda w: w.add_scalar("t", 1.0, [1]),
    "scalar step nan": lambda w: w.add_scalar("t", 1.0, float("nan")),
    "scalar step big": lambda w: w.add_scalar("t", 1.0, 2**63),
    "scalar wall str": lambda w: w.add_scalar("t", 1.0, 1, "now"),
    "scalars list": lambda w: w.add_scalars("t", [1], 1),
    "scalars None": lambda w: w.add_scalars("t", {"a": None}, 1),
    "histogram None": lambda w: w.add_histogram("t", None, 1),
    "histogram empty": lambda w: w.add_histogram("t", np.zeros(0), 1),
    "histogram bins name": lambda w: w.add_histogram("t", VALUES, 1, bins="no such"),
    "histogram_raw lengths": lambda w: w.add_histogram_raw("t", *RAW[:5], [1.0], [1.0, 2.0], 1),
    "image shape": lambda w: w.add_image("t", PICTURE[0], 1),
    "image twice": lambda w: w.add_image("t", PICTURE, 1, dataformats="HHW"),
    "image 5 channels": lambda w: w.add_image("t", np.zeros((5, 4, 4), np.uint8), 1),
    "image str": lambda w: w.add_image("t", "x", 1),
    "images list shapes": lambda w: w.add_images("t", [PICTURE, PICTURE[:, 1:]], 1, dataformats="CHW"),
    "boxes shape": lambda w: w.add_image_with_boxes("t", PICTURE, np.zeros((2, 3)), 1),
    "figure none": lambda w: w.add_figure("t", "figure", 1),
    "text int": lambda w: w.add_text("t", 5, 1),
    "pr lengths": lambda w: w.add_pr_curve("t", LABELS[1:], PREDICTIONS, 1),
    "pr raw lengths": lambda w: w.add_pr_curve_raw("t", *CURVE[:5], CURVE[5][1:], 1),
    "custom margin of 2": lambda w: w.add_custom_scalars_marginchart(["a", "b"]),
    "custom no dict": lambda w: w.add_custom_scalars(["a"]),
    "mesh 2d": lambda w: w.add_mesh("t", VERTICES[0]),
    "hparams list": lambda w: w.add_hparams(["a"], {}),
    "hparams metric": lambda w: w.add_hparams({}, {"m": "three"}),
    "metadata of nothing": lambda w: w.use_metadata().__enter__(),
    "onnx missing": lambda w: w.add_onnx_graph("/no/such.onnx"),
    "openvino missing": lambda w: w.add_openvino_graph("/no/such.xml"),
    "graph of no model": lambda w: w.add_graph("model", torch.zeros(1)),
}

# tensorboardX raises, or leaves no event; ours logs.
ONLY_OURS = {
    "scalar numeric str": lambda w: w.add_scalar("t", "3.5", 1),
    "scalar Fraction": lambda w: w.add_scalar("t", Fraction(7, 2), 1),
    "scalar bfloat16": lambda w: w.add_scalar("t", torch.tensor(1e38).bfloat16(), 1),
    "scalar tag bytes": lambda w: w.add_scalar(b"t", 1.0, 1),
    "histogram tuple": lambda w: w.add_histogram("t", (1.0, 2.0), 1),
    "images list of NCHW": lambda w: w.add_images("t", list(BATCH), 1),
    "images list of NHWC": lambda w: w.add_images("t", list(BATCH.transpose(0, 2, 3, 1)), 1, None, "NHWC"),
    "hparams Mapping": lambda w: w.add_hparams(MappingProxyType({"a": 1}), {}, "trial"),
    "text tag": lambda w: w.add_text(None, "x"),
    "tensor": lambda w: w.add_tensor("t", VALUES, 1),
    "log": lambda w: w.log({"a b": 1.0}, 1),
    "scalar new style": lambda w: w.add_scalar("t", 1.0, 1, new_style=True, double_precision=True),
}
