"""Reading event files back: `ringboard.read`, and what it returns.

    log = ringboard.read("runs")
    log["train"]["loss"].steps, log["train"]["loss"].values    # numpy
    log.to_pandas()                                              # run, tag, step, wall_time, value

Files are read by native code at tens of millions of scalars a second, with both checksums of every record
checked and without the GIL; only numbers are kept in memory, all else is decoded when it is asked for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, Literal, overload

from ringboard.reading.files import PathLike, find_files
from ringboard.reading.follow import Follower
from ringboard.reading.load import FileInfo, Problem, read_file, read_files, select
from ringboard.reading.log import Log, Run, Series, make_log
from ringboard.reading.partitions import partitions, read_partition
from ringboard.reading.values import KINDS, Audio, Histogram, HParams, Image, Mesh, PrCurve

__all__ = [
    "KINDS",
    "Audio",
    "FileInfo",
    "Follower",
    "HParams",
    "Histogram",
    "Image",
    "Log",
    "Mesh",
    "PrCurve",
    "Problem",
    "Run",
    "Series",
    "partitions",
    "read",
    "read_partition",
]

_RULES = ("tensorboard", "rustboard")


@overload
def read(
    path: PathLike | Iterable[PathLike],
    tags: str | Iterable[str] | None = None,
    kinds: str | Iterable[str] | None = None,
    since: int | datetime | None = None,
    *,
    rules: str | None = None,
    follow: Literal[False] = False,
    workers: int | None = None,
    poll_interval: float = 1.0,
) -> Log: ...


@overload
def read(
    path: PathLike | Iterable[PathLike],
    tags: str | Iterable[str] | None = None,
    kinds: str | Iterable[str] | None = None,
    since: int | datetime | None = None,
    *,
    rules: str | None = None,
    follow: Literal[True],
    workers: int | None = None,
    poll_interval: float = 1.0,
) -> Follower: ...


def read(
    path: PathLike | Iterable[PathLike],
    tags: str | Iterable[str] | None = None,
    kinds: str | Iterable[str] | None = None,
    since: int | datetime | None = None,
    *,
    rules: str | None = None,
    follow: bool = False,
    workers: int | None = None,
    poll_interval: float = 1.0,
) -> Log | Follower:
    """Reads event files, whoever wrote them: {run: {tag: series}}.

    Damage does not stop it: all that is sound is read, and Log.problems says what is not, with file, offset
    and length.

    Args:
        path: a log dir (all event files below it, and archives *.rbz; links are followed), an event file, an
            archive, or a list of such.  With several directories, runs are named relative to the one that
            holds them all.
        tags: which tags: one, several, or shell patterns ("train/*"; * matches / too).  None: all.
        kinds: which kinds: "scalar", "histogram", "image", "audio", "text", "tensor", "hparams",
            "pr_curve", "mesh", "layout", "graph", "meta_graph", "run_metadata", "other".  None: all.
        since: only points from this step (int) or wall time (datetime) on.
        rules: None: every point, in the order of the files.  "tensorboard": without those that TensorBoard's
            Python loader drops: before a restart (a session START but the first; with files of a version
            below 2, a step that goes back).  "rustboard": without those that its default loader drops, of
            each tag all that a later point of a lower or the same step follows.
        follow: an iterator instead, of Logs of what is new, while the files grow; see Follower.
        workers: how many files to read at a time; None: as many as there are processors.
        poll_interval: with follow: seconds between two looks.

    Raises:
        FileNotFoundError: a path does not exist.
        TypeError, ValueError: an argument is of another type, or no such kind or rule.
    """
    selection = select(tags, kinds, since)
    if rules is not None and rules not in _RULES:
        raise ValueError(f"rules={rules!r}: expected None, 'tensorboard' or 'rustboard'")
    if isinstance(path, Iterable) and not isinstance(path, (str, os.PathLike)):
        path = list(path)
    if follow:
        if rules is not None:
            raise ValueError(
                f"rules={rules!r} with follow=True: a later point may drop one that was given out already; "
                "read() again with rules, without follow"
            )
        if not 0 < poll_interval <= threading.TIMEOUT_MAX:
            raise ValueError(f"poll_interval={poll_interval!r}: expected seconds, more than 0")
        find_files(path)  # what is wrong with it is told now
        return Follower(partial(find_files, path), selection, poll_interval)
    read_one: Any = partial(read_file, selection=selection, for_rules=rules == "tensorboard")
    if rules == "rustboard":
        read_one = partial(read_file, selection=selection.from_the_start(), for_rules=False)
    parts = read_files(find_files(path), read_one, workers)
    return make_log(parts, selection, rules)
