"""A Chromium, if there is one, and the viewer's page opened from a file with the network off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seglib.report.screenshots import BROWSERS, find_browser
from tests.viewer_cases import viewer

SHOTS = Path(__file__).parents[2] / "outputs" / "browser"  # git ignores it; for the eye
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Chromium without a window."""
    driver = pytest.importorskip("playwright.sync_api", reason="install seglib[browser]")
    found = find_browser()
    if found is None:
        pytest.skip(f"no Chromium on the path; looked for {', '.join(BROWSERS)}")
    with driver.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_file(browser) -> Iterator[Callable]:
    """Open a page from a file with the network off; any error in the page fails the test."""
    contexts, errors = [], []

    def opened(file: Path, **context):
        settings = {"viewport": {"width": 1100, "height": 900}, "offline": True} | context
        contexts.append(browser.new_context(**settings))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda said: said.type == "error" and errors.append(said.text))
        page.goto(file.as_uri())
        page.wait_for_selector("[data-case]")
        settle(page)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def open_page(open_file, tmp_path) -> Callable:
    """Write some cases to a page and open it."""

    def opened(shown=None, **context):
        return open_file((shown or viewer()).to_html(tmp_path / "viewer.html"), **context)

    return opened


def settle(page) -> None:
    """Wait until what was asked for is drawn."""
    page.evaluate("new Promise((done) => setTimeout(() => requestAnimationFrame(done), 60))")


def press(page, *keys: str) -> None:
    """Press keys with the picture in focus."""
    for key in keys:
        page.focus("canvas")
        page.keyboard.press(key)
        settle(page)
