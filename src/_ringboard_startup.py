"""Puts ringboard's modules behind the import names of torch.utils.tensorboard and of tensorboardX.

ringboard-install.pth imports this when an interpreter starts with RINGBOARD_INSTALL=1 in its environment, and
ringboard.install() uses it.  It stands outside the package because nothing of ringboard may be imported at
the start: numpy would come with it, before the program could set OMP_NUM_THREADS, and so would its time, in
every process.  Modules are imported when a program asks for them by their old names.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False  # typing's own would import typing
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import Any

# The package that programs import → ours, which has its submodules.
PACKAGES = {"torch.utils.tensorboard": "ringboard.torch", "tensorboardX": "ringboard.tensorboardX"}
_ROOT = os.path.dirname(os.path.abspath(__file__))
_OFF = ("", "0", "false", "no", "off")


def our_name(name: str) -> str | None:
    """What ringboard calls a module, whether it has it or not; None for modules that are not replaced."""
    for package, ours in PACKAGES.items():
        if name == package or name.startswith(package + "."):
            return ours + name[len(package) :]
    return None


def our_spec(name: str) -> ModuleSpec | None:
    """Where ringboard's module for a replaced name lies; None if it has none.  Imports nothing of it."""
    from importlib.machinery import PathFinder

    ours = our_name(name) or ""
    parts = ours.split(".")
    return PathFinder.find_spec(ours, [os.path.join(_ROOT, *parts[:-1])])


class Loader:
    """Gives a replaced name the module that ringboard has for it: the same object, under two names."""

    def __init__(self, ours: str) -> None:
        self._ours = ours
        self._own_spec: ModuleSpec | None = None

    def create_module(self, _: ModuleSpec) -> ModuleType:
        module = import_ours(self._ours)
        self._own_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # It has run already.  The import system has just given it the spec of the replaced name.
        module.__spec__ = self._own_spec


def import_ours(name: str) -> ModuleType:
    """Imports a module of ringboard, which `ringboard run` may have started from off sys.path."""
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "ringboard":
            raise
    sys.path.append(_ROOT)
    return import_module(name)


class Finder:
    """First in sys.meta_path: answers for the replaced names."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: Any = None
    ) -> ModuleSpec | None:
        ours = our_name(name)
        if ours is None:
            return None
        from importlib.machinery import ModuleSpec

        found = our_spec(name)
        if found is None and ours not in sys.modules:  # tensorboardX.proto has modules without files
            _refuse_what_only_the_original_has(name)
            return None
        spec = ModuleSpec(name, Loader(ours))  # type: ignore[arg-type]
        if found is not None:
            spec.origin = found.origin
            spec.submodule_search_locations = found.submodule_search_locations
            spec.has_location = True
        return spec


def _refuse_what_only_the_original_has(name: str) -> None:
    """Raises ImportError for a module that the installed package has and ringboard hasn't."""
    from importlib.machinery import PathFinder

    package = next(each for each in PACKAGES if name.startswith(each))
    parts = name[len(package) + 1 :].split(".")
    parent, _, leaf = package.rpartition(".")
    original = PathFinder.find_spec(leaf, sys.modules[parent].__path__ if parent else None)
    for part in parts:
        if original is None or original.submodule_search_locations is None:
            return
        original = PathFinder.find_spec(part, list(original.submodule_search_locations))
    if original is not None:
        raise ImportError(
            f"{name} of the installed {package} has no counterpart in ringboard, which is installed in its "
            "place; call ringboard.uninstall() before, or leave RINGBOARD_INSTALL unset, to use the original",
            name=name,
        )


class MetadataFinder:
    """Last in sys.meta_path, so that what is really installed speaks for itself: importlib.metadata learns of
    a tensorboardX, because frameworks look there before they import it."""

    def find_spec(self, name: str, path: Sequence[str] | None = None, target: Any = None) -> None:
        return None

    def find_distributions(self, context: Any) -> Iterable[Any]:
        if (getattr(context, "name", None) or "").lower() != "tensorboardx":
            return ()
        from importlib.metadata import Distribution

        class TensorboardX(Distribution):
            """ringboard in the place of tensorboardX."""

            def read_text(self, filename: str) -> str | None:
                if filename not in ("METADATA", "PKG-INFO"):
                    return None
                return f"Metadata-Version: 2.1\nName: tensorboardX\nVersion: {_interface_version()}\n"

            def locate_file(self, path: Any) -> Any:
                return os.path.join(_ROOT, path)

        return (TensorboardX(),)


def _interface_version() -> str:
    """The release of tensorboardX whose interface ringboard has; without importing ringboard."""
    from importlib.util import module_from_spec

    spec = our_spec("tensorboardX._version")
    if spec is None or spec.loader is None:
        raise ImportError("ringboard.tensorboardX._version is missing: install ringboard again")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    version: str = module.__version__
    return version


_finder = Finder()
_metadata_finder = MetadataFinder()


def is_active() -> bool:
    """Whether the import names are ours."""
    return any(each is _finder for each in sys.meta_path)


def activate() -> None:
    """From now on imports of the replaced names give ringboard's modules."""
    if not is_active():
        sys.meta_path.append(_metadata_finder)
        sys.meta_path.insert(0, _finder)


def deactivate() -> None:
    """Undoes activate()."""
    sys.meta_path[:] = [each for each in sys.meta_path if each not in (_finder, _metadata_finder)]


def start() -> None:
    """What the startup hook does: activate(), if the environment asks for it."""
    if os.environ.get("RINGBOARD_INSTALL", "").lower() not in _OFF:
        activate()
