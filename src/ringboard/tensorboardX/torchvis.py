"""tensorboardX.torchvis: one object that passes calls on to several writers; here the one of TensorBoard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ringboard.tensorboardX.writer import SummaryWriter

vis_formats = {"tensorboard": SummaryWriter}


class TorchVis:
    """Passes each call on to the writers of its formats.

    Args:
        args: the formats, of which there is "tensorboard".
        init_kwargs: format → a dict of its constructor's arguments.

    Raises:
        ValueError: another format.
    """

    def __init__(self, *args: str, **init_kwargs: Any) -> None:
        self.subscribers: dict[str, SummaryWriter] = {}
        self.register(*args, **init_kwargs)

    def register(self, *args: str, **init_kwargs: Any) -> None:
        """Adds formats; none is "tensorboard"."""
        for name in args or ("tensorboard",):
            if name not in vis_formats:
                raise ValueError(f"TorchVis: format {name!r}: expected one of {sorted(vis_formats)}")
            if name not in self.subscribers:
                self.subscribers[name] = vis_formats[name](**init_kwargs.get(name, {}))

    def unregister(self, *args: str) -> None:
        """Closes and removes formats."""
        for name in args:
            self.subscribers.pop(name).close()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name == "subscribers" or name.startswith("__"):
            raise AttributeError(name)
        writers = list(self.subscribers.values())
        methods = [getattr(writer, name) for writer in writers if hasattr(writer, name)]

        def call_all(*args: Any, **kwargs: Any) -> None:
            for method in methods:
                method(*args, **kwargs)

        return call_all

    def __del__(self) -> None:
        for writer in self.__dict__.get("subscribers", {}).values():
            writer.close()
