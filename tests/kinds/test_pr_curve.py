"""add_pr_curve leaves torch's and tensorboardX's numbers, to the bit."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData
from torch.utils.tensorboard import summary as torch_summary

from ringboard import SummaryWriter
from ringboard.summaries.pr_curve import count, curve, pr_curve_event, pr_curve_plugin_data
from tests.parity.pair import Pair
from tests.support.events import read_events
from tests.support.tensorboard_server import TensorBoard
from tests.support.views import views

PEERS = ["torch", "tensorboardX"]
SIZES = [1, 2, 100, 65535, 65536, 65537, 300_001]  # about a block, about two, and where pairs are counted


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def sample(size: int, dtype: str = "float32", labels: str = "int64") -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(size)
    predictions = random.random(size).astype(dtype)
    # Thresholds themselves, and their neighbours.
    predictions[: size // 2] = (random.integers(0, 127, size // 2) / 126).astype(dtype)
    return random.integers(0, 2, size).astype(labels), predictions


# --- as the others ------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("weighted", [False, True])
def test_sizes(pair, peer, size, weighted):
    labels, predictions = sample(size)
    weights = np.random.default_rng(1).random(size) if weighted else None
    pair.same(lambda writer: writer.add_pr_curve("c", labels, predictions, 3, weights=weights), peer=peer)


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("labels", ["bool", "uint8", "int8", "int64", "float16", "float32", "float64"])
def test_dtypes(pair, peer, dtype, labels):
    pair.same(lambda writer: writer.add_pr_curve("c", *sample(2000, dtype, labels), 1), peer=peer)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32"])
def test_predictions_that_are_whole(pair, dtype):
    pair.same(lambda writer: writer.add_pr_curve("c", np.array([1, 0, 1]), np.array([1, 0, 0], dtype)))


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("thresholds", [1, 2, 3, 10, 126, 127, 128, 1000])
def test_thresholds(pair, peer, thresholds):
    pair.same(lambda writer: writer.add_pr_curve("c", *sample(5000), 1, thresholds), peer=peer)


@pytest.mark.parametrize("size", [1000, 200_000])
@pytest.mark.parametrize("weighted", [False, True])
def test_labels_between_0_and_1(pair, size, weighted):
    random = np.random.default_rng(5)
    labels, (_, predictions) = random.random(size), sample(size)
    weights = random.random(size).astype(np.float32) * 7 if weighted else None
    pair.same(lambda writer: writer.add_pr_curve("c", labels, predictions, 1, 50, weights))


@pytest.mark.parametrize(
    "weights", [2.0, 0, np.float32(0.1), np.array([3.0]), np.array([1, 2, 3, 4]), [0.5, 0, 1, 2]]
)
def test_weights(pair, weights):
    pair.same(
        lambda writer: writer.add_pr_curve(
            "c", np.array([1, 0, 1, 0]), np.array([0.2, 0.4, 0.6, 0.8]), 1, 5, weights
        )
    )


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
@pytest.mark.parametrize(
    "predictions", [[0.0, 0.0, 0.0], [1.0, 1.0, 1.0], [0.1, 0.5, 1.0], [-0.0, 0.0, 1e-45]]
)
def test_one_class_and_one_prediction(pair, labels, predictions):
    pair.same(lambda writer: writer.add_pr_curve("c", np.array(labels), np.array(predictions), 1))


def test_rounding_up_past_1_is_the_last_bucket(pair):
    predictions = np.nextafter(
        np.array([1.0, 1.0, 127 / 126, 126.9 / 126], np.float32), np.float32([2, 0, 0, 2])
    )
    pair.same(lambda writer: writer.add_pr_curve("c", np.array([1, 0, 1, 0]), predictions, 1))


@pytest.mark.parametrize("view", [lambda a: a.reshape(10, -1), lambda a: a[::-1], lambda a: a[::3]])
def test_shapes_and_strides(pair, view):
    labels, predictions = sample(3000)
    pair.same(lambda writer: writer.add_pr_curve("c", view(labels), view(predictions), 1))


def test_torch_tensors(pair):
    labels, predictions = (torch.from_numpy(array) for array in sample(3000))
    pair.same(lambda writer: writer.add_pr_curve("c", labels, predictions.requires_grad_(), 1))


def test_lists_as_tensorboardx_takes_them(pair):
    pair.same(
        lambda writer: writer.add_pr_curve("c", [1, 0, 1], [0.7, 0.2, 0.4], 1),
        theirs=lambda writer: writer.add_pr_curve("c", np.array([1, 0, 1]), np.array([0.7, 0.2, 0.4]), 1),
        peer="tensorboardX",
    )


@pytest.mark.parametrize("peer", PEERS)
def test_position(pair, peer):
    pair.same(lambda writer: writer.add_pr_curve("a b/ü", *sample(50), 9, 20, None, 12.5), peer=peer)
    assert read_events(pair.ours)[-1].wall_time == 12.5


ROWS = [[75.0, 64, 21, 5, 0], [150.0, 105, 18, 0, 0], [0.0, 45, 132, 150, 150], [0.0, 11, 54, 70, 75],
        [0.33, 0.37, 0.53, 1.0, 0.0], [1.0, 0.85, 0.28, 0.06, 0.0]]  # fmt: skip


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("convert", [np.array, torch.tensor, list])
@pytest.mark.parametrize("thresholds", [5, 127, 4000])
def test_raw(pair, peer, convert, thresholds):
    rows = [convert(row) for row in ROWS]
    pair.same(lambda writer: writer.add_pr_curve_raw("c", *rows, 4, thresholds, None, 2.5), peer=peer)


def test_raw_of_whole_numbers_and_of_nan(pair):
    rows = [np.array([2**40 + 1, 3])] * 4 + [np.array([np.nan, 1.0])] * 2
    pair.same(lambda writer: writer.add_pr_curve_raw("c", *rows))


# --- the numbers themselves -----------------------------------------------------------------------------


@settings(max_examples=200)
@given(st.data())
def test_any_numbers(data):
    size = data.draw(st.integers(1, 40))
    dtype = data.draw(st.sampled_from(["float32", "float64"]))
    elements = st.floats(-1.5, 1.5, width=32) | st.sampled_from([0.0, 1.0, 0.5, float("nan"), float("inf")])
    predictions = data.draw(hnp.arrays(dtype, size, elements=elements))
    labels = data.draw(
        hnp.arrays(np.int64, size, elements=st.integers(0, 1))
        | hnp.arrays(np.float64, size, elements=st.floats(0, 1))
    )
    weights = data.draw(st.none() | hnp.arrays(np.float64, size, elements=st.floats(0, 9)))
    thresholds = data.draw(st.integers(1, 127))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numpy's, about NaN as an integer
        expected = torch_summary.compute_curve(labels, predictions, thresholds, weights)
    # With one threshold torch counts what isn't finite wherever its conversion to an integer takes it.
    if thresholds > 1 or np.isfinite(predictions).all():
        assert np.array_equal(curve(count("c", labels, predictions, weights, thresholds)), expected)


@pytest.mark.parametrize("soft", [False, True])
def test_large_sums_to_the_last_bit_of_float64(soft):
    labels, predictions = sample(300_001)
    random = np.random.default_rng(3)
    labels = random.random(labels.size) if soft else labels
    weights = random.random(labels.size)
    expected = torch_summary.compute_curve(labels, predictions, 127, weights)
    assert np.array_equal(curve(count("c", labels, predictions, weights, 127)), expected)


@given(st.integers(1, 2**32 - 1))
def test_plugin_data(thresholds):
    expected = PrCurvePluginData(num_thresholds=thresholds).SerializeToString()
    assert pr_curve_plugin_data(thresholds) == expected


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.integers(1, 200))
def test_event(tag, thresholds):
    labels, predictions = sample(77)
    expected = Event(summary=torch_summary.pr_curve(tag, labels, predictions, thresholds))
    body, left_out, size = pr_curve_event(tag, labels, predictions, thresholds, None)
    assert (body, left_out, size) == (expected.SerializeToString(), 0, 77)


# --- differences ----------------------------------------------------------------------------------------


def test_predictions_outside_are_left_out_as_with_torch_and_said(pair):
    labels, predictions = sample(1000)
    predictions[::10] = np.resize([np.nan, np.inf, -np.inf, -0.25, 3.0], 100)
    with pytest.warns(RuntimeWarning) as caught:
        pair.same(lambda writer: writer.add_pr_curve("c", labels, predictions, 6))
    ours = [str(one.message) for one in caught if "PR curve" in str(one.message)]
    assert len(ours) == 1
    assert ours[0].startswith("PR curve 'c', step 6: 100 of 1000 predictions are NaN or outside [0, 1]")


def test_bfloat16_is_exact(tmp_path):
    # torch makes float16 of it, which moves some into another bucket.
    labels, predictions = sample(3000)
    predictions = torch.from_numpy(predictions).to(torch.bfloat16)
    bodies = [pr_curve_event("c", labels, each, 127, None) for each in (predictions, predictions.float())]
    assert bodies[0] == bodies[1]


def test_lists_and_torch_weights(pair):
    pair.same(
        lambda writer: writer.add_pr_curve("c", [True, False], [0.5, 0.25], 1, 9, torch.tensor([2.0, 1.0])),
        theirs=lambda writer: writer.add_pr_curve(
            "c", np.array([True, False]), np.array([0.5, 0.25]), 1, 9, np.array([2.0, 1.0])
        ),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([], []), "no predictions"),
        (([1, 0], [0.5]), r"\{'labels': 2, 'predictions': 1\}"),
        (([1, 0], [0.5, 0.2], 1, 9, [1, 2, 3]), "'weights': 3"),
        (([1, 0], [0.5, 0.2], 1, 9, [1, np.nan]), "weight is NaN"),
        (([1, 0], [0.5, 0.2], 1, 9, np.inf), "weight is NaN or infinite"),
        (([1, -1], [0.5, 0.2]), "labels from 0 .* got -1 to 1"),
        (([1, 7], [0.5, 0.2]), "labels == 1"),
        (([1, np.nan], [0.5, 0.2]), "labels from 0"),
        (([1, 0], [0.5, 0.2], 1, 0), "num_thresholds=0"),
        (([1, 0], [0.5, 0.2], "x"), "step"),
    ],
)
def test_what_is_no_curve(tmp_path, arguments, message):
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match=f"'c'.*{message}"):
        writer.add_pr_curve("c", *arguments)
    assert views(tmp_path) == []


@pytest.mark.parametrize(
    "arguments", [(None, [0.5]), ([1], "x"), ([1], [1j]), ([1], [0.5], 0, "x"), ([1], [0.5], 0, None)]
)
def test_what_are_no_numbers(tmp_path, arguments):
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match="'c'"):
        writer.add_pr_curve("c", *arguments)


@pytest.mark.parametrize("rows", [[[]] * 6, [[1.0]] * 5 + [[1.0, 2.0]]])
def test_raw_rows_of_different_lengths_or_none(tmp_path, rows):
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match=r"PR curve 'c'.*'recall'"):
        writer.add_pr_curve_raw("c", *rows)


# --- TensorBoard ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("reader", ["rustboard", "python"])
def test_tensorboard_draws_it(tmp_path, reader):
    with SummaryWriter(tmp_path) as writer:
        writer.add_pr_curve("c", [1, 0, 1, 0], [0.9, 0.6, 0.4, 0.1], 1, 11)
        with pytest.warns(RuntimeWarning):
            writer.add_pr_curve("nothing", [1, 0], [np.nan, 7.0], 1, 3)
    with TensorBoard(tmp_path, reader) as board:
        board.wait_for(lambda: board.has_tag(".", "c", "pr_curves"))
        (found,) = board.pr_curves(".", "c")
        assert found["true_positives"] == [2, 2, 2, 2, 2, 1, 1, 1, 1, 1]
        assert found["false_positives"] == [2, 2, 1, 1, 1, 1, 1, 0, 0, 0]
        assert found["thresholds"] == pytest.approx(np.arange(10) / 10)
        (found,) = board.pr_curves(".", "nothing")
        assert found["true_positives"] == [0]
