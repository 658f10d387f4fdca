"""The README says of its list of differences from tensorboardX that each has a test: here is which."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS_DIR = Path(__file__).parent
README = TESTS_DIR.parents[1] / "README.md"

# The first words of a line of the list: the tests of what it says.
TESTS = {
    "Images: values": ["test_parity.py::test_differences_are_real"],
    "Audio:": ["test_writer.py::test_audio_is_torchs"],
    "`add_mesh`": ["test_writer.py::test_mesh_has_the_tags_that_tensorboard_looks_for"],
    "`add_hparams`": ["test_parity.py::test_differences_are_real"],
    "`add_images`": ["test_writer.py::test_list_of_pictures_needs_no_dataformats"],
    "`use_metadata`": [
        "test_writer.py::test_step_alone_leaves_the_time_as_it_is",
        "test_writer.py::test_it_holds_for_add_scalars_and_for_handles",
        "test_writer.py::test_it_ends_with_an_exception",
    ],
    "`write_to_disk=False`": [
        "test_writer.py::test_nothing_is_on_disk",
        "test_writer.py::test_nothing_is_checked_all_the_same",
    ],
    "`purge_step`": ["test_writer.py::test_purge_step_purges_once_and_stays"],
    "`add_scalars`": ["test_writer.py::test_no_name_leads_out"],
    "Files:": ["test_writer.py::test_two_writers_of_one_second", "test_writer.py::test_flush_waits_for_all"],
    "`GlobalSummaryWriter`": [
        "test_global_writer.py::test_processes",
        "test_global_writer.py::test_a_child_that_is_killed_takes_nobody_along",
    ],
    "What can't be logged": ["test_parity.py::test_what_both_refuse"],
    "Nothing is sent": [
        "test_writer.py::test_comet_is_told_of",
        "test_modules.py::test_torch_vis",
    ],
}


def listed() -> list[str]:
    section = README.read_text().split("\n## tensorboardX\n")[1].split("\n## ")[0]
    return re.findall(r"^- (?!from )(.*)", section, re.MULTILINE)


@pytest.mark.parametrize("line", listed())
def test_a_difference_has_tests(line):
    assert [start for start in TESTS if line.startswith(start)], f"which tests show it?  {line}"


@pytest.mark.parametrize("start", TESTS)
def test_the_tests_are_there(start):
    assert any(line.startswith(start) for line in listed()), f"the README lists no {start!r}"
    for test in TESTS[start]:
        file, name = test.split("::")
        defined = [
            node.name
            for node in ast.parse((TESTS_DIR / file).read_text()).body
            if isinstance(node, ast.FunctionDef)
        ]
        assert name in defined, test
