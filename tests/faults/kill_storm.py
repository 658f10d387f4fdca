"""Kills a process under full load by SIGKILL at a random moment, again and again, and looks for every event.

After a number of kills other processes recover what was left behind, up to three at a time, so that they
meet; with --kill-recovery some of them are killed at random moments, too. Then every acknowledged event must
be there once, in order, with its payload, for both of TensorBoard's readers.

Run: python -m tests.faults.kill_storm [--kills 1000] [--kill-recovery] [--seed N]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import ringboard
from tests.faults.library import RECOVERS_AFTER_DEATH
from tests.faults.run import LOG
from tests.faults.storm_count import Count
from tests.faults.storm_load import load

# Readers and recovery see so many dead processes at once.
BATCH = 25
LONGEST_LIFE_S = 0.08
LONGEST_RECOVERY_S = 0.03
_SEGMENTS = Path("/dev/shm")


def fork(body: Callable[[], object]) -> int:
    """This process makes no writer and no thread, so that its children begin clean, in milliseconds."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        body()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def join(pid: int) -> None:
    status = os.waitpid(pid, 0)[1]
    if status:
        raise RuntimeError(f"a process of the storm ended with status {status}")


def kill_after(pid: int, life_s: float) -> None:
    time.sleep(life_s)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def recover(scratch: Path) -> None:
    """What a user runs, or what the next training run does by itself."""
    act = getattr(ringboard, "recover", None)
    if act is None:
        ringboard.SummaryWriter(scratch).close()
    else:
        act()


def judged(base: Path) -> Count:
    """In a process of its own: the readers bring threads, and this one forks."""
    reading, writing = os.pipe()

    def body() -> None:
        from tests.faults.storm_judge import judge_storm

        with os.fdopen(writing, "w") as pipe:
            json.dump(dataclasses.asdict(judge_storm(base)), pipe)

    pid = fork(body)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    join(pid)
    return Count(**json.loads(answer))


@dataclasses.dataclass
class Tally:
    """How the storm went, beside what the judge says."""

    kills: int = 0
    recoveries: int = 0
    killed_recoveries: int = 0
    leftovers: int = 0  # segments of killed processes that no recovery took away
    count: Count = dataclasses.field(default_factory=Count)

    def line(self) -> str:
        count = self.count
        return (
            f"{self.kills:5} kills, {self.killed_recoveries} recoveries killed: "
            f"{count.acknowledged:,} acknowledged, lost {count.lost_python:,} (Python) {count.lost_rust:,} "
            f"(RustBoard), twice {count.duplicates:,}, out of order {count.disordered:,}, "
            f"wrong {count.wrong:,}, unsound files {count.unsound}"
        )

    def table(self) -> str:
        rows = {
            "processes killed": self.kills,
            "recoveries": self.recoveries,
            "of them killed": self.killed_recoveries,
            "events acknowledged": self.count.acknowledged,
            "events found": self.count.found,
            "lost to TensorBoard's reader in Python": self.count.lost_python,
            "lost to RustBoard": self.count.lost_rust,
            "events found twice": self.count.duplicates,
            "events out of order, or after a hole": self.count.disordered,
            "events with a wrong payload": self.count.wrong,
            "files torn or damaged": self.count.unsound,
            "segments left behind": self.leftovers,
        }
        return "\n".join(["| | |", "|---|---|", *(f"| {name} | {count:,} |" for name, count in rows.items())])


def storm(kills: int, seed: int, kill_recovery: bool) -> Tally:
    """Kills, recovers and judges in batches; prints a line after each."""
    chance, tally = random.Random(seed), Tally()
    while tally.kills < kills:
        base = Path(tempfile.mkdtemp(prefix="ringboard-storm-"))
        pids = [_kill_one(base / f"{index:03}", chance) for index in range(min(BATCH, kills - tally.kills))]
        tally.kills += len(pids)
        _recover(base, chance, tally, kill_recovery)
        tally.leftovers += sum(_leaves_a_segment(pid) for pid in pids)
        tally.count += judged(base)
        print(tally.line(), flush=True)
        if tally.count.faults(losses_count=RECOVERS_AFTER_DEATH):
            print(f"seed {seed}: the batch's files are kept in {base}")
            return tally
        shutil.rmtree(base)
    return tally


def _kill_one(home: Path, chance: random.Random) -> int:
    (home / LOG).mkdir(parents=True)
    seed = chance.getrandbits(32)
    pid = fork(lambda: load(home, seed))
    kill_after(pid, chance.uniform(0.0, LONGEST_LIFE_S))
    return pid


def _recover(base: Path, chance: random.Random, tally: Tally, kill_recovery: bool) -> None:
    scratch = base / "next"
    for _ in range(chance.randint(1, 4) if kill_recovery else 0):
        kill_after(fork(lambda: recover(scratch)), chance.uniform(0.0, LONGEST_RECOVERY_S))
        tally.recoveries += 1
        tally.killed_recoveries += 1
    meeting = [fork(lambda: recover(scratch)) for _ in range(chance.randint(1, 3))]
    for pid in meeting:
        join(pid)
    tally.recoveries += len(meeting)


def _leaves_a_segment(pid: int) -> bool:
    return any(_SEGMENTS.glob(f"ringboard-{os.getuid()}-{pid}-*"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--kill-recovery", action="store_true", help="kill recovering processes, too")
    parser.add_argument("--seed", type=int, default=time.time_ns() & 0xFFFFFFFF)
    options = parser.parse_args()
    print(f"seed {options.seed}")
    start = time.monotonic()
    tally = storm(options.kills, options.seed, options.kill_recovery)
    print(f"{time.monotonic() - start:.0f} s", tally.table(), sep="\n")
    if faults := tally.count.faults(losses_count=RECOVERS_AFTER_DEATH):
        sys.exit(f"not as promised: {faults}")


if __name__ == "__main__":
    main()
