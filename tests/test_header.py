"""The first record of a file says who wrote it."""

from __future__ import annotations

from ringboard import SummaryWriter
from tests.support.events import read_events


def test_the_header_names_ringboard_as_the_writer(tmp_path) -> None:
    SummaryWriter(tmp_path).close()
    (header,) = read_events(tmp_path)
    assert header.file_version == "brain.Event:2"
    assert header.source_metadata.writer == "ringboard"
