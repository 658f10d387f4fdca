"""Values of any library: the same numbers arrive, whoever holds them and however they lie in memory."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest
import torch
from tensorboard.util import tensor_util

from ringboard import SummaryWriter
from ringboard.arrays import as_float64, to_array
from tests.support.events import read_events

ML_DTYPES = [
    "bfloat16", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2", "float8_e5m2fnuz",
    "float8_e3m4", "float8_e4m3", "float8_e8m0fnu", "float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn",
    "int4", "uint4", "int2", "uint2",
]  # fmt: skip
TORCH_SMALL = [
    torch.bfloat16,
    torch.float8_e4m3fn,
    torch.float8_e5m2,
    torch.float8_e4m3fnuz,
    torch.float8_e5m2fnuz,
]


class ArrayOnly:
    """Offers `__array__` and nothing else."""

    def __init__(self, values) -> None:
        self._values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self._values, dtype)


class DLPackOnly:
    """Offers the DLPack protocol and nothing else, as an array of some other library does."""

    def __init__(self, tensor: torch.Tensor) -> None:
        self._tensor = tensor

    def __dlpack__(self, **keywords):
        return self._tensor.__dlpack__(**keywords)

    def __dlpack_device__(self):
        return self._tensor.__dlpack_device__()


class OnAnotherDevice:
    """As CuPy: refuses the implicit copy, and gives the array for get()."""

    def __array__(self, *_arguments, **_keywords):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")

    def __dlpack__(self, **_keywords):
        raise BufferError("not on the CPU")

    def get(self):
        return np.arange(4.0)


def float64_of(value) -> np.ndarray:
    return as_float64(to_array("t", "test", value))


def bits(array: np.ndarray) -> list[str]:
    return [float(x).hex() for x in array.ravel()]


# -- the conversion ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ML_DTYPES)
def test_ml_dtypes_exactly(name):
    dtype = np.dtype(getattr(ml_dtypes, name))
    if dtype.itemsize == 2:
        values = np.arange(65536, dtype=np.uint16).view(dtype)
    elif "int" in name:
        info = ml_dtypes.iinfo(dtype)
        values = np.arange(int(info.min), int(info.max) + 1).astype(dtype)
    else:
        bits_of = {"float6": 64, "float4": 16}.get(name[:6], 256)
        values = np.arange(bits_of, dtype=np.uint8).view(dtype)
    assert bits(float64_of(values)) == bits(values.astype(np.float64))


@pytest.mark.parametrize("dtype", TORCH_SMALL, ids=str)
def test_torch_small_floats_exactly(dtype):
    patterns = torch.arange(65536 if dtype is torch.bfloat16 else 256)
    values = patterns.to(torch.int32 if dtype is torch.bfloat16 else torch.uint8)
    values = values.to(torch.int16).view(dtype) if dtype is torch.bfloat16 else values.view(dtype)
    assert bits(float64_of(values)) == bits(values.to(torch.float64).numpy())


REAL = torch.arange(24.0, dtype=torch.float64).reshape(4, 6) - 7
TENSORS = {
    "transposed": REAL.t(),
    "strided": REAL[::2, 1::3],
    "expanded": REAL[:, :1].expand(4, 9),
    "flipped": REAL.flip(0, 1),
    "offset": REAL[2:],
    "grad": REAL.clone().requires_grad_(),
    "result with grad": REAL.clone().requires_grad_() * 2,
    "parameter": torch.nn.Parameter(REAL.clone()),
    "negated view": torch.complex(REAL, REAL).conj().imag,
    "sparse": REAL.to_sparse(),
    "sparse csr": REAL.to_sparse_csr(),
    "0-d": torch.tensor(2.5, dtype=torch.float64),
    "empty": REAL[:0],
    "bfloat16 strided": REAL.to(torch.bfloat16).t()[::2],
    "bfloat16 0-d": torch.tensor(2.5, dtype=torch.bfloat16),
    "quantized": torch.quantize_per_tensor(REAL.float(), 0.5, 10, torch.qint8),
    "inference": torch.inference_mode()(lambda: REAL * 3)(),
}


@pytest.mark.filterwarnings("ignore:Sparse CSR")
@pytest.mark.parametrize("name", TENSORS)
def test_torch_tensors(name):
    tensor = TENSORS[name]
    plain = tensor.detach().dequantize() if tensor.is_quantized else tensor.detach()
    plain = plain.to_dense() if plain.layout is not torch.strided else plain
    expected = np.array(plain.resolve_neg().tolist(), np.float64).reshape(tensor.shape)
    assert np.array_equal(float64_of(tensor), expected)


def test_conjugated_view(tmp_path):
    tensor = torch.complex(REAL, REAL + 1).conj()
    assert tensor.is_conj()
    with SummaryWriter(tmp_path) as writer:
        writer.add_tensor("t", tensor, 1)
    stored = tensor_util.make_ndarray(read_events(tmp_path)[-1].summary.value[0].tensor)
    assert np.array_equal(stored, tensor.resolve_conj().numpy())


ARRAYS = {
    "big endian float": np.arange(6.0).astype(">f8"),
    "big endian int": np.arange(6).astype(">i2"),
    "big endian half": np.arange(6).astype(">f2"),
    "long double": np.arange(6).astype(np.longdouble) / 4,
    "negative strides": np.arange(12.0).reshape(3, 4)[::-1, ::-2],
    "Fortran order": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "not aligned": np.frombuffer(b"-" + np.arange(6.0).tobytes(), np.float64, offset=1),
    "field of records": np.zeros(4, [("a", "u1"), ("b", "f8")])["b"],
    "read-only": np.frombuffer(np.arange(6.0).tobytes()),
    "broadcast": np.broadcast_to(np.float32(2.5), (3, 4)),
    "memory map": np.arange(6.0).view(np.memmap),
    "matrix": np.arange(6.0).reshape(2, 3).view(np.matrix),
    "0-d": np.array(2.5),
    "nested lists": [[1, 2.5], [3, -4]],
    "nested tuples": ((True, False),),
    "list of arrays": [np.arange(3), np.arange(3)],
    "list of tensors": [torch.tensor(1.5), torch.tensor(2.5)],
    "range": range(5),
    "number": 2.5,
    "bytearray": memoryview(bytearray(b"\1\2\3")),
    "__array__ only": ArrayOnly([1.5, 2.5]),
    "get() only": OnAnotherDevice(),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_and_array_likes(name):
    value = ARRAYS[name]
    expected = np.arange(4.0) if name == "get() only" else np.asarray(value).astype(np.float64)
    found = float64_of(value)
    assert found.shape == expected.shape
    assert np.array_equal(found, expected)


@pytest.mark.parametrize(
    "dtype", [torch.float32, torch.float64, torch.int16, torch.uint8, torch.bool], ids=str
)
def test_dlpack_only(dtype):
    tensor = torch.arange(12).reshape(3, 4).to(dtype).t()
    assert np.array_equal(float64_of(DLPackOnly(tensor)), tensor.to(torch.float64).numpy())


def test_dlpack_of_a_type_without_numpy_counterpart_is_refused_by_name():
    with pytest.raises(TypeError, match=r"'culprit'.*DLPackOnly"):
        to_array("culprit", "test", DLPackOnly(torch.ones(3, dtype=torch.bfloat16)))


# -- through every method ----------------------------------------------------------------------------------

SAME_NUMBERS = {
    "numpy": np.arange(12.0).reshape(3, 2, 2) / 16,
    "float32": (np.arange(12.0).reshape(3, 2, 2) / 16).astype(np.float32),
    "float16": (np.arange(12.0).reshape(3, 2, 2) / 16).astype(np.float16),
    "big endian": (np.arange(12.0).reshape(3, 2, 2) / 16).astype(">f4"),
    "long double": (np.arange(12.0).reshape(3, 2, 2) / 16).astype(np.longdouble),
    "ml_dtypes bfloat16": (np.arange(12.0).reshape(3, 2, 2) / 16).astype(ml_dtypes.bfloat16),
    "ml_dtypes float8": (np.arange(12.0).reshape(3, 2, 2) / 16).astype(ml_dtypes.float8_e4m3fn),
    "torch": torch.arange(12.0).reshape(3, 2, 2) / 16,
    "torch bfloat16": (torch.arange(12.0).reshape(3, 2, 2) / 16).to(torch.bfloat16),
    "torch float8": (torch.arange(12.0).reshape(3, 2, 2) / 16).to(torch.float8_e4m3fn),
    "torch grad": (torch.arange(12.0).reshape(3, 2, 2) / 16).requires_grad_(),
    "dlpack": DLPackOnly(torch.arange(12.0).reshape(3, 2, 2) / 16),
    "__array__": ArrayOnly(np.arange(12.0).reshape(3, 2, 2) / 16),
    "lists": (np.arange(12.0).reshape(3, 2, 2) / 16).tolist(),
}  # fmt: skip


def payloads(logdir, value) -> dict[str, object]:
    with SummaryWriter(logdir) as writer:
        writer.add_histogram("h", value, 1)
        writer.add_histogram("h3", value, 1, bins=3)
        writer.add_image("i", value, 1)
    found = {one.tag: one for event in read_events(logdir) for one in event.summary.value}
    return {
        "h": found["h"].histo.SerializeToString(),
        "h3": found["h3"].histo.SerializeToString(),
        "i": found["i"].image.encoded_image_string,
    }


@pytest.mark.parametrize("name", SAME_NUMBERS)
def test_histograms_and_images_do_not_depend_on_the_container(tmp_path, name):
    expected = payloads(tmp_path / "expected", SAME_NUMBERS["numpy"])
    assert payloads(tmp_path / "found", SAME_NUMBERS[name]) == expected


SCALARS = {
    "ml_dtypes bfloat16": ml_dtypes.bfloat16(2.5),
    "ml_dtypes float8": ml_dtypes.float8_e5m2(2.5),
    "ml_dtypes array": np.array([2.5], ml_dtypes.bfloat16),
    "long double": np.longdouble(2.5),
    "big endian": np.array(2.5, ">f4"),
    "torch bfloat16": torch.tensor(2.5).to(torch.bfloat16),
    "torch float8": torch.tensor(2.5).to(torch.float8_e5m2),
    "sparse": torch.tensor([2.5]).to_sparse(),
    "negated view": torch.complex(torch.tensor(0.0), torch.tensor(-2.5)).conj().imag,
    "quantized": torch.quantize_per_tensor(torch.tensor([2.5]), 0.5, 0, torch.qint8),
    "__array__": ArrayOnly([[2.5]]),
    "dlpack": DLPackOnly(torch.tensor([2.5])),
    "masked": np.ma.array([2.5]),
    "list": [2.5],  # as tensorboardX takes it
    "nested": ([2.5],),
    "list of a tensor": [torch.tensor(2.5)],
}


@pytest.mark.parametrize("name", SCALARS)
def test_scalars(tmp_path, name):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("s", SCALARS[name], 1)
        writer.log({"l": SCALARS[name]}, 1)
        writer.scalar("h").add(SCALARS[name], 1)
    values = [one.simple_value for event in read_events(tmp_path) for one in event.summary.value]
    assert values == [2.5, 2.5, 2.5]


@pytest.mark.parametrize("hidden", [np.ma.masked, np.ma.array([2.5], mask=True), np.ma.array(2.5, mask=True)])
def test_a_masked_scalar_is_nan(tmp_path, hidden):
    """The mean of values that are all masked, for instance; behind it stands some number."""
    with SummaryWriter(tmp_path) as writer:
        for step in range(2):  # the usual way from the second time on
            writer.add_scalar("s", hidden, step)
            writer.log({"l": hidden}, step)
            writer.scalar("h").add(hidden, step)
        writer.add_scalars("m", {"a": hidden}, 1)
    values = [one.simple_value for event in read_events(tmp_path) for one in event.summary.value]
    assert len(values) == 7
    assert np.isnan(values).all()


def test_objects_that_are_numbers(tmp_path):
    """As torch and tensorboardX take them; a DataFrame of mixed columns gives such an array."""
    objects = np.array([[1.5, 2], [True, np.float32(0.25)]], object)
    array, dtype = to_array("tag", "histogram", objects)
    assert dtype == "float64"
    np.testing.assert_array_equal(array, [[1.5, 2], [1, 0.25]])
    for wrong in (None, "1", 1j):
        with pytest.raises(TypeError, match="numbers"):
            to_array("tag", "histogram", np.array([1.5, wrong], object))
