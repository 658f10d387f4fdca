"""SummaryWriter's methods for figures, videos, audio and boxed images."""

from __future__ import annotations

from ringboard._base import WriterBase


class MediaMethods(WriterBase):
    """A part of SummaryWriter: figures, videos, audio and boxed images."""

    __slots__ = ()
