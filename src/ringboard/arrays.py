"""Values of any library become numbers and numpy arrays here, and nowhere else.

No framework is imported: an object tells by its own type that its library is already there.
"""

from __future__ import annotations

import functools
import math
import sys
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt  # costs milliseconds

_INT64_MIN, _INT64_MAX = -(2**63), 2**63 - 1
# Looked up by dtype, because dtype.name costs microseconds.
_NATIVE_DTYPES = {
    np.dtype(name): name
    for name in (
        *("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
        *("float16", "float32", "float64"),
    )
}
# numpy's own kinds that hold numbers: bool, signed, unsigned, float, complex.
_NUMBER_KINDS = "biufc"


class NotOneElementError(ValueError, AssertionError):
    """A scalar was expected and an array of more or fewer elements came.

    torch and tensorboardX raise AssertionError here, everybody else expects ValueError: it is both.
    """


class Array(NamedTuple):
    """An array as the native core takes it."""

    data: npt.NDArray[Any]
    dtype: str  # numpy's name of the element type, or "bfloat16": `data` then holds uint16 bit patterns


def describe(value: object) -> str:
    """What came, for an error message: its type, and its shape and dtype if it has them."""
    text = type(value).__name__
    module = type(value).__module__
    if module not in ("builtins", "__main__"):
        text = f"{module}.{text}"
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"{text} of shape {tuple(shape)} and dtype {dtype}"
    shown = repr(value)
    return f"{text} {shown if len(shown) <= 60 else shown[:57] + '...'}"


# --- one number -----------------------------------------------------------------------------------


def to_tag(tag: object) -> str:
    """A tag as str: torch takes bytes and None (the empty tag) too."""
    if isinstance(tag, str):
        return str(tag)
    if tag is None:
        return ""
    if isinstance(tag, bytes):
        try:
            return tag.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"tag {tag!r} is not UTF-8: {error.reason} at byte {error.start}") from None
    raise TypeError(f"a tag must be a str; got {describe(tag)}")


def to_stored_tag(tag: object) -> str:
    """A tag that an event file can hold, for those who don't hand it to the native core (which checks)."""
    text = to_tag(tag)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError(
            f"tag {text!r} holds a lone surrogate at {error.start}, which no event file can hold"
        ) from None
    return text


def to_scalar(tag: object, value: Any) -> float:
    """One number as float, from a number or a one-element array of any library."""
    if isinstance(value, (int, float, str, bytes)):  # str: torch logs "3.5" as 3.5
        return _to_float(tag, value)
    if _is_masked(value):
        return math.nan  # as float() has it
    item = getattr(value, "item", None)
    if item is not None:
        # The value first, which nearly always comes: asking for the size before takes longer than the answer.
        try:
            number = item()
        except (RuntimeError, ValueError, TypeError) as error:
            size = _element_count(value)
            if size is not None and size != 1:
                raise NotOneElementError(
                    f"scalar {tag!r}: expected one element, got {describe(value)}"
                ) from None
            if isinstance(error, RuntimeError):  # a meta tensor has no value
                raise ValueError(f"scalar {tag!r}: {describe(value)} gives no number: {error}") from None
            raise
        return number if type(number) is float else _to_float(tag, number)
    if isinstance(value, complex) or hasattr(value, "__float__") or hasattr(value, "__index__"):
        return _to_float(tag, value)  # Fraction, Decimal, …
    if value is None or isinstance(value, (dict, set)):
        raise _not_a_number(tag, value)
    array = to_array(tag, "scalar", value)
    if array.data.size != 1:
        raise NotOneElementError(f"scalar {tag!r}: expected one element, got {describe(value)}")
    return _to_float(tag, widened(array).reshape(-1)[0].item())


def _is_masked(value: Any) -> bool:
    """Whether it is one element that a mask of numpy.ma hides; item() would give what lies behind it."""
    ma = sys.modules.get("numpy.ma")
    return (
        ma is not None
        and isinstance(value, ma.MaskedArray)
        and value.size == 1
        and bool(ma.getmaskarray(value).all())
    )


def _to_float(tag: object, value: Any) -> float:
    if isinstance(value, complex):
        raise TypeError(
            f"scalar {tag!r}: expected a real number, got complex {value!r}; log abs() or the parts"
        )
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)  # an int past float64's range, as its float32 would be
    except ValueError:
        raise ValueError(f"scalar {tag!r}: {value!r} is not a number") from None
    except TypeError:
        raise _not_a_number(tag, value) from None


def _not_a_number(tag: object, value: object) -> TypeError:
    return TypeError(
        f"scalar {tag!r}: expected a number or a one-element array or tensor, got {describe(value)}"
    )


def _element_count(value: Any) -> int | None:
    numel = getattr(value, "numel", None)
    if callable(numel):
        return int(numel())
    size = getattr(value, "size", None)
    return int(size) if isinstance(size, int) else None


def to_step(tag: object, step: Any) -> int:
    """A step as int64: whatever int() takes, as torch does; None is 0."""
    if step is None:
        return 0
    try:
        number = int(step)
    except (ValueError, OverflowError, RuntimeError) as error:  # NaN, 'seven', a tensor of two
        raise ValueError(f"{tag!r}: step {describe(step)} is not an integer: {error}") from None
    except TypeError:
        raise TypeError(f"{tag!r}: expected an integer step, got {describe(step)}") from None
    if not _INT64_MIN <= number <= _INT64_MAX:
        raise ValueError(f"{tag!r}: step {number} is outside int64, which is all an event can hold")
    return number


def to_walltime(tag: object, walltime: Any) -> float:
    """A wall time in seconds since the epoch; it must be finite."""
    if isinstance(walltime, (str, bytes)):
        raise TypeError(f"{tag!r}: expected a wall time in seconds, got {describe(walltime)}")
    try:
        seconds = float(walltime)
    except (TypeError, ValueError):
        raise TypeError(f"{tag!r}: expected a wall time in seconds, got {describe(walltime)}") from None
    if not math.isfinite(seconds):
        # TensorBoard's default reader gives the whole file up at such a record.
        raise ValueError(f"{tag!r}: wall time {seconds} is not finite; pass seconds since the epoch, or None")
    return seconds


# --- arrays ---------------------------------------------------------------------------------------


def to_array(tag: object, what: str, value: Any) -> Array:
    """`value` as an array in this process's memory, without a copy where it can be.

    Args:
        tag: for errors.
        what: the kind of summary, for errors.
        value: a tensor, an array, a number or a (nested) list of numbers; any object with `__array__`
            or `__dlpack__`.

    Returns:
        The array.  Its dtype is one of numpy's, or "bfloat16" (bit patterns in uint16); float8 becomes
        float32, which holds it exactly.

    Raises:
        TypeError: it holds no numbers.
    """
    if type(value) is np.ndarray and (name := _NATIVE_DTYPES.get(value.dtype)) is not None:
        return Array(value, name)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, getattr(torch, "Tensor", ())):
        return _from_torch(tag, what, value)
    if isinstance(value, np.ndarray):
        array = value
    elif value is None or isinstance(value, (str, bytes, dict, set)):
        raise _no_array(tag, what, value)
    else:
        array = _from_other(tag, what, value)
        if array.dtype.kind not in _NUMBER_KINDS and array.dtype.kind != "V":  # V: ml_dtypes' types
            raise _no_array(tag, what, value)
    return _from_numpy(tag, what, array)


def as_float64(array: Array) -> npt.NDArray[np.float64]:
    """The elements as float64, as torch.utils.tensorboard widens them; bfloat16 exactly."""
    with np.errstate(invalid="ignore"):  # a signalling NaN becomes a quiet one
        return widened(array).astype(np.float64, copy=False)


def widened(array: Array) -> npt.NDArray[Any]:
    """The elements in a type that numpy knows: bfloat16 as float32, which holds it exactly."""
    if array.dtype != "bfloat16":
        return array.data
    return (array.data.astype(np.uint32) << 16).view(np.float32)


def _no_array(tag: object, what: str, value: object) -> TypeError:
    hint = " (the .grad of a parameter that backward() did not reach?)" if value is None else ""
    return TypeError(f"{what} {tag!r}: expected an array or tensor of numbers, got {describe(value)}{hint}")


def _from_numpy(tag: object, what: str, array: npt.NDArray[Any]) -> Array:
    name = _NATIVE_DTYPES.get(array.dtype)
    if name is not None and type(array) is np.ndarray:
        return Array(array, name)
    array = np.asarray(array)  # a subclass, a matrix for instance, has ideas of its own
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    name = array.dtype.name
    if array.dtype in _NATIVE_DTYPES:
        return Array(array, name)
    if name == "bfloat16":  # ml_dtypes
        return Array(array.view(np.uint16), name)
    if name.startswith(("float8", "float6", "float4", "int2", "int4", "uint2", "uint4")):  # ml_dtypes
        array = array.astype(np.float32 if name.startswith("float") else np.int8)
    elif array.dtype.kind == "f" or _holds_numbers(array):  # long double; Python's numbers
        array = array.astype(np.float64)
    elif array.dtype.kind not in _NUMBER_KINDS:
        raise _no_array(tag, what, array)
    return Array(array, array.dtype.name)


def _holds_numbers(array: npt.NDArray[Any]) -> bool:
    """Whether it is an array of objects, all of them real numbers: a DataFrame's of mixed columns is one."""
    return array.dtype.kind == "O" and all(isinstance(each, (Real, np.bool_)) for each in array.flat)


def _from_other(tag: object, what: str, value: Any) -> npt.NDArray[Any]:
    try:
        if hasattr(value, "__array__") or not hasattr(value, "__dlpack__"):
            return np.asarray(value)
    except (TypeError, ValueError) as error:
        # CuPy refuses the implicit copy from the GPU and offers get(); ragged lists come here too.
        get = getattr(value, "get", None)
        if hasattr(value, "__dlpack__") and callable(get):
            return np.asarray(get())
        if not hasattr(value, "__dlpack__"):
            raise TypeError(f"{_no_array(tag, what, value)}: {error}") from None
    try:
        return np.from_dlpack(value)
    except (RuntimeError, BufferError, TypeError) as error:  # a device or a dtype that numpy has not
        raise TypeError(f"{_no_array(tag, what, value)}: {error}") from None


def _resolved(value: Any) -> Any:
    """A tensor without lazy conjugation or negation; anything else as it is."""
    if getattr(value, "is_conj", None) is not None and value.is_conj():
        value = value.resolve_conj()
    if getattr(value, "is_neg", None) is not None and value.is_neg():
        value = value.resolve_neg()
    return value


def _from_torch(tag: object, what: str, tensor: Any) -> Array:
    torch = sys.modules["torch"]
    if tensor.dtype is not torch.bfloat16:  # numpy has none
        try:
            # Detached, resolved and on the CPU by one call: each step takes microseconds from Python.
            return _from_numpy(tag, what, tensor.numpy(force=True))
        except (TypeError, RuntimeError):  # it is sparse, quantized, meta, float8, or torch is old
            pass
    if tensor.is_meta:
        raise ValueError(f"{what} {tag!r}: a meta tensor holds no data; got {describe(tensor)}")
    tensor = _resolved(tensor.detach())
    if tensor.is_quantized:
        tensor = tensor.dequantize()
    if tensor.layout is not torch.strided:
        tensor = tensor.to_dense()
    if tensor.device.type != "cpu":
        tensor = tensor.cpu()
    if tensor.dtype is torch.bfloat16:
        return Array(tensor.view(torch.int16).numpy().view(np.uint16), "bfloat16")
    if tensor.dtype in _torch_without_numpy(torch):
        tensor = tensor.to(torch.complex64 if tensor.dtype.is_complex else torch.float32)
    return _from_numpy(tag, what, tensor.numpy())


@functools.cache  # dir(torch) takes half a millisecond
def _torch_without_numpy(torch: Any) -> frozenset[Any]:
    """torch's dtypes that numpy has no counterpart of; all widen exactly."""
    names = ["complex32", *(name for name in dir(torch) if name.startswith(("float8", "float4")))]
    return frozenset(getattr(torch, name) for name in names if hasattr(torch, name))
