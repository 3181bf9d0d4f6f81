"""Tables one can fill by hand, then scikit-learn and torchmetrics as independent judges."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve
from torchmetrics.functional.classification import binary_calibration_error

from seglib.calibration import calibration_error, reliability
from seglib.figures.calibration import calibration
from seglib.thresholds import ScoreHistogram


def filled(truth, probability):
    histogram = ScoreHistogram()
    histogram.add(np.asarray(truth), np.asarray(probability, dtype=float))
    return histogram


def pixels(seed=0, n=4000):
    random = np.random.default_rng(seed)
    # In the middle of the thousandths, where the histogram keeps the probability exactly.
    probability = (random.integers(0, 1000, n) + 0.5) / 1000
    return random.random(n) < probability**1.5, probability


def test_four_pixels_by_hand():
    table = reliability(filled([0, 1, 1, 1], [0.1205, 0.1805, 0.9105, 1.0]))
    assert table["pixels"].tolist() == [0, 2, 0, 0, 0, 0, 0, 0, 0, 2]
    assert table.loc[1, ["confidence", "observed"]].tolist() == pytest.approx([0.1505, 0.5])
    assert table.loc[9, ["confidence", "observed"]].tolist() == pytest.approx([0.95525, 1])
    assert table.loc[[0, 5], "observed"].isna().all()
    assert calibration_error(table) == pytest.approx((0.3495 + 0.04475) / 2)


@pytest.mark.parametrize("bins", [5, 10, 20])
def test_scikit_learn_and_torchmetrics_agree(bins):
    truth, probability = pixels()
    table = reliability(filled(truth, probability), bins)
    observed, said = calibration_curve(truth, probability, n_bins=bins)
    assert table["observed"].dropna().to_numpy() == pytest.approx(observed, abs=1e-6)
    assert table["confidence"].dropna().to_numpy() == pytest.approx(said, abs=1e-6)
    theirs = binary_calibration_error(
        torch.tensor(probability), torch.tensor(truth).int(), n_bins=bins
    )
    assert calibration_error(table) == pytest.approx(float(theirs), abs=1e-6)


def test_a_network_that_is_right_and_one_that_is_far_too_sure():
    random = np.random.default_rng(1)
    probability = (random.integers(0, 1000, 200_000) + 0.5) / 1000
    truth = random.random(len(probability)) < probability
    assert calibration_error(reliability(filled(truth, probability))) < 0.01
    sure = filled(truth, (probability > 0.5).astype(float))
    assert calibration_error(reliability(sure)) == pytest.approx(0.25, abs=0.01)


def test_easy_background_hides_a_bad_object():
    truth, probability = np.repeat([0, 1], [990, 10]), np.repeat([0.0, 0.2], [990, 10])
    table = reliability(filled(truth, probability))
    assert calibration_error(table) < 0.01
    assert table.loc[2, "observed"] - table.loc[2, "confidence"] > 0.7


def test_nothing_counted_and_only_background():
    assert np.isnan(calibration_error(reliability(ScoreHistogram())))
    table = reliability(filled(np.zeros(4, int), [0.0, 0.0, 0.2005, 0.2005]))
    assert calibration_error(table) == pytest.approx(0.1005)


@pytest.mark.parametrize("bins", [0, -5, 7])
def test_bins_must_divide_the_histogram(bins):
    with pytest.raises(ValueError, match=f"bins is {bins}, expected a divisor of 1000"):
        reliability(ScoreHistogram(), bins)


def test_the_figure_shows_each_model_and_its_error():
    tables = {
        "unet": reliability(filled(*pixels())),
        "own": reliability(filled(*pixels(1))),
    }
    fig = calibration(tables)
    fig.canvas.draw()
    written = "\n".join(text.get_text() for text in fig.findobj(plt.Text))
    plt.close(fig)
    for name, title in {"unet": "U-Net", "own": "own"}.items():
        assert f"{title}, ECE {calibration_error(tables[name]):.3f}" in written
