"""Compiles floor.pyx, which is no part of the package, when a bench asks for it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_suffix(".pyx")
BUILD = SOURCE.parents[1] / "build" / "bench-floor"


def make_floor() -> Any:
    """An object whose add_scalar(tag, value, step) does nothing but read the clock."""
    import setuptools
    from Cython.Build import cythonize
    from setuptools.command.build_ext import build_ext

    extension = setuptools.Extension("floor", [str(SOURCE)])
    distribution = setuptools.Distribution(
        {"ext_modules": cythonize([extension], build_dir=str(BUILD), quiet=True)}
    )
    command = build_ext(distribution)
    command.build_lib, command.build_temp = str(BUILD), str(BUILD)
    command.ensure_finalized()
    command.run()
    spec = importlib.util.spec_from_file_location("floor", BUILD / command.get_ext_filename("floor"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Floor()
