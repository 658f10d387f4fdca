"""RINGBOARD_ISA chooses the kernels, and every choice gives the same bytes."""

from __future__ import annotations

import json
import platform

import pytest

from ringboard._native import cpu
from tests.scripts import run_script

X86 = ["portable", "sse42", "avx2", "avx512", "avx512vbmi"]
ARM = ["portable", "neon"]
LEVELS = X86 if platform.machine() in ("x86_64", "AMD64") else ARM

# Prints a digest of what each kernel makes of the same inputs.
DIGEST = """
import hashlib, io, json, sys, tempfile
import numpy as np
from ringboard._native import cpu, crc32c, histogram, png, writer
random = np.random.default_rng(1)
digest = hashlib.sha256()
data = random.bytes(5000)
for length in [*range(300), 1000, 4096, 4999]:
    digest.update(crc32c.value(data[:length]).to_bytes(4, "little"))
INTEGERS = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
for dtype in (*INTEGERS, "float16", "float32", "float64"):
    for length in (0, 1, 7, 33, 1000, 20_001):
        values = (random.normal(size=length) * 50).clip(0, 120).astype(dtype)
        found = histogram.count(values, dtype)
        digest.update(repr([found["counts"], found["finite"], found["min"], found["max"]]).encode())
    for shape in ((1, 1, 3), (5, 7, 3), (33, 65, 4), (20, 31, 1), (17, 19, 2)):
        values = random.normal(0.5, 0.5, shape).clip(0, 255).astype(dtype)
        digest.update(repr(png.pack(values, dtype, "HWC")).encode())
bits = random.integers(0, 65536, 5000, dtype=np.uint16)
digest.update(repr(histogram.count(bits, "bfloat16")["counts"]).encode())
from PIL import Image
for shape in ((1, 1, 3), (64, 64, 3), (100, 203, 4), (300, 500, 3)):
    smooth = np.linspace(0, 200, int(np.prod(shape))).reshape(shape)
    values = (smooth + random.integers(0, 30, shape)).astype(np.uint8)
    encoded = png.encode(values, "uint8", "HWC")
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(encoded))), values)
import ringboard
from tests import walk
with tempfile.TemporaryDirectory() as where:
    with ringboard.SummaryWriter(where) as one:
        for step in range(2000):
            one.add_scalar("tag" * (step % 40), step / 3, step * 2**40, step / 7)
    for event in walk.events(where)[1:]:
        digest.update(event.SerializeToString())
print(json.dumps([cpu.active_level(), digest.hexdigest(), crc32c.active_kernel(), histogram.active_kernel()]))
"""


def digest(level: str):
    return json.loads(run_script(DIGEST, env={"RINGBOARD_ISA": level}).stdout)


def supported(level: str) -> bool:
    return level in LEVELS and LEVELS.index(level) <= LEVELS.index(cpu.active_level())


@pytest.fixture(scope="module")
def expected():
    return digest("portable")


def test_portable_is_portable(expected):
    level, _digest, crc, counts = expected
    assert level == "portable"
    assert "portable" in crc
    assert "portable" in counts


@pytest.mark.parametrize("level", LEVELS[1:])
def test_every_level_gives_the_portable_result(expected, level):
    if not supported(level):
        pytest.skip(f"this processor lacks {level}")
    found = digest(level)
    assert found[0] == level
    assert found[1] == expected[1]
    assert found[2] != expected[2], "the kernels did not change: the test tests nothing"


def test_empty_means_the_best():
    assert digest("")[0] == cpu.active_level()


@pytest.mark.parametrize("name", ["avx", "AVX2", "portable,avx2"])
def test_an_unknown_level_is_an_error_that_names_the_known_ones(name):
    done = run_script("import ringboard", env={"RINGBOARD_ISA": name}, code=1)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(("ValueError", "ImportError"))
    assert f"RINGBOARD_ISA={name}" in last
    assert "portable" in last


@pytest.mark.skipif(LEVELS != X86 or supported("avx512vbmi"), reason="this processor has every level")
def test_a_level_that_the_processor_lacks_is_an_error():
    done = run_script("import ringboard", env={"RINGBOARD_ISA": "avx512vbmi"}, code=1)
    assert "lacks" in done.stderr
