"""A JupyterLab for one notebook, and how to work in it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest

OPTIONS = (
    "--no-browser",
    "--allow-root",
    "--ServerApp.ip=127.0.0.1",
    "--IdentityProvider.token=",
    "--LabApp.extension_manager=readonly",
    "--LabApp.news_url=None",
)
PATIENCE = 120_000  # ms; a busy machine starts JupyterLab slowly
TRACKER = "@jupyterlab/notebook-extension/tracker.jupyterlab-settings"


@contextmanager
def serve(folder: Path, notebook: nbformat.NotebookNode, **env: str) -> Iterator[str]:
    """Address at which JupyterLab, started in `folder`, opens a notebook."""
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    nbformat.write(notebook, folder / "viewer.ipynb")
    settings = folder / "settings" / TRACKER
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # cells out of sight are in the page, too
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    home |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
    words = [sys.executable, "-m", "jupyterlab", f"--ServerApp.port={port}", *OPTIONS]
    with open(folder / "lab.log", "w") as log:
        env = os.environ | home | {"PYTHONPATH": str(Path(__file__).parents[2])} | env
        server = subprocess.Popen(words, cwd=folder, env=env, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/api", server, folder / "lab.log")
        yield f"{address}/lab/tree/viewer.ipynb?reset"
    finally:
        server.terminate()
        server.wait(30)


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(PATIENCE // 500):
        try:
            urlopen(address, timeout=5).close()
            return
        except (URLError, TimeoutError):
            assert server.poll() is None, log.read_text()
            time.sleep(0.5)
    pytest.fail(f"JupyterLab did not start: {log.read_text()}")


def open_notebook(browser, address: str, patience: int = PATIENCE):
    """A page with the notebook, its kernel idle."""
    page = browser.new_page(viewport={"width": 1300, "height": 1600})
    page.set_default_timeout(patience)
    page.goto(address)
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    return page


def run_cell(page, index: int) -> None:
    """Run the code cell at a position and wait until it is done."""
    page.locator(".jp-CodeCell").nth(index).locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    prompt = page.locator(".jp-CodeCell").nth(index).locator(".jp-InputPrompt")
    prompt.filter(has_text="[*]").wait_for(state="detached")
