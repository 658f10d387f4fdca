"""How small do archives make a scalar log, and how fast?

Workload: an event file of 20 tags, sines with noise, each step some 20 ms and each call some 20 µs apart with
noise in both: torch's writer would make the same bytes.  Packed and unpacked in memory on one core, the best
of a few batches; `archive.pack()` on one thread besides, which reads the file, writes the archive, waits for
the disk, unpacks it from there, compares, and removes the file.
Rivals: zstandard at levels 3 and 19, gzip at 6, each on the whole file.  What each packs is unpacked and
compared before its clock starts.
Left out: pictures and sound, which are packed as they are, by zstd; many threads.

Run: pytest benches/bench_archive.py [--bench-size full], or python -m benches.report --only archive
"""

import gzip
import math
import os
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benches.peers import best_seconds, check, has
from benches.work import OURS, Amount, Case, Contender, Measure, Work

_TAGS = 20
_MB = 1e6
Pack = Callable[[bytes], bytes]


def make_log(directory: Path, events: int) -> Path:
    from ringboard import SummaryWriter

    noise = random.Random(0)
    now = 1.7e9
    with SummaryWriter(directory) as writer:
        for step in range(events // _TAGS):
            now += 0.02 + noise.random() * 1e-3
            for i in range(_TAGS):
                now += 2e-5 + noise.random() * 1e-5
                value = math.sin(step * (i + 1) / 1000) + noise.gauss(0, 0.1)
                writer.add_scalar(f"group{i % 3}/metric_{i}", value, step, now)
    (file,) = directory.iterdir()
    return file


def methods_of(name: str, level: int) -> tuple[Pack, Pack]:
    if name == "gzip":
        return partial(gzip.compress, compresslevel=level), gzip.decompress
    import zstandard

    packer = zstandard.ZstdCompressor(level=level, write_checksum=True)
    return packer.compress, zstandard.ZstdDecompressor().decompress


def run_rival(case: Case, name: str, level: int) -> dict[str, float]:
    data = make_log(case.log_dir, case.amount).read_bytes()
    pack, unpack = methods_of(name, level)
    packed = pack(data)
    assert unpack(packed) == data
    batches = 1 if level > 9 else 5
    return {
        "pack": best_seconds(partial(pack, data), 1, batches) / len(data) * _MB,
        "unpack": best_seconds(partial(unpack, packed), 1, 5) / len(data) * _MB,
        "size": 100 * len(packed) / len(data),
    }


def run(case: Case) -> dict[str, float]:
    from ringboard import archive
    from ringboard.archive import packing

    file = make_log(case.log_dir, case.amount)
    data = file.read_bytes()

    def pack_blocks() -> None:
        with open(file, "rb") as original:
            for piece in packing.Pieces(original, len(data)):
                packing.pack_block(piece, level=3)

    pack = best_seconds(pack_blocks, 1, 5)
    start = time.perf_counter()
    (report,) = archive.pack(file, threads=1, min_age=0)
    whole = time.perf_counter() - start
    assert report.state == "packed", report
    with archive.open_archive(report.result) as packed:
        assert b"".join(part for _, part in packed.blocks()) == data
        unpack = best_seconds(lambda: sum(len(part) for _, part in packed.blocks()), 1, 5)
    size = os.stat(report.result).st_size
    archive.restore(report.result, threads=1)
    assert file.read_bytes() == data
    return {
        "pack": pack / len(data) * _MB,
        "unpack": unpack / len(data) * _MB,
        "whole": whole / len(data) * _MB,
        "size": 100 * size / len(data),
    }


WORK = Work(
    name="archive",
    title="an archive of a scalar log, a MB of the log",
    contenders=(
        Contender(OURS, OURS, run),
        *(
            Contender(f"{name} -{level}", "other", partial(run_rival, name=name, level=level))
            for name, level in (("zstandard", 3), ("zstandard", 19), ("gzip", 6))
            if has(name)
        ),
    ),
    measures=(
        Measure("size", "of the log's bytes", "%"),
        Measure("pack", "packed", headline=True),
        Measure("unpack", "unpacked", headline=True),
        Measure("whole", "`archive.pack()`, verified, on disk"),
    ),
    amounts={
        "smoke": Amount(20_000, 20_000),
        "small": Amount(200_000, 200_000),
        "full": Amount(1_000_000, 1_000_000),
    },
    check_amount=0,
    check=check,
    notes="n: events in the log, of some 53 bytes.  10 ms a MB are 100 MB/s.",
)


def test_archive(publish):
    publish()
