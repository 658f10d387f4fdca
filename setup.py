"""Builds the native sources as one static library and the extensions that link it.

Everything that is data stands in pyproject.toml.  Environment switches:

  RINGBOARD_SANITIZE=address,undefined   instrument (run with the sanitizer's runtime preloaded)
  RINGBOARD_DEBUG=1                      -O0 and assertions
  RINGBOARD_COVERAGE=1                   gcov counters in the native code
"""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from Cython.Build import cythonize
from setuptools import Command, Extension, setup
from setuptools.command.build import build
from setuptools.command.build_clib import build_clib
from setuptools.command.build_ext import build_ext

NATIVE = Path("native")
ROOMS = [
    "base",
    "cpu",
    "crc32c",
    "histogram",
    "png",
    "tsv",
    "wire",
    "archive",
    "sync",
    "io",
    "segment",
    "writer",
    "recovery",
    "reader",
]
# One extension a room that Python calls.  Only `writer` has state: the process's one core.
EXTENSIONS = [
    "cpu",
    "crc32c",
    "histogram",
    "png",
    "tsv",
    "wire",
    "archive",
    "writer",
    "recovery",
    "reader",
]


def flags() -> tuple[list[str], list[str]]:
    """Compiler and linker flags: one list for all sources, as setuptools has it."""
    if sys.platform == "win32":
        return ["/std:c++20", "/O2", "/EHsc"], []
    compile_flags = ["-std=c++20", "-fno-strict-aliasing", "-fvisibility=hidden", "-pthread", "-Wall"]
    link_flags = ["-pthread"]
    if os.environ.get("RINGBOARD_DEBUG"):
        compile_flags += ["-O0", "-g", "-UNDEBUG"]
    else:
        compile_flags += ["-O1" if os.environ.get("RINGBOARD_SANITIZE") else "-O2", "-g1"]
    if sanitizers := os.environ.get("RINGBOARD_SANITIZE"):
        both = [f"-fsanitize={sanitizers}", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
        compile_flags += [*both, "-g"]
        link_flags += both
    if os.environ.get("RINGBOARD_COVERAGE"):
        compile_flags += ["--coverage"]
        link_flags += ["--coverage"]
    return compile_flags, link_flags


def build_base() -> str:
    """Where objects go: apart for each set of switches, so that none is linked with another's."""
    switches = [os.environ.get(f"RINGBOARD_{name}", "") for name in ("SANITIZE", "DEBUG", "COVERAGE")]
    variant = "-".join(
        name if value == "1" else value.replace(",", "-")
        for name, value in zip(("sanitize", "debug", "coverage"), switches, strict=True)
        if value
    )
    return os.path.join("build", variant) if variant else "build"


class BuildNative(build_clib):
    """build_clib compiles one file after the other; these are many small ones."""

    def build_libraries(self, libraries: list) -> None:
        compile_one = self.compiler.compile

        def compile_all(sources: list[str], **options: object) -> list[str]:
            with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
                objects = pool.map(lambda source: compile_one([source], **options), sources)
                return [each for compiled in objects for each in compiled]

        self.compiler.compile = compile_all
        super().build_libraries(libraries)


class BuildExtensions(build_ext):
    """Makes sure of the library first: editable installs and `build_ext --inplace` come straight here."""

    def run(self) -> None:
        self.run_command("build_clib")
        super().run()


class Build(build):
    """The usual steps, and the start-up hook."""

    sub_commands = [*build.sub_commands, ("build_startup_hook", None)]  # noqa: RUF012


class BuildStartupHook(Command):
    """Puts ringboard-install.pth where Python reads it when it starts: beside the packages.

    setuptools has no place for such a file.  What lies at the top of build_lib goes to the top of the wheel;
    an editable wheel is made of no build_lib, but of what is installed into it besides.
    """

    SOURCE = "src/ringboard-install.pth"

    def initialize_options(self) -> None:
        self.build_lib: str | None = None
        self.editable_mode = False

    def finalize_options(self) -> None:
        self.set_undefined_options("build_py", ("build_lib", "build_lib"))

    def target(self) -> str:
        if self.editable_mode:
            return os.path.join(self.get_finalized_command("install").install_lib, Path(self.SOURCE).name)
        return os.path.join(self.build_lib, Path(self.SOURCE).name)

    def run(self) -> None:
        self.mkpath(os.path.dirname(self.target()))
        self.copy_file(self.SOURCE, self.target())

    def get_source_files(self) -> list[str]:
        return [self.SOURCE]

    def get_outputs(self) -> list[str]:
        return [self.target()]

    def get_output_mapping(self) -> dict[str, str]:
        return {}


COMPILE_FLAGS, LINK_FLAGS = flags()
HEADERS = sorted(str(path) for path in NATIVE.glob("*/*.h")) + sorted(map(str, NATIVE.glob("*/*.inc")))
LIBRARY = (
    "ringboard_native",
    {
        "sources": sorted(str(path) for room in ROOMS for path in (NATIVE / room).glob("*.cc")),
        "include_dirs": [str(NATIVE)],
        "cflags": COMPILE_FLAGS,
        "obj_deps": {"": HEADERS},
    },
)


def extension(room: str) -> Extension:
    return Extension(
        f"ringboard._native.{room}",
        sources=[str(NATIVE / "bindings" / f"{room}.pyx")],
        include_dirs=[str(NATIVE)],
        language="c++",
        extra_compile_args=COMPILE_FLAGS,
        extra_link_args=LINK_FLAGS,
        # The library's sources too: an extension is linked anew when one of them has changed.
        depends=HEADERS + LIBRARY[1]["sources"] + sorted(map(str, (NATIVE / "bindings").glob("*.px[di]"))),
    )


setup(
    libraries=[LIBRARY],
    options={"build": {"build_base": build_base()}},
    ext_modules=cythonize(
        [extension(room) for room in EXTENSIONS],
        include_path=[str(NATIVE / "bindings")],
        compiler_directives={
            "language_level": 3,
            "boundscheck": False,
            "wraparound": False,
            "initializedcheck": False,
            "embedsignature": True,
            "binding": True,
            "freethreading_compatible": True,
        },
    ),
    cmdclass={
        "build": Build,
        "build_clib": BuildNative,
        "build_ext": BuildExtensions,
        "build_startup_hook": BuildStartupHook,
    },
)
