"""tensorboardX on ringboard's core: the same names, arguments and files.

    from ringboard.tensorboardX import SummaryWriter

Its submodules have the names of the original's.
"""

# All of it first: while another thread imports it, Python lets this one into its middle, and modules that two
# threads begin at different ends wait for each other.
import ringboard  # noqa: F401
from ringboard.tensorboardX._version import __version__
from ringboard.tensorboardX.global_writer import GlobalSummaryWriter
from ringboard.tensorboardX.record_writer import RecordWriter
from ringboard.tensorboardX.torchvis import TorchVis
from ringboard.tensorboardX.writer import FileWriter, SummaryWriter

__all__ = ["FileWriter", "GlobalSummaryWriter", "RecordWriter", "SummaryWriter", "TorchVis", "__version__"]
