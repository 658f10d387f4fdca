"""How long does add_scalar keep the caller, when the ring is far smaller than the number of events?

Workload: `add_scalar("loss/train", float, step)` in a loop, many times more events than the ring holds (full:
10 M events, a ring of 1 MiB, which is 32 K events).  It wraps all the time, and whenever the writer thread
falls behind it fills and the caller waits: how full it was stands in the table.  One pass under one clock
(the mean, with the loop's own cost), a second one with two looks at the clock around each call (the
percentiles, with the clock's own cost).  Beside it ringboard's faster interfaces, told per value:
`handle.add`, `log()` of 20 values (the dict is made before), `add_scalar_series` of 100,000.
Rivals: torch.utils.tensorboard, tensorboardX, default arguments, fewer events, told per event.
Baselines: an empty Python function under the same loop; a compiled method that takes the same arguments and
reads the clock, which is what add_scalar can't go under.
Then all of it again with a ring larger than all events together: what the caller pays when it never waits.
Left out: several threads that log at once; tensors as values.

Run: pytest benches/bench_scalar_call.py [--bench-size full], or python -m benches.report --only scalar_call
"""

from dataclasses import replace
from functools import partial

from benches import judge, timing
from benches.floor import make_floor
from benches.work import BASELINE, OURS, PEERS, Amount, Case, Contender, Measure, Work
from benches.workloads import ADD_SCALAR, HANDLE_ADD, LOG, TAG, ScalarStyle, feed_scalars, feed_series


def run_style(case: Case, library: str, style: ScalarStyle) -> dict[str, float]:
    feed = partial(feed_scalars, style)
    timing.warm_up(library, case, feed)
    found = timing.scalars_to_closed_file(library, case, style.tags, feed)
    return found | timing.scalar_latencies(library, case, style)


def run_series(case: Case) -> dict[str, float]:
    timing.warm_up(OURS, case, feed_series)
    return timing.scalars_to_closed_file(OURS, case, (TAG,), feed_series)


def run_empty(case: Case) -> dict[str, float]:
    def nothing(tag: str, value: float, step: int) -> None:
        pass

    return timing.bare_calls(case.amount, nothing)


def run_floor(case: Case) -> dict[str, float]:
    return timing.bare_calls(case.amount, make_floor().add_scalar)


def tags_of(contender: str) -> tuple[str, ...]:
    return LOG.tags if "log()" in contender else (TAG,)


def check(log_dirs) -> None:
    judge.check_scalars(log_dirs, tags_of)


WORK = Work(
    name="scalar_call",
    title="`add_scalar`, caller's side, small ring",
    contenders=(
        Contender("ringboard", OURS, partial(run_style, library=OURS, style=ADD_SCALAR)),
        Contender("ringboard handle.add", OURS, partial(run_style, library=OURS, style=HANDLE_ADD)),
        Contender("ringboard log() of 20", OURS, partial(run_style, library=OURS, style=LOG)),
        Contender("ringboard series", OURS, run_series),
        *(Contender(peer, peer, partial(run_style, library=peer, style=ADD_SCALAR)) for peer in PEERS),
        Contender("empty call", BASELINE, run_empty),
        Contender("bare compiled method", BASELINE, run_floor),
    ),
    measures=(
        Measure("call", "a value, mean", headline=True),
        Measure("p50", "a call, p50"),
        Measure("p99", "p99"),
        Measure("p999", "p99.9"),
        Measure("max", "max"),
        Measure("closed", "a value, to the closed file"),
        Measure("bytes", "file bytes a value", "B"),
        Measure("ring_high_water", "ring's high-water mark", "B"),
        *timing.USAGE_MEASURES,
    ),
    amounts={
        "smoke": Amount(ours=60_000, peers=600, ring_bytes=64 << 10),
        "small": Amount(ours=1_000_000, peers=6_000, ring_bytes=1 << 20),
        "full": Amount(ours=10_000_000, peers=40_000, ring_bytes=1 << 20),
    },
    check_amount=1000,
    check=check,
    notes="The percentiles are of single calls (log() of 20 values) and include two looks at the clock. "
    "Peers log fewer events, whose steps have fewer digits: about a byte an event.",
)

# The same without pressure: every event fits the ring, nobody ever waits.
ROOMY = replace(
    WORK,
    name="scalar_call_roomy",
    title="`add_scalar`, caller's side, ring larger than all events",
    amounts={
        "smoke": Amount(ours=60_000, peers=600, ring_bytes=4 << 20),
        "small": Amount(ours=1_000_000, peers=6_000, ring_bytes=64 << 20),
        "full": Amount(ours=10_000_000, peers=40_000, ring_bytes=512 << 20),
    },
)
WORKS = (WORK, ROOMY)


def test_scalar_call(publish):
    publish()
