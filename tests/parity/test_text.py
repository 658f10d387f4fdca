"""add_text leaves what torch's and tensorboardX's leave."""

from __future__ import annotations

import pytest

TEXTS = ["", "plain", "**markdown**\n\n| a | b |\n|---|---|\n| 1 | 2 |", "多言語 🙂", "\0", "x" * 10_000]


@pytest.mark.parametrize("peer", ["torch", "tensorboardX"])
def test_texts(pair, peer):
    pair.same(
        lambda writer: [writer.add_text("notes", text, step) for step, text in enumerate(TEXTS)], peer=peer
    )


def test_no_step(pair):
    pair.same(lambda writer: writer.add_text("notes", "once"))
