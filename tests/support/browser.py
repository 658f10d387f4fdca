"""A real headless Chromium that looks at a TensorBoard page.

TensorBoard's interface lives in nested shadow roots (Polymer and Angular), which ordinary selectors do not
enter. `find` and `text` walk through them. Each Browser has a fresh profile and reaches nothing but loopback.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.support.processes import end_session

T = TypeVar("T")
REQUIRED = "RINGBOARD_REQUIRE_BROWSER"
_PROGRAMS = ("chromium", "chromedriver")
_POLL_S = 0.1
_PAGE_LOAD_TIMEOUT_S = 120
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers often have a /dev/shm of 64 MB
    "--disable-breakpad",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
_SOFTWARE_WEBGL = ("--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")

# Before each script below: every element below a node in document order, shadow roots entered where they
# hang.
_WALK = """
function* walk(node) {
  for (const child of node.children) {
    yield child;
    if (child.shadowRoot) yield* walk(child.shadowRoot);
    yield* walk(child);
  }
}
const seen = (element) => element.getClientRects().length > 0;
"""
_FIND = """
const roots = arguments[1] ? [arguments[1].shadowRoot, arguments[1]].filter(Boolean) : [document];
return roots.flatMap((root) => [...walk(root)]).filter((element) => element.matches(arguments[0]) &&
seen(element));
"""
_CLICK = """
for (const element of walk(document))
  if (element.matches(arguments[0]) && element.textContent.trim() === arguments[1] && seen(element)) {
    element.click();
    return true;
  }
return false;
"""
_TEXT = """
const lines = [];
for (const element of walk(document)) {
  if (['SCRIPT', 'STYLE', 'TITLE'].includes(element.tagName) || !seen(element)) continue;
  for (const node of element.childNodes)
    if (node.nodeType === Node.TEXT_NODE && node.data.trim()) lines.push(node.data.trim());
}
return lines.join('\\n');
"""


def chromium_or_skip() -> dict[str, str]:
    """{program: path} of Chromium and its driver, or a pytest skip that says what is missing.

    With RINGBOARD_REQUIRE_BROWSER=1 in the environment, as in CI, a missing browser fails the test instead.
    """
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    try:
        import selenium  # noqa: F401
    except ImportError:
        missing.append("the Python package selenium")
    if missing:
        reason = f"no browser to look with: {', '.join(missing)} missing (Debian: chromium chromium-driver)"
        if os.environ.get(REQUIRED) == "1":
            pytest.fail(f"{REQUIRED}=1, but {reason}")
        pytest.skip(reason)
    return {program: shutil.which(program) or "" for program in _PROGRAMS}


class Browser:
    """A Chromium window; use it as a context manager, which ends it and every process of it in every case.

    Args:
        webgl: draw WebGL on the processor, for the pages that need it: TensorBoard's projector and meshes.
        window: width and height in pixels.
    """

    def __init__(self, *, webgl: bool = False, window: tuple[int, int] = (1400, 1000)) -> None:
        self._flags = [*_FLAGS, "--window-size={},{}".format(*window)]
        if webgl:
            self._flags = [flag for flag in self._flags if flag != "--disable-gpu"] + list(_SOFTWARE_WEBGL)

    def __enter__(self) -> Browser:
        programs = chromium_or_skip()
        self._scratch = tempfile.TemporaryDirectory(prefix="chromium-test-", ignore_cleanup_errors=True)
        self._service: Any = None
        self.driver: Any = None
        try:
            self._start(programs)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, programs: dict[str, str]) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = programs["chromium"]
        for flag in (*self._flags, f"--user-data-dir={self._scratch.name}/profile"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        home = {"HOME": self._scratch.name, "TMPDIR": self._scratch.name, "SE_OFFLINE": "true"}
        # Both paths are given, so that selenium never looks for a driver on the network.
        self._service = Service(
            executable_path=programs["chromedriver"],
            log_output=f"{self._scratch.name}/chromedriver.log",
            env=os.environ | home,
            popen_kw={"start_new_session": True},
        )
        self.driver = webdriver.Chrome(options=options, service=self._service)
        self.driver.set_page_load_timeout(_PAGE_LOAD_TIMEOUT_S)

    def close(self) -> None:
        """Ends the browser and its driver. Does nothing the second time."""
        try:
            if self.driver is not None:
                self.driver.quit()
        finally:
            self.driver = None
            process = getattr(self._service, "process", None)
            self._service = None
            if process is not None:
                end_session(process)
            self._scratch.cleanup()

    # -- looking -------------------------------------------------------------------------------------------

    def open_page(self, url: str) -> None:
        """Loads `url` afresh, also when it differs from the page shown only behind its '#'."""
        self.driver.get("about:blank")
        self.driver.get(url)

    def find(self, selector: str, within: Any = None) -> list[Any]:
        """The rendered elements that match a CSS selector, through all shadow roots, in document order.

        Below the element `within` if one is given, otherwise in the whole page.

        The selector matches within one shadow root: "a b" does not cross a boundary between a and b.
        """
        return self.driver.execute_script(_WALK + _FIND, selector, within)

    def text(self) -> str:
        """The rendered text nodes of the page, through all shadow roots, one a line."""
        return self.driver.execute_script(_WALK + _TEXT)

    def click(self, selector: str, text: str, timeout: float = 60.0) -> None:
        """Clicks the first element that matches `selector` and says `text`, once there is one."""
        self.wait_for(
            lambda: self.ask(_WALK + _CLICK, selector, text), timeout, f"a {selector!r} that says {text!r}"
        )

    def ask(self, script: str, *arguments: Any) -> Any:
        """What a JavaScript function body returns; an element among `arguments` arrives as itself."""
        return self.driver.execute_script(script, *arguments)

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 60.0, what: str = "") -> T:
        """Asks `predicate` until it gives something true, and returns that. Elements that went away count as
        "not yet".

        Raises:
            AssertionError: after `timeout` seconds; shows the last answer, the page's text and its console.
        """
        from selenium.common import exceptions

        deadline = time.monotonic() + timeout
        last: Any = None
        while True:
            try:
                last = predicate()
                if last:
                    return last
            except (exceptions.JavascriptException, exceptions.StaleElementReferenceException) as error:
                last = error
            if time.monotonic() > deadline:
                raise AssertionError(
                    f"{what or 'the condition'}: not within {timeout:g} s; the last answer was {last!r}\n"
                    f"text of the page:\n{self.text()[:4000]}\nconsole:\n{self.console()}"
                )
            time.sleep(_POLL_S)

    def wait_for_text(self, text: str, timeout: float = 60.0) -> None:
        """Waits until `text` can be read somewhere on the page."""
        self.wait_for(lambda: text in f"{self.text()}\n", timeout, f"the text {text!r}")

    def wait_for_element(self, selector: str, timeout: float = 60.0) -> Any:
        """Waits until something matches `selector`, and returns the first such element."""
        return self.wait_for(lambda: self.find(selector), timeout, f"an element {selector!r}")[0]

    def console(self) -> list[str]:
        """The browser's console since the last call: errors of the page are here."""
        return [f"{entry['level']}: {entry['message']}" for entry in self.driver.get_log("browser")]

    def screenshot(self, path: str | os.PathLike[str]) -> Path:
        """Saves what the window shows as a PNG."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.driver.get_screenshot_as_png())
        return path
