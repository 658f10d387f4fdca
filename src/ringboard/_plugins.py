"""SummaryWriter's methods for meshes, PR curves, custom scalar layouts and hyperparameters."""

from __future__ import annotations

from ringboard._base import WriterBase


class PluginMethods(WriterBase):
    """A part of SummaryWriter: meshes, PR curves, custom scalar layouts and hyperparameters."""

    __slots__ = ()
