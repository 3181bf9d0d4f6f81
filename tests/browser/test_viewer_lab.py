"""The viewer in JupyterLab: the kernel sends the cases, and gets the flags and the threshold."""

from __future__ import annotations

import nbformat
import pytest

from seglib import metrics
from tests.browser.conftest import SHOTS, press, settle
from tests.browser.lab import open_notebook, run_cell, serve
from tests.browser.test_viewer_page import CASES, labels, live

pytestmark = pytest.mark.browser
CELLS = (
    "from tests.viewer_cases import viewer\nshown = viewer(); shown",
    'print("told:", shown.flagged, shown.current, shown.threshold)',
    'shown.index, shown.flagged = 0, ["case 3"]\nshown',
    "shown.index = 3",
)


def test_flags_and_threshold_are_read_back_in_python(browser, tmp_path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    with serve(tmp_path, notebook) as address:
        page = open_notebook(browser, address)
        run_cell(page, 0)
        page.wait_for_selector('[data-case="case 0"]')
        press(page, "x", "ArrowRight")
        page.wait_for_selector('[data-case="case 1"]')
        press(page, "x", "]")
        settle(page)
        counts = metrics.counts(CASES["truths"][1], labels(0, 1, 0.51))[1]
        assert live(page, 0)[0] == pytest.approx(float(metrics.dice(counts)), abs=1e-6)
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / "viewer-lab.png")
        run_cell(page, 1)  # still the second: x did not cut a cell
        page.get_by_text("told: ['case 0', 'case 1'] case 1 0.51").wait_for()
        run_cell(page, 2)
        page.wait_for_function("document.querySelectorAll('[data-case=\"case 0\"]').length === 2")
        assert page.locator(".sv-bar [aria-pressed=true]").count() == 0
        run_cell(page, 3)
        page.wait_for_function("document.querySelectorAll('[data-case=\"case 3\"]').length === 2")
        page.close()
