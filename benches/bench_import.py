"""What does `import ringboard` cost, and what does it bring along?

Workload: a fresh interpreter imports one module and says how long that took, from a warm page cache; the
median of several.  The same interpreter says what else was imported: ringboard must bring none of
tensorboard, protobuf, Pillow, torch, tensorboardX.
Rivals: torch.utils.tensorboard (alone, and in a process that has torch already), tensorboardX.
Baseline: import numpy, ringboard's one dependency.
Left out: the first import after a reboot.

Run: pytest benches/bench_import.py [--bench-size full], or python -m benches.report --only import
"""

import json
import os
import statistics
import subprocess
import sys
from functools import partial

from benches.work import BASELINE, OURS, Amount, Case, Contender, Measure, Work

_PROGRAM = """
import json, sys, time
for module in {before!r}:
    __import__(module)
start = time.perf_counter()
__import__({module!r})
took = time.perf_counter() - start
print(json.dumps([took, len(sys.modules), sorted(set({heavy!r}) & set(sys.modules))]))
"""
_HEAVY = ("tensorboard", "google.protobuf", "PIL", "torch", "tensorboardX")


def fresh_import(module: str, before: tuple[str, ...] = ()) -> tuple[float, int, list[str]]:
    """(seconds, modules in the process, which heavy ones are among them)."""
    program = _PROGRAM.format(module=module, before=before, heavy=_HEAVY)
    # Bytecode is cached, as it is where a package was installed, even if the environment forbids it here.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    )
    took, modules, heavy = json.loads(done.stdout)
    return took, modules, heavy


def run(case: Case, module: str, before: tuple[str, ...] = ()) -> dict[str, float]:
    fresh_import(module, before)  # the page cache and the .pyc files
    samples = [fresh_import(module, before) for _ in range(case.amount)]
    assert module != OURS or not samples[0][2], f"import ringboard brought {samples[0][2]}"
    return {"import": statistics.median(took for took, _, _ in samples), "modules": samples[0][1]}


def check(log_dirs) -> None:
    """Nothing is written; what is imported, `run` asserts."""


def contender(name: str, library: str, module: str, before: tuple[str, ...] = ()) -> Contender:
    return Contender(name, library, partial(run, module=module, before=before))


WORK = Work(
    name="import",
    title="import",
    contenders=(
        contender("ringboard", OURS, "ringboard"),
        contender("ringboard, numpy imported", "other", "ringboard", ("numpy",)),
        contender("torch", "torch", "torch.utils.tensorboard"),
        contender("torch, torch imported", "other", "torch.utils.tensorboard", ("torch",)),
        contender("tensorboardX", "tensorboardX", "tensorboardX"),
        contender("import numpy", BASELINE, "numpy"),
    ),
    measures=(
        Measure("import", "import", headline=True),
        Measure("modules", "modules in the process", "count"),
    ),
    amounts={"smoke": Amount(2, 1), "small": Amount(7, 2), "full": Amount(15, 5)},
    check_amount=0,
    check=check,
    notes="Rows with something imported before have no ratio: no peer is measured like that. "
    "Each sample is the median of several fresh interpreters.",
)


def test_import(publish):
    publish()
