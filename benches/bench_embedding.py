"""How long does `add_embedding` take, until all its files are there?

Workload: `add_embedding(10,000×256 float32, 10,000 labels, 10,000 pictures of 3×32×32 float32, step)`: normal
vectors, gradients with a camera's noise.  Two calls, of a step each; times are divided by the points, of
which the smaller sizes have fewer.  The call returns when the files are complete, with ringboard as with its
rivals.  The files' sizes stand in the table: ringboard writes a float32 with its own digits, its rivals with
those of a float64.
Rivals: torch.utils.tensorboard, tensorboardX.
Left out: pictures that are not square, which the rivals refuse or mix up; many embeddings in one config.

Run: pytest benches/bench_embedding.py [--bench-size full], or python -m benches.report --only embedding
"""

import time
from functools import partial

from benches import contenders, judge, timing
from benches.work import OURS, PEERS, Amount, Case, Contender, Measure, Work
from benches.workloads import embedding

_CALLS = 2


def run(case: Case, library: str) -> dict[str, float]:
    import torch  # torch's writer takes pictures as tensors only; the others take them too

    points = case.amount
    vectors, labels, pictures = embedding(points)
    images = torch.from_numpy(pictures)
    contenders.prepare(library, case)
    log_dir = case.log_dir / "run"
    writer = contenders.open_writer(library, log_dir)
    writer.add_embedding(vectors[:50], labels[:50], images[:50], 0)  # lazy imports, first touches
    usage = timing.Usage()
    start = time.perf_counter()
    for step in range(1, _CALLS + 1):
        writer.add_embedding(vectors, labels, images, step)
    elapsed = time.perf_counter() - start
    used = usage.finish(_CALLS * points)
    writer.close()
    sizes = [judge.check_embedding(log_dir, step, points) for step in range(1, _CALLS + 1)]
    return used | {"end_to_end": elapsed / _CALLS / points, "bytes": sizes[0] / points}


WORK = Work(
    name="embedding",
    title="`add_embedding`, a point of 10,000: 256 float32, label, 32×32×3 picture",
    contenders=tuple(Contender(name, name, partial(run, library=name)) for name in (OURS, *PEERS)),
    measures=(
        Measure("end_to_end", "in the files, a point", headline=True),
        Measure("bytes", "file bytes, a point", "B"),
        *timing.USAGE_MEASURES,
    ),
    amounts={"smoke": Amount(400, 400), "small": Amount(4_000, 4_000), "full": Amount(10_000, 10_000)},
    check_amount=100,
    check=judge.check_same_embeddings,
)


def test_embedding(publish):
    publish()
