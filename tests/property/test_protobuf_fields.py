"""The bytes that Python builds are those of TensorBoard's generated protobuf classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tensorboard.compat.proto import event_pb2, tensor_pb2, tensor_shape_pb2

from ringboard import proto
from ringboard._native.wire import event_record
from ringboard.summaries.tensor import packed_varints
from tests.support.records import frame

INT64 = st.integers(-(2**63), 2**63 - 1)
SIGNED, UNSIGNED = ["int8", "int16", "int32", "int64"], ["uint8", "uint16", "uint32", "uint64", "bool"]
FIELDS = {
    "int64": ("int64_val", 10),
    "bool": ("bool_val", 11),
    "uint32": ("uint32_val", 16),
    "uint64": ("uint64_val", 17),
}


@settings(max_examples=100)
@given(data=st.data())
@pytest.mark.parametrize("dtype", [*SIGNED, *UNSIGNED])
def test_packed_varints(dtype, data):
    numbers = data.draw(hnp.arrays(dtype, st.integers(1, 60)))
    name, field = FIELDS.get(dtype, ("int_val", 7))
    expected = tensor_pb2.TensorProto()
    getattr(expected, name).extend(numbers.tolist())
    assert proto.message(field, packed_varints(numbers)) == expected.SerializeToString()


def test_packed_varints_of_more_than_one_chunk():
    numbers = np.arange(-5, (1 << 20) + 7)
    expected = tensor_pb2.TensorProto(int64_val=numbers.tolist())
    assert proto.message(10, packed_varints(numbers)) == expected.SerializeToString()


@given(INT64)
def test_varint_of_a_step(number):
    expected = event_pb2.Event(step=number).SerializeToString()
    assert (proto.integer(2, number) if number else b"") == expected


@given(st.lists(st.integers(0, 2**62), max_size=6))
def test_tensor_shape(shape):
    expected = tensor_shape_pb2.TensorShapeProto(dim=[{"size": size} for size in shape])
    assert proto.tensor_shape(tuple(shape)) == expected.SerializeToString()


@given(
    st.floats(allow_nan=False),
    INT64,
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300),
)
def test_event_record(time, step, version):
    body = proto.text(3, version)
    found = event_record(time, step, body)
    event = event_pb2.Event.FromString(found[12:-4])
    assert (event.wall_time, event.step, event.file_version) == (time, step, version)
    assert found == frame(found[12:-4])
