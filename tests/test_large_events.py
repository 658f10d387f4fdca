"""Events that do not fit the ring arrive whole, in order, and the memory for them is given back."""

from __future__ import annotations

import io

import numpy as np
import torch
from PIL import Image

from ringboard import SummaryWriter
from tests import walk
from tests.scripts import run_script


def values_of(logdir) -> list:
    """[(step, value)] in the order of the file."""
    return [(event.step, value) for event in walk.events(logdir) for value in event.summary.value]


def test_text(tmp_path):
    text = "0123456789abcdef" * (3 << 20)
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("before", 1.0, 1)
        writer.add_text("t", text, 2)
        writer.add_scalar("after", 1.0, 3)
    (_, before), (step, value), (_, after) = values_of(tmp_path)
    assert (before.tag, value.tag, after.tag) == ("before", "t/text_summary", "after")
    assert step == 2
    assert value.tensor.string_val[0].decode() == text


def test_tensor(tmp_path):
    tensor = torch.arange(12_000_000, dtype=torch.float32)
    with SummaryWriter(tmp_path) as writer:
        writer.add_tensor("t", tensor, 1)
        writer.add_scalar("after", 1.0, 2)
    (_, value), (_, after) = values_of(tmp_path)
    assert after.tag == "after"
    stored = value.tensor.tensor_content or np.array(value.tensor.float_val, np.float32).tobytes()
    assert stored == tensor.numpy().tobytes()


def test_image(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (2000, 2100, 3), dtype=np.uint8)
    with SummaryWriter(tmp_path) as writer:
        writer.add_image("i", pixels, 1, dataformats="HWC")
        writer.add_scalar("after", 1.0, 2)
    (_, value), (_, after) = values_of(tmp_path)
    assert after.tag == "after"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(value.image.encoded_image_string))), pixels)


def test_every_kind_through_the_smallest_ring(tmp_path):
    run_script(
        """
        import sys
        import numpy as np
        import ringboard
        ringboard.configure(ring_bytes=65536)
        with ringboard.SummaryWriter(sys.argv[1]) as writer:
            assert writer.stats()["ring_bytes"] == 65536
            for step in range(40):
                writer.add_scalar("scalar", step, step)
                writer.add_text("text", "x" * (step * 1000), step)
                writer.add_tensor("tensor", np.arange(step * 500), step)
                pixels = np.full((step + 1, 100, 3), step, np.uint8)
                writer.add_image("image", pixels, step, dataformats="HWC")
                writer.add_histogram("histogram", np.arange(step + 1), step)
                writer.log({f"log/{i}": step for i in range(100)}, step)
        """,
        tmp_path,
    )
    seen: dict[str, list[int]] = {}
    for step, value in values_of(tmp_path):
        seen.setdefault(value.tag.partition("/")[0], []).append(step)
        if value.tag == "text/text_summary":
            assert len(value.tensor.string_val[0]) == step * 1000
        elif value.tag == "image":
            pixels = np.asarray(Image.open(io.BytesIO(value.image.encoded_image_string)))
            assert pixels.shape == (step + 1, 100, 3)
            assert (pixels == step).all()
    assert seen.pop("log") == [step for step in range(40) for _ in range(100)]
    assert seen == {tag: list(range(40)) for tag in ("scalar", "text", "tensor", "image", "histogram")}


def test_large_events_do_not_pile_up_in_memory(tmp_path):
    out = run_script(
        """
        import resource, sys
        import ringboard
        text = "x" * (10 << 20)
        with ringboard.SummaryWriter(sys.argv[1]) as writer:
            for step in range(3):
                writer.add_text("t", text, step)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            for step in range(3, 18):
                writer.add_text("t", text, step)
            print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        """,
        tmp_path,
    ).stdout
    assert int(out) < 60 << 10, "KB more after 150 MB of text"
    assert len(values_of(tmp_path)) == 18
