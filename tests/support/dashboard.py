"""The tabs of TensorBoard's page in a real browser: which cards are there, and what they have drawn.

Every method opens its tab filtered to one tag (TensorBoard collapses all but the first groups of tags), waits
until the card has drawn its data, and returns what a viewer would see.
"""

from __future__ import annotations

import io
import re
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

from tests.support.browser import Browser

_DRAW_TIMEOUT_S = 90.0
_NATURAL_SIZE = "return [arguments[0].naturalWidth, arguments[0].naturalHeight, arguments[0].complete];"
_ATTRIBUTE = "return arguments[0].getAttribute(arguments[1]);"


class Dashboard:
    """TensorBoard's page at `url` in `browser`."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url

    def _open(self, tab: str, tag: str) -> None:
        pattern = quote(f"^{re.escape(tag)}$", safe="")
        query = f"?tagFilter={pattern}#timeseries" if tab == "timeseries" else f"#{tab}&tagFilter={pattern}"
        self.browser.open_page(f"{self.url}{query}")

    def _wait(self, predicate, what: str) -> Any:
        return self.browser.wait_for(predicate, _DRAW_TIMEOUT_S, what)

    def _wait_for_heading(self, tag: str) -> None:
        """Waits for a card's heading, which says "tag:" and the tag; the filter's own text does not count."""
        self.browser.wait_for_text(f"tag:\n{tag}\n", _DRAW_TIMEOUT_S)

    def _in_first(self, card: str, selector: str) -> list[Any]:
        """What matches in the first card: the filter shows a tag twice, as a match and again in its group."""
        cards = self.browser.find(card)
        return self.browser.find(selector, cards[0]) if cards else []

    def tabs(self) -> list[str]:
        """Names of the tabs in the header bar."""
        self.browser.open_page(self.url)
        labels = self.browser.wait_for(
            lambda: self.browser.find("plugin-selector [role=tab]"), what="the tabs"
        )
        return [self.browser.ask("return arguments[0].textContent.trim();", label) for label in labels]

    def scalar_line(self, tag: str) -> list[tuple[float, float]]:
        """Scalars tab: the unsmoothed line of the tag's chart, a vertex in pixels for each point."""
        self._open("scalars", tag)
        self._wait_for_heading(tag)

        def drawn() -> list[str]:
            paths = self._in_first("vz-line-chart2", "path.line")
            return [self.browser.ask(_ATTRIBUTE, path, "d") or "" for path in paths]

        # Two lines a run: the smoothed one and, drawn after it, the values as logged.
        lines = self._wait(
            lambda: [line for line in drawn() if "L" in line], f"a line in the chart of {tag!r}"
        )
        points = re.findall(r"([-\d.e]+),([-\d.e]+)", lines[-1])
        return [(float(x), float(y)) for x, y in points]

    def time_series_card(self, tag: str) -> np.ndarray:
        """Time Series tab: the tag's scalar card as RGB pixels, once its chart shows a line.

        The chart is a WebGL canvas: its line can only be seen as pixels in the colour of the run.
        """
        self._open("timeseries", tag)
        self.browser.wait_for_element("scalar-card line-chart canvas", _DRAW_TIMEOUT_S)

        def drawn() -> bool:
            chart = self._pixels("scalar-card line-chart")
            # A single point draws a dot, and the selected step a dashed upright: in few columns.
            return self._columns_in_run_colour(chart) > chart.shape[1] / 3

        self._wait(drawn, f"a line in the chart of {tag!r}")
        return self._pixels("scalar-card")

    def _pixels(self, selector: str) -> np.ndarray:
        shot = self.browser.find(selector)[0].screenshot_as_png
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))

    def _columns_in_run_colour(self, pixels: np.ndarray) -> int:
        swatch = self.browser.wait_for_element(".run-color-swatch")
        colour = self.browser.ask("return getComputedStyle(arguments[0]).backgroundColor;", swatch)
        wanted = np.array([int(part) for part in re.findall(r"\d+", colour)[:3]])
        close = np.abs(pixels.astype(int) - wanted).max(axis=-1) <= 24
        return int(close.any(axis=0).sum())

    def image_size(self, tag: str) -> tuple[int, int]:
        """Images tab: (width, height) of the tag's picture as the browser decoded it."""
        self._open("images", tag)
        self._wait_for_heading(tag)

        def loaded() -> tuple[int, int] | None:
            for image in self._in_first("tf-image-loader", "img"):
                width, height, complete = self.browser.ask(_NATURAL_SIZE, image)
                if complete and width:
                    return width, height
            return None

        return self._wait(loaded, f"a decoded picture of {tag!r}")

    def histogram_outlines(self, tag: str) -> list[str]:
        """Histograms tab: the SVG path of each step's outline in the tag's chart."""
        self._open("histograms", tag)
        self._wait_for_heading(tag)

        def drawn() -> list[str]:
            paths = self._in_first("vz-histogram-timeseries", "path.outline")
            return [self.browser.ask(_ATTRIBUTE, path, "d") or "" for path in paths]

        return self._wait(
            lambda: [path for path in drawn() if "L" in path], f"an outline in the chart of {tag!r}"
        )

    def text_html(self, tag: str) -> list[str]:
        """Text tab: the rendered Markdown of each step of the tag, as HTML; torch's tags end in
        /text_summary."""
        self._open("text", tag)
        self._wait_for_heading(tag)
        script = "return (arguments[0].shadowRoot || arguments[0]).querySelector('#markdown').innerHTML;"

        def rendered() -> list[str]:
            return [
                self.browser.ask(script, view)
                for view in self._in_first("tf-text-loader", "tf-markdown-view")
            ]

        return self._wait(lambda: [html for html in rendered() if html.strip()], f"text of {tag!r}")
