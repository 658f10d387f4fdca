"""The gallery in a real browser: every tab of TensorBoard shows what was logged for it.

Each test photographs its tab into the directory in RINGBOARD_SCREENSHOTS, or pytest's temporary one; that is
how docs/gallery/ is made (`make gallery`).  With RINGBOARD_GALLERY set, the run is there already.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.accumulator import RunView, load_run
from tests.support.browser import Browser, chromium_or_skip
from tests.support.gallery import COMPARED, Gallery, coloured, colours
from tests.support.tensorboard_server import TensorBoard

ROOT = Path(__file__).parents[2]
LOG_DIR = Path("runs", "gallery")  # relative, since TensorBoard's pages say where the runs are
EPOCHS = 14
TRIALS = 12
_TIMEOUT_S = 400


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The directory in which LOG_DIR is."""
    chromium_or_skip()  # before the gallery trains for nothing
    for module in ("torch", "sklearn", "matplotlib"):
        pytest.importorskip(module)
    made = os.environ.get("RINGBOARD_GALLERY")
    if made:
        return Path(made).resolve().parents[len(LOG_DIR.parts) - 1]
    directory = tmp_path_factory.mktemp("home")
    command = [sys.executable, str(ROOT / "examples" / "gallery"), f"--log-dir={directory / LOG_DIR}"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    assert ended.returncode == 0, f"the gallery ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return directory


@pytest.fixture(scope="module")
def run(home) -> RunView:
    """The run with the showpieces, as TensorBoard's reading API gives it."""
    return load_run(home / LOG_DIR / "adam")


@pytest.fixture(scope="module")
def gallery(home, tmp_path_factory):
    folder = os.environ.get("RINGBOARD_SCREENSHOTS")
    screenshots = Path(folder).resolve() if folder else tmp_path_factory.mktemp("screenshots")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        with TensorBoard(LOG_DIR, sampled=True) as server, Browser(webgl=True) as browser:
            server.wait_for(lambda: len(server.runs()) >= 3 + 2 + TRIALS)
            yield Gallery(browser, server, screenshots)


@pytest.fixture(autouse=True)
def whole_page(gallery):
    """Also after a failure inside a frame."""
    yield
    gallery.leave_frames()


def test_time_series(gallery):
    gallery.open("timeseries", "^(train|valid)/(loss|accuracy)$", COMPARED, size=(1280, 790))
    browser = gallery.browser
    browser.wait_for_element("scalar-card line-chart canvas")
    browser.find("button.settings-button")[0].click()  # closes the pane of settings
    browser.wait_for(lambda: len(browser.find("scalar-card line-chart canvas")) == 4, what="4 charts")
    gallery.shoot("time_series")
    for chart in browser.find("scalar-card line-chart")[:2]:
        assert colours(gallery.pixels(chart)) > 6, (
            "a line for each of three runs, and each line's own smoothing"
        )
        assert coloured(gallery.pixels(chart)) > 0.01


def test_scalars(gallery):
    gallery.open("scalars", "^(valid/(loss|.*_digit)|loss)$", f"{COMPARED}|loss_", size=(1120, 750))
    gallery.wait_for_tags("valid/best_digit", "valid/loss", "valid/worst_digit", "loss")
    gallery.wait_for_lines("path.line", 2 * (3 * 3 + 2))
    gallery.shoot("scalars")


def test_custom_scalars(gallery):
    gallery.open("custom_scalars", runs=COMPARED, size=(1120, 520))
    for title in ("loss, training and validation", "accuracy, from the worst digit to the best"):
        gallery.browser.wait_for_text(title)
    gallery.wait_for_lines("path.line", 2 * 3, "tf-custom-scalar-multi-line-chart-card")
    gallery.wait_for_lines("path.line", 3, "tf-custom-scalar-margin-chart-card")
    gallery.wait_for_lines("path.area", 3, "tf-custom-scalar-margin-chart-card")
    gallery.shoot("custom_scalars")


def test_images(gallery, run):
    tags = ["confusion", "digits/found", "digits/misread", "digits/some", "filters/conv1"]
    gallery.open("images", "^(digits|filters|confusion)", size=(1120, 1160))
    gallery.wait_for_tags(*tags)
    logged = {tag: (shot["width"], shot["height"]) for tag in tags for _, shot in run.images(tag)}
    gallery.browser.wait_for(
        lambda: logged.items() <= gallery.pictures().items(), what=f"the pictures {logged}"
    )
    gallery.shoot("images")
    for picture in gallery.browser.find("tf-image-loader")[: len(tags)]:
        assert np.ptp(gallery.pixels(picture)) > 200, "it is not blank"


def test_video(gallery):
    gallery.open("images", "^clusters/", size=(1120, 660))
    gallery.wait_for_tags("clusters/apng", "clusters/gif")
    both = {"clusters/apng": (350, 350), "clusters/gif": (350, 350)}
    gallery.browser.wait_for(lambda: both.items() <= gallery.pictures().items(), what=f"the videos {both}")
    for video in gallery.browser.find("tf-image-loader")[:2]:
        first = gallery.pixels(video)
        gallery.browser.wait_for(lambda: not np.array_equal(gallery.pixels(video), first), what="motion")  # noqa: B023
        gallery.browser.wait_for(lambda: colours(gallery.pixels(video)) > 10, what="ten colours on white")  # noqa: B023
    gallery.shoot("video", moving=True)


def test_audio(gallery):
    gallery.open("audio", size=(1120, 610))
    gallery.wait_for_tags("chord", "the falling loss")
    script = "return arguments[0].readyState >= 1 ? arguments[0].duration : null;"
    gallery.browser.wait_for(lambda: len(gallery.browser.find("audio")) == 2, what="two players")
    players = gallery.browser.find("audio")
    for player, seconds in zip(players, (3.0, 4.0), strict=True):
        duration = gallery.browser.wait_for(lambda: gallery.browser.ask(script, player), what="a sound")  # noqa: B023
        assert duration == pytest.approx(seconds, abs=0.01)
    gallery.shoot("audio")


def test_text(gallery):
    gallery.open("text", size=(1120, 740))
    gallery.wait_for_tags("report/text_summary")
    gallery.browser.wait_for_text("most often taken for")
    (report,) = gallery.browser.find("tf-markdown-view")
    cells = [cell.text for cell in gallery.browser.find("td", report)]
    assert cells[-30::3] == [str(digit) for digit in range(10)]
    gallery.shoot("text")


def test_graphs(gallery):
    gallery.open("graphs", runs="adam", size=(1120, 900))
    gallery.expand_node("Sequential")
    gallery.expand_node("Sequential/Sequential[features]")
    gallery.browser.click("paper-button", "Fit to screen")
    names = {gallery.attribute(node, "data-name") for node in gallery.all_nodes()}
    layers = {"Conv2d[conv1]", "Conv2d[conv2]", "ReLU[relu1]", "MaxPool2d[pool]", "Flatten[flatten]"}
    assert {f"Sequential/Sequential[features]/{layer}" for layer in layers} <= names
    assert {"input", "output", "Sequential/Linear[output]"} <= names
    gallery.browser.wait_for(gallery.deselect, what="a graph with nothing selected")
    gallery.scroll_down("svg#svg")
    gallery.shoot("graphs")


def test_distributions(gallery):
    gallery.open("distributions", r"^weights/(features|output)\S*weight$", size=(1120, 740))
    gallery.wait_for_tags("weights/features.conv1.weight", "weights/features.conv2.weight")
    gallery.wait_for_lines("path.area", 3 * 4)
    pixels = gallery.shoot("distributions")
    assert coloured(pixels[180:]) > 0.05, "the bands fill the charts"


def test_histograms(gallery):
    gallery.open("histograms", r"^(weights|gradients)/features\S*weight$", size=(1120, 720))
    gallery.wait_for_tags("weights/features.conv1.weight", "gradients/features.conv2.weight")
    gallery.wait_for_lines("path.outline", 4 * EPOCHS)
    gallery.shoot("histograms")


def test_pr_curves(gallery):
    gallery.open("pr_curves", "^digit/[38]$", COMPARED, size=(1120, 700))
    gallery.wait_for_tags("digit/3", "digit/8")
    gallery.wait_for_lines("path.line", 2 * 3)
    gallery.shoot("pr_curves")


def test_hparams(gallery):
    gallery.open("hparams", size=(1280, 830))
    gallery.browser.wait_for_text(f"sweep/{TRIALS - 1:02}")
    columns = {"learning rate", "optimizer", "width", "hparam/accuracy", "hparam/loss"}
    assert columns <= set(gallery.browser.text().splitlines())
    gallery.shoot("hparams_table")
    gallery.browser.click("paper-tab", "PARALLEL COORDINATES VIEW")
    gallery.wait_for_lines("path", TRIALS, "tf-hparams-parallel-coords-plot")
    gallery.shoot("hparams")


def test_mesh(gallery):
    with gallery.few_frames():
        gallery.open("mesh", size=(1400, 720))
        gallery.browser.wait_for_text("loss landscape")
        gallery.browser.wait_for_text("hidden layer")
        gallery.browser.wait_for(lambda: len(gallery.browser.find("canvas")) >= 2, what="two meshes")
        for where in (slice(375, 860), slice(870, 1360)):
            gallery.browser.wait_for(
                lambda: coloured(gallery.pixels()[220:, where]) > 0.02,  # noqa: B023
                what="a coloured mesh",
            )
            assert colours(gallery.pixels()[220:, where]) > 10
        gallery.shoot("mesh", moving=True)


def test_projector(gallery):
    # TensorBoard looks for embeddings in a thread of its own, once it is asked for its plugins.
    server = gallery.server
    server.wait_for(lambda: server.get_json("data/plugins_listing")["projector"]["enabled"])
    with gallery.few_frames():
        gallery.open("projector", size=(1280, 800))
        gallery.enter_frames(2)
        gallery.browser.wait_for_element("vz-projector-data-panel")
        (panel,) = gallery.browser.find("vz-projector-data-panel")
        shown = "return arguments[0].colorOptions ? arguments[0].colorOptions.map((one) => one.name) : [];"
        gallery.browser.wait_for(
            lambda: "label" in gallery.browser.ask(shown, panel), what="labels to colour by"
        )
        gallery.browser.ask("arguments[0].selectedColorOptionName = 'label';", panel)
        gallery.leave_frames()
        gallery.browser.wait_for(
            lambda: coloured(gallery.pixels()[130:, 320:980]) > 0.015, what="digits in their labels' colours"
        )
        gallery.shoot("projector", moving=True)
        points = colours(gallery.pixels()[130:, 320:980])
        assert points > 10, "ten labels, ten colours"


def test_the_page_logs_no_error(gallery):
    gallery.open("timeseries", "^train/")
    gallery.browser.wait_for_element("scalar-card line-chart canvas")
    assert [line for line in gallery.browser.console() if line.startswith("SEVERE")] == []
