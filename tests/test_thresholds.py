"""The histogram must say what the pixels themselves would have said."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from seglib import metrics
from seglib.thresholds import ScoreHistogram


def images(n=4, seed=0):
    random = np.random.default_rng(seed)
    for index in range(n):
        truth = random.random((11, 7 + index)) < 0.3
        noise = random.normal(0, 0.25, truth.shape)
        yield truth, np.clip(0.35 + 0.3 * truth + noise, 0, 1).astype(np.float32)


def filled(pairs):
    histogram = ScoreHistogram()
    for truth, probability in pairs:
        histogram.add(truth, probability)
    return histogram


@pytest.mark.parametrize("threshold", [0, 0.25, 0.5, 0.75, 1])
def test_each_threshold_gives_the_counts_of_the_masks(threshold):
    direct = sum(metrics.counts(t, p >= threshold)[1] for t, p in images())
    histogram = filled(images())
    assert histogram.counts()[round(threshold * 1000)].tolist() == direct.tolist()
    row = histogram.sweep().iloc[round(threshold * 1000)]
    assert row["threshold"] == threshold
    for name in ("dice", "iou", "precision", "recall"):
        assert row[name] == pytest.approx(getattr(metrics, name)(direct))


def test_scikit_learn_agrees_on_the_curve_and_its_area():
    truth = np.concatenate([t.ravel() for t, _ in images()])
    score = np.concatenate([p.ravel() for _, p in images()])
    binned = np.floor(score * 1000)
    histogram = filled(images())
    assert histogram.auc() == pytest.approx(roc_auc_score(truth, binned), abs=1e-12)
    assert histogram.auc() == pytest.approx(roc_auc_score(truth, score), abs=1e-3)
    fpr, tpr, threshold = roc_curve(truth, binned, drop_intermediate=False)
    curve = histogram.roc().set_index("threshold")
    ours = curve.loc[[np.inf, *(threshold[1:] / 1000)]]
    assert ours["fpr"].to_numpy() == pytest.approx(fpr)
    assert ours["tpr"].to_numpy() == pytest.approx(tpr)


def test_a_perfect_and_a_blind_network():
    truth = np.array([[0, 0, 1, 1]])
    assert filled([(truth, truth.astype(float))]).auc() == 1
    assert filled([(truth, 1.0 - truth)]).auc() == 0
    assert filled([(truth, np.full((1, 4), 0.3))]).auc() == 0.5


def test_what_float32_adds_to_one_is_forgiven():
    probability = np.array([[-1e-7, np.nextafter(np.float32(1), np.float32(2))]], np.float32)
    histogram = filled([(np.array([[0, 1]]), probability)])
    assert histogram.counts()[[0, 1, 1000]].tolist() == [[1, 1, 0, 0], [1, 0, 0, 1], [1, 0, 0, 1]]


def test_the_curve_runs_from_nothing_to_everything():
    curve = filled(images()).roc()
    assert curve.iloc[0].tolist() == [np.inf, 0, 0]
    assert curve.iloc[-1].tolist() == [0, 1, 1]
    assert (curve[["fpr", "tpr"]].diff().dropna() >= 0).all().all()


def test_without_objects_there_is_no_area():
    histogram = filled([(np.zeros((2, 2), bool), np.full((2, 2), 0.7))])
    assert np.isnan(histogram.auc())
    assert histogram.roc()["tpr"].isna().all()
    assert histogram.sweep().iloc[[0, -1]]["dice"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("truth", "probability", "message"),
    [
        (np.zeros((2, 2), int), np.zeros((2, 3)), "expected one shape"),
        (np.zeros((2, 2), int), np.full((2, 2), 1.5), "apply a sigmoid"),
        (np.zeros((2, 2), int), np.full((2, 2), np.nan), "runs from nan"),
        (np.full((2, 2), 3), np.zeros((2, 2)), "truth up to 3"),
    ],
)
def test_bad_input_is_named_in_one_sentence(truth, probability, message):
    with pytest.raises(ValueError, match=message):
        ScoreHistogram().add(truth, probability)
