"""A real TensorBoard on loopback over a log directory, asked over HTTP.

`reader` says who reads the event files: "rustboard" is the data server in Rust, TensorBoard's default, which
hides out-of-order steps; "python" is the reader in Python. TensorBoard is asked which of them answers, so
that a silent fall-back cannot pass for the other.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tests.support.processes import end_session

T = TypeVar("T")
READERS = ("rustboard", "python")
_LOAD_FAST = {"rustboard": "true", "python": "false"}
_PROVIDER = {"rustboard": "GrpcDataProvider", "python": "MultiplexerDataProvider"}
# TensorBoard's default keeps 1000 scalars and 10 images of a tag. Not 0, which the readers take for "all" but
# the plugins pass on as "no point at all".
_MANY = 1_000_000
_PLUGINS = (
    "scalars",
    "images",
    "histograms",
    "distributions",
    "text",
    "audio",
    "tensors",
    "pr_curves",
    "mesh",
)
_EVERYTHING = ",".join(f"{plugin}={_MANY}" for plugin in _PLUGINS)
_START_TIMEOUT_S = 120.0
_REQUEST_TIMEOUT_S = 60.0
_POLL_S = 0.1
_READY = re.compile(r"TensorBoard \S+ at (http://[^/\s]+/)")


class TensorBoard:
    """A running TensorBoard; use it as a context manager, which ends it and its data server in every case.

    Args:
        logdir: what --logdir gets; may still be empty.
        reader: "rustboard" or "python".
        reload_s: whole seconds between two looks at the log directory.
        sampled: keep TensorBoard's default down-sampling instead of showing every point.
        args: further command line arguments.
    """

    def __init__(
        self,
        logdir: str | os.PathLike[str],
        reader: str = "rustboard",
        *,
        reload_s: int = 1,
        sampled: bool = False,
        args: tuple[str, ...] = (),
    ) -> None:
        assert reader in READERS, f"reader is one of {READERS}"
        self.reader = reader
        self.url = ""
        self._command = [sys.executable, "-m", "tensorboard.main", f"--logdir={os.fspath(logdir)}"]
        self._command += [
            "--host=127.0.0.1",
            "--port=0",
            f"--load_fast={_LOAD_FAST[reader]}",
            f"--reload_interval={reload_s}",
        ]
        self._command += [] if sampled else [f"--samples_per_plugin={_EVERYTHING}"]
        self._command += args
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._process: subprocess.Popen | None = None

    # -- life ----------------------------------------------------------------------------------------------

    def __enter__(self) -> TensorBoard:
        self._scratch = tempfile.TemporaryDirectory(prefix="tensorboard-test-")
        self._log_path = Path(self._scratch.name, "log")
        try:
            self._start()
            self.url = self.wait_for(self._announced_url, _START_TIMEOUT_S)
            self.wait_for(self._check_reader, _START_TIMEOUT_S)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        # The two halves of TensorBoard talk over gRPC on localhost, which a proxy from the environment would
        # break.
        environment = os.environ | {"NO_PROXY": "*", "no_proxy": "*", "TMPDIR": self._scratch.name}
        environment.pop("TENSORBOARD_DATA_SERVER_BINARY", None)
        with open(self._log_path, "wb") as log:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )

    def close(self) -> None:
        """Ends TensorBoard and its data server. Does nothing the second time."""
        if self._process is not None:
            end_session(self._process)
            self._process = None
        self._scratch.cleanup()

    def log(self) -> str:
        """What TensorBoard and its data server have printed so far."""
        return self._log_path.read_text(errors="replace")

    def _announced_url(self) -> str | None:
        found = _READY.search(self.log())
        return found[1] if found else None

    def _check_reader(self) -> bool:
        provider = self.get_json("data/environment")["debug"]["data_provider"]
        if not provider.startswith(_PROVIDER[self.reader]):
            raise RuntimeError(f"the {self.reader} reader was asked for, but TensorBoard uses {provider}")
        return True

    # -- asking --------------------------------------------------------------------------------------------

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 60.0) -> T:
        """Asks `predicate` until it gives something true, and returns that.

        A refusal by the server (an unknown run or tag, a connection that fails) counts as "not yet".

        Raises:
            AssertionError: `timeout` seconds have passed, or TensorBoard has ended; shows the last answer and
            the log.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                last: Any = predicate()
                if last:
                    return last
            except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
                last = error
            ended = self._process is None or self._process.poll() is not None
            if ended or time.monotonic() > deadline:
                why = "TensorBoard ended" if ended else f"not within {timeout:g} s"
                raise AssertionError(
                    f"{why}; the last answer was {last!r}; TensorBoard's log:\n{self.log()[-4000:]}"
                )
            time.sleep(_POLL_S)

    def get(self, path: str, **parameters: str | int) -> bytes:
        """The body of GET `path`; an HTTP error raises urllib.error.HTTPError."""
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        with self._opener.open(f"{self.url}{path}{query}", timeout=_REQUEST_TIMEOUT_S) as response:
            return response.read()

    def get_json(self, path: str, **parameters: str | int) -> Any:
        return json.loads(self.get(path, **parameters))

    def runs(self) -> list[str]:
        """Names of the runs, sorted; the top directory is '.'."""
        return sorted(self.get_json("data/runs"))

    def tags(self, plugin: str = "scalars") -> dict[str, list[str]]:
        """{run: sorted tags} of one plugin: scalars, images, histograms, text, audio, pr_curves, mesh, …"""
        return {run: sorted(tags) for run, tags in self.get_json(f"data/plugin/{plugin}/tags").items()}

    def has_tag(self, run: str, tag: str, plugin: str = "scalars") -> bool:
        return tag in self.tags(plugin).get(run, [])

    def scalars(self, run: str, tag: str) -> list[tuple[int, float]]:
        """[(step, value)]; NaN and infinities come back as floats."""
        points = self.get_json("data/plugin/scalars/scalars", run=run, tag=tag)
        return [(step, float(value)) for _wall_time, step, value in points]

    def histograms(self, run: str, tag: str) -> list[tuple[int, list[tuple[float, float, float]]]]:
        """[(step, [(left, right, count), …])]; TensorBoard re-buckets to 30 buckets."""
        found = self.get_json("data/plugin/histograms/histograms", run=run, tag=tag)
        return [(step, [tuple(bucket) for bucket in buckets]) for _wall_time, step, buckets in found]

    def images(self, run: str, tag: str, sample: int = 0) -> list[tuple[int, bytes]]:
        """[(step, encoded image)], each image as a browser gets it."""
        found = self.get_json("data/plugin/images/images", run=run, tag=tag, sample=sample)
        return [
            (one["step"], self.get(f"data/plugin/images/individualImage?{one['query']}")) for one in found
        ]

    def audio(self, run: str, tag: str, sample: int = 0) -> list[tuple[int, bytes]]:
        """[(step, encoded WAV)]."""
        found = self.get_json("data/plugin/audio/audio", run=run, tag=tag, sample=sample)
        return [(one["step"], self.get(f"data/plugin/audio/individualAudio?{one['query']}")) for one in found]

    def text(self, run: str, tag: str) -> list[tuple[int, str]]:
        """[(step, HTML)] after TensorBoard's Markdown; torch's tags end in /text_summary."""
        return [
            (one["step"], one["text"]) for one in self.get_json("data/plugin/text/text", run=run, tag=tag)
        ]

    def pr_curves(self, run: str, tag: str) -> list[dict[str, Any]]:
        """One dict a step: step, precision, recall, true_positives, …, thresholds."""
        return self.get_json("data/plugin/pr_curves/pr_curves", run=run, tag=tag)[run]

    def graph(self, run: str) -> str:
        """The run's graph as a text-format GraphDef."""
        return self.get("data/plugin/graphs/graph", run=run, conceptual="false").decode()

    def hparams(self) -> dict[str, Any]:
        """The hyper-parameter experiment: its hparamInfos and metricInfos."""
        body = json.dumps({"experimentName": ""}).encode()
        request = urllib.request.Request(
            f"{self.url}data/plugin/hparams/experiment", body, {"Content-Type": "application/json"}
        )
        with self._opener.open(request, timeout=_REQUEST_TIMEOUT_S) as response:
            return json.loads(response.read())
