"""ringboard: torch's and tensorboardX's SummaryWriter on a native core.

from ringboard import SummaryWriter
"""

from typing import TYPE_CHECKING, Any

from ringboard._native import cpu as _cpu  # noqa: F401  (refuses a RINGBOARD_ISA that is none)
from ringboard._native.writer import configure
from ringboard._version import __version__
from ringboard.file_writer import EventFileWriter, FileWriter
from ringboard.install import install, uninstall
from ringboard.recovery import recover
from ringboard.writer import SummaryWriter

if TYPE_CHECKING:
    from ringboard.reading import read

__all__ = [
    "EventFileWriter",
    "FileWriter",
    "SummaryWriter",
    "__version__",
    "configure",
    "install",
    "read",
    "recover",
    "uninstall",
]


def __getattr__(name: str) -> Any:
    """Reading is imported when it is used: programs that only write don't pay for it."""
    if name == "read":
        from ringboard.reading import read

        globals()["read"] = read
        return read
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
