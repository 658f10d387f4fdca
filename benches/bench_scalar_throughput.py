"""How many scalars a second reach a closed file, with nothing lost and memory bounded by the ring?

Workload: 20 M scalars (full), one tag, the default ring of 32 MiB (1 M events); the clock runs from the first
call until close() has returned.  Then every record of the file is compared with what was logged (step, value,
tag, framing; checksums sampled), and the process's peak RSS with what it had before: a growth of more than
the ring and 16 MiB is refused.
Rivals: torch.utils.tensorboard, tensorboardX with fewer events, told per event (20 M would take a quarter of
an hour); their growth of memory is therefore not comparable.
Left out: fsync.  close() hands the bytes to the kernel, as the rivals' does.

Run: pytest benches/bench_scalar_throughput.py [--bench-size full], or
     python -m benches.report --only scalar_throughput
"""

from functools import partial

from benches import judge, timing
from benches.work import OURS, PEERS, Amount, Case, Contender, Measure, Work
from benches.workloads import ADD_SCALAR, LOG, TAG, feed_scalars, feed_series

_DEFAULT_RING_BYTES = 32 << 20
_SLACK_BYTES = 16 << 20  # batches, stacks, the interpreter


def run(case: Case, library: str, tags: tuple[str, ...], feed) -> dict[str, float]:
    timing.warm_up(library, case, feed)
    found = timing.scalars_to_closed_file(library, case, tags, feed)
    bound = (case.ring_bytes or _DEFAULT_RING_BYTES) + _SLACK_BYTES
    assert library != OURS or found["rss_growth"] <= bound, (
        f"memory grew by {found['rss_growth']} > {bound} bytes"
    )
    return found | {"rate": 1 / found["closed"]}


def tags_of(contender: str) -> tuple[str, ...]:
    return LOG.tags if "log()" in contender else (TAG,)


def check(log_dirs) -> None:
    judge.check_scalars(log_dirs, tags_of)


def contender(name: str, library: str, tags: tuple[str, ...], feed) -> Contender:
    return Contender(name, library, partial(run, library=library, tags=tags, feed=feed))


WORK = Work(
    name="scalar_throughput",
    title="scalars to the closed file, nothing lost",
    contenders=(
        contender("ringboard", OURS, (TAG,), partial(feed_scalars, ADD_SCALAR)),
        contender("ringboard log() of 20", OURS, LOG.tags, partial(feed_scalars, LOG)),
        contender("ringboard series", OURS, (TAG,), feed_series),
        *(contender(peer, peer, (TAG,), partial(feed_scalars, ADD_SCALAR)) for peer in PEERS),
    ),
    measures=(
        Measure("closed", "a value", headline=True),
        Measure("rate", "values a second", "count"),
        Measure("call", "caller's side"),
        Measure("bytes", "file bytes a value", "B"),
        Measure("ring_high_water", "ring's high-water mark", "B"),
        *timing.USAGE_MEASURES,
    ),
    amounts={
        "smoke": Amount(ours=100_000, peers=1_000, ring_bytes=64 << 10),
        "small": Amount(ours=3_000_000, peers=10_000),
        "full": Amount(ours=20_000_000, peers=60_000),
    },
    check_amount=1000,
    check=check,
    notes="The peers' times are per event, of a run with fewer events; nothing is extrapolated beyond that.",
)


def test_scalar_throughput(publish):
    publish()
