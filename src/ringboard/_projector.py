"""SummaryWriter's methods for embeddings for the Projector tab."""

from __future__ import annotations

from ringboard._base import WriterBase


class ProjectorMethods(WriterBase):
    """A part of SummaryWriter: embeddings for the Projector tab."""

    __slots__ = ()
