"""How long does a histogram take, from the call until it is in the file?

Workload: `add_histogram(tag, float32 array, step)` with the default bins, over normal values of four scales:
1,000 elements (16 arrays in turn) and 1 M elements (4 arrays in turn).  End to end: all calls without a pause
and one flush(), divided by the calls.  Then each call with a flush() behind it: the caller's part alone.
Rivals: torch.utils.tensorboard, tensorboardX.  Baseline: np.histogram over the same edges, alone, which
writes nothing and computes neither sum nor sum of squares.
Left out: tensors on a GPU, other dtypes, other bins.

Run: pytest benches/bench_histogram.py [--bench-size full], or python -m benches.report --only histogram_1k
"""

import time
from functools import partial

import numpy as np

from benches import judge, timing
from benches.work import BASELINE, OURS, PEERS, Amount, Case, Contender, Work
from benches.workloads import tensorflow_edges, weights

_ELEMENTS = {"1k": 1_000, "1m": 1_000_000}
_VARIANTS = {"1k": 16, "1m": 4}


def run(case: Case, library: str, kind: str) -> dict[str, float]:
    arrays = weights(_ELEMENTS[kind], _VARIANTS[kind])

    def log_one(writer, step: int) -> None:
        writer.add_histogram("weights", arrays[step % len(arrays)], step)

    return timing.log_events(library, case, log_one)


def run_numpy(case: Case, kind: str) -> dict[str, float]:
    arrays, edges = weights(_ELEMENTS[kind], _VARIANTS[kind]), tensorflow_edges()
    start = time.perf_counter()
    for step in range(case.amount):
        np.histogram(arrays[step % len(arrays)], bins=edges)
    return {"end_to_end": (time.perf_counter() - start) / case.amount}


def work(kind: str, title: str, amounts: dict[str, Amount], check_amount: int) -> Work:
    return Work(
        name=f"histogram_{kind}",
        title=title,
        contenders=(
            *(Contender(name, name, partial(run, library=name, kind=kind)) for name in (OURS, *PEERS)),
            Contender("np.histogram alone", BASELINE, partial(run_numpy, kind=kind)),
        ),
        measures=timing.EVENT_MEASURES,
        amounts=amounts,
        check_amount=check_amount,
        check=judge.check_same_events,
    )


WORKS = (
    work(
        "1k",
        "`add_histogram`, 1,000 float32, in the file",
        {"smoke": Amount(500, 30), "small": Amount(10_000, 300), "full": Amount(40_000, 1_500)},
        check_amount=16,
    ),
    work(
        "1m",
        "`add_histogram`, 1 M float32, in the file",
        {"smoke": Amount(20, 4), "small": Amount(200, 30), "full": Amount(1_000, 100)},
        check_amount=4,
    ),
)


def test_histogram(publish):
    publish()
