"""The GraphDef's bytes and names, and the events around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto import attr_value_pb2, config_pb2, event_pb2, graph_pb2, tensor_shape_pb2

from ringboard.graph import graph_events
from ringboard.graph.builder import DATA_TYPES, GraphBuilder, Ref, Tensor, clean_name, clean_text
from ringboard.graph.events import run_metadata
from ringboard.graph.order import sources_first
from tests.scripts import run_script

NAMES = st.text("abc/[]. :é'\\^\n", max_size=12)
TENSORS = st.builds(
    Tensor,
    st.none() | st.lists(st.integers(-1, 2**40), max_size=4).map(tuple),
    st.sampled_from(["", "float32", "bfloat16", "bool", "unheard of"]),
    st.sampled_from(["/device:CPU:0", "/device:GPU:3"]),
)
TEXTS = st.dictionaries(st.sampled_from(["stride", "padding", "axis"]), st.text(max_size=20))


def expected(builder):
    """The same graph through TensorBoard's classes."""
    graph = graph_pb2.GraphDef()
    graph.versions.producer = 22
    for node in builder.nodes:
        proto = graph.node.add(name=node.name, op=node.op, device=node.device)
        proto.input.extend(ref.edge for ref in node.inputs)
        for key, text in node.attributes.items():
            proto.attr[key].s = clean_text(text).encode()
        shapes = [
            tensor_shape_pb2.TensorShapeProto(unknown_rank=True)
            if output.shape is None
            else tensor_shape_pb2.TensorShapeProto(
                dim=[tensor_shape_pb2.TensorShapeProto.Dim(size=size) for size in output.shape]
            )
            for output in node.outputs or [Tensor()]
        ]
        proto.attr["_output_shapes"].CopyFrom(
            attr_value_pb2.AttrValue(list=attr_value_pb2.AttrValue.ListValue(shape=shapes))
        )
        if node.outputs and node.outputs[0].dtype in DATA_TYPES:
            proto.attr["dtype"].type = DATA_TYPES[node.outputs[0].dtype]
    return graph


@given(st.lists(st.tuples(NAMES, st.lists(TENSORS, max_size=3), TEXTS), max_size=8), st.randoms())
def test_bytes_are_those_of_tensorboards_classes(nodes, random):
    builder = GraphBuilder()
    refs: list[Ref] = []
    for name, outputs, attributes in nodes:
        sources = [random.choice(refs) for _ in range(random.randrange(3))] if refs else []
        ref = builder.add(name, "aten::op", sources, outputs, attributes)
        refs += [Ref(ref.node, port) for port in range(len(outputs) or 1)]
    assert builder.graph_def() == expected(builder).SerializeToString(deterministic=True)


@given(st.lists(NAMES, max_size=12), st.data())
def test_names_are_unique_and_no_scope(names, data):
    builder = GraphBuilder()
    for name in names:
        if data.draw(st.booleans()):
            builder.add(f"{builder.scope(name)}/inside", "Op")
        else:
            builder.add(name, "Op")
    found = [node.name for node in builder.nodes]
    assert len(set(found)) == len(found)
    assert all(clean_name(name) == name for name in found)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("/a//b/", "a/b"),
        ("", "node"),
        ("x:0", "x_0"),
        ("^it's", "_it_s"),
        ("Größe", "Gr__e"),
        ("Net/Conv2d[0]/weight.1", "Net/Conv2d[0]/weight.1"),
    ],
)
def test_clean_names(raw, clean):
    assert clean_name(raw) == clean


def test_types_are_tensorflows():
    for name, number in DATA_TYPES.items():
        if number < 24:  # TensorBoard's copy of types.proto ends there
            short = {"float32": "FLOAT", "float64": "DOUBLE", "float16": "HALF"}.get(name, name.upper())
            from tensorboard.compat.proto import types_pb2

            assert types_pb2.DataType.Name(number) == f"DT_{short}"


def test_events_of_protos_and_of_bytes_are_the_same():
    graph = graph_pb2.GraphDef()
    graph.node.add(name="a", op="b")
    metadata = config_pb2.RunMetadata()
    metadata.step_stats.dev_stats.add(device="/device:CPU:0")
    assert metadata.SerializeToString() == run_metadata()
    bodies = graph_events(graph, metadata, tag="profiler")
    assert bodies == graph_events(graph.SerializeToString(), run_metadata(), tag="profiler")
    first, second = map(event_pb2.Event.FromString, bodies)
    assert first.graph_def == graph.SerializeToString()
    assert second.tagged_run_metadata.tag == "profiler"
    assert second.tagged_run_metadata.run_metadata == metadata.SerializeToString()
    assert len(graph_events(graph)) == 1


def test_no_graph_is_an_error():
    with pytest.raises(TypeError, match=r"expected a GraphDef: .* got str 'graph'"):
        graph_events("graph")


def test_sources_come_first():
    assert sources_first({"c": ["b"], "b": ["a"], "a": []}) == ["a", "b", "c"]
    assert sources_first({"x": ["y"], "y": ["x"], "a": []}) == ["a", "x", "y"]


def test_no_protobuf_at_write_time(tmp_path):
    run_script(
        """
        import sys, torch, ringboard
        with ringboard.SummaryWriter(sys.argv[1]) as writer:
            writer.add_graph(torch.nn.Linear(2, 2), torch.ones(1, 2))
        found = [name for name in ("tensorboard", "google.protobuf", "onnx") if name in sys.modules]
        assert not found, found
        """,
        tmp_path,
    )
