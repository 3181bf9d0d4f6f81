"""The viewer in JupyterLab: the kernel sends the cases, and gets the flags and the threshold."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest

from seglib import metrics
from tests.browser.conftest import SHOTS, press, settle
from tests.browser.test_viewer_page import CASES, labels, live

pytestmark = pytest.mark.browser
CELLS = (
    "from tests.viewer_cases import viewer\nshown = viewer(); shown",
    'print("told:", shown.flagged, shown.current, shown.threshold)',
    'shown.index, shown.flagged = 0, ["case 3"]\nshown',
)
OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
)
PATIENCE = 60_000  # ms; a busy machine starts JupyterLab slowly


@pytest.fixture(scope="module")
def lab(tmp_path_factory) -> Iterator[str]:
    """Address of a JupyterLab that serves one notebook."""
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(notebook, folder / "viewer.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    root = str(Path(__file__).parents[2])
    home = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.port={port}", *OPTIONS]
    with open(folder / "lab.log", "w") as log:
        env = os.environ | home | {"PYTHONPATH": root}
        server = subprocess.Popen(words, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api", server, folder / "lab.log")
        yield address
    finally:
        server.terminate()
        server.wait(30)


def wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(PATIENCE // 500):
        try:
            urlopen(address, timeout=5).close()
            return
        except (URLError, TimeoutError):
            assert server.poll() is None, log.read_text()
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start: {log.read_text()}")


def run_cell(page, index: int) -> None:
    page.locator(".jp-CodeCell").nth(index).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    prompt = page.locator(".jp-CodeCell").nth(index).locator(".jp-InputPrompt")
    prompt.filter(has_text="[*]").wait_for(state="detached", timeout=PATIENCE)


def test_flags_and_threshold_are_read_back_in_python(lab: str, browser) -> None:
    page = browser.new_page(viewport={"width": 1300, "height": 1600})
    page.set_default_timeout(PATIENCE)
    page.goto(f"{lab}/lab/tree/viewer.ipynb?reset")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
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
    page.close()
