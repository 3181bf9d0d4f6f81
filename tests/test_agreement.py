"""Do independent tools say the same? 300 random and adversarial pairs, each difference named.

scikit-learn judges what is counted, MONAI what is measured between outlines, medpy both. Where a
tool has another rule, a test says so by name: it fails on the day the tool changes its mind, and
notebook 09 shows to students what it then says.
"""

from __future__ import annotations

import importlib.util
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage
from sklearn import metrics as sklearn_metrics

from seglib import metrics, surface

CLOSE = {"abs": 1e-6, "rel": 1e-6}
MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
audit = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("monai", "medpy")),
    reason="needs monai and medpy: pip install seglib[audit]",
)


@st.composite
def masks(draw, shape):
    """Empty, full, one pixel, a block that may touch borders, noise, or a smooth blob."""
    kind = draw(st.sampled_from(["empty", "full", "pixel", "block", "noise", "blob"]))
    if kind == "noise":
        return draw(arrays(bool, shape))
    mask = np.full(shape, kind == "full")
    row, column = (draw(st.integers(0, side - 1)) for side in shape)
    if kind == "pixel":
        mask[row, column] = True
    elif kind == "block":
        mask[row : draw(st.integers(row + 1, shape[0])), column:] = True
    elif kind == "blob":
        rows, columns = np.indices(shape)
        mask = np.hypot(rows - row, columns - column) < draw(st.floats(0.5, 9))
    return mask


def pairs(least=1, most=14):
    """Two masks of one shape, 1xN and non-square included."""
    shapes = array_shapes(min_dims=2, max_dims=2, min_side=least, max_side=most)
    return shapes.flatmap(lambda shape: st.tuples(masks(shape), masks(shape)))


SPACINGS = st.sampled_from([(1.0, 1.0), (0.5, 3.0), (7.5, 1.25)])


# ---- counts: scikit-learn ---------------------------------------------------------------------


@MANY
@given(pairs())
def test_scikit_learn_agrees_on_scores_of_counts(pair):
    truth, found = (mask.ravel() for mask in pair)
    counts = metrics.counts(*pair)[1]
    options = {"zero_division": 0}
    theirs = {
        "accuracy": sklearn_metrics.accuracy_score(truth, found),
        "dice": sklearn_metrics.f1_score(truth, found, **options),
        "iou": sklearn_metrics.jaccard_score(truth, found, **options),
        "precision": sklearn_metrics.precision_score(truth, found, **options),
        "recall": sklearn_metrics.recall_score(truth, found, **options),
        "specificity": sklearn_metrics.recall_score(truth, found, pos_label=0, **options),
    }
    if not truth.any() and not found.any():  # see test_both_empty_is_0_in_scikit_learn
        theirs |= dict.fromkeys(("dice", "iou", "precision", "recall"), 1)
    if truth.all() and found.all():
        theirs["specificity"] = 1
    for name, value in theirs.items():
        assert getattr(metrics, name)(counts) == pytest.approx(value, **CLOSE), name


@MANY
@given(pairs())
def test_scikit_learn_agrees_on_balanced_accuracy_and_mcc(pair):
    truth, found = (mask.ravel() for mask in pair)
    counts = metrics.counts(*pair)[1]
    if truth.any() and not truth.all():  # see the named differences below
        theirs = sklearn_metrics.balanced_accuracy_score(truth, found)
        assert metrics.balanced_accuracy(counts) == pytest.approx(theirs, **CLOSE)
        theirs = sklearn_metrics.matthews_corrcoef(truth, found)
        assert metrics.mcc(counts) == pytest.approx(theirs, **CLOSE)


@MANY
@given(pairs(), st.integers(2, 5), st.randoms(use_true_random=False))
def test_scikit_learn_agrees_on_several_classes(pair, n_classes, random):
    shift = np.array([random.randrange(n_classes) for _ in range(pair[0].size)])
    truth = (pair[0] * shift.reshape(pair[0].shape)).astype(np.uint8)
    found = np.where(pair[1], truth, shift.reshape(truth.shape)[::-1]).astype(np.uint8)
    labels = {"labels": range(n_classes)}
    judged = sklearn_metrics.confusion_matrix(truth.ravel(), found.ravel(), **labels)
    assert metrics.confusion(truth, found, n_classes).tolist() == judged.tolist()
    f1 = sklearn_metrics.f1_score(
        truth.ravel(), found.ravel(), average=None, zero_division=1, **labels
    )
    assert metrics.dice(metrics.counts(truth, found, n_classes)) == pytest.approx(f1, **CLOSE)


def test_both_empty_is_0_in_scikit_learn():
    empty = np.zeros(9, int)
    assert sklearn_metrics.f1_score(empty, empty, zero_division=0) == 0
    assert metrics.dice(metrics.counts(empty, empty)[1]) == 1


def test_scikit_learn_asks_balanced_accuracy_of_the_classes_that_occur():
    truth, found = np.zeros(9, int), np.eye(3, dtype=int).ravel()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns that there is no object to recall
        assert sklearn_metrics.balanced_accuracy_score(truth, found) == pytest.approx(6 / 9)
    assert metrics.balanced_accuracy(metrics.counts(truth, found)[1]) == pytest.approx(6 / 18)


def test_mcc_of_two_full_masks_is_0_in_scikit_learn():
    full = np.ones(9, int)
    assert sklearn_metrics.matthews_corrcoef(full, full) == 0
    assert metrics.mcc(metrics.counts(full, full)[1]) == 1


# ---- outlines: brute force, MONAI, medpy ------------------------------------------------------


def brute(truth, found, spacing):
    """All distances between all outline pixels, without any tree or transform."""
    edges = [np.argwhere(m & ~ndimage.binary_erosion(m)) * spacing for m in (truth, found)]
    table = np.linalg.norm(edges[0][:, None] - edges[1][None], axis=-1)
    return table.min(axis=1), table.min(axis=0)


@MANY
@given(pairs(), SPACINGS, st.sampled_from([0.0, 1.0, 2.5]))
def test_brute_force_agrees_on_every_distance(pair, spacing, tolerance):
    assume(pair[0].any() and pair[1].any())
    there, back = brute(*pair, spacing)
    ours = surface.surface_distances(*pair, spacing)
    assert surface.hausdorff(ours) == pytest.approx(max(there.max(), back.max()), **CLOSE)
    larger = max(np.percentile(there, 95), np.percentile(back, 95))
    assert surface.hd95(ours) == pytest.approx(larger, **CLOSE)
    assert surface.assd(ours) == pytest.approx(np.r_[there, back].mean(), **CLOSE)
    near = np.r_[there, back] <= tolerance
    assert surface.nsd(ours, tolerance) == pytest.approx(near.mean(), **CLOSE)


def one_hot(mask):
    """``(1, 2, H, W)``, as MONAI wants a mask."""
    return np.stack([~mask, mask]).astype(np.float32)[None]


@audit
@MANY
@given(pairs(least=2), SPACINGS)
def test_monai_agrees_on_every_distance(pair, spacing):
    from monai.metrics import (
        compute_average_surface_distance,
        compute_hausdorff_distance,
        compute_surface_dice,
    )

    assume(pair[0].any() and pair[1].any())
    ours = surface.surface_distances(*pair, spacing)
    found, truth = (_tensor(one_hot(mask)) for mask in pair[::-1])
    options = {"spacing": list(spacing)}
    theirs = {
        "hausdorff": compute_hausdorff_distance(found, truth, **options),
        "hd95": compute_hausdorff_distance(found, truth, percentile=95, **options),
        "assd": compute_average_surface_distance(found, truth, symmetric=True, **options),
    }
    for name, value in theirs.items():
        assert getattr(surface, name)(ours) == pytest.approx(float(value), **CLOSE), name
    if spacing == (1.0, 1.0):
        value = float(compute_surface_dice(found, truth, [1.0]))
        assert surface.nsd(ours, 1) == pytest.approx(value, **CLOSE)


def _tensor(array):
    import torch

    return torch.from_numpy(array)


@audit
@MANY
@given(pairs(), SPACINGS)
def test_medpy_agrees_where_neither_mask_is_empty(pair, spacing):
    from medpy.metric import binary

    truth, found = pair
    assume(truth.any() and found.any())
    counts = metrics.counts(truth, found)[1]
    names = {"dice": "dc", "iou": "jc", "precision": "precision", "recall": "recall"}
    for ours, theirs in names.items():
        value = getattr(binary, theirs)(found, truth)
        assert getattr(metrics, ours)(counts) == pytest.approx(value, **CLOSE)
    distances = surface.surface_distances(truth, found, spacing)
    for ours, theirs in {"hausdorff": "hd", "assd": "assd"}.items():
        value = getattr(binary, theirs)(found, truth, voxelspacing=spacing)
        assert getattr(surface, ours)(distances) == pytest.approx(value, **CLOSE)


@audit
def test_medpy_takes_the_percentile_of_both_directions_in_one_pot():
    from medpy.metric import binary

    truth, found = np.zeros((9, 60), bool), np.zeros((9, 60), bool)
    truth[4], found[4, :4] = True, True
    ours = surface.hd95(surface.surface_distances(truth, found))
    there, back = brute(truth, found, (1, 1))
    theirs = np.percentile(np.r_[there, back], 95)
    assert binary.hd95(found, truth) == pytest.approx(theirs)
    assert ours == pytest.approx(np.percentile(there, 95)) and ours > theirs


EMPTY, OBJECT = np.zeros((16, 16), bool), np.zeros((16, 16), bool)
OBJECT[4:10, 4:12] = True
SITUATIONS = {"both empty": (EMPTY, EMPTY), "invented": (EMPTY, OBJECT), "missed": (OBJECT, EMPTY)}


@audit
@pytest.mark.parametrize(
    ("name", "dice"), [("both empty", None), ("invented", None), ("missed", 0)]
)
def test_monai_drops_every_image_without_an_object(name, dice):
    from monai.metrics import compute_dice

    truth, found = SITUATIONS[name]
    value = float(compute_dice(_tensor(one_hot(found)), _tensor(one_hot(truth)), False))
    assert np.isnan(value) if dice is None else value == dice
    ours = metrics.dice(metrics.counts(truth, found)[1])
    assert ours == (1 if name == "both empty" else 0)


@audit
@pytest.mark.filterwarnings("ignore")  # MONAI says that a mask is empty
def test_a_missed_object_has_no_hd95_in_monai_and_an_infinite_hausdorff():
    from monai.metrics import compute_hausdorff_distance

    found, truth = _tensor(one_hot(EMPTY)), _tensor(one_hot(OBJECT))
    assert np.isnan(float(compute_hausdorff_distance(found, truth, percentile=95)))
    assert np.isinf(float(compute_hausdorff_distance(found, truth)))
    ours = surface.surface_distances(OBJECT, EMPTY)
    assert np.isnan(surface.hausdorff(ours)) and surface.nsd(ours, 1) == 0


@audit
@pytest.mark.filterwarnings("ignore")  # NumPy says that it divides by 0
def test_two_empty_masks_have_iou_1_and_no_dice_in_medpy():
    from medpy.metric import binary

    assert np.isnan(binary.dc(EMPTY, EMPTY)) and binary.jc(EMPTY, EMPTY) == 1


@audit
def test_medpy_refuses_distances_to_an_empty_mask():
    from medpy.metric import binary

    with pytest.raises(RuntimeError, match="does not contain any binary object"):
        binary.hd95(EMPTY, OBJECT)


def smp_dice(truths, found, reduction):
    """Dice of some images by segmentation_models_pytorch, averaged in one of its ways."""
    from segmentation_models_pytorch import metrics as smp

    stacks = (np.stack(masks)[:, None].astype(np.int64) for masks in (found, truths))
    stats = smp.get_stats(*map(_tensor, stacks), mode="binary")
    return float(smp.f1_score(*stats, reduction=reduction))


@pytest.mark.parametrize("name", SITUATIONS)
def test_smp_agrees_about_empty_masks(name):
    truth, found = SITUATIONS[name]
    ours = metrics.dice(metrics.counts(truth, found)[1])
    assert smp_dice([truth], [found], "micro-imagewise") == ours


def test_smp_has_a_mean_of_images_and_a_pool_that_hides_a_small_object_missed():
    small = np.zeros_like(OBJECT)
    small[0, 0] = True
    truths, found = (OBJECT, small), (np.roll(OBJECT, 1, axis=0), EMPTY)
    counts = np.stack([metrics.counts(*pair)[1] for pair in zip(truths, found, strict=True)])
    mean, pooled = metrics.dice(counts).mean(), metrics.dice(counts.sum(axis=0))
    assert smp_dice(truths, found, "micro-imagewise") == pytest.approx(mean, **CLOSE)
    assert smp_dice(truths, found, "micro") == pytest.approx(pooled, **CLOSE)
    assert pooled > mean + 0.3


def test_torchmetrics_counts_two_empty_masks_as_0():
    from torchmetrics.functional.classification import binary_f1_score

    assert float(binary_f1_score(_tensor(EMPTY), _tensor(EMPTY))) == 0
