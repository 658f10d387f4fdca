"""`torch.utils.tensorboard` on ringboard's core: the same names, in the same submodules.

    from ringboard.torch import SummaryWriter

is `ringboard.SummaryWriter`.  What a submodule has of other libraries (protobuf classes, torch itself) is
imported when somebody asks for it.  Nothing here needs torch or tensorboard to be installed.
"""

# All of it first: while another thread imports it, Python lets this one into its middle, and modules that two
# threads begin at different ends wait for each other.
import ringboard
from ringboard.torch import (
    _convert_np,
    _embedding,
    _onnx_graph,
    _proto_graph,
    _pytorch_graph,
    _utils,
    summary,
    writer,
)
from ringboard.torch._record_writer import RecordWriter
from ringboard.torch.writer import FileWriter, SummaryWriter

__all__ = ["FileWriter", "RecordWriter", "SummaryWriter"]
