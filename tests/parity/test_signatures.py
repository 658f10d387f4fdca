"""Programs written for torch's writer call ours with the same arguments, by position or by name."""

from __future__ import annotations

import inspect

import pytest
from torch.utils import tensorboard

import ringboard

METHODS = [
    "__init__", "__enter__", "__exit__", "add_histogram", "add_histogram_raw", "add_image", "add_images",
    "add_scalar", "add_scalars", "add_tensor", "add_text", "close", "flush", "get_logdir",
]  # fmt: skip


def parameters(writer_class: type, method: str) -> list[tuple[str, object]]:
    found = inspect.signature(getattr(writer_class, method)).parameters.values()
    return [(one.name, one.default) for one in found]


@pytest.mark.parametrize("method", METHODS)
def test_parameters_start_with_torchs(method):
    ours, theirs = (parameters(library.SummaryWriter, method) for library in (ringboard, tensorboard))
    if method == "__exit__":  # Python passes these by position
        assert len(ours) == len(theirs)
        return
    assert ours[: len(theirs)] == theirs
    assert all(default is not inspect.Parameter.empty for _name, default in ours[len(theirs) :])


def test_file_writer_parameters_start_with_torchs():
    ours, theirs = (parameters(library.FileWriter, "__init__") for library in (ringboard, tensorboard))
    assert ours[: len(theirs)] == theirs


@pytest.mark.parametrize("method", [*METHODS[3:], "log", "scalar", "add_scalar_series", "stats"])
def test_every_method_says_what_it_does(method):
    assert inspect.getdoc(getattr(ringboard.SummaryWriter, method))
