"""The browser driver itself: it sees through shadow roots, its waits end, and nothing of it stays behind."""

from __future__ import annotations

import time

import pytest

from tests.support.browser import Browser, chromium_or_skip
from tests.support.processes import session_members

PAGE = """data:text/html,<title>t</title><p>outside</p><div id=host></div><p hidden>unseen</p><script>
const outer = document.getElementById('host').attachShadow({mode: 'open'});
outer.innerHTML = '<section><b>in the shadow</b><span></span></section>';
outer.querySelector('span').attachShadow({mode: 'open'}).innerHTML = '<u>two deep</u>';
setTimeout(() => { outer.querySelector('b').textContent = 'changed'; }, 500);
</script>"""


@pytest.fixture
def browser():
    chromium_or_skip()
    with Browser() as one:
        yield one


def test_find_and_text_walk_through_shadow_roots(browser):
    browser.open_page(PAGE)
    assert browser.text().splitlines()[0] == "outside"
    assert "unseen" not in browser.text()
    (deepest,) = browser.find("u")
    assert browser.ask("return arguments[0].textContent;", deepest) == "two deep"
    (section,) = browser.find("section")
    assert browser.find("u", section) == [deepest]
    assert browser.find("p", section) == []
    browser.wait_for_text("changed", timeout=30)


def test_a_wait_in_vain_shows_the_page(browser):
    browser.open_page(PAGE)
    began = time.monotonic()
    with pytest.raises(AssertionError, match=r"the text 'absent': not within 0.3 s(.|\n)*two deep"):
        browser.wait_for_text("absent", timeout=0.3)
    assert time.monotonic() - began < 30


def test_a_closed_browser_leaves_no_process(browser):
    session = browser.driver.service.process.pid
    assert len(session_members(session)) > 2
    browser.close()
    assert session_members(session) == []
