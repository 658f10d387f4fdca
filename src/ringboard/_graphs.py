"""SummaryWriter's methods for model graphs."""

from __future__ import annotations

from ringboard._base import WriterBase


class GraphMethods(WriterBase):
    """A part of SummaryWriter: model graphs."""

    __slots__ = ()
