"""python dropin.py PROGRAM [ARGUMENTS]: runs an unedited program with ringboard in the originals' places."""

from __future__ import annotations

import importlib
import pkgutil
import runpy
import sys

import ringboard

_PLACES = {"torch.utils.tensorboard": "ringboard.torch", "tensorboardX": "ringboard.tensorboardX"}


def install() -> None:
    if hasattr(ringboard, "install"):
        ringboard.install()
        return
    for place, package in _PLACES.items():
        ours = importlib.import_module(package)
        sys.modules[place] = ours
        for module in pkgutil.iter_modules(ours.__path__):
            sys.modules[f"{place}.{module.name}"] = importlib.import_module(f"{package}.{module.name}")
        parent, _, name = place.rpartition(".")
        if parent:
            setattr(importlib.import_module(parent), name, ours)


if __name__ == "__main__":
    install()
    del sys.argv[0]
    runpy.run_path(sys.argv[0], run_name="__main__")
