"""How long does a matplotlib figure take, to the closed file and in the caller?

Workload: `add_figure` of figures that are drawn anew each time, as training scripts do it: two lines with
legend and title (640×480), an 8×8 confusion matrix with its numbers (600×600), and a list of 4 figures.
Making and drawing a figure is matplotlib's work: how long that takes alone (Agg, nothing logged) is the
baseline.  Rivals: torch.utils.tensorboard, tensorboardX.
Left out: other backends.

Run: pytest benches/bench_figures.py [--bench-size full], or python -m benches.report --only figures
"""

import time
from functools import partial

import numpy as np

from benches import methods
from benches.methods import Method
from benches.work import BASELINE, Case, Contender


def lines():
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots()
    x = np.linspace(0, 10, 200)
    axes.plot(x, np.exp(-x / 3) + 0.05 * np.sin(9 * x), label="train")
    axes.plot(x, np.exp(-x / 4) + 0.1, label="validation")
    axes.set_title("loss")
    axes.legend()
    return figure


def matrix():
    import matplotlib.pyplot as plt

    counts = np.random.default_rng(6).integers(0, 100, (8, 8))
    figure, axes = plt.subplots(figsize=(6, 6))
    axes.imshow(counts, cmap="Blues")
    for row in range(8):
        for column in range(8):
            axes.text(column, row, str(counts[row, column]), ha="center", va="center")
    return figure


def logging(library: str, draw, copies: int):
    import matplotlib

    matplotlib.use("agg")

    def log_one(writer, step: int) -> None:
        figures = [draw() for _ in range(copies)]
        writer.add_figure("figure", figures if copies > 1 else figures[0], step)

    return log_one


_DRAWN = {"figure_lines": (lines, 1), "figure_matrix": (matrix, 1), "figure_list": (lines, 4)}


def run_matplotlib(case: Case) -> dict[str, float]:
    """Making, drawing and closing the figures alone."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    found = {}
    for method in _METHODS:
        draw, copies = _DRAWN[method.key]
        draw().canvas.draw()  # fonts
        calls = method.calls(BASELINE, case.amount)
        start = time.perf_counter()
        for _ in range(calls):
            for figure in [draw() for _ in range(copies)]:
                figure.canvas.draw()
                plt.close(figure)
        found[method.key] = (time.perf_counter() - start) / calls
    return found


def method(key: str, title: str, calls: int) -> Method:
    draw, copies = _DRAWN[key]
    return Method(key, title, partial(logging, draw=draw, copies=copies), calls, calls)


_METHODS = (
    method("figure_lines", "`add_figure`, two lines, 640×480", 15),
    method("figure_matrix", "`add_figure`, an 8×8 matrix, 600×600", 15),
    method("figure_list", "`add_figure`, a list of 4", 5),
)
WORK = methods.work(
    "figures",
    "figures",
    _METHODS,
    extra=(Contender("matplotlib alone", BASELINE, run_matplotlib),),
)


def test_figures(publish):
    publish()
