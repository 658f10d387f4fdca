"""How many instructions do the hot paths take?  A guard against creep, which no noise of a machine hides.

Runs the paths below under valgrind's callgrind, which counts instructions and gives the same number again
and again, and compares each with what `instructions.json` holds.  More than the tolerance above it is a
failure; a path that got cheaper is told, so that the file can be brought down.  Instructions are not time: a
path may get faster with more of them.  Then say so in the commit that updates the file.

The counts belong to one compiler and one Python; with others they are shown and not compared.
callgrind knows no AVX-512, so all runs at RINGBOARD_ISA=avx2.

Run: python -m benches.instructions            compare (needs valgrind)
     python -m benches.instructions --update   write what was counted into the file
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

BUDGETS = Path(__file__).with_suffix(".json")
TOLERANCE = 0.05
MODULE = "__pyx_pw_9ringboard_7_native_"
HOT = "__pyx_f_9ringboard_7_native_6writer_hot_"


@dataclass(frozen=True)
class HotPath:
    """A function whose instructions, and those of all that it calls, are counted.

    Attributes:
        name: in the table and in the file.
        function: matches the start of the compiled function's name.
        units: how many things one call does; the count is told for one of them.
        tolerance: how far above its budget a count may be.
    """

    name: str
    function: str
    units: int = 1
    tolerance: float = TOLERANCE


LOG_VALUES = 20
SERIES_VALUES = 10_000
HISTOGRAM_VALUES = 1_000
IMAGE_SHAPE = (64, 64, 3)
CRC_BYTES = 1 << 16

HOT_PATHS = (
    HotPath("add_scalar", HOT + r"add_scalar\("),
    HotPath("handle.add", HOT + r"add\("),
    # Tags are found by their address, in a table without chains: where the 20 strs lie decides how many of
    # them share a place and are looked up in the dict.  106 to 125 were counted.
    HotPath("log() of 20, a value", HOT + r"log\(", LOG_VALUES, tolerance=0.6),
    HotPath(
        "add_scalar_series, a value", MODULE + r"6writer_11EventStream_\d+add_scalar_series\(", SERIES_VALUES
    ),
    HotPath(
        "add_histogram of 1,000 float32, a value",
        MODULE + r"6writer_11EventStream_\d+add_histogram\(",
        HISTOGRAM_VALUES,
    ),
    HotPath("add_image of 64x64x3, the caller's part", MODULE + r"6writer_11EventStream_\d+add_image\("),
    HotPath("PNG of 64x64x3", MODULE + r"3png_\d+encode\("),
    HotPath("CRC-32C of 64 KiB, a byte", MODULE + r"6crc32c_\d+value\(", CRC_BYTES),
    HotPath("scalar event, encoded", r"ringboard::wire::ScalarEncoders::EncodeBmi2\("),
)


def work(log_dir: str) -> None:
    """Calls every hot path often enough that first calls don't show."""
    import numpy as np

    from ringboard import SummaryWriter
    from ringboard._native import crc32c, png

    random = np.random.default_rng(1)
    series = np.arange(SERIES_VALUES, dtype=np.float64)
    steps = np.arange(SERIES_VALUES)
    histogram = random.normal(size=HISTOGRAM_VALUES).astype(np.float32)
    height, width, channels = IMAGE_SHAPE
    ramp = np.add.outer(np.arange(height), np.arange(width))[..., None] * np.arange(1, channels + 1)
    image = (ramp + random.integers(0, 4, IMAGE_SHAPE)).astype(np.uint8)
    data = random.bytes(CRC_BYTES)
    many = {f"metric/{index}": index * 0.5 for index in range(LOG_VALUES)}

    with SummaryWriter(log_dir) as writer:
        handle = writer.scalar("handle")
        for step in range(20_000):
            writer.add_scalar("loss/train", 0.5, step)
            handle.add(0.5, step)
        for step in range(1_000):
            writer.log(many, step)
        for _ in range(20):
            writer.add_scalar_series("curve", series, steps)
        for step in range(200):
            writer.add_histogram("weights", histogram, step)
            writer.add_image("image", image, step, dataformats="HWC")
            png.encode(image, "uint8", "HWC")
            crc32c.value(data)


# --- callgrind ----------------------------------------------------------------------------------------


def count() -> dict[str, float]:
    """Instructions of one unit of every hot path."""
    with tempfile.TemporaryDirectory() as here:
        profile = Path(here) / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", sys.executable]
        environment = os.environ | {"RINGBOARD_ISA": "avx2", "PYTHONHASHSEED": "0"}
        run = subprocess.run(
            [*command, "-m", "benches.instructions", "--work", str(Path(here) / "run")],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode != 0:
            raise SystemExit(f"the measured program failed:\n{run.stderr[-3000:]}")
        calls = inclusive_counts(profile)
    return {path.name: _mean(path, calls) / path.units for path in HOT_PATHS}


def _mean(path: HotPath, calls: dict[str, tuple[int, int]]) -> float:
    found = [counts for name, counts in calls.items() if re.match(path.function, name)]
    if len(found) != 1:
        raise SystemExit(f"{path.name}: {len(found)} functions match {path.function!r}; expected one")
    times, instructions = found[0]
    return instructions / times


def inclusive_counts(profile: Path) -> dict[str, tuple[int, int]]:
    """Of every function in a callgrind file: how often it was called, and its and its callees' instructions.

    The lines that matter: `cfn=(id) name` (the name only the first time) says who is called, `calls=N …` how
    often, and the second number of the line behind it what the calls cost.
    """
    names: dict[str, str] = {}
    totals: dict[str, tuple[int, int]] = {}
    callee, times = "", 0
    with profile.open() as lines:
        for line in lines:
            if line.startswith(("fn=", "cfn=")):
                number, _, name = line.partition("=")[2].strip().partition(" ")
                if name:
                    names[number] = name
                if line.startswith("cfn="):
                    callee = number
            elif line.startswith("calls="):
                times = int(line[6:].split()[0])
            elif times:
                known = totals.get(callee, (0, 0))
                totals[callee] = (known[0] + times, known[1] + int(line.split()[1]))
                times = 0
    return {names[number]: counts for number, counts in totals.items()}


# --- the comparison -----------------------------------------------------------------------------------


def toolchain() -> dict[str, str]:
    """What the counts depend on besides the code."""
    command = shlex.split(os.environ.get("CXX", "g++"))  # several words where it is "ccache g++"
    compiler = subprocess.run([*command, "-dumpfullversion"], capture_output=True, text=True, check=True)
    return {
        "compiler": f"g++ {compiler.stdout.strip()}",
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def compare(counted: dict[str, float], budgets: dict[str, float]) -> list[str]:
    """Prints the table; returns what went over its budget."""
    over = []
    tolerances = {path.name: path.tolerance for path in HOT_PATHS}
    for name, found in counted.items():
        budget = budgets.get(name)
        change = "new" if budget is None else f"{(found / budget - 1) * 100:+.1f} %"
        print(f"{name:42} {found:12.2f} {change:>10}")
        if budget is not None and found > budget * (1 + tolerances[name]):
            over.append(f"{name}: {found:.2f} instructions, {budget:.2f} were kept ({change})")
    return over


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--update", action="store_true", help="write what is counted into the file")
    parser.add_argument("--work", metavar="LOG_DIR", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work)
        return 0
    if shutil.which("valgrind") is None:
        print("valgrind is not installed: nothing counted", file=sys.stderr)
        return 2

    counted, here = count(), toolchain()
    kept = json.loads(BUDGETS.read_text()) if BUDGETS.exists() else {"toolchain": here, "instructions": {}}
    over = compare(counted, kept["instructions"])
    if options.update:
        rounded = {name: round(found, 3) for name, found in counted.items()}
        BUDGETS.write_text(json.dumps({"toolchain": here, "instructions": rounded}, indent=2) + "\n")
        print(f"written to {BUDGETS}")
        return 0
    if kept["toolchain"] != here:
        print(f"counted with {here}, kept for {kept['toolchain']}: shown, not compared")
        return 0
    if over:
        print(
            "\nOver the budget:",
            *over,
            "If that is meant, run with --update and say why in the commit.",
            sep="\n",
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
