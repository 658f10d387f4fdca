"""Messages from the processes of a program to the one that owns a writer.

A socket in a directory that only this user can enter.  What arrives is JSON and plain arrays, never a pickle.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import socket
import sys
import tempfile
import threading
import warnings
import weakref
from collections.abc import Callable
from multiprocessing import util
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import numpy as np

# A round takes a message of each process.  More than fit into its socket's buffer were not sent before.
_MOST_ROUNDS = 20_000
_LONGEST_PATH = 100  # of a socket's name; the kernel has 108 bytes for it
_HEAD_LENGTH_BYTES = 4
# What is no message: a process asks whether all it has sent was handled, and is told so.
_FLUSH, _FLUSHED = b"?", b"!"


class Message(NamedTuple):
    """A call that another process has made.

    Attributes:
        method: "add_scalar", "add_image" or "add_text".
        tag: its tag.
        value: a float, a str or an array.
        walltime: the time of the call, in seconds since the epoch.
        options: further arguments, by name.
    """

    method: str
    tag: str
    value: Any
    walltime: float
    options: dict[str, str]

    def to_bytes(self) -> bytes:
        """Its head as JSON, with the head's length in front; then the array's elements, if it is one."""
        value, shape, elements = self.value, None, b""
        if isinstance(value, np.ndarray):
            value, shape, elements = value.dtype.str, value.shape, value.tobytes()
        head = json.dumps([self.method, self.tag, value, shape, self.walltime, self.options]).encode("ascii")
        return len(head).to_bytes(_HEAD_LENGTH_BYTES, "little") + head + elements

    @classmethod
    def from_bytes(cls, data: bytes) -> Message:
        """Raises ValueError for what to_bytes did not make."""
        end = _HEAD_LENGTH_BYTES + int.from_bytes(data[:_HEAD_LENGTH_BYTES], "little")
        try:
            method, tag, value, shape, walltime, options = json.loads(data[_HEAD_LENGTH_BYTES:end])
            if shape is not None:
                value = np.frombuffer(data, np.dtype(value), offset=end).reshape(shape)
        except (ValueError, TypeError) as error:
            raise ValueError(f"a message that is none, of {len(data)} bytes: {error}") from None
        return cls(method, tag, value, walltime, options)


class Inbox:
    """The owner's end.

    One thread takes messages as they arrive, from as many processes as there are; each is handled under one
    lock, in the order in which its process has sent it.

    Args:
        handle: is called with each message.  What it raises is told on stderr.
        flush: is called when a process wants to know that all it has sent is in the file.
    """

    def __init__(self, handle: Callable[[Message], None], flush: Callable[[], None]) -> None:
        self._handle = handle
        self._flush = flush
        self._directory = tempfile.mkdtemp(prefix="ringboard-")
        if len(self._directory) > _LONGEST_PATH:
            os.rmdir(self._directory)
            self._directory = tempfile.mkdtemp(prefix="ringboard-", dir="/tmp")
        self.address = os.path.join(self._directory, "s")
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._server.bind(self.address)
        self._server.listen(128)
        self._server.setblocking(False)
        self._connections: set[Connection[Any, Any]] = set()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._server, selectors.EVENT_READ)
        self._lock = threading.RLock()
        self._busy = False  # under the lock: a signal handler may flush in the middle of a message
        _inboxes.add(self)
        threading.Thread(target=self._run, name="ringboard-inbox", daemon=True).start()
        # Below 0: after multiprocessing has joined this process's children, which may log to their end.
        util.Finalize(None, self._finish, exitpriority=-10)

    def receive_all(self) -> None:
        """Handles all that was sent before, by whatever process."""
        with self._lock:
            if self._busy:
                return
            self._busy = True
            try:
                for _round in range(_MOST_ROUNDS):
                    ready = self._selector.select(0)
                    if not ready:
                        break
                    for key, _events in ready:
                        if key.fileobj is self._server:
                            self._accept()
                        else:
                            self._receive(key.fileobj)
            finally:
                self._busy = False

    def _run(self) -> None:
        while True:
            # Not under the lock.  Sockets that another thread adds meanwhile are waited for, too.
            self._selector.select()
            self.receive_all()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # gone again
            accepted, _address = self._server.accept()
            accepted.setblocking(True)
            connection: Connection[Any, Any] = Connection(accepted.detach())
            self._connections.add(connection)
            self._selector.register(connection, selectors.EVENT_READ)

    def _receive(self, connection: Any) -> None:
        try:
            data = connection.recv_bytes()
        except (EOFError, OSError):  # its process has ended, perhaps in the middle of a message
            self._selector.unregister(connection)
            self._connections.discard(connection)
            connection.close()
            return
        try:
            if data != _FLUSH:
                self._handle(Message.from_bytes(data))
                return
            self._flush()
            connection.send_bytes(_FLUSHED)
        except Exception as error:  # what is wrong here is no fault of the thread's, which goes on
            sys.stderr.write(f"ringboard: another process's event is lost: {error}\n")

    def _finish(self) -> None:
        self.receive_all()
        shutil.rmtree(self._directory, ignore_errors=True)

    def leave_to_parent(self) -> None:
        """In a forked child: lets go of the parent's sockets, so that they break when the parent ends."""
        self._selector.close()
        self._server.close()
        for connection in self._connections:
            connection.close()


_inboxes: weakref.WeakSet[Inbox] = weakref.WeakSet()


def _leave_all_to_parent() -> None:
    for inbox in list(_inboxes):
        inbox.leave_to_parent()
    _inboxes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)


class Outbox:
    """The other processes' end.

    Args:
        address: that of the Inbox.
    """

    def __init__(self, address: str) -> None:
        self.pid = os.getpid()
        self._address = address
        self._lock = threading.RLock()
        self._connection: Connection[Any, Any] | None = None
        self._told = False

    def send(self, message: Message) -> None:
        """Sends a message; waits while the owner is behind.  Once, a warning tells that it is gone."""
        self._exchange(message.to_bytes(), answered=False)

    def flush(self) -> None:
        """Returns when all that was sent before is in the file."""
        if self._connection is not None:
            self._exchange(_FLUSH, answered=True)

    def _exchange(self, data: bytes, *, answered: bool) -> None:
        try:
            with self._lock:
                if self._connection is None:
                    self._connection = self._connect()
                self._connection.send_bytes(data)
                if answered:
                    self._connection.recv_bytes()
        except (OSError, EOFError) as error:
            if not self._told:
                self._told = True
                warnings.warn(
                    f"the process that owns the event file has ended ({error}): what process {self.pid} logs "
                    "through the GlobalSummaryWriter is lost from now on",
                    RuntimeWarning,
                    stacklevel=5,
                )

    def _connect(self) -> Connection[Any, Any]:
        client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            client.connect(self._address)
            return Connection(client.detach())
        finally:
            client.close()

    def close(self) -> None:
        """Lets go of the socket."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
