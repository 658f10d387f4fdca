"""ringboard show: curves in the terminal."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from ringboard.cli import terminal

if TYPE_CHECKING:
    from ringboard.reading import Log, Series

_DESCRIPTION = """\
Draws scalars as curves in the terminal: a chart a tag, with a line a run, as TensorBoard has them."""

_EXAMPLES = """\
examples:
  ringboard show runs/                       every scalar
  ringboard show runs/ --tags 'loss*'        some of them
  ringboard show runs/ --smooth 0.6 --log    smoothed as TensorBoard does, on a logarithmic axis
  ringboard show runs/ --x time              over the time since the first point

exit status: 0, 1 when there is nothing to draw, 2 for a wrong option or a path that there is not."""

_LEAST_WIDTH, _HEIGHT = 40, 16


def add_parser(commands: Any) -> None:
    parser = commands.add_parser(
        "show",
        help="draw scalars in the terminal",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
    )
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a log dir, an event file or an archive")
    parser.add_argument(
        "--tags", action="append", metavar="PATTERN", help="only these tags; * is any text; may be repeated"
    )
    parser.add_argument("--x", choices=("step", "time"), default="step", help="what the axis shows")
    parser.add_argument("--smooth", type=float, default=0.0, metavar="W", help="from 0 (not) to below 1")
    parser.add_argument("--log", action="store_true", help="a logarithmic axis of values")
    parser.add_argument("--width", type=int, help="in characters; default: the terminal's")
    parser.add_argument(
        "--height", type=int, default=_HEIGHT, help="of a chart, in lines; default %(default)s"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from ringboard.reading import read

    if not 0 <= options.smooth < 1:
        terminal.say("show", f"--smooth {options.smooth}: expected a number from 0 to below 1")
        return 2
    try:
        import plotext
    except ImportError:
        terminal.say("show", 'drawing needs plotext: pip install "ringboard[cli]"')
        return 2
    # What TensorBoard shows: a curve that was gone back on would be a scribble.
    log = read(options.paths, options.tags, "scalar", rules="rustboard")
    tags = list(dict.fromkeys(tag for one in log.values() for tag in one))
    with terminal.quiet_when_nobody_reads():
        for tag in tags:
            print(_chart(plotext, tag, _lines(log, tag), options))
        if not tags:
            print("no scalars")
    return 0 if tags else 1


def _lines(log: Log, tag: str) -> dict[str, Series]:
    return {name: one[tag] for name, one in log.items() if tag in one}


def _chart(plotext: Any, tag: str, lines: dict[str, Series], options: argparse.Namespace) -> str:
    width = max(_LEAST_WIDTH, options.width or shutil.get_terminal_size((100, 24)).columns)
    plotext.clear_figure()
    plotext.theme("clear" if not sys.stdout.isatty() else "pro")
    plotext.plot_size(width, max(6, options.height))
    plotext.title(terminal.shown(tag, width - 2))
    drawn = False
    for name, series in lines.items():
        xs, ys = _points(series, options, width)
        if xs.size:
            label = terminal.shown(name, width // 3) if len(lines) > 1 else None
            plotext.plot(xs.tolist(), ys.tolist(), marker="braille", label=label)
            drawn = True
    if not drawn:
        return f"{terminal.shown(tag)}: no finite value\n"
    # With a marker alone, a single point would have an axis without extent.
    text = str(plotext.build())
    return text if sys.stdout.isatty() else _plain(plotext, text)


def _plain(plotext: Any, text: str) -> str:
    return "\n".join(line.rstrip() for line in plotext.uncolorize(text).splitlines()) + "\n"


def _points(series: Series, options: argparse.Namespace, width: int) -> tuple[Any, Any]:
    """What to draw: a few points for each column of the terminal."""
    from ringboard.tools.thin import envelope

    ys = smoothed(series.values.astype(np.float64), options.smooth)
    xs = series.steps if options.x == "step" else series.wall_times - series.wall_times[0]
    if options.log:
        with np.errstate(divide="ignore", invalid="ignore"):
            ys = np.log10(ys)
    fits = np.isfinite(ys) & np.isfinite(xs)
    xs, ys = xs[fits], ys[fits]
    rows = envelope(ys, 4 * width)
    return xs[rows], ys[rows]


def smoothed(values: Any, weight: float) -> Any:
    """TensorBoard's smoothing: an exponential moving average, without the bias of its start."""
    if weight == 0:
        return values
    out = np.empty_like(values)
    last, debias, times = 0.0, 1.0, 0
    for index, value in enumerate(values.tolist()):
        if math.isfinite(value):
            last = last * weight + (1 - weight) * value
            times += 1
            debias = 1 - weight**times
        out[index] = last / debias if times else value
    return out
