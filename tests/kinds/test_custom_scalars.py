"""add_custom_scalars leaves torch's and tensorboardX's layouts, byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.plugins.custom_scalar import layout_pb2
from torch.utils.tensorboard import summary as torch_summary

from ringboard import SummaryWriter
from ringboard.summaries.layout import layout_event, layout_proto
from tests.parity.pair import Pair
from tests.support.tensorboard_server import TensorBoard
from tests.support.views import views

PEERS = ["torch", "tensorboardX"]
LAYOUT = {
    "losses": {"all": ["Multiline", ["loss/.*"]], "two": ["Multiline", ["loss/train", "loss/test"]]},
    "märgins": {"band": ["Margin", ["mean", "low", "high"]]},
}
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)
CHART = st.tuples(st.just("Margin"), st.lists(TEXT, min_size=3, max_size=3)) | st.tuples(
    st.sampled_from(["Multiline", "multiline", "x"]), st.lists(TEXT, max_size=5)
)
LAYOUTS = st.dictionaries(TEXT, st.dictionaries(TEXT, CHART, max_size=3), max_size=3)


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


@pytest.mark.parametrize("peer", PEERS)
@pytest.mark.parametrize("layout", [LAYOUT, {}, {"": {}}, {"a": {"b": ("Other", ("x",))}}], ids=str)
def test_layouts(pair, peer, layout):
    pair.same(lambda writer: writer.add_custom_scalars(layout), peer=peer)


@pytest.mark.parametrize("peer", PEERS)
def test_shorthands(pair, peer):
    def fill(writer):
        writer.add_custom_scalars_multilinechart(["a", "b"])
        writer.add_custom_scalars_multilinechart(("a", "b"), "category", title="title")
        writer.add_custom_scalars_marginchart(["a", "b", "c"])
        writer.add_custom_scalars_marginchart(["a", "b", "c"], title="t", category="c")

    pair.same(fill, peer=peer)


@given(LAYOUTS)
def test_bytes(layout):
    expected = layout_pb2.Layout()
    for category, charts in layout.items():
        in_category = expected.category.add(title=category)
        for title, (kind, tags) in charts.items():
            chart = in_category.chart.add(title=title)
            if kind == "Margin":
                chart.margin.series.add(value=tags[0], lower=tags[1], upper=tags[2])
            else:
                chart.multiline.SetInParent()
                chart.multiline.tag.extend(tags)
    assert layout_proto(layout) == expected.SerializeToString()
    event = Event(summary=torch_summary.custom_scalars(layout))
    assert layout_event(layout) == event.SerializeToString()


def test_one_tag_is_not_a_list_of_letters(tmp_path):
    # torch draws the lines 'l', 'o', 's' and 's'.
    with SummaryWriter(tmp_path) as writer:
        writer.add_custom_scalars_multilinechart("loss")
    (one,) = views(tmp_path)
    layout = layout_pb2.Layout.FromString(one.payload["array"].item())
    assert list(layout.category[0].chart[0].multiline.tag) == ["loss"]


@pytest.mark.parametrize("tags", [[], ["a"], ["a", "b", "c", "d"], "abc"])
@pytest.mark.parametrize("error", [ValueError, AssertionError])  # AssertionError is torch's
def test_a_margin_has_three_tags(tmp_path, tags, error):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(error, match="three tags"):
            writer.add_custom_scalars_marginchart(tags)
        with pytest.raises(error, match=r"'chart'.*three tags"):
            writer.add_custom_scalars({"category": {"chart": ["Margin", tags]}})
    assert views(tmp_path) == []


@pytest.mark.parametrize(
    "layout",
    [None, [], "x", {"a": ["b"]}, {"a": {"b": "c"}, "d": 3}, {"a": {"b": ["Multiline"]}}, {"a": {"b": 3}},
     {"a": {"b": ["Multiline", [1, 2]]}}, {"a": {"b": ["Multiline", None]}}, {"a": {"b": ["Margin", 3]}}],
    ids=str,
)  # fmt: skip
def test_other_structures_are_refused_with_the_right_one(tmp_path, layout):
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match=r"custom scalars.*expected"):
        writer.add_custom_scalars(layout)
    assert views(tmp_path) == []


@pytest.mark.parametrize("reader", ["rustboard", "python"])
def test_tensorboard_lays_the_charts_out_and_the_last_call_counts(tmp_path, reader):
    with SummaryWriter(tmp_path) as writer:
        writer.add_custom_scalars_multilinechart(["a"])
        writer.add_custom_scalars(LAYOUT)
        writer.add_scalar("loss/train", 1.0, 1)
    with TensorBoard(tmp_path, reader) as board:
        board.wait_for(lambda: board.has_tag(".", "loss/train"))
        found = board.wait_for(lambda: board.get_json("data/plugin/custom_scalars/layout"))
    assert [(one["title"], [chart["title"] for chart in one["chart"]]) for one in found["category"]] == [
        ("losses", ["all", "two"]), ("märgins", ["band"]),
    ]  # fmt: skip
    assert found["category"][0]["chart"][0]["multiline"]["tag"] == ["loss/.*"]
    assert found["category"][1]["chart"][0]["margin"]["series"] == [
        {"value": "mean", "lower": "low", "upper": "high"}
    ]
