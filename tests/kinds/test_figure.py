"""add_figure leaves the pixels that torch's and tensorboardX's leave, whatever backend a figure has."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from ringboard import SummaryWriter
from tests.parity.pair import Pair
from tests.support.events import read_events


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


@pytest.fixture(autouse=True)
def no_figures_left():
    yield
    plt.close("all")


def draw(figure: Figure, seed: int = 0) -> Figure:
    axes = figure.add_subplot()
    axes.plot(np.random.default_rng(seed).normal(size=50).cumsum(), label="a walk")
    axes.set_title(f"figure {seed}")
    axes.legend()
    return figure


FIGURES = {
    "pyplot": lambda: draw(plt.figure()),
    "no pyplot": lambda: draw(Figure()),
    "svg": lambda: draw(FigureCanvasSVG(Figure()).figure),
    "pdf": lambda: draw(FigureCanvasPdf(Figure()).figure),
    "odd size": lambda: draw(Figure(figsize=(3.33, 2.21), dpi=37)),
    "see-through": lambda: draw(Figure(facecolor=(1, 0, 0, 0.3))),
    "no background": lambda: draw(Figure(facecolor="none")),
    "tight": lambda: draw(Figure(layout="tight")),
    "empty": Figure,
}


@pytest.mark.parametrize("peer", ["torch", "tensorboardX"])
@pytest.mark.parametrize("name", FIGURES)
def test_one_figure(pair, name, peer):
    pair.same(lambda writer: writer.add_figure("f", FIGURES[name](), 2), peer=peer)


@pytest.mark.parametrize("count", [1, 2, 8, 11])
def test_a_grid_of_figures(pair, count):
    def fill(writer):
        writer.add_figure("f", [draw(Figure(figsize=(2, 1.5)), seed) for seed in range(count)], 1)

    pair.same(fill)


def test_a_tuple_is_a_list(pair):
    figures = [draw(Figure(figsize=(2, 1)), seed) for seed in range(3)]
    pair.same(
        lambda writer: writer.add_figure("f", tuple(figures)),
        theirs=lambda writer: writer.add_figure("f", figures),
    )


def test_positions_and_walltime(pair):
    pair.same(lambda writer: writer.add_figure("f", draw(Figure()), 5, False, 12.5))
    assert read_events(pair.ours)[-1].wall_time == 12.5


@pytest.mark.parametrize("close", [True, False])
def test_close(pair, close):
    left = []

    def fill(writer):
        figures = [draw(plt.figure(), seed) for seed in range(3)]
        writer.add_figure("f", figures[0], 1, close)
        writer.add_figure("f", figures[1:], 2, close)
        left.append(plt.get_fignums())
        plt.close("all")

    pair.same(fill)
    assert left == [[] if close else [1, 2, 3]] * 2


def test_the_same_figure_again_after_a_change(pair):
    def fill(writer):
        figure = draw(plt.figure())
        for step in range(3):
            figure.axes[0].set_title(f"step {step}")
            writer.add_figure("f", figure, step, close=False)

    pair.same(fill)


def test_the_figures_own_canvas_stays(tmp_path):
    # torch leaves its own one there, and a figure in a window stops being redrawn.
    figure = draw(plt.figure())
    canvas, manager = figure.canvas, figure.canvas.manager
    with SummaryWriter(str(tmp_path)) as writer:
        writer.add_figure("f", figure, close=False)
    assert figure.canvas is canvas
    assert figure.canvas.manager is manager is not None


def test_pyplot_is_not_imported_for_it(tmp_path):
    script = """
        import sys
        from matplotlib.figure import Figure
        from ringboard import SummaryWriter
        with SummaryWriter(sys.argv[1]) as writer:
            writer.add_figure("f", Figure())
        assert "matplotlib.pyplot" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], check=True)
    assert len(read_events(tmp_path)) == 2


def test_a_subclass_that_overrides_add_image_sees_figures(tmp_path):
    seen = []

    class Watched(SummaryWriter):
        def add_image(self, tag, img_tensor, *arguments, **options):
            seen.append((tag, img_tensor.shape))
            super().add_image(tag, img_tensor, *arguments, **options)

    with Watched(str(tmp_path)) as writer:
        writer.add_figure("f", Figure(figsize=(2, 1), dpi=50))
    assert seen == [("f", (50, 100, 3))]


@pytest.mark.parametrize(
    ("figure", "kind"),
    [(None, TypeError), (np.zeros((3, 4, 4)), TypeError), (["no"], TypeError), ([], ValueError)],
)
def test_what_is_no_figure(tmp_path, figure, kind):
    with SummaryWriter(str(tmp_path)) as writer, pytest.raises(kind, match="'f'"):
        writer.add_figure("f", figure)
    assert not any(event.summary.value for event in read_events(tmp_path))


def test_a_grid_of_different_sizes_says_which(tmp_path):
    figures = [Figure(figsize=(2, 1), dpi=50), Figure(figsize=(1, 1), dpi=50)]
    with SummaryWriter(str(tmp_path)) as writer, pytest.raises(ValueError, match="100 x 50, 50 x 50"):
        writer.add_figure("f", figures)
