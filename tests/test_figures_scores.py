"""Do the figures of evaluation and comparison show what they were given?"""

from __future__ import annotations

import json
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from seglib.cards import card
from seglib.comparison import compare
from seglib.conventions import by_convention, winners
from seglib.course import settings
from seglib.figures import comparison, curves, galleries, scores, sign, tables, use_style
from seglib.figures.style import COLOURS
from seglib.metrics import counts_of
from seglib.results import Evaluation
from seglib.scoring import of_counts, score_cases

COSTS = {
    "unet": {"parameters": 2_000_000, "macs": 4_000_000_000, "latency_ms": 10.0, "memory_mb": 8.0},
    "deeplabv3plus": {
        "parameters": 4_000_000, "macs": 1_000_000_000, "latency_ms": 20.0, "memory_mb": 9.0
    },
}  # fmt: skip


def disc(radius: float, shift: int = 0, side: int = 40) -> np.ndarray:
    """A disc near the middle of a small mask; radius 0 gives an empty mask."""
    y, x = np.ogrid[:side, :side]
    return ((y - 20) ** 2 + (x - 20 - shift) ** 2 < radius**2).astype(np.uint8)


def evaluation(shifts: list[int]) -> Evaluation:
    """Six images, two of a group: none, small (missed), small, medium, large, large."""
    radii = (0, 3, 4, 8, 12, 15)
    rows = []
    for number, (radius, shift) in enumerate(zip(radii, shifts, strict=True)):
        probability = disc(radius, shift) * np.float32(0.9)
        rows.append((f"c{number}", f"g{number // 2}", disc(radius), probability))
    found = score_cases(rows, ("background", "polyp"))
    pooled = pd.DataFrame(of_counts(counts_of(found.confusion)[1:]), index=["polyp"])
    curve = found.histogram
    return Evaluation(
        found.scores, pooled, found.confusion, curve.roc(), curve.auc(), curve.sweep(), "protocol"
    )


@pytest.fixture(scope="module")
def evaluations() -> dict[str, Evaluation]:
    return {
        "unet": evaluation([0, 9, 1, 1, 2, 2]),
        "deeplabv3plus": evaluation([0, 1, 2, 2, 4, 6]),
    }


@pytest.fixture(autouse=True)
def close_figures():
    use_style()  # as in the course, whatever was tested before
    yield
    plt.close("all")


def texts(figure) -> str:
    """All that is written in a figure."""
    figure.canvas.draw()
    return "\n".join(text.get_text() for text in figure.findobj(plt.Text))


def of_one_group(evaluations: dict[str, Evaluation]) -> dict[str, Evaluation]:
    """The same scores, all of one patient: no interval can be given."""
    return {
        name: replace(found, scores=found.scores.assign(group="g"))
        for name, found in evaluations.items()
    }


def inside(axes) -> list[bool]:
    """Which annotations stand inside the panel."""
    axes.figure.canvas.draw()
    return [axes.viewLim.contains(*text.xy) for text in axes.texts]


# ---- galleries -------------------------------------------------------------------------------


@pytest.mark.parametrize("pixels", [0, 1, 37, 400])
@pytest.mark.parametrize("start", [None, (2, 2)])
def test_grow_adds_exactly_so_many_pixels(pixels: int, start) -> None:
    mask = disc(6)
    grown = galleries.grow(mask, pixels, start)
    assert grown.sum() == mask.sum() + pixels
    assert (grown[mask > 0] == 1).all()


def test_grow_takes_the_nearest_pixels() -> None:
    grown = galleries.grow(disc(6), 100)
    y, x = np.nonzero(grown)
    assert np.hypot(y - 20, x - 20).max() < 9  # 6 px of radius and a rim
    spot = galleries.grow(disc(6), 20, (5, 5)) - disc(6)
    y, x = np.nonzero(spot)
    assert np.hypot(y - 5, x - 5).max() < 4


def test_farthest_is_far_and_not_at_the_border() -> None:
    mask = np.zeros((40, 60), dtype=np.uint8)
    mask[:10, :10] = 1
    row, column = galleries.farthest(mask)
    assert row > 25
    assert 45 < column < 55


@pytest.mark.parametrize("models", [1, 2])
def test_gallery_has_a_row_of_errors_for_each_model(models: int) -> None:
    images = [np.full((40, 40, 3), 90, dtype=np.uint8), np.full((30, 60, 3), 90, dtype=np.uint8)]
    truths = [disc(8), np.zeros((30, 60), dtype=np.uint8)]
    labels = {f"m{i}": [disc(8, 3), np.zeros((30, 60), dtype=np.uint8)] for i in range(models)}
    figure = galleries.gallery(images, truths, labels, ["a", "b"])
    assert len(figure.axes) == 2 * (1 + models)
    assert ("predicted outline" in texts(figure)) == (models == 1)


# ---- evaluation ------------------------------------------------------------------------------


def test_strata_of_sizes(evaluations) -> None:
    found = scores.strata(evaluations["unet"].scores).tolist()
    small, medium, large = "small (< 5 %)", "medium (5–15 %)", "large (> 15 %)"
    assert found == ["no object", small, small, medium, large, large]


def test_by_size_counts_misses_and_inventions(evaluations) -> None:
    table = scores.by_size(evaluations["unet"].scores)
    assert table["n"].tolist() == [1, 2, 1, 2]
    assert table["missed"].tolist() == [0, 0.5, 0, 0]  # the shift of 9 leaves the small disc
    invented = evaluations["unet"].scores.copy()
    invented.loc[0, "predicted_px"] = 5
    assert scores.by_size(invented)["missed"].iloc[0] == 1
    assert "1 of 2 small (< 5 %)" in tables.missed(table)


def test_by_size_gives_no_interval_of_few_groups(evaluations) -> None:
    few = pd.concat([evaluations["unet"].scores] * 6, ignore_index=True)
    assert scores.by_size(few)[["low", "high"]].isna().all(axis=None)
    many = few.assign(group=[f"g{i}" for i in range(len(few))])
    assert scores.by_size(many)[["low", "high"]].notna().all(axis=None)


def test_truth_table_names_every_pixel() -> None:
    truth = np.array([[1, 1], [0, 0]])
    prediction = np.array([[1, 0], [1, 0]])
    written = texts(scores.truth_table(truth, prediction)).split()
    assert all(written.count(kind) == 1 for kind in ("TP", "FP", "FN", "TN"))


def test_distribution_says_mean_and_median(evaluations) -> None:
    result = evaluations["unet"]
    written = texts(scores.distribution(result, "unet"))
    assert f"mean {result.scores['dice'].mean():.3f}" in written
    assert f"median {result.scores['dice'].median():.3f}" in written
    assert f"pooled {result.pooled['dice'].iloc[0]:.3f}" in written


def test_numbers_stand_beside_means_that_have_no_interval(evaluations) -> None:
    found = of_one_group(evaluations)
    panels = [
        scores.distribution(found["unet"], "unet").axes[1],
        comparison.summary(found, COSTS).axes[0],
    ]
    for axes, models in zip(panels, (1, 2), strict=True):
        assert inside(axes) == [True] * models * len(scores.SHOWN)


def test_confusion_shares_are_of_the_true_class() -> None:
    written = texts(scores.confusion(np.array([[90, 10], [1, 3]]), ("background", "polyp")))
    assert all(share in written for share in ("90.0%", "10.0%", "25.0%", "75.0%"))


def test_other_figures_of_the_evaluation(evaluations) -> None:
    result = evaluations["unet"]
    assert f"AUC {result.auc:.3f}" in texts(curves.roc(evaluations))
    assert "chosen, 0.30" in texts(curves.thresholds(result.sweep, result.sweep, 0.3))
    assert "2 images" in texts(scores.size_strata(result.scores, "unet"))
    assert "IoU" in texts(scores.dice_and_iou(0.8))
    other = evaluations["deeplabv3plus"].scores
    gain = (other["dice"] - result.scores["dice"]).mean()
    looks = {"one view": result.scores, "four views": other, "windows": result.scores}
    written = texts(curves.looks(looks, {"one view": 10.0, "four views": 40.0, "windows": 41.0}))
    assert f"four views: mean {gain:+.3f}" in written and "windows: mean +0.000" in written
    assert "Instead of one view" in written and "41" in written


def test_a_signed_figure_names_its_source() -> None:
    figure = sign(scores.dice_and_iou(0.5), "Phantom polyps (synthetic)")
    assert "Phantom polyps (synthetic)" in texts(figure)


# ---- comparison ------------------------------------------------------------------------------


def test_difference_counts_who_is_ahead(evaluations) -> None:
    result = compare(evaluations)
    gap = result.paired["difference"]
    title = f"U-Net higher on {(gap > 0).sum()} images, lower on {(gap < 0).sum()}, equal on"
    figure = comparison.difference(result)
    assert title in texts(figure)
    bars = figure.axes[0].patches
    assert len(bars) == len(gap)
    assert plt.matplotlib.colors.to_hex(bars[0].get_facecolor()) == COLOURS["deeplabv3plus"].lower()


def test_no_p_value_is_zero(evaluations) -> None:
    result = replace(compare(evaluations), wilcoxon_p=2e-6, permutation_p=0.0327)
    written = texts(comparison.difference(result))
    assert "Wilcoxon p < 0.001, permutation p = 0.033" in written


def test_one_group_has_a_difference_but_no_interval(evaluations) -> None:
    result = compare(of_one_group(evaluations))
    figure = comparison.difference(result)
    written = texts(figure)
    assert f"{result.difference:+.3f}\ntoo few groups for an interval or a test" in written
    assert "nan" not in written
    low, high = figure.axes[1].get_xlim()
    assert low < result.difference < high
    nothing = result.paired.assign(difference=np.nan)
    comparison.difference(replace(result, paired=nothing, difference=np.nan)).canvas.draw()


def legend(fig: plt.Figure) -> dict[str, str]:
    """Words of the figure's legend, and the colours of its patches."""
    (keys,) = fig.legends
    words = [text.get_text() for text in keys.get_texts()]
    inks = [plt.matplotlib.colors.to_hex(patch.get_facecolor()) for patch in keys.get_patches()]
    return dict(zip(words, inks, strict=False))  # patches stand first


def test_distances_are_drawn_to_their_size_and_the_shorter_is_better(evaluations) -> None:
    result = compare(evaluations, "hd95")
    (axes,) = comparison.paired(result, evaluations["unet"].scores).axes
    points = result.paired[["unet", "deeplabv3plus"]]
    assert axes.get_xlim() == axes.get_ylim()
    assert points.max(axis=None) < axes.get_xlim()[1] < 1.1 * points.max(axis=None)
    words = legend(axes.figure)
    assert words["DeepLabV3+ is better (lower)"] == COLOURS["deeplabv3plus"].lower()
    assert words["U-Net is better (lower)"] == COLOURS["unet"].lower()
    for drawn in axes.collections:
        for (first, second), ink in zip(drawn.get_offsets(), drawn.get_facecolors(), strict=True):
            better = "unet" if first < second else "deeplabv3plus"
            assert plt.matplotlib.colors.to_hex(ink) == COLOURS[better].lower()
    scored = comparison.paired(compare(evaluations), evaluations["unet"].scores).axes[0]
    assert legend(scored.figure)["U-Net scores higher"] == COLOURS["unet"].lower()
    assert scored.get_xlim() == (-0.03, 1.03)
    missed = replace(result, paired=result.paired.assign(unet=np.nan))
    comparison.paired(missed, evaluations["unet"].scores).canvas.draw()


def test_conventions_and_their_winners(evaluations) -> None:
    table = by_convention(evaluations, evaluations)
    assert table.loc["Dice, mean of images", "unet"] == evaluations["unet"].scores["dice"].mean()
    made = pd.DataFrame({"unet": [0.9, 3.0], "deeplabv3plus": [0.8, 2.0]}, ["Dice", "HD95 (px)"])
    assert winners(made).tolist() == ["unet", "deeplabv3plus"]
    for axes, rows in zip(comparison.ranking(made).axes, (["Dice"], ["HD95 (px)"]), strict=True):
        filled = {name: made.loc[rows, name][winners(made)[rows] == name] for name in made}
        expected = [list(drawn) for name in made for drawn in (made.loc[rows, name], filled[name])]
        assert [line.get_xdata().tolist() for line in axes.lines] == expected


def test_nobody_is_ahead_where_both_found_nothing(evaluations) -> None:
    table = by_convention(evaluations, evaluations)
    distances = table.index.str.startswith("HD95")
    table[distances] = np.nan
    ahead = winners(table)
    assert ahead.index.equals(table.index)
    assert ahead[distances].isna().all() and ahead[~distances].notna().all()
    scored, measured = comparison.ranking(table).axes
    filled = [[len(line.get_xdata()) for line in axes.lines[1::2]] for axes in (scored, measured)]
    assert sum(filled[0]) == (~distances).sum() and filled[1] == [0, 0]


def test_other_figures_of_the_comparison(evaluations) -> None:
    result = compare(evaluations)
    points = comparison.paired(result, evaluations["unet"].scores).axes[0].collections
    drawn = np.concatenate([found.get_offsets() for found in points])
    seen = result.paired[["unet", "deeplabv3plus"]].to_numpy()
    assert sorted(drawn.tolist()) == sorted(seen.tolist())
    (axes,) = comparison.sizes(evaluations).axes
    for found, model in zip(axes.containers, evaluations, strict=True):
        means = scores.by_size(evaluations[model].scores)["mean"]
        assert found.lines[0].get_ydata().tolist() == means.tolist()
    numbers = {"weights, millions": ["2", "4"], "multiply-adds, billions": ["4", "1"]}
    numbers |= {"activations in training, MB": ["8", "9"], "time per image, CPU, ms": ["10", "20"]}
    panels = comparison.cost_bars(COSTS).axes
    assert {
        p.get_title(loc="left"): [text.get_text() for text in p.texts] for p in panels
    } == numbers
    trade = comparison.summary(evaluations, COSTS).axes[1].containers
    assert [found.lines[0].get_xydata().tolist() for found in trade] == [
        [[COSTS[model]["macs"] / 1e9, found.scores["dice"].mean()]]
        for model, found in evaluations.items()
    ]


def test_table_for_the_report(evaluations, tmp_path) -> None:
    table = tables.summary_table(evaluations, COSTS)
    assert table.index.tolist() == ["U-Net", "DeepLabV3+"]
    assert table.loc["U-Net", "parameters"] == 2_000_000
    assert (table["dice_low"] <= table["dice"]).all()
    place = replace(settings(), root=tmp_path)
    path = tables.save_table(table, "06_table", place)
    assert path == f"figures/{place.dataset}/06_table.csv"
    again = pd.read_csv(tmp_path / path, index_col="model")
    assert np.allclose(again["dice"], table["dice"].astype(float), atol=1e-4)
    assert json.loads(again["n"].to_json()) == {"U-Net": 6, "DeepLabV3+": 6}


def test_a_table_in_markdown_is_written_as_it_is() -> None:
    table = pd.DataFrame({"n": [3, 12], "Dice": [0.5, 0.81]}, index=["liver", "spleen"])
    lines = tables.as_markdown(table.rename_axis("class")).splitlines()
    assert lines[:2] == ["| class | n | Dice |", "| --- | --- | --- |"]
    assert lines[2:] == ["| liver | 3 | 0.5 |", "| spleen | 12 | 0.81 |"]
    assert tables.as_markdown(table).startswith("|  | n | Dice |")


def test_published_figures_stand_only_beside_their_own_data() -> None:
    assert "synthetic" in tables.published(card("phantom-polyp"))
    assert "0.812" not in tables.published(card("phantom-polyp"))
    assert "0.812" in tables.published(card("kvasir-seg"))
    assert "0.812" not in tables.published(card("hyper-kvasir"))


def test_words_follow_from_numbers(evaluations) -> None:
    result = compare(evaluations)
    assert "unet" not in tables.verdict(result)
    even = replace(result, low=-0.1, high=0.1, permutation_p=0.8)
    assert "no good reason to prefer" in tables.advice(even, COSTS)
    ahead = replace(result, difference=-0.2, low=-0.3, high=-0.1, permutation_p=0.001)
    words = tables.advice(ahead, COSTS)
    assert "DeepLabV3+, which was ahead by 0.200" in words
    assert "**Little arithmetic:** DeepLabV3+; the other takes 4.0 times" in words
    farther = replace(compare(evaluations, "hd95"), difference=8.871, low=6, high=11)
    words = tables.advice(replace(farther, permutation_p=0.001), COSTS)
    assert "DeepLabV3+, which was ahead by 8.871 px in mean 95 % Hausdorff distance on" in words
    alike = COSTS["deeplabv3plus"] | {"latency_ms": 10.4}
    words = tables.advice(ahead, COSTS | {"deeplabv3plus": alike})
    assert "**Little time on this processor:** no difference to speak of." in words
    assert "means of 6 images, undefined on 0 more" in tables.distances(evaluations["unet"])
