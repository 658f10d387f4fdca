"""What does logging cost a training step that logs as training scripts do?

Workload: a step logs 10 scalars and 2 histograms (a 128×64 weight matrix and its gradients, float32); the
steps follow each other without training between them, which is the worst for a writer in the background.
End to end: all steps and one flush(), divided by the steps.  Then each step with a flush() behind it.
Rivals: torch.utils.tensorboard, tensorboardX.
Left out: images, and the training itself: `make demo` shows a whole run.

Run: pytest benches/bench_mixed_step.py [--bench-size full], or python -m benches.report --only mixed_step
"""

from functools import partial

from benches import judge, timing
from benches.work import OURS, PEERS, Amount, Case, Contender, Work
from benches.workloads import scalar_values, weights

_METRICS = ("loss", "accuracy", "lr", "grad_norm", "ema", "epoch", "images_s", "gpu_mem", "f1", "auc")
_TAGS = [f"metrics/{name}" for name in _METRICS]


def run(case: Case, library: str) -> dict[str, float]:
    values = scalar_values()
    arrays = [each.reshape(128, 64) for each in weights(128 * 64, 4)]

    def log_one(writer, step: int) -> None:
        for index, tag in enumerate(_TAGS):
            writer.add_scalar(tag, values[(step + index) % len(values)], step)
        writer.add_histogram("layer/weights", arrays[step % 4], step)
        writer.add_histogram("layer/gradients", arrays[(step + 1) % 4], step)

    return timing.log_events(library, case, log_one, events_a_call=len(_TAGS) + 2)


WORK = Work(
    name="mixed_step",
    title="a step: 10 scalars, 2 histograms of 8,192",
    contenders=tuple(Contender(name, name, partial(run, library=name)) for name in (OURS, *PEERS)),
    measures=timing.EVENT_MEASURES,
    amounts={"smoke": Amount(200, 10), "small": Amount(4_000, 150), "full": Amount(10_000, 500)},
    check_amount=8,
    check=judge.check_same_events,
)


def test_mixed_step(publish):
    publish()
