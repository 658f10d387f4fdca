"""How long does CRC-32C take, by size?

Workload: one buffer of random bytes, checksummed again and again through each library's Python function; the
best of a few batches.  Up to 1 MiB the bytes come from a cache, 16 MiB from memory or the last one.  The call
itself costs more than 64 bytes do: for that `build/native/release/crc32c_bench` measures without Python.
Rivals: crc32c (the package), google-crc32c.  Each answer is compared with a bitwise CRC's before the clock.
Left out: incremental use, and libraries in plain Python.

Run: pytest benches/bench_crc32c.py [--bench-size full], or python -m benches.report --only crc32c
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from benches.peers import best_seconds, check, has
from benches.work import OURS, Amount, Case, Contender, Measure, Work

_SIZES = {"64 B": 64, "1 KiB": 1 << 10, "16 KiB": 1 << 14, "1 MiB": 1 << 20, "16 MiB": 16 << 20}
_CHECKED = 300  # bytes that are divided bit by bit


def function_of(library: str) -> Callable[[bytes], int]:
    if library == "crc32c":
        import crc32c

        return crc32c.crc32c
    if library == "google-crc32c":
        import google_crc32c

        return google_crc32c.value
    from ringboard._native.crc32c import value

    return value


def bitwise(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = (state >> 1) ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


def run(case: Case, library: str) -> dict[str, float]:
    value = function_of(library)
    assert value(b"123456789") == 0xE3069283
    data = np.random.default_rng(6).bytes(max(_SIZES.values()))
    for size in (*range(20), 64, _CHECKED):
        assert value(data[:size]) == bitwise(data[:size]), f"{library}: another CRC of {size} bytes"
    # The long ones against a second implementation, as bits take too long.
    for size in _SIZES.values():
        assert value(data[:size]) == function_of("crc32c")(data[:size]), f"{library}: {size} bytes"
    found = {}
    for name, size in _SIZES.items():
        part = data[:size]
        found[name] = best_seconds(partial(value, part), max(1, case.amount // size))
    return found


WORK = Work(
    name="crc32c",
    title="CRC-32C of a buffer",
    contenders=(
        Contender(OURS, OURS, partial(run, library=OURS)),
        *(
            Contender(name, "other", partial(run, library=name))
            for name in ("crc32c", "google-crc32c")
            if has(name.replace("-", "_"))
        ),
    ),
    measures=tuple(Measure(name, name, headline=name == "1 MiB") for name in _SIZES),
    amounts={
        "smoke": Amount(1 << 16, 1 << 16),
        "small": Amount(1 << 23, 1 << 23),
        "full": Amount(1 << 26, 1 << 26),
    },
    check_amount=0,
    check=check,
    notes="n: bytes that a batch checksums.",
)


def test_crc32c(publish):
    publish()
