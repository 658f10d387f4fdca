"""The demo's run as a viewer sees it: TensorBoard with its default reader, a headless Chromium.

Screenshots go to the directory in RINGBOARD_SCREENSHOTS, or to pytest's temporary directory.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tests.support.browser import Browser, chromium_or_skip
from tests.support.dashboard import Dashboard
from tests.support.tensorboard_server import TensorBoard
from tests.test_demo import EPOCHS, HISTOGRAMS_EVERY, STEPS, demo  # noqa: F401  (demo: the fixture)


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory) -> Path:
    chosen = os.environ.get("RINGBOARD_SCREENSHOTS")
    return Path(chosen) if chosen else tmp_path_factory.mktemp("screenshots")


@pytest.fixture(scope="module")
def browser():
    chromium_or_skip()  # before the demo runs for nothing
    with Browser() as one:
        yield one


@pytest.fixture(scope="module")
def dashboard(browser, demo):  # noqa: F811
    with TensorBoard(demo.log_dir, "rustboard") as server:
        server.wait_for(lambda: server.has_tag(".", "confusion/text_summary", "text"))
        server.wait_for(lambda: len(server.scalars(".", "train/loss")) == STEPS)
        server.wait_for(lambda: server.has_tag("loss_valid", "loss"))
        yield Dashboard(browser, server.url)


@pytest.fixture(autouse=True)
def screenshot_after(request, dashboard, screenshots):
    """Also after a failure: that is when the picture is wanted."""
    yield
    dashboard.browser.screenshot(screenshots / f"{request.node.name}.png")


def test_the_loss_is_drawn_step_by_step_and_falls(dashboard):
    line = dashboard.scalar_line("train/loss")
    assert len(line) == STEPS
    xs, ys = (np.array(axis) for axis in zip(*line, strict=True))
    assert np.allclose(np.diff(xs), xs[1] - xs[0]), "the steps are evenly spaced"
    assert ys[-20:].mean() > ys[:20].mean(), "y grows down the screen"


def test_the_time_series_tab_draws_a_card(dashboard):
    card = dashboard.time_series_card("train/loss")
    assert min(card.shape[:2]) > 200


def test_train_and_validation_lie_in_one_chart(dashboard):
    assert len(dashboard.scalar_line("loss")) == EPOCHS
    text = dashboard.browser.text().splitlines()
    assert {"loss_train", "loss_valid"} <= set(text)


def test_the_sample_digits_have_their_size(dashboard):
    assert dashboard.image_size("samples") == (320, 320)


def test_the_misclassified_digits_are_rows_of_eight(dashboard):
    width, height = dashboard.image_size("misclassified")
    assert width <= 8 * 40
    assert height in (40, 80)


@pytest.mark.parametrize(
    "tag", ["weights/conv1.weight", "gradients/output.bias"], ids=["weights", "gradients"]
)
def test_histograms_have_an_outline_for_every_logged_step(dashboard, tag):
    assert len(dashboard.histogram_outlines(tag)) == len(range(0, STEPS, HISTOGRAMS_EVERY))


def test_the_config_is_a_table(dashboard):
    (html,) = dashboard.text_html("config/text_summary")
    assert "<table>" in html
    assert "learning_rate" in html


def test_the_confusions_can_be_read(dashboard):
    texts = dashboard.text_html("confusion/text_summary")
    assert len(texts) == EPOCHS
    assert all("</strong> of 360 right" in html for html in texts)


def test_the_page_logs_no_error(dashboard):
    dashboard.browser.open_page(dashboard.url)
    dashboard.browser.wait_for_text("Time Series")
    dashboard.browser.wait_for_element("scalar-card line-chart canvas")
    assert [line for line in dashboard.browser.console() if line.startswith("SEVERE")] == []
