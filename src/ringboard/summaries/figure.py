"""Figures: matplotlib draws them, into memory of its own that the image is then taken from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ringboard.arrays import describe


def figure_pixels(tag: str, figures: Any, close: bool) -> tuple[npt.NDArray[np.uint8], str]:
    """The pixels of a figure, or of several of one size, and the order of their axes.

    Args:
        tag: for errors.
        figures: a matplotlib Figure with any backend's canvas, or a list of them.
        close: whether pyplot should forget them.

    Raises:
        TypeError: it is no figure.
        ValueError: there is none, or they differ in size.
    """
    several = isinstance(figures, (list, tuple))
    each: Sequence[Any] = figures if several else [figures]
    for figure in each:
        _check_figure(tag, figure)
    if not each:
        raise ValueError(f"figure {tag!r}: the list of figures is empty")
    views = [_render(figure) for figure in each]
    if close:
        _close(each)
    if not several:
        return views[0][..., :3], "HWC"
    shapes = {view.shape for view in views}
    if len(shapes) != 1:
        sizes = ", ".join(f"{view.shape[1]} x {view.shape[0]}" for view in views)
        raise ValueError(f"figure {tag!r}: the figures of a grid must be of one size, got {sizes} pixels")
    return np.stack(views)[..., :3], "NHWC"


def _check_figure(tag: str, figure: object) -> None:
    # Who has a figure has imported matplotlib, so nothing is imported to find out.
    module = sys.modules.get("matplotlib.figure")
    if module is None or not isinstance(figure, module.Figure):
        raise TypeError(
            f"figure {tag!r}: expected a matplotlib.figure.Figure or a list of them, got {describe(figure)}"
        )


def _render(figure: Any) -> npt.NDArray[np.uint8]:
    """(H, W, 4), a view of matplotlib's own buffer: dropping the alpha is left to strides."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    # A canvas takes its figure over.  The figure's own one is given back, so that a window in which it is
    # shown goes on working.
    own = figure.canvas
    try:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())
    finally:
        figure.set_canvas(own)


def _close(figures: Sequence[Any]) -> None:
    # Only pyplot keeps figures alive; where it was never imported there is nothing to close.
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        for figure in figures:
            pyplot.close(figure)
