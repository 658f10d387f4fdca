"""SummaryWriter's methods for embeddings for the Projector tab."""

from __future__ import annotations

from typing import Any

from ringboard import remote
from ringboard._base import WriterBase


class ProjectorMethods(WriterBase):
    """A part of SummaryWriter: embeddings for the Projector tab."""

    __slots__ = ()

    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: Any = None,
    ) -> None:
        """Stores points with their labels and pictures; TensorBoard's Projector tab draws them.

        Files of their own, not events: <log dir>/<step>/<tag>/ and <log dir>/projector_config.pbtxt.  They
        are there when the call returns.  The same tag and step again replace what is there; what other
        writers, processes and libraries have listed in the config stays.

        Args:
            mat: (N, D) of any real dtype and library: N points of D dimensions.
            metadata: a list of N labels, of which str() is shown; with a metadata_header, a list of N rows,
                a cell for each name.  Tabs and line ends become spaces.
            label_img: (N, C, H, W), or (N, H, W), of any library: a picture for each point; 1 (grey),
                2 (grey and alpha), 3 (RGB) or 4 (RGBA) channels, values as in add_image.  Pictures that are
                not square get transparent borders; ones too large together for a sprite of 8192×8192 pixels
                are scaled down, with a warning.
            global_step: as in add_scalar.
            tag: the name of the embedding.
            metadata_header: the names of the columns.  (The Projector calls a single one "label" always.)

        NaN is stored as 0 and infinite values as the largest or smallest of the matrix, with a warning:
        the Projector cannot draw anything otherwise.

        Raises:
            ValueError: a shape that doesn't fit, no elements, or not a label, row or picture for each point.
            TypeError: mat or label_img hold no real numbers, metadata is no list.
            OSError: a file can't be written: with its path.
        """
        from ringboard.projector import write_embedding

        log_dir = self._get_file_writer().get_logdir()
        if remote.is_remote(log_dir):
            with remote.staged(log_dir) as stage:
                write_embedding(stage, tag, mat, metadata, label_img, global_step, metadata_header)
            return
        write_embedding(log_dir, tag, mat, metadata, label_img, global_step, metadata_header)
