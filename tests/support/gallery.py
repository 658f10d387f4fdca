"""The gallery's run in a browser: opens a tab on several tags, waits until it is still, takes the picture."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
from PIL import Image

from tests.support.browser import Browser
from tests.support.tensorboard_server import TensorBoard

COMPARED = "^(adam|momentum|sgd)$"
FIRST = "^adam$"
_STILL_TIMEOUT_S = 60.0
_STILL_S = 0.4
# The tab bar scrolls, but leaves the open tab half under its arrow.
_SCROLL_TABS = """
const after = document.querySelector('.mat-mdc-tab-header-pagination-after');
const open = document.querySelector('plugin-selector [role=tab][aria-selected=true]');
if (!after || !open || open.getBoundingClientRect().right <= after.getBoundingClientRect().left) return false;
if (after.disabled) return false;
after.click();
return true;
"""
_SCROLL_DOWN = """
for (let node = arguments[0]; node; node = node.parentNode || node.host) node.scrollTop = 1e5;
"""
# The meshes and the projector draw as often as they may, which on the processor leaves no time for the rest.
_FOUR_FRAMES_A_SECOND = """
const next = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => window.setTimeout(() => next(draw), 250);
"""
_EXPAND = """
const shape = arguments[0].querySelector('.nodeshape rect, .nodeshape');
shape.dispatchEvent(new MouseEvent('dblclick', {bubbles: true, composed: true, view: window}));
"""
_DESELECT = "arguments[0].dispatchEvent(new MouseEvent('click', {bubbles: true, composed: true}));"


class Gallery:
    """The page of a running TensorBoard in `browser`, photographed into `folder`."""

    def __init__(self, browser: Browser, server: TensorBoard, folder: Path) -> None:
        self.browser = browser
        self.server = server
        self.folder = folder

    # -- opening -------------------------------------------------------------------------------------------

    def open(self, tab: str, tags: str = "", runs: str = FIRST, size: tuple[int, int] = (1120, 800)) -> None:
        """Opens a tab filtered to the tags and runs that match; `size` is the page's, in pixels."""
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        tags, runs = quote(tags, safe=""), quote(runs, safe="")
        if tab == "timeseries":
            query = f"?tagFilter={tags}&runFilter={runs}&smoothing=0.6#timeseries"
        elif tab == "graphs":
            query = f"#graphs&run={runs}"
        else:
            query = f"#{tab}&tagFilter={tags}&regexInput={runs}"
        self.browser.open_page(f"{self.server.url}{query}")

    def wait_for_tags(self, *tags: str) -> None:
        """Waits for the cards' headings, which say "tag:" and the tag; the filter's own text doesn't."""
        for tag in tags:
            self.browser.wait_for_text(f"tag:\n{tag}\n")

    @contextmanager
    def few_frames(self) -> Iterator[None]:
        """Inside: pages that are opened draw four times a second."""
        run = self.browser.driver.execute_cdp_cmd
        added = run("Page.addScriptToEvaluateOnNewDocument", {"source": _FOUR_FRAMES_A_SECOND})
        try:
            yield
        finally:
            run("Page.removeScriptToEvaluateOnNewDocument", {"identifier": added["identifier"]})
            self.browser.open_page("about:blank")

    def enter_frames(self, count: int) -> None:
        """Enters nested frames, in which find() and text() look then; the projector has two."""
        for _ in range(count):
            self.browser.driver.switch_to.frame(self.browser.wait_for_element("iframe"))

    def leave_frames(self) -> None:
        self.browser.driver.switch_to.default_content()

    def scroll_down(self, selector: str) -> None:
        """Scrolls what the element lies in to its end."""
        self.browser.ask(_SCROLL_DOWN, self.browser.find(selector)[0])

    def expand_node(self, name: str) -> None:
        """Graphs tab: opens the box of a module, as a double click on it does."""

        def nodes() -> list[Any]:
            found = self.browser.find("g.node")
            return [one for one in found if self.attribute(one, "data-name") == name]

        self.browser.ask(_EXPAND, self.browser.wait_for(nodes, what=f"a node {name!r}")[0])
        self.browser.wait_for(
            lambda: any(self.attribute(one, "data-name").startswith(f"{name}/") for one in self.all_nodes()),
            what=f"a node inside {name!r}",
        )

    def deselect(self) -> bool:
        """Graphs tab: clicks beside all nodes; whether none is selected any more."""
        self.browser.ask(_DESELECT, self.browser.find("svg#svg")[0])
        return not self.browser.find("g.node.selected, g.node .selected") and not self.browser.find(
            "tf-graph-info tf-node-info"
        )

    def all_nodes(self) -> list[Any]:
        return self.browser.find("g.node")

    # -- looking -------------------------------------------------------------------------------------------

    def attribute(self, element: Any, name: str) -> str:
        return self.browser.ask("return arguments[0].getAttribute(arguments[1]);", element, name) or ""

    def lines(self, selector: str, card: str = "") -> list[str]:
        """The SVG paths that match and have a line, not only a point; in the first such card if given."""
        if not card:
            found = self.browser.find(selector)
        else:
            cards = self.browser.find(card)
            found = self.browser.find(selector, cards[0]) if cards else []
        return [d for d in (self.attribute(one, "d") for one in found) if "L" in d]

    def wait_for_lines(self, selector: str, count: int, card: str = "") -> None:
        """Waits until at least `count` lines are drawn."""
        self.browser.wait_for(
            lambda: len(self.lines(selector, card)) >= count, what=f"{count} lines {card} {selector}"
        )

    def pictures(self) -> dict[str, tuple[int, int]]:
        """Images tab: {tag: (width, height)} of the pictures that the browser has decoded.

        Below those that match the filter, the tab shows its first groups with all theirs.
        """
        script = """
        const image = (arguments[0].shadowRoot || arguments[0]).querySelector('img');
        return image && image.complete && image.naturalWidth
               ? [arguments[0].tag, image.naturalWidth, image.naturalHeight] : null;
        """
        shown = (self.browser.ask(script, loader) for loader in self.browser.find("tf-image-loader"))
        return {tag: (width, height) for tag, width, height in filter(None, shown)}

    def pixels(self, element: Any = None) -> np.ndarray:
        """(H, W, 3) uint8: an element, or the whole page, as it is on the screen."""
        shot = self.browser.driver.get_screenshot_as_png() if element is None else element.screenshot_as_png
        return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))

    def wait_until_still(self) -> np.ndarray:
        """The page's pixels, once two looks at it in a row see the same."""
        deadline = time.monotonic() + _STILL_TIMEOUT_S
        last = self.pixels()
        while time.monotonic() < deadline:
            time.sleep(_STILL_S)
            now = self.pixels()
            if np.array_equal(last, now):
                return now
            last = now
        raise AssertionError(f"the page still moves after {_STILL_TIMEOUT_S:g} s")

    def shoot(self, name: str, *, moving: bool = False) -> np.ndarray:
        """Saves the page as <name>.png, in 256 colours, and returns its pixels as they were.

        Waits until nothing moves on it, unless it is `moving` by its nature.
        """
        while self.browser.ask(_SCROLL_TABS):
            time.sleep(_STILL_S)
        pixels = self.pixels() if moving else self.wait_until_still()
        self.folder.mkdir(parents=True, exist_ok=True)
        small = Image.fromarray(pixels).quantize(256, dither=Image.Dither.NONE)
        small.save(self.folder / f"{name}.png", optimize=True)
        return pixels


def coloured(pixels: np.ndarray) -> float:
    """The share of the pixels that are no grey: what is drawn on charts, but no text and no grid."""
    channels = pixels.astype(int)
    return float((channels.max(axis=-1) - channels.min(axis=-1) > 40).mean())


def colours(pixels: np.ndarray) -> int:
    """How many colours there are that each fill more than 1 of 10,000 pixels."""
    _, counts = np.unique((pixels.reshape(-1, 3) >> 4).astype(np.uint32) @ [1, 16, 256], return_counts=True)
    return int((counts > pixels.shape[0] * pixels.shape[1] / 10_000).sum())
