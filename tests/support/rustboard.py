"""RustBoard, TensorBoard's default reader, asked directly: which steps of which tags of which runs it shows.

The data server loads the log directory once and says when it is through; one question brings all runs.  That
takes tenths of a second, where a whole TensorBoard (tensorboard_server.py) takes several.
"""

from __future__ import annotations

import os
import queue
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tensorboard_data_server
from tensorboard.context import RequestContext
from tensorboard.data import provider as base
from tensorboard.data.grpc_provider import GrpcDataProvider, make_stub

_LOADED = re.compile(r"Finished load cycle")
_TIMEOUT_S = 120.0
# RustBoard keeps a few points of a tag only, if it isn't asked for more.
_SAMPLED = ("scalars", "histograms", "images", "audio", "text", "tensors", "pr_curves", "mesh")
_ALL_POINTS = 2**31 - 1
_MESSAGE_BYTES = 1 << 30

Steps = dict[str, dict[str, list[int]]]


def steps_by_run(logdir: str | os.PathLike[str]) -> Steps:
    """{run: {tag: steps}} as RustBoard shows them, of scalars, histograms, texts, images and sounds alike.

    The run of the top directory is '.'.  Of points with one step it shows the last alone, and of points that
    a lower step follows none: what is missing here is missing on the user's screen.

    Raises:
        AssertionError: the server ended, or did not load the directory in time; shows its log.
    """
    with _server(Path(logdir)) as provider:
        found: Steps = {}
        for plugin in _plugins(provider):
            for run, tags in _steps_of_plugin(provider, plugin).items():
                found.setdefault(run, {}).update(tags)
    return found


def _plugins(provider: GrpcDataProvider) -> list[str]:
    return list(provider.list_plugins(RequestContext(), experiment_id=""))


def _steps_of_plugin(provider: GrpcDataProvider, plugin: str) -> Steps:
    """Steps of one plugin's tags, whichever of the three classes of data RustBoard keeps them as."""
    context, where = RequestContext(), {"experiment_id": "", "plugin_name": plugin}
    everything = base.RunTagFilter()
    found: Steps = {}
    for read in (provider.read_scalars, provider.read_tensors):
        for run, tags in read(context, **where, downsample=_ALL_POINTS, run_tag_filter=everything).items():
            for tag, points in tags.items():
                found.setdefault(run, {})[tag] = [point.step for point in points]
    blobs = provider.read_blob_sequences(context, **where, downsample=_ALL_POINTS, run_tag_filter=everything)
    for run, tags in blobs.items():
        for tag, sequences in tags.items():
            found.setdefault(run, {})[tag] = [sequence.step for sequence in sequences]
    return found


@contextmanager
def _server(logdir: Path) -> Iterator[GrpcDataProvider]:
    import grpc

    with tempfile.TemporaryDirectory(prefix="rustboard-") as scratch:
        port_file = Path(scratch, "port")
        command = [
            tensorboard_data_server.server_binary(),
            f"--logdir={logdir}",
            "--reload=once",
            "--samples-per-plugin=" + ",".join(f"{plugin}=all" for plugin in _SAMPLED),
            "--port=0",
            f"--port-file={port_file}",
            "--die-after-stdin",
            "--verbose",
        ]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        ) as server:
            try:
                _wait_until_loaded(server)
                options = [("grpc.max_receive_message_length", _MESSAGE_BYTES), ("grpc.enable_http_proxy", 0)]
                with grpc.insecure_channel(f"127.0.0.1:{port_file.read_text().strip()}", options) as channel:
                    yield GrpcDataProvider("rustboard", make_stub(channel))
            finally:
                server.kill()


def _wait_until_loaded(server: subprocess.Popen[str]) -> None:
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert server.stderr is not None
        for line in server.stderr:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    log = ""
    while not _LOADED.search(log):
        try:
            line = lines.get(timeout=_TIMEOUT_S)
        except queue.Empty:
            line = None
        assert line is not None, f"RustBoard did not load the directory; its log:\n{log[-4000:]}"
        log += line
