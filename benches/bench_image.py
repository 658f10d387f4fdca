"""How long does a picture take, for the caller and until its PNG is in the file?

Workload: `add_image(tag, uint8 array of 512×512×3, step, dataformats="HWC")`, gradients with a camera's noise
(4 pictures in turn).  End to end: all calls without a pause and one flush(), divided by the calls (full: 400
pictures, ten times the ring).  Then each call with a flush() behind it: the caller's part alone.
The files' sizes stand in the table: a fast encoder that writes twice the bytes would be no gain.
Rivals: torch.utils.tensorboard, tensorboardX; both encode with Pillow in the caller's thread.
Left out: float pictures, grids, 16 bits.  PNG sizes by class of content: benches/png_sizes.py.

Run: pytest benches/bench_image.py [--bench-size full], or python -m benches.report --only image
"""

from dataclasses import replace
from functools import partial

from benches import judge, timing
from benches.work import OURS, PEERS, Amount, Case, Contender, Work
from benches.workloads import pictures


def run(case: Case, library: str) -> dict[str, float]:
    images = pictures()

    def log_one(writer, step: int) -> None:
        writer.add_image("sample", images[step % len(images)], step, dataformats="HWC")

    return timing.log_events(library, case, log_one)


WORK = Work(
    name="image",
    title="`add_image`, 512×512×3 uint8",
    contenders=tuple(Contender(name, name, partial(run, library=name)) for name in (OURS, *PEERS)),
    measures=tuple(
        replace(measure, headline=True) if measure.key == "caller" else measure
        for measure in timing.EVENT_MEASURES
    ),
    amounts={"smoke": Amount(12, 3), "small": Amount(100, 6), "full": Amount(400, 25)},
    check_amount=4,
    check=judge.check_same_events,
)


def test_image(publish):
    publish()
