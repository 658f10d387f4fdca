"""A protobuf message that is built already: what the dialects' summary functions return."""

from __future__ import annotations

import importlib
from typing import Any

from ringboard import proto

# Where TensorBoard has a message that is not in summary.proto.
_MODULES = {"GraphDef": "graph_pb2", "RunMetadata": "config_pb2"}


class Serialized:
    """The bytes of a message, with the methods that programs call on a protobuf object.

    `FileWriter.add_summary` takes it as it takes any object with SerializeToString().  Its fields can be read
    and set as those of the generated class, which is TensorBoard's: then `tensorboard` must be installed.

    Args:
        data: the message on the wire.
        kind: its type in tensorboard/compat/proto: "Summary", "Summary.Image", "GraphDef", …
    """

    __slots__ = ("_data", "_kind", "_message")

    def __init__(self, data: bytes, kind: str = "Summary") -> None:
        self._data = data
        self._kind = kind
        self._message: Any = None

    def SerializeToString(self) -> bytes:  # noqa: N802  (protobuf's name)
        """The message on the wire, with what was set in it since."""
        if self._message is None:
            return self._data
        data: bytes = self._message.SerializeToString()
        return data

    def ByteSize(self) -> int:  # noqa: N802
        """How many bytes it has on the wire."""
        return len(self.SerializeToString())

    def to_message(self) -> Any:
        """The message as an object of TensorBoard's class, the same one each time.

        Raises:
            ImportError: tensorboard is not installed.
        """
        if self._message is None:
            module = f"tensorboard.compat.proto.{_MODULES.get(self._kind, 'summary_pb2')}"
            try:
                message: Any = importlib.import_module(module)
            except ImportError as error:
                raise ImportError(
                    f"the fields of a {self._kind} need TensorBoard's protobuf classes: "
                    "pip install tensorboard"
                ) from error
            for name in self._kind.split("."):
                message = getattr(message, name)
            self._message = message.FromString(self._data)
        return self._message

    def __getattr__(self, name: str) -> Any:
        # Python's own questions (copy's, pickle's, numpy's) are no fields.
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.to_message(), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if name in Serialized.__slots__:
            object.__setattr__(self, name, value)
        else:
            setattr(self.to_message(), name, value)

    def __eq__(self, other: object) -> bool:
        serialize = getattr(other, "SerializeToString", None)
        return serialize is not None and self.SerializeToString() == serialize()

    __hash__ = None  # type: ignore[assignment]  # as protobuf's own, it can be changed

    def __reduce__(self) -> tuple[Any, ...]:
        return Serialized, (self.SerializeToString(), self._kind)

    def __repr__(self) -> str:
        return f"<{self._kind} of {self.ByteSize()} bytes>"


def summary_of(event_body: bytes) -> Serialized:
    """The Summary in the body of an event (see `proto.summary_event`)."""
    return Serialized(proto.field_of(event_body, 5))
