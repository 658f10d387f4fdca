"""How long does counting an array into TensorFlow's 1549 edges take, without the writer?

Workload: normal numbers; also constant, sorted, half zero (ReLU), denormal, and one third NaN; the best of a
few batches.  ringboard's number includes min, max, sum, sum of squares and the counts of NaN and infinities;
the rivals only count.  The rows of other dtypes are of 1 M elements.
Rivals: np.histogram; torch.histogram (float32 and float64, in as many threads as it likes); boost-histogram
(a Variable axis); fast-histogram, which has equal bins alone and so has a row of its own, 1548 of them from
-4 to 4, beside ringboard's for bins=1548.
Before the clock the counts are compared with np.histogram's, exactly, except for torch's: its edges are
float32, too, so that elements near them may go next door; its totals are compared.
Left out: tensors on a GPU, weights, two dimensions.

Run: pytest benches/bench_histogram_kernel.py [--bench-size full], or
     python -m benches.report --only histogram_kernel
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from benches.peers import best_seconds, check, has
from benches.work import OURS, Amount, Case, Contender, Measure, Work
from benches.workloads import tensorflow_edges

Array = npt.NDArray
_SHAPES = ("constant", "sorted", "relu", "denormal", "nan")
_DTYPES = ("float16", "float64", "int16", "int32", "int64", "uint8")
_EQUAL_BINS, _EQUAL_RANGE = 1548, 4.0
_PEERS = {"np.histogram": "numpy", "torch": "torch", "boost-histogram": "boost_histogram"}
_ELEMENTS = 1_000_000  # of most rows


def normal(size: int) -> npt.NDArray[np.float32]:
    return np.random.default_rng(7).standard_normal(size, dtype=np.float32)


def shaped(shape: str, size: int) -> npt.NDArray[np.float32]:
    values = normal(size)
    if shape == "constant":
        values[:] = 0.7
    elif shape == "sorted":
        values.sort()
    elif shape == "relu":
        values = np.maximum(values, 0)
    elif shape == "denormal":
        values = (values.astype(np.float64) * 1e-40).astype(np.float32)
    elif shape == "nan":
        values[::3] = np.nan
    return values


def arrays() -> dict[str, Array]:
    """By the key of their measure."""
    found: dict[str, Array] = {"100k": normal(100_000), "10m": normal(10_000_000)}
    found |= {shape: shaped(shape, _ELEMENTS) for shape in _SHAPES}
    found |= {dtype: (normal(_ELEMENTS) * 30).clip(0).astype(dtype) for dtype in _DTYPES}
    return found


def counter_of(library: str, array: Array) -> Callable[[], Array] | None:
    """Counts the array into TensorFlow's edges; None where the library can't."""
    edges = tensorflow_edges()
    if library == OURS:
        from ringboard._native.histogram import count

        return lambda: count(array, array.dtype.name)["counts"]
    if library == "np.histogram":
        return lambda: np.histogram(array, edges)[0]
    if library == "torch":
        import torch

        if array.dtype not in (np.float32, np.float64):
            return None
        tensor = torch.from_numpy(array)
        bins = torch.from_numpy(edges).to(tensor.dtype)
        return lambda: np.asarray(torch.histogram(tensor, bins).hist)
    import boost_histogram

    def fill() -> Array:
        histogram = boost_histogram.Histogram(
            boost_histogram.axis.Variable(edges), storage=boost_histogram.storage.Int64()
        )
        return histogram.fill(array).values()

    return fill


def check_counts(library: str, key: str, array: Array, counts: Array) -> None:
    wide = array.astype(np.float64)
    expected = np.histogram(wide[np.isfinite(wide)], tensorflow_edges())[0]
    if library == "torch":
        assert int(np.sum(counts)) == expected.sum() or key == "nan", f"torch, {key}: another total"
    else:
        assert np.array_equal(counts, expected), f"{library}, {key}: other counts than np.histogram's"


def run(case: Case, library: str) -> dict[str, float]:
    found = {}
    for key, array in arrays().items():
        count = counter_of(library, array)
        if count is None:
            continue
        check_counts(library, key, array, count())
        calls = max(1, case.amount * _ELEMENTS // array.size // 10)
        found[key] = best_seconds(count, calls, batches=5) / array.size
    return found | run_equal_bins(case, library)


def run_equal_bins(case: Case, library: str) -> dict[str, float]:
    """1548 bins from -4 to 4: fast-histogram's field."""
    values = normal(_ELEMENTS).astype(np.float64)
    edges = np.linspace(-_EQUAL_RANGE, _EQUAL_RANGE, _EQUAL_BINS + 1)
    span = (-_EQUAL_RANGE, _EQUAL_RANGE)
    if library == OURS:
        from ringboard._native.histogram import count_equal_bins

        def count() -> Array:
            counts = np.zeros(edges.size + 1, np.uint64)
            count_equal_bins(values, "float64", edges, counts)
            return counts[1:-1]
    elif library == "fast-histogram":
        import fast_histogram

        def count() -> Array:
            return fast_histogram.histogram1d(values, _EQUAL_BINS, span)
    elif library == "np.histogram":

        def count() -> Array:
            return np.histogram(values, _EQUAL_BINS, span)[0]
    else:
        return {}
    # fast-histogram does not correct its roundings, so an element at an edge may go next door.
    differ = np.abs(count() - np.histogram(values, edges)[0].astype(np.float64)).sum()
    assert differ <= (10 if library == "fast-histogram" else 0), f"{library}: other counts in equal bins"
    return {"equal": best_seconds(count, max(1, case.amount // 10), batches=5) / values.size}


WORK = Work(
    name="histogram_kernel",
    title="counting into TensorFlow's edges",
    contenders=(
        Contender(OURS, OURS, partial(run, library=OURS)),
        *(
            Contender(name, "torch" if name == "torch" else "other", partial(run, library=name))
            for name, module in _PEERS.items()
            if has(module)
        ),
        *(
            [Contender("fast-histogram", "other", partial(run_equal_bins, library="fast-histogram"))]
            if has("fast_histogram")
            else []
        ),
    ),
    measures=(
        Measure("100k", "100 k float32, an element", headline=True),
        Measure("10m", "10 M float32, an element", headline=True),
        *(Measure(shape, f"1 M float32, {shape}") for shape in _SHAPES),
        *(Measure(dtype, f"1 M {dtype}") for dtype in _DTYPES),
        Measure("equal", "1 M float64, 1548 equal bins"),
    ),
    amounts={"smoke": Amount(1, 1), "small": Amount(20, 10), "full": Amount(200, 50)},
    check_amount=0,
    check=check,
    notes="n: batches grow with it. All times are of an element.",
)


def test_histogram_kernel(publish):
    publish()
