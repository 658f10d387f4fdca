"""A tool's subclass of an original EventFileWriter, made anew as a subclass of ours."""

from __future__ import annotations

import functools
from types import CellType, FunctionType


def _is_original(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in ("tensorboard", "tensorboardX")


def _has_original(cls: type) -> bool:
    return any(map(_is_original, cls.__mro__))


def is_of_a_tool(cls: type) -> bool:
    """Whether it is another class than the original's, and one that is derived from that."""
    return not _is_original(cls) and _has_original(cls)


def derived_anew(theirs: type, ours: type) -> type:
    """What a tool has derived from an original class, derived from ours: the original wants modules that are
    no longer imported under their names."""
    bases = tuple(
        each if not _has_original(each) else derived_anew(each, ours) if is_of_a_tool(each) else ours
        for each in theirs.__bases__
    )
    names = {name: each for name, each in vars(theirs).items() if name not in ("__dict__", "__weakref__")}
    its_class = CellType()  # of super()
    for name, method in names.items():
        if isinstance(method, FunctionType) and "__class__" in method.__code__.co_freevars:
            names[name] = _with_class(method, its_class)
    its_class.cell_contents = made = type(theirs)(theirs.__name__, bases, names)
    return made


def _with_class(method: FunctionType, its_class: CellType) -> FunctionType:
    """A method whose `__class__` is that cell's."""
    cells = zip(method.__code__.co_freevars, method.__closure__ or (), strict=True)
    closure = tuple(its_class if name == "__class__" else cell for name, cell in cells)
    made = FunctionType(method.__code__, method.__globals__, method.__name__, method.__defaults__, closure)
    made.__kwdefaults__ = method.__kwdefaults__
    functools.update_wrapper(made, method)
    return made
