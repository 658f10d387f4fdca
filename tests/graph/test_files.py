"""Graphs from files: ONNX and OpenVINO."""

from __future__ import annotations

import contextlib
import warnings

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ringboard import SummaryWriter
from ringboard.graph.onnx import read_onnx
from ringboard.graph.wire import Message
from ringboard.proto import double, integer, message, text
from tests.graph.graphs import by_name, check, logged, scopes, shapes
from tests.graph.models import ResidualCNN

# --- ONNX -----------------------------------------------------------------------------------------


def torch_export(path, model, inputs, monkeypatch, **arguments):
    """Has torch's C++ write an ONNX file; its last step, which needs the package onnx, is left out."""
    from torch.onnx._internal.torchscript_exporter import onnx_proto_utils

    monkeypatch.setattr(onnx_proto_utils, "_add_onnxscript_fn", lambda model_bytes, *_: model_bytes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model.eval(), (inputs,), str(path), dynamo=False, **arguments)


def add_onnx(directory, path):
    graph, metadata = logged(directory, lambda writer: writer.add_onnx_graph(path))
    assert metadata is None
    check(graph, unknown_shapes=True)
    return graph


def test_a_file_that_torch_wrote(tmp_path, monkeypatch):
    path = tmp_path / "model.onnx"
    torch_export(
        path,
        ResidualCNN(),
        torch.rand(2, 3, 16, 16),
        monkeypatch,
        input_names=["image"],
        output_names=["logits"],
        dynamic_axes={"image": {0: "batch"}},
    )
    nodes = by_name(add_onnx(tmp_path / "log", path))
    assert shapes(nodes["input/image"]) == [(-1, 3, 16, 16)]
    assert nodes["input/image"].attr["dtype"].type == 1
    conv = nodes["stem/Conv"]
    assert (conv.op, conv.input) == ("Conv", ["input/image", "stem.weight", "stem.bias"])
    assert conv.attr["kernel_shape"].s == b"[3, 3]"
    assert shapes(nodes["stem.weight"]) == [(4, 3, 3, 3)]
    assert nodes["output/logits"].input == ["head/Gemm"]
    assert shapes(nodes["output/logits"]) == [(-1, 10)]
    assert {"blocks/blocks.0/Add", "blocks/blocks.1/Add"} <= set(nodes)


class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Linear(4, 4)

    def forward(self, x):
        low, high = torch.split(x, [1, 3], 1)
        if bool(x.sum() > 0):
            return self.body(x) + low
        return x * 2 + high.sum()


def test_branches_of_a_file(tmp_path, monkeypatch):
    path = tmp_path / "branch.onnx"
    torch_export(path, torch.jit.script(Branch()), torch.rand(2, 4), monkeypatch)
    graph = add_onnx(tmp_path / "log", path)
    assert {"If/then_branch", "If/else_branch"} <= scopes(graph)
    nodes = by_name(graph)
    assert {edge.rpartition("/")[0] for edge in nodes["If/If"].input} >= {"If/then_branch", "If/else_branch"}
    assert any("Split:1" in node.input for node in graph.node)


def node(op, inputs, outputs, *attributes, name=""):
    ends = b"".join(text(1, each) for each in inputs) + b"".join(text(2, each) for each in outputs)
    return message(1, ends + text(3, name) + text(4, op) + b"".join(message(5, each) for each in attributes))


def write(path, *fields):
    path.write_bytes(integer(1, 8) + text(2, "us") + message(7, b"".join(fields)))
    return path


def test_unsorted_nodes_odd_names_and_old_weights(tmp_path):
    attributes = [
        text(1, "f") + b"\x15\x00\x00\x00\x3f",  # 0.5
        text(1, "many") + message(8, bytes(range(40))),
        text(1, "words") + text(9, "a") + text(9, "it's"),
    ]
    path = write(
        tmp_path / "odd.onnx",
        node("Relu", ["/up/out:0"], ["y"], name="it's /übung"),
        node("Add", ["x", "w", "", "never made"], ["/up/out:0"], *attributes, name="/up/Add"),
        message(5, integer(1, 2) + integer(1, 3) + integer(2, 1) + text(8, "w") + message(9, bytes(24))),
        *(message(11, text(1, name)) for name in ("x", "w")),
        message(12, text(1, "y")),
    )
    graph = add_onnx(tmp_path / "log", path)
    nodes = by_name(graph)
    assert [each.name for each in graph.node] == [
        "input/x", "w", "never_made", "up/Add", "it_s_/_bung", "output/y",
    ]  # fmt: skip
    assert nodes["up/Add"].input == ["input/x", "w", "never_made"]
    assert nodes["never_made"].op == "Missing"
    assert shapes(nodes["w"]) == [(2, 3)]
    assert nodes["up/Add"].attr["f"].s == b"0.5"
    assert nodes["up/Add"].attr["many"].s.endswith(b"15, ...]")
    assert nodes["up/Add"].attr["words"].s == b"[a, its]"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "empty"), (b"<?xml ?>", "byte"), (integer(1, 8), "no graph"), (message(7, b"\x0a\xff"), "byte")],
)
def test_what_is_no_onnx_file(tmp_path, content, words):
    path = tmp_path / "bad.onnx"
    path.write_bytes(content)
    with (
        SummaryWriter(tmp_path / "log") as writer,
        pytest.raises(ValueError, match=rf"bad.onnx: not an.*{words}"),
    ):
        writer.add_onnx_graph(path)


def test_a_file_that_is_not_there(tmp_path):
    with SummaryWriter(tmp_path / "log") as writer:
        with pytest.raises(FileNotFoundError):
            writer.add_onnx_graph(tmp_path / "none.onnx")
        with pytest.raises(FileNotFoundError):
            writer.add_openvino_graph(tmp_path / "none.xml")


@given(st.binary(max_size=60))
def test_any_bytes_are_a_graph_or_a_value_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.onnx"
    path.write_bytes(message(7, content))
    with contextlib.suppress(ValueError):
        read_onnx(path).graph_def()


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5), st.text(max_size=10))
def test_reader_reads_what_the_encoder_writes(numbers, words):
    packed = b"".join(integer(0, number)[1:] for number in numbers)
    content = (
        b"".join(integer(3, number) for number in numbers)
        + message(4, packed)
        + text(5, words)
        + double(6, 1.5)
    )
    read = Message(memoryview(content))
    assert read.integers(3) == read.integers(4) == numbers
    assert read.text(5) == words
    assert len(read.raw(6)) == 8
    assert 7 not in read


# --- OpenVINO -------------------------------------------------------------------------------------

IR = """<?xml version="1.0"?>
<net name="model" version="11">
  <layers>
    <layer id="3" name="result" type="Result" version="opset1">
      <input><port id="0" precision="FP32"><dim>1</dim><dim>4</dim></port></input>
    </layer>
    <layer id="0" name="image" type="Parameter" version="opset1">
      <data shape="1,8" element_type="f32"/>
      <output><port id="0" precision="FP32"><dim>1</dim><dim>-1</dim></port></output>
    </layer>
    <layer id="1" name="body/split" type="Split" version="opset1">
      <data num_splits="2"/>
      <input><port id="0"/><port id="1"/></input>
      <output>
        <port id="2" precision="FP32"><dim>1</dim><dim>4</dim></port>
        <port id="3" precision="FP32"><dim>1</dim><dim>4</dim></port>
      </output>
    </layer>
    <layer id="2" name="body/axis" type="Const" version="opset1">
      <data element_type="i64" shape="" offset="0" size="8"/>
      <output><port id="0" precision="I64"/></output>
    </layer>
  </layers>
  <edges>
    <edge from-layer="2" from-port="0" to-layer="1" to-port="1"/>
    <edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
    <edge from-layer="1" from-port="3" to-layer="3" to-port="0"/>
  </edges>
</net>
"""


def test_an_openvino_ir(tmp_path):
    path = tmp_path / "model.xml"
    path.write_text(IR)
    graph, _ = logged(tmp_path / "log", lambda writer: writer.add_openvino_graph(str(path)))
    check(graph)
    nodes = by_name(graph)
    assert set(nodes) == {"input/image", "body/split", "body/axis", "output/result"}
    assert nodes["body/split"].op == "Split"
    assert nodes["body/split"].input == ["input/image", "body/axis"]
    assert nodes["body/split"].attr["num_splits"].s == b"2"
    assert nodes["output/result"].input == ["body/split:1"]
    assert shapes(nodes["body/split"]) == [(1, 4), (1, 4)]
    assert shapes(nodes["input/image"]) == [(1, -1)]
    assert nodes["body/axis"].op == "Parameter"
    assert nodes["body/axis"].attr["dtype"].type == 9


BOMB = """<?xml version="1.0"?><!DOCTYPE net [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>
<net><layers><layer id="0" name="&b;" type="Parameter"/></layers></net>"""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no element found"),
        ("<net><layers>", "no element found"),
        ("<html/>", "no layers in <html>"),
        ('<net><layers><layer name="x"/></layers></net>', "'id'"),
        (BOMB, "document type"),
    ],
)
def test_what_is_no_openvino_ir(tmp_path, content, words):
    path = tmp_path / "bad.xml"
    path.write_text(content)
    with (
        SummaryWriter(tmp_path / "log") as writer,
        pytest.raises(ValueError, match=rf"bad.xml: not an.*{words}"),
    ):
        writer.add_openvino_graph(path)
