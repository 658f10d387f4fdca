"""native/histogram/edges.h is what its generator writes, and its edges are those that torch uses."""

import importlib.util
import pathlib
import re
from unittest import mock

import pytest

ROOM = pathlib.Path(__file__).resolve().parents[1] / "native" / "histogram"


@pytest.fixture(scope="module")
def make_tables():
    spec = importlib.util.spec_from_file_location("make_tables", ROOM / "make_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def edges_in_header():
    literals = re.findall(r"0x1\.[0-9a-f]+p[+-]\d+", (ROOM / "edges.h").read_text())
    return [float.fromhex(literal) for literal in literals]


def test_the_header_is_what_the_generator_writes(make_tables):
    assert (ROOM / "edges.h").read_text() == make_tables.render()


def test_check_fails_when_the_header_is_stale(make_tables, tmp_path, monkeypatch):
    stale = tmp_path / "edges.h"
    stale.write_text(make_tables.render().replace("0x1.", "0x1.0", 1))
    monkeypatch.setattr(make_tables, "EDGES", stale)
    with pytest.raises(SystemExit, match="stale"):
        make_tables.main(["--check"])
    make_tables.main([])
    make_tables.main(["--check"])


def test_the_count_is_the_one_the_header_declares():
    declared = re.search(r"kPositiveEdgeCount = (\d+);", (ROOM / "edges.h").read_text())
    assert int(declared[1]) == len(edges_in_header()) == 774


def test_edges_are_the_default_bins_of_torch():
    torch_writer = pytest.importorskip("torch.utils.tensorboard.writer")
    with mock.patch.object(torch_writer.SummaryWriter, "_get_file_writer"):  # writes no file
        writer = torch_writer.SummaryWriter(log_dir="unused")
    positive = edges_in_header()
    assert writer.default_bins == [-edge for edge in reversed(positive)] + [0] + positive
