"""How long does a float picture, (C, H, W) in 0 … 1, take to become the bytes that a PNG encoder reads?

Workload: one picture of 512×512×3 (which fits a cache) and one of 2160×3840×3 (which does not), float32;
scaled by 255, clipped, cut to uint8 and transposed to (H, W, C); the best of a few batches.
Rival: numpy's own sequence, as torch.utils.tensorboard has it.  Baseline: np.copyto of the input, which is
what merely handing the array on would cost: twice that of it reads and writes no more than memory allows.
The bytes are compared, exactly, before the clock.
Left out: other layouts and types, grids, the PNG encoder.

Run: pytest benches/bench_pixels.py [--bench-size full], or python -m benches.report --only pixels
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import numpy.typing as npt

from benches.peers import best_seconds, check
from benches.work import BASELINE, OURS, Amount, Case, Contender, Measure, Work

_SHAPES = {"512": (3, 512, 512), "2160": (3, 2160, 3840)}
Picture = npt.NDArray[np.float32]


def by_numpy(picture: Picture) -> bytes:
    scaled = (picture * 255.0).clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(scaled.transpose(1, 2, 0)).tobytes()


def by_ringboard(picture: Picture) -> bytes:
    from ringboard._native.png import pack

    return pack(picture, "float32", "CHW")[0]


def run(case: Case, pack: Callable[[Picture], bytes]) -> dict[str, float]:
    found = {}
    for key, shape in _SHAPES.items():
        picture = np.random.default_rng(8).random(shape, dtype=np.float32) * 1.2 - 0.1
        assert pack(picture) == by_numpy(picture), "other pixels than numpy's"
        found[key] = best_seconds(partial(pack, picture), max(1, case.amount * 3 * 512**2 // picture.size))
    return found


def run_copy(case: Case) -> dict[str, float]:
    found = {}
    for key, shape in _SHAPES.items():
        picture = np.random.default_rng(8).random(shape, dtype=np.float32)
        copy = np.empty_like(picture)
        calls = max(1, case.amount * 3 * 512**2 // picture.size)
        found[key] = best_seconds(partial(np.copyto, copy, picture), calls)
    return found


WORK = Work(
    name="pixels",
    title="float32 CHW to uint8 HWC",
    contenders=(
        Contender(OURS, OURS, partial(run, pack=by_ringboard)),
        Contender("numpy", "other", partial(run, pack=by_numpy)),
        Contender("np.copyto of the input", BASELINE, run_copy),
    ),
    measures=(
        Measure("512", "512×512×3", headline=True),
        Measure("2160", "2160×3840×3", headline=True),
    ),
    amounts={"smoke": Amount(2, 2), "small": Amount(64, 64), "full": Amount(256, 256)},
    check_amount=0,
    check=check,
    notes="n: calls a batch for the small picture.",
)


def test_pixels(publish):
    publish()
