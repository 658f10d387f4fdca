"""The dashboard as a viewer sees it: one run, TensorBoard with its default reader, a headless Chromium.

Screenshots go to the directory in RINGBOARD_SCREENSHOTS, or to pytest's temporary directory.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from ringboard import SummaryWriter
from tests.support.browser import Browser, chromium_or_skip
from tests.support.dashboard import Dashboard
from tests.support.tensorboard_server import TensorBoard

STEPS = 20
IMAGE_HEIGHT, IMAGE_WIDTH = 24, 40


def write_run(logdir: Path) -> None:
    """One run, `train`, with a scalar, an image, a histogram and a text."""
    random = np.random.default_rng(7)
    writer = SummaryWriter(str(logdir / "train"))
    for step in range(STEPS):
        writer.add_scalar("loss/train", 1.0 / (step + 1), step)
    writer.add_scalar("single", 1.0, 0)
    for step in range(3):
        writer.add_histogram("weights", random.normal(step, 1.0, 1000), step)
    writer.add_image("picture", random.random((3, IMAGE_HEIGHT, IMAGE_WIDTH)).astype(np.float32), 0)
    writer.add_text("notes", "a **bold** remark", 0)
    writer.close()


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory) -> Path:
    chosen = os.environ.get("RINGBOARD_SCREENSHOTS")
    return Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory):
    chromium_or_skip()
    logdir = tmp_path_factory.mktemp("log")
    write_run(logdir)
    with TensorBoard(logdir, "rustboard") as server:
        server.wait_for(lambda: server.has_tag("train", "notes/text_summary", "text"))
        with Browser() as browser:
            yield Dashboard(browser, server.url)


@pytest.fixture(autouse=True)
def screenshot_after(request, dashboard, screenshots):
    """Also after a failure: that is when the picture is wanted."""
    yield
    dashboard.browser.screenshot(screenshots / f"{request.node.name}.png")


def test_every_kind_has_its_tab(dashboard):
    assert {"Time Series", "scalars", "images", "histograms", "text"} <= set(dashboard.tabs())


def test_scalars_tab_draws_a_vertex_for_every_step(dashboard):
    line = dashboard.scalar_line("loss/train")
    assert len(line) == STEPS
    xs, ys = zip(*line, strict=True)
    assert np.allclose(np.diff(xs), xs[1] - xs[0]), "the steps are evenly spaced"
    assert list(ys) == sorted(ys), "a falling loss runs down the screen, where y grows"


def test_time_series_card_draws_the_line_and_shows_the_last_value(dashboard):
    card = dashboard.time_series_card("loss/train")
    assert min(card.shape[:2]) > 200
    text = dashboard.browser.text().splitlines()
    assert "/train" in text
    # The card's table shows the selected step, which is the last: run, smoothed value, value, step.
    table = text.index("Relative", text.index("Smoothed"))
    assert text[table + 1] == "train"
    assert text[table + 3 : table + 5] == ["0.05", str(STEPS - 1)]


@pytest.mark.parametrize("look", [Dashboard.scalar_line, Dashboard.time_series_card])
def test_a_single_point_does_not_pass_for_a_line(dashboard, monkeypatch, look):
    dashboard.scalar_line("loss/train")  # the page draws; what follows is not mere slowness
    monkeypatch.setattr("tests.support.dashboard._DRAW_TIMEOUT_S", 5.0)
    with pytest.raises(AssertionError, match="a line in the chart of 'single': not within"):
        look(dashboard, "single")


def test_images_tab_shows_the_picture_in_its_size(dashboard):
    assert dashboard.image_size("picture") == (IMAGE_WIDTH, IMAGE_HEIGHT)


def test_histograms_tab_draws_an_outline_for_every_step(dashboard):
    assert len(dashboard.histogram_outlines("weights")) == 3


def test_text_tab_renders_the_markdown(dashboard):
    (html,) = dashboard.text_html("notes/text_summary")
    assert "a <strong>bold</strong> remark" in html


def test_the_page_logs_no_error(dashboard):
    dashboard.browser.open_page(dashboard.url)
    dashboard.browser.wait_for_text("Time Series")
    assert [line for line in dashboard.browser.console() if line.startswith("SEVERE")] == []
