"""Three organs from folders to figures: train one epoch, predict, score, compare, draw."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from seglib.answers import result_files
from seglib.caching import build_cache
from seglib.cli import app
from seglib.comparison import compare
from seglib.conventions import by_convention
from seglib.display import show
from seglib.evaluation import evaluate, load_labels, load_probability
from seglib.figures import comparison as draw
from seglib.figures import curves, data, galleries, pictures, scores, tables, training
from seglib.images import read_image, read_mask
from seglib.inference import predict_cases
from seglib.recipes import Stage
from seglib.survey import survey
from seglib.thresholds import to_labels
from seglib.training import fit
from tests.organs import ORGANS, write_organs
from tests.squares import RECIPE

STAGE = Stage(epochs=1, lr=1e-2, batch_size=4, loss="dice_focal")
TINY = dataclasses.replace(RECIPE, augmentation="none", stages=(STAGE,))
NAMES = [entry.name for entry in ORGANS[1:]]


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pd.DataFrame:
    table = write_organs(tmp_path_factory.mktemp("organs"), n=12, spacing=(0.5, 2.0))
    table["split"] = ["train"] * 4 + ["val"] * 2 + ["test"] * 6
    return table


@pytest.fixture(scope="module")
def runs(cases, tmp_path_factory) -> dict:
    outputs = tmp_path_factory.mktemp("outputs")
    seeds = {"unet": 0, "deeplabv3plus": 1}
    return {n: fit(dataclasses.replace(TINY, seed=s), cases, outputs) for n, s in seeds.items()}


@pytest.fixture(scope="module")
def results(runs) -> dict:
    return {name: evaluate(run) for name, run in runs.items()}


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def masks_of_each_size(scores: pd.DataFrame) -> list[str]:
    """Counted by hand from the true sizes: what stands below a figure of the size classes."""
    share = scores["truth_px"] / 64**2
    counted = {
        "no object": (share == 0).sum(),
        "small\n(< 5 %)": ((share > 0) & (share <= 0.05)).sum(),
        "medium\n(5–15 %)": ((share > 0.05) & (share <= 0.15)).sum(),
    }
    assert counted["no object"] == 5 and sum(counted.values()) == 18 and min(counted.values()) > 0
    return [f"{name}\n{n} masks" for name, n in counted.items()]


def texts(figure) -> str:
    figure.canvas.draw()
    return "\n".join(text.get_text() for text in figure.findobj(plt.Text))


def test_the_window_is_in_the_cache_and_in_its_key(cases, tmp_path) -> None:
    cache = build_cache(cases, 64, tmp_path)
    liver = cache.images[cache.masks == 1].mean()
    assert liver == pytest.approx(255 * (60 - 40 + 200) / 400, abs=3)
    other = cases.copy()
    for change in ({"window": (40, 300)}, {"offset": -1000.0}):
        other.attrs["card"] = dataclasses.replace(cases.attrs["card"], **change)
        build_cache(other, 64, tmp_path)
    assert len(list(tmp_path.iterdir())) == 3


def test_an_evaluation_of_several_classes(results) -> None:
    found = results["unet"]
    assert found.unit == "mm"
    assert list(found.one_vs_rest) == list(found.pooled.index) == NAMES
    assert [curves.colour for curves in found.one_vs_rest.values()] == [
        c.colour for c in ORGANS[1:]
    ]
    areas = [curves.auc for curves in found.one_vs_rest.values()]
    assert found.macro_auc == pytest.approx(np.mean(areas))
    for curve in found.one_vs_rest.values():
        assert np.trapezoid(curve.roc["tpr"], curve.roc["fpr"]) == pytest.approx(
            curve.auc, abs=1e-4
        )
        assert (len(curve.roc), len(curve.sweep)) == (1002, 1001)
    assert found.confusion.shape == (4, 4)
    assert found.confusion.sum() == 6 * 64 * 64


def test_the_tables_of_several_classes(results) -> None:
    found = results["unet"]
    table = found.class_table()
    assert table.index.tolist() == NAMES
    assert (table["n"] + table["absent"]).tolist() == [6, 6, 6]
    assert (table["dice_absent_1"] >= table["dice"]).all()
    foreground = found.table().set_index("metric")
    assert "95 % Hausdorff distance (mm)" in foreground.index
    assert foreground.loc["Dice", "n"] == 6
    assert " mm; Mean surface distance " in tables.distances(found)


def test_the_protocol_of_several_classes(results) -> None:
    said = results["unet"].protocol
    for words in (
        "foreground only (liver, spleen, left kidney)",
        "of its classes",
        "absent from truth and prediction is left out (not in the truth: liver 1, spleen 1, left "
        "kidney 3)",
        "truth blank: 1",
        "likeliest class",
        "distances in mm",
    ):
        assert words in said
    assert said == results["deeplabv3plus"].protocol


def test_results_are_kept_and_read_again(runs, results) -> None:
    run, found = runs["unet"], results["unet"]
    kept = json.loads((run.path / "results.json").read_text())
    assert kept["unit"] == "mm"
    assert kept["absent"].keys() == kept["one_vs_rest_auc"].keys() == set(NAMES)
    assert kept["pixel_accuracy"] == pytest.approx(np.trace(found.confusion) / (6 * 64**2))
    files = result_files(run.path, "test", 0.5, False, several=True)
    before = {path: path.stat().st_mtime_ns for path in files.values()}
    again = evaluate(run, threshold=0.3)  # the likeliest class wins at any threshold
    assert {path: path.stat().st_mtime_ns for path in files.values()} == before
    assert again.results() == found.results()
    files["classes"].unlink()
    evaluate(run)
    assert files["classes"].is_file()


def test_label_maps_are_kept_in_the_values_of_the_card(runs, cases, results) -> None:
    run, chosen = runs["unet"], cases[cases["split"] == "test"].head(2)
    for row, probability in predict_cases(run, chosen):
        labels = load_labels(run, row["case"])
        assert np.array_equal(labels, to_labels(probability))
        stored = read_image(run.path / "predictions" / "labels" / f"{row['case']}.png")
        assert np.array_equal(stored, labels * 60)
        foreground = load_probability(run, row["case"])
        assert np.abs(foreground - (1 - probability[0])).max() < 0.5 / 255 + 1e-5


def test_models_are_compared_by_mean_and_by_class(results) -> None:
    found = compare(results)
    assert found.what == "Dice, mean of 3 classes"
    assert len(found.paired) == 6
    one = compare(results, "hd95", only="liver")
    assert one.label == "95 % Hausdorff distance, liver (mm)"


def test_figures_of_the_scores(results) -> None:
    found = results["unet"]
    names = tuple(entry.name for entry in ORGANS)
    shown = texts(scores.confusion(found.confusion, names))
    assert f"{int(found.confusion[1, 0])} px" in shown
    assert "left kidney" in texts(scores.distribution(found, "unet"))
    liver = found.one_vs_rest["liver"].auc
    assert f"liver, AUC {liver:.3f}" in texts(curves.roc({"unet": found}))
    assert "DeepLabV3+, liver, AUC" in texts(curves.roc(results))
    by_size = scores.size_strata(found.scores, "unet").axes[0]
    assert [tick.get_text() for tick in by_size.get_xticklabels()] == masks_of_each_size(
        found.scores
    )
    assert "chosen, 0.40" in texts(curves.thresholds(found.sweep, found.sweep, 0.4)).splitlines()
    looks = dict.fromkeys(("one view", "four views"), found.scores)
    assert "mean +0.000" in texts(curves.looks(looks, dict.fromkeys(looks, 10.0)))


def test_figures_of_the_comparison(results) -> None:
    found = compare(results)
    assert "Dice, mean of 3 classes" in texts(draw.paired(found, results["unet"].scores))
    assert "Dice, mean of 3 classes" in texts(draw.difference(found))
    ticks = draw.sizes(results).axes[0].get_xticklabels()
    by_size = [tick.get_text().replace(" (", "\n(") for tick in ticks]
    assert by_size == masks_of_each_size(results["unet"].scores)
    table = by_convention(results, results)
    assert "HD95, median image (mm)" in table.index
    ones = table.loc["Dice, absent classes as 1", "unet"]
    assert ones == pytest.approx(results["unet"].scores["dice"].mean())
    assert "distance, mm" in texts(draw.ranking(table))
    costs = dict.fromkeys(results, dict.fromkeys(draw.COSTS, 1e6))
    assert "score" in texts(draw.summary(results, costs))
    summed = tables.summary_table(results, costs)
    assert summed.loc["U-Net", "n"] == 6


def test_figures_of_the_predictions(runs, cases, results) -> None:
    test, card = cases[cases["split"] == "test"], cases.attrs["card"]
    opened = {name: galleries.open_cases(run, test["case"].head(3)) for name, run in runs.items()}
    images, truths, _ = opened["unet"]
    assert np.array_equal(images[0], show(read_image(test["image"].iloc[0]), card))
    labels = {name: found for name, (_, _, found) in opened.items()}
    captions = {"unet": ["one", "two", "three"]}
    figure = galleries.gallery(images, truths, labels, list("abc"), captions, classes=card.classes)
    assert {"image", "truth", "unet", "liver", "two"} <= set(texts(figure).splitlines())
    assert len(figure.axes) == 3 * 4
    plain = galleries.gallery(images, truths, labels, list("abc"))
    assert "wrong class" in texts(plain)
    maps = {"unet": [found for _, found in predict_cases(runs["unet"], test.head(2))]}
    side = training.predictions(test, {"first": 0, "second": 1}, maps)
    assert {"image", "truth", "U-Net", "first", "spleen"} <= set(texts(side).splitlines())
    sheet = pictures.pictures({"a": (images[0], truths[0])}, classes=card.classes)
    assert len(sheet.axes[0].collections) == 2 * len(np.unique(truths[0])[1:])
    drawn = set(texts(training.curves({"unet": runs["unet"]})).splitlines())
    kept = f"{runs['unet'].best['val_dice']:.3f}"
    assert {"U-Net, training", "U-Net, validation", kept} <= drawn


def test_the_survey_counts_each_class(cases) -> None:
    seen, card = survey(cases), cases.attrs["card"]
    masks = [read_mask(path, card.decoding) for path in cases["mask"]]
    table = seen.classes.set_index(["class", "case"])
    for index, name in enumerate(NAMES, start=1):
        expected = [(mask == index).mean() for mask in masks]
        assert table.loc[name, "share"].tolist() == pytest.approx(expected)
    assert (table.loc["liver", "objects"] == (table.loc["liver", "share"] > 0)).all()
    total = seen.classes.groupby("case")["share"].sum()
    assert total.to_numpy() == pytest.approx(seen.cases["share"].to_numpy())
    balance = texts(data.class_balance(seen.cases, "", seen.classes))
    assert "spleen" in balance and "background" in balance
    sizes = texts(data.object_sizes(seen.cases, "", seen.classes))
    assert f"{(table.loc['left kidney', 'share'] > 0).mean():.0%}" in sizes


def test_the_shell_on_several_classes(runs, cases, tmp_path: Path) -> None:
    folder, image = runs["unet"].path, cases["image"].iloc[0]
    scored = CliRunner().invoke(app, ["evaluate", str(folder)])
    assert scored.exit_code == 0, scored.output
    assert "left kidney" in scored.stdout and "hd95 in mm" in scored.stdout
    words = ["predict", str(image), "--run", str(folder), "--output", str(tmp_path)]
    for asked in (["evaluate", str(folder)], words):
        done = CliRunner().invoke(app, [*asked, "--threshold", "0.5"])
        assert done.exit_code == 2 and not list(tmp_path.iterdir())
        assert "--threshold 0.5 was given for several classes (liver, " in done.stderr
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    mask = cv2.imread(str(tmp_path / f"{image.stem}_mask.png"), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(mask)) <= {0, 60, 120, 180}
    overlay = cv2.imread(str(tmp_path / f"{image.stem}_overlay.png"))
    assert overlay.shape[0] > mask.shape[0]  # the legend
    assert overlay.shape[1] == mask.shape[1]
