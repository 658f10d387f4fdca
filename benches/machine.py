"""Where a number comes from."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

from benches.harness import ROOT

_PACKAGES = (
    *("numpy", "torch", "tensorboardX", "tensorboard", "protobuf", "Pillow"),
    *("lightning", "transformers", "stable_baselines3"),
    *("matplotlib", "moviepy", "imageio", "soundfile", "onnx"),
    *("crc32c", "google-crc32c", "boost-histogram", "fast-histogram"),
)


def describe(logs: Path) -> dict[str, str]:
    """Everything that a result must carry, by name; `logs` is where the event files went."""
    import ringboard

    return {
        "CPU": f"{_cpu()}, {_usable_cpus()} usable",
        "kernel": f"{platform.system()} {platform.release()}",
        "file system": _file_system(logs),
        "load average": " ".join(f"{each:.2f}" for each in os.getloadavg()),
        "Python": f"{platform.python_implementation()} {platform.python_version()} ({_gil()})",
        "ringboard": f"{ringboard.__version__}, commit {_commit()}",
        "built": _built(),
        "active kernels": _kernels(),
        "versions": ", ".join(f"{name} {_version(name)}" for name in _PACKAGES),
        "date": time.strftime("%Y-%m-%d %H:%M %z"),
    }


def _cpu() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _usable_cpus() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _gil() -> str:
    enabled = getattr(sys, "_is_gil_enabled", lambda: True)()
    return "with the GIL" if enabled else "free-threaded"


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def _commit() -> str:
    commit = _git("rev-parse", "--short=12", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return (commit or "unknown") + (" with local changes" if changed else "")


def _built() -> str:
    """When the newest extension was linked: tells whether somebody built while the benches ran."""
    from ringboard import _native

    extensions = [each for folder in _native.__path__ for each in Path(folder).glob("*.so")]
    newest = max((each.stat().st_mtime for each in extensions), default=0.0)
    return time.strftime("%Y-%m-%d %H:%M:%S %z", time.localtime(newest))


def changed_since(described: dict[str, str]) -> str:
    """What of the build is no longer as `described`; empty when nothing changed."""
    import ringboard

    now = {"built": _built(), "ringboard": f"{ringboard.__version__}, commit {_commit()}"}
    found = [
        f"{name} was {described[name]}, is {text}" for name, text in now.items() if described[name] != text
    ]
    return "; ".join(found)


def _kernels() -> str:
    from ringboard._native import cpu, crc32c, histogram, png

    kernels = {"crc32c": crc32c.active_kernel(), "histogram": histogram.active_kernel()}
    named = ", ".join(f"{room} {name}" for room, name in kernels.items())
    return f"{cpu.active_level()}: {named}; png: {png.active_kernels()}"


def _file_system(path: Path) -> str:
    path = path.resolve()
    try:
        mounts = [line.split()[:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    holding = [mount for mount in mounts if path.is_relative_to(mount[1])]
    device, point, kind = max(holding, key=lambda mount: len(mount[1]))
    return f"{kind} ({device} on {point})" + ("; IN MEMORY, not a disk" if kind in ("tmpfs", "ramfs") else "")
