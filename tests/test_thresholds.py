"""The histogram must say what the pixels themselves would have said."""

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

from seglib import metrics
from seglib.thresholds import Histograms, ScoreHistogram, average_precision


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


def test_scikit_learn_agrees_on_average_precision():
    truth = np.concatenate([t.ravel() for t, _ in images()])
    score = np.concatenate([p.ravel() for _, p in images()])
    found = average_precision(filled(images()).sweep())
    assert found == pytest.approx(average_precision_score(truth, np.floor(score * 1000)), abs=1e-12)
    assert found == pytest.approx(average_precision_score(truth, score), abs=1e-2)


def test_average_precision_where_it_is_known():
    truth = np.array([[0, 0, 1, 1]])
    assert average_precision(filled([(truth, truth.astype(float))]).sweep()) == 1
    assert average_precision(filled([(truth, np.full((1, 4), 0.3))]).sweep()) == 0.5  # guessing
    assert np.isnan(average_precision(filled([(truth * 0, truth * 0.5)]).sweep()))


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


def organs(n=5, seed=0):
    """Truth of three classes and a softmax that leans towards it."""
    random = np.random.default_rng(seed)
    for index in range(n):
        truth = random.integers(0, 3, (9, 6 + index))
        lean = random.normal(0, 1, (3, *truth.shape)) + 1.2 * np.eye(3)[truth].transpose(2, 0, 1)
        yield truth, (np.exp(lean) / np.exp(lean).sum(axis=0)).astype(np.float32)


NAMES = ("background", "liver", "spleen")


def test_scikit_learn_agrees_on_each_class_against_the_rest():
    found = Histograms(NAMES)
    for pair in organs():
        found.add(*pair)
    truth = np.concatenate([t.ravel() for t, _ in organs()])
    scores = np.concatenate([p.reshape(3, -1) for _, p in organs()], axis=1)
    for index, histogram in enumerate(found.one_vs_rest.values(), start=1):
        exact = roc_auc_score(truth == index, scores[index])
        assert 0.6 < exact < 0.99
        assert histogram.auc() == pytest.approx(exact, abs=1e-3)
        binned = np.floor(scores[index] * 1000)
        assert histogram.auc() == pytest.approx(roc_auc_score(truth == index, binned), abs=1e-12)
    any_object = roc_auc_score(truth > 0, 1 - scores[0])
    assert found.foreground.auc() == pytest.approx(any_object, abs=1e-3)


def test_streaming_equals_all_at_once():
    stream, once = Histograms(NAMES), Histograms(NAMES)
    for pair in organs():
        stream.add(*pair)
    flat = [(t.ravel()[None], p.reshape(3, 1, -1)) for t, p in organs()]
    truths, maps = zip(*flat, strict=True)
    once.add(np.concatenate(truths, axis=1), np.concatenate(maps, axis=2))
    for name, histogram in stream.one_vs_rest.items():
        assert np.array_equal(histogram.histogram, once.one_vs_rest[name].histogram)
    assert np.array_equal(stream.foreground.histogram, once.foreground.histogram)


def test_one_class_needs_no_one_vs_rest():
    found = Histograms(("background", "polyp"))
    for pair in images():
        found.add(*pair)
    assert found.one_vs_rest == {}
    assert found.foreground.auc() == filled(images()).auc()
