"""Notebook 05, run in JupyterLab from its first cell to its last, and its viewer worked in.

The network is there before the notebook asks for it, with random weights: nothing is trained here,
and what it predicts is nonsense, but real maps of real size go all the way.
"""

from __future__ import annotations

from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
import torch

from seglib import metrics
from seglib.loading import prepare
from seglib.models import build_model
from seglib.recipes import recipe
from seglib.runs import Run, load_run, save_network
from seglib.thresholds import to_labels
from seglib.viewer import Case, Source, of_runs
from tests.browser.conftest import SHOTS, press
from tests.browser.lab import open_notebook, run_cell, serve
from tests.browser.test_viewer_page import TRUTH, A, drawn, live, tinted

pytestmark = pytest.mark.browser
NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "05_evaluation.ipynb"
TELL = 'print("told:", failures.flagged, failures.current, failures.threshold)'
MIDDLE = 36  # of the cases, sorted by Dice; the first are empty or nearly
PATIENCE = 900_000  # ms, for the whole notebook on a busy machine
HISTORY = {"stage": 2, "epoch": 1, "train_loss": 1.0, "val_loss": 1.0, "val_dice": 0.1,
           "lr": 0.001, "seconds": 1.0}  # fmt: skip


@pytest.fixture
def untrained(tmp_path, monkeypatch) -> Run:
    """The run that notebook 05 asks for, with random weights."""
    places = {f"SEGLIB_{name}": str(tmp_path / name.lower()) for name in ("OUTPUTS", "DATA")}
    for name, value in (places | {"SEGLIB_DATASET": "phantom-polyp"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SEGLIB_PROFILE", "quick")
    experiment = recipe("polyp-quick", dataset="phantom-polyp", model="unet")
    folder = tmp_path / "outputs" / experiment.run_name
    cases = prepare(experiment)
    Run.begin(folder, experiment, cases, {})
    (folder / "history.csv").write_text(pd.DataFrame([HISTORY]).to_csv(index=False))
    torch.manual_seed(0)
    network = build_model(experiment, 2)
    best = folder / "checkpoints" / "best.ckpt"
    return load_run(save_network(best, network, experiment, cases.attrs["card"]))


def blended(page, case: Case, source: Source) -> np.ndarray:
    """NumPy's picture of what :func:`drawn` reads: prediction and truth filled."""
    canvas = page.evaluate("(() => { const c = document.querySelector('canvas');"
                           "return [c.height, c.width]; })()")  # fmt: skip
    cut = []
    for side, length, part in zip(canvas, case.image.shape, (96, 128), strict=False):
        corner, first = (int(np.floor((side - n) / 2 + 0.5)) for n in (length, part))
        cut.append(slice(first - corner, first - corner + part))
    labels = to_labels(case.predictions[source.models[0]])
    pixels = tinted(case.image[*cut].astype(float), labels[*cut], A, 0.5)
    return tinted(pixels, case.truth[*cut], TRUTH, 0.5)


def dice_at(case: Case, threshold: float) -> float:
    (probability,) = case.predictions.values()
    return float(metrics.dice(metrics.counts(case.truth, to_labels(probability, threshold))[1]))


def test_notebook_5_runs_and_its_viewer_is_worked_in(
    browser, untrained, tmp_path, open_file
) -> None:
    notebook = nbformat.read(NOTEBOOK, nbformat.NO_CONVERT)
    notebook.cells.append(nbformat.v4.new_code_cell(TELL))
    last = sum(cell.cell_type == "code" for cell in notebook.cells) - 1
    with serve(tmp_path, notebook) as address:
        page = open_notebook(browser, address, PATIENCE)
        page.get_by_text("Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        failed = page.locator("[data-mime-type='application/vnd.jupyter.error']")
        page.get_by_text("told: []").or_(failed).first.wait_for()
        assert failed.all_inner_texts() == []
        assert page.locator(".jp-OutputArea-output[data-mime-type*=stderr]").count() == 0
        source = of_runs(untrained)
        first, later = source.read(0), source.read(MIDDLE)
        page.wait_for_selector(f'[data-case="{first.name}"]')
        press(page, "z", "f")
        assert np.array_equal(drawn(page), blended(page, first, source))
        assert live(page, 0)[0] == pytest.approx(dice_at(first, 0.5), abs=1e-6)
        page.get_by_label("Go to case number").fill(f"{MIDDLE + 1}")
        page.get_by_label("Previous case").click()
        page.get_by_label("Next case").click()
        page.wait_for_selector(f'[data-case="{later.name}"]')
        page.get_by_label("Threshold").fill("0.47")
        press(page, "x", "[")
        assert live(page, 0)[0] == pytest.approx(dice_at(later, 0.46), abs=1e-6)
        assert live(page, 0)[0] > 0
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.locator(".seglib-viewer").screenshot(path=SHOTS / "viewer-notebook-05.png")
        run_cell(page, last)
        page.get_by_text(f"told: ['{later.name}'] {later.name} 0.46").wait_for()
        page.close()
    page = open_file(tmp_path / "outputs" / "failures-phantom-polyp.html")
    assert page.get_attribute("[data-case]", "data-case") == first.name
    assert page.locator(".sv-cases tbody tr").count() == 6
    press(page, "z", "f")
    assert np.array_equal(drawn(page), blended(page, first, source))
