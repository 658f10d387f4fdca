"""What a user of TensorBoard's reading API gets: EventAccumulator for a run, EventMultiplexer for a log
directory.

Nothing is sampled away (size guidance 0), but steps that a restart orphaned are purged, as TensorBoard does
by default.
"""

from __future__ import annotations

import os

import numpy as np
from tensorboard.backend.event_processing.event_accumulator import DEFAULT_SIZE_GUIDANCE, EventAccumulator
from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
from tensorboard.util import tensor_util

from tests.support.payloads import Payload, decode_image, decode_wav

_EVERYTHING = dict.fromkeys(DEFAULT_SIZE_GUIDANCE, 0)


class RunView:
    """One run through an EventAccumulator; an unknown tag is a KeyError."""

    def __init__(self, accumulator: EventAccumulator) -> None:
        self.accumulator = accumulator

    def tags(self) -> dict[str, list[str]]:
        """{kind: tags} of the kinds that have some: scalars, tensors, histograms, images, audio, …

        'graph', 'meta_graph' and 'run_metadata' keep what EventAccumulator gives for them: a bool or tags.
        """
        return {kind: tags for kind, tags in self.accumulator.Tags().items() if tags}

    def scalars(self, tag: str) -> list[tuple[int, float]]:
        """[(step, value)] of an old-style scalar; a new-style one is a tensor here."""
        return [(event.step, event.value) for event in self.accumulator.Scalars(tag)]

    def tensors(self, tag: str) -> list[tuple[int, np.ndarray]]:
        return [
            (event.step, tensor_util.make_ndarray(event.tensor_proto))
            for event in self.accumulator.Tensors(tag)
        ]

    def histograms(self, tag: str):
        """[(step, HistogramValue)]; its fields are min, max, num, sum, sum_squares, bucket_limit, bucket."""
        return [(event.step, event.histogram_value) for event in self.accumulator.Histograms(tag)]

    def images(self, tag: str) -> list[tuple[int, Payload]]:
        """[(step, {width, height, pixels})]."""
        return [
            (
                event.step,
                {"width": event.width, "height": event.height} | decode_image(event.encoded_image_string),
            )
            for event in self.accumulator.Images(tag)
        ]

    def audio(self, tag: str) -> list[tuple[int, Payload]]:
        return [(event.step, decode_wav(event.encoded_audio_string)) for event in self.accumulator.Audio(tag)]

    def plugin_content(self, tag: str) -> tuple[str, bytes]:
        """(plugin name, its content) from the tag's metadata."""
        data = self.accumulator.SummaryMetadata(tag).plugin_data
        return data.plugin_name, data.content


def load_run(path: str | os.PathLike[str]) -> RunView:
    """One run: a directory with event files, or one event file."""
    accumulator = EventAccumulator(os.fspath(path), size_guidance=_EVERYTHING)
    accumulator.Reload()
    return RunView(accumulator)


def load_runs(logdir: str | os.PathLike[str]) -> dict[str, RunView]:
    """{run: view} of every run that EventMultiplexer finds below `logdir`."""
    multiplexer = EventMultiplexer(size_guidance=_EVERYTHING)
    multiplexer.AddRunsFromDirectory(os.fspath(logdir))
    multiplexer.Reload()
    return {run: RunView(multiplexer.GetAccumulator(run)) for run in multiplexer.Runs()}
