"""ringboard: torch's and tensorboardX's SummaryWriter on a native core.

from ringboard import SummaryWriter
"""

from ringboard._native import cpu as _cpu  # noqa: F401  (refuses a RINGBOARD_ISA that is none)
from ringboard._native.writer import configure
from ringboard._version import __version__
from ringboard.file_writer import EventFileWriter, FileWriter
from ringboard.install import install, uninstall
from ringboard.recovery import recover
from ringboard.writer import SummaryWriter

__all__ = [
    "EventFileWriter",
    "FileWriter",
    "SummaryWriter",
    "__version__",
    "configure",
    "install",
    "recover",
    "uninstall",
]
