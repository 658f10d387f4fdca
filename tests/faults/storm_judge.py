"""What the killed processes of a kill storm had acknowledged, against what TensorBoard's two readers find."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.util import tensor_util

from tests.faults import storm_load
from tests.faults.judge import acknowledged
from tests.faults.run import LOG
from tests.faults.storm_count import Count
from tests.support import rustboard
from tests.support.records import event_files, run_name, spans


def judge_storm(base: Path) -> Count:
    """Every directory of `base` is the home of a killed process."""
    homes = sorted(path for path in base.iterdir() if (path / LOG).is_dir())
    shown = rustboard.steps_by_run(base) if homes else {}
    total = Count()
    for home in homes:
        total += _judge(home, {run: tags for run, tags in shown.items() if run.split("/")[0] == home.name})
    return total


def _judge(home: Path, shown: rustboard.Steps) -> Count:
    count = Count()
    seen: Counter[tuple[str, str, int]] = Counter()
    by_python: dict[str, set[int]] = {}
    last: dict[tuple[str, str], int] = {}
    for path in event_files(home / LOG):
        run = run_name(home, path)
        try:
            records = spans(path, allow_torn_tail=True)
            end = records[-1].end if records else 0
        except AssertionError:
            records, end = [], -1
        count.unsound += end != path.stat().st_size
        for record in records:
            event = Event.FromString(record.data)
            for value in event.summary.value:
                seen[run, value.tag, event.step] += 1
                count.disordered += event.step != last.get((run, value.tag), -1) + 1
                last[run, value.tag] = event.step
                count.wrong += not _is_right(value, event.step)
        for data in RawEventFileLoader(str(path)).Load():
            event = Event.FromString(data)
            for value in event.summary.value:
                by_python.setdefault(value.tag, set()).add(event.step)
    by_rust: dict[str, set[int]] = {}
    for tags in shown.values():
        for tag, steps in tags.items():
            by_rust.setdefault(tag, set()).update(steps)
    acks = acknowledged(home)
    count.acknowledged = sum(map(len, acks.values()))
    count.found = len(seen)
    count.duplicates = seen.total() - len(seen)
    count.lost_python = sum(len(steps - by_python.get(tag, set())) for tag, steps in acks.items())
    count.lost_rust = sum(len(steps - by_rust.get(tag, set())) for tag, steps in acks.items())
    return count


def _is_right(value: Summary.Value, step: int) -> bool:
    """Whether the payload is what the load makes of the step."""
    if value.tag == "picture":
        image = Image.open(io.BytesIO(value.image.encoded_image_string))
        return np.array_equal(np.asarray(image), storm_load.picture(step).transpose(1, 2, 0))
    if value.tag == "histogram":
        return value.histo.num == len(storm_load.values(step)) == sum(value.histo.bucket)
    if value.tag == "text/text_summary":
        return tensor_util.make_ndarray(value.tensor).item() == storm_load.text(step).encode()
    if value.tag == "other":
        return tensor_util.make_ndarray(value.tensor).item() == np.float32(step)
    return value.simple_value == np.float32(step)
