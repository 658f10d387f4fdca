"""`torch.utils.tensorboard.writer`: the writers, and the names that programs import from there."""

from ringboard.file_writer import EventFileWriter, FileWriter
from ringboard.torch._convert_np import make_np
from ringboard.torch._embedding import get_embedding_info, make_mat, make_sprite, make_tsv, write_pbtxt
from ringboard.torch._lazy import lazily
from ringboard.torch._onnx_graph import load_onnx_graph
from ringboard.torch._pytorch_graph import graph
from ringboard.torch._utils import figure_to_image
from ringboard.torch.summary import (
    audio,
    custom_scalars,
    histogram,
    histogram_raw,
    hparams,
    image,
    image_boxes,
    mesh,
    pr_curve,
    pr_curve_raw,
    scalar,
    tensor_proto,
    text,
    video,
)
from ringboard.writer import SummaryWriter

__all__ = ["FileWriter", "SummaryWriter"]

__getattr__ = lazily(
    __name__,
    {
        "Event": "tensorboard.compat.proto.event_pb2:Event",
        "ProjectorConfig": "tensorboard.plugins.projector.projector_config_pb2:ProjectorConfig",
        "SessionLog": "tensorboard.compat.proto.event_pb2:SessionLog",
        "event_pb2": "tensorboard.compat.proto.event_pb2",
        "os": "os",
        "tf": "tensorboard.compat:tf",
        "time": "time",
        "torch": "torch",
    },
)
