"""Programs written for torch's writer call ours with the same arguments, by position or by name.

Nothing is listed by hand: a torch release with a new method or argument fails here.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from torch.utils import tensorboard

import ringboard

CLASSES = ["SummaryWriter", "FileWriter"]
NOT_PUBLIC_BUT_USED = ["__init__", "__enter__", "__exit__", "_get_file_writer"]


def methods(writer_class: type) -> list[str]:
    """The methods that a program may call: the public ones and those that programs call all the same."""
    return [
        name
        for name, member in inspect.getmembers(writer_class, inspect.isroutine)
        if not name.startswith("_")
        or (name in NOT_PUBLIC_BUT_USED and member is not getattr(object, name, 0))
    ]


def parameters(routine: Callable[..., Any]) -> list[inspect.Parameter]:
    found = inspect.signature(routine).parameters.values()
    # self, which a compiled method takes by position alone, is nobody's argument.
    return [one.replace(annotation=inspect.Parameter.empty) for one in found if one.name != "self"]


def assert_callable_as(ours: Callable[..., Any], theirs: Callable[..., Any]) -> None:
    """Asserts that what is a call of `theirs` is one of `ours`, with the same meaning of every argument."""
    mine, wanted = parameters(ours), parameters(theirs)
    assert mine[: len(wanted)] == wanted
    without_default = [one.name for one in mine[len(wanted) :] if one.default is inspect.Parameter.empty]
    assert not without_default


@pytest.mark.parametrize(
    ("writer_class", "method"),
    [(name, method) for name in CLASSES for method in methods(getattr(tensorboard, name))],
)
def test_every_method_of_torchs_is_called_the_same_way(writer_class, method):
    ours, theirs = (getattr(library, writer_class) for library in (ringboard, tensorboard))
    assert hasattr(ours, method), (
        f"torch's {writer_class} has {method}{inspect.signature(getattr(theirs, method))}"
    )
    if method == "__exit__":  # Python passes these by position
        assert len(parameters(ours.__exit__)) == len(parameters(theirs.__exit__))
        return
    assert_callable_as(getattr(ours, method), getattr(theirs, method))


def test_methods_are_discovered():
    found = methods(tensorboard.SummaryWriter)
    assert len(found) >= 28, found
    assert {*NOT_PUBLIC_BUT_USED, "add_scalar", "add_mesh", "close"} <= set(found)
    assert {"__init__", "add_event", "add_summary", "reopen"} <= set(methods(tensorboard.FileWriter))


def _ours(self, tag, step=None, walltime=None, more=None):
    pass


def _ours_wants_more(self, tag, step=None, walltime=None, *, more):
    pass


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (_ours, lambda self, tag, step=0, walltime=None: None),
        (_ours, lambda self, tag, at=None, walltime=None: None),
        (_ours, lambda self, tag, walltime=None, step=None: None),
        (_ours, lambda self, tag, step=None, *, walltime=None: None),
        (_ours, lambda self, tag, step=None, walltime=None, more=None, newer=None: None),
        (_ours_wants_more, lambda self, tag, step=None, walltime=None: None),
    ],
    ids=["default", "name", "order", "kind", "torch has more", "ours wants more"],
)
def test_a_difference_is_found(ours, theirs):
    assert_callable_as(_ours, lambda self, tag, step=None, walltime=None: None)
    with pytest.raises(AssertionError):
        assert_callable_as(ours, theirs)


def test_every_attribute_of_torchs_is_there(tmp_path):
    for name in CLASSES:
        ours, theirs = (
            getattr(library, name)(str(tmp_path / library.__name__)) for library in (ringboard, tensorboard)
        )
        public = [attribute for attribute in vars(theirs) if not attribute.startswith("_")]
        assert public
        assert [attribute for attribute in public if not hasattr(ours, attribute)] == []
        ours.close()
        theirs.close()


def own_names(library: ModuleType, name: str) -> list[str]:
    return [method for method in methods(getattr(library, name)) if not method.startswith("_")]


@pytest.mark.parametrize(
    ("name", "method"),
    [(name, method) for name in [*CLASSES, "EventFileWriter"] for method in own_names(ringboard, name)],
)
def test_every_method_says_what_it_does(name, method):
    assert inspect.getdoc(getattr(getattr(ringboard, name), method))
