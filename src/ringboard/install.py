"""install() and uninstall(): ringboard under the import names of torch.utils.tensorboard and of tensorboardX.

What is imported from then on comes from a finder in sys.meta_path (_ringboard_startup).  What was imported
before is replaced here: modules in sys.modules, and the names of other modules that are the original modules
and classes themselves.  All of it goes through a journal, backwards when something fails, and by uninstall().
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

import _ringboard_startup as _startup
from ringboard import rebase

_ABSENT = object()
_EVENT_FILE_WRITER = "EventFileWriter"
_lock = threading.RLock()
_journal: list[Callable[[], None]] = []


def install() -> None:
    """Puts ringboard in the place of torch.utils.tensorboard and of tensorboardX, in this process.

    From then on `from torch.utils.tensorboard import SummaryWriter`, `import tensorboardX` and imports of any
    of their submodules give ringboard's, whether the originals (and TensorBoard) are installed or not.  What
    was imported before is replaced, too, where a module has it under a name of its own.  Writers that there
    are, and classes derived from the originals, stay as they are; so do references in containers, defaults of
    arguments and attributes of classes: install as early as possible.  What tools have put in the place of
    the originals' methods, to see what is logged, ringboard's classes have from then on (ringboard.hooks).

    importlib.util.find_spec finds both, and importlib.metadata a tensorboardX, if none is installed.  Calling
    it again does nothing, unless originals have been imported since.

    Raises:
        ImportError: a module of ringboard can't be imported.  Nothing is replaced then.
    """
    with _lock:
        start = len(_journal)
        try:
            _install()
        except BaseException:
            _roll_back(start)
            raise


def uninstall() -> None:
    """Undoes install(), and what RINGBOARD_INSTALL=1 did: the import names, and all that was replaced, are
    the originals again.  What was imported meanwhile keeps ringboard's classes, which go on working."""
    with _lock:
        _startup.deactivate()
        _roll_back(0)
        for name in _replaced_modules():
            if sys.modules[name].__name__ == _startup.our_name(name):
                _forget_alias(name)


def _install() -> None:
    if not _startup.is_active():
        _journal.append(_startup.deactivate)
        _startup.activate()
    originals = {name: sys.modules[name] for name in _replaced_modules()}
    originals = {name: each for name, each in originals.items() if each.__name__ == name}
    # A package first: it imports most of its modules, and then nothing has to be looked for.
    with_files = {
        name: _startup.import_ours(_our_name(name))
        for name in sorted(originals)
        if _our_name(name) in sys.modules or _startup.our_spec(name)
    }
    replacements: dict[int, Any] = {}
    for name, original in originals.items():
        if name in with_files:
            replacements[id(original)] = with_files[name]
            replacements.update(
                (id(theirs), ours) for theirs, ours in _replaced_classes(original, with_files[name])
            )
            _put(sys.modules, name, with_files[name])
            parent, _, attribute = name.rpartition(".")
            if parent and parent not in originals and parent in sys.modules:
                _put(vars(sys.modules[parent]), attribute, with_files[name])
        else:
            # A generated protobuf module, of which others may keep theirs, because messages of any class are
            # taken; or one that ringboard lacks, of which the next import will tell.
            _put(sys.modules, name, sys.modules.get(_our_name(name), _ABSENT))
    for name, ours in with_files.items():
        _carry_over(originals[name], ours)
    if not replacements:
        return
    untouched = {id(vars(module)) for module in originals.values()}
    for name, module in list(sys.modules.items()):
        names = getattr(module, "__dict__", None)
        if type(names) is dict and id(names) not in untouched and not name.startswith("ringboard."):
            _replace_names(names, replacements)


def _replaced_modules() -> list[str]:
    """The imported modules that bear a replaced name."""
    return [
        name
        for name, module in list(sys.modules.items())
        if _startup.our_name(name) is not None and isinstance(module, ModuleType)
    ]


def _our_name(name: str) -> str:
    ours = _startup.our_name(name)
    assert ours is not None
    return ours


def _replaced_classes(original: ModuleType, ours: ModuleType) -> Iterator[tuple[type, type]]:
    """An original's own public classes, each with ours of that name."""
    for name, each in vars(original).items():
        if (
            isinstance(each, type)
            and not name.startswith("_")
            and _startup.our_name(each.__module__) is not None
            and isinstance(replacement := vars(ours).get(name), type)
        ):
            yield each, replacement


def _carry_over(original: ModuleType, ours: ModuleType) -> None:
    """Gives our classes what tools have put into the originals': methods in the place of the class's own, and
    attributes that these read.  Their way on, the original's method, goes through our FileWriter."""
    for theirs, our_class in _replaced_classes(original, ours):
        if theirs.__module__ != original.__name__ or theirs.__name__ == _EVENT_FILE_WRITER:
            continue
        for name, value in list(vars(theirs).items()):
            is_read = not name.startswith("_") and _is_plain(value) and not hasattr(our_class, name)
            if is_read or (name.startswith("add_") and _is_foreign(value, original)):
                _put_attribute(our_class, name, value)
    event_writer = vars(original).get(_EVENT_FILE_WRITER)
    own = vars(ours).get(_EVENT_FILE_WRITER)
    if isinstance(event_writer, type) and isinstance(own, type) and rebase.is_of_a_tool(event_writer):
        # From there Weights & Biases take it back.
        if "orig_" + _EVENT_FILE_WRITER in vars(original):
            _put(vars(ours), "orig_" + _EVENT_FILE_WRITER, own)
        _put(vars(ours), _EVENT_FILE_WRITER, rebase.derived_anew(event_writer, own))


def _is_foreign(value: Any, home: ModuleType) -> bool:
    """Whether an attribute of a class is a function that was made elsewhere than in the class's module."""
    return isinstance(value, FunctionType) and value.__globals__ is not vars(home)


def _is_plain(value: Any) -> bool:
    return not callable(value) and not hasattr(type(value), "__get__")


def _replace_names(names: dict[str, Any], replacements: dict[int, Any]) -> None:
    # Few modules have any: found out without a step of the interpreter for each name.
    if replacements.keys().isdisjoint(map(id, list(names.values()))):
        return
    for name, value in list(names.items()):
        if id(value) in replacements:
            _put(names, name, replacements[id(value)])


def _put(names: dict[str, Any], name: str, value: Any) -> None:
    """names[name] = value (_ABSENT deletes it), to be undone if nobody has changed it since."""
    before = names.get(name, _ABSENT)

    def undo() -> None:
        if names.get(name, _ABSENT) is value:
            _set(names, name, before)

    _journal.append(undo)
    _set(names, name, value)


def _put_attribute(owner: type, name: str, value: Any) -> None:
    """The same for a class, whose dict can't be written to."""
    before = vars(owner).get(name, _ABSENT)

    def undo() -> None:
        if vars(owner).get(name, _ABSENT) is value:
            if before is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, before)

    _journal.append(undo)
    setattr(owner, name, value)


def _set(names: dict[str, Any], name: str, value: Any) -> None:
    if value is _ABSENT:
        names.pop(name, None)
    else:
        names[name] = value


def _roll_back(length: int) -> None:
    while len(_journal) > length:
        _journal.pop()()


def _forget_alias(name: str) -> None:
    """Takes one of our modules from a name under which it was imported since install()."""
    module = sys.modules.pop(name)
    parent, _, attribute = name.rpartition(".")
    holder = sys.modules.get(parent)
    # Our own packages keep their submodules, of course.
    if holder is not None and _startup.our_name(parent) is None and vars(holder).get(attribute) is module:
        delattr(holder, attribute)
