"""nnU-Net itself, on a few tiny pictures: plan, train one epoch of two steps, predict, evaluate."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from seglib.cards import card
from seglib.comparison import compare
from seglib.cost import cost
from seglib.datasets import from_folders, load
from seglib.evaluation import evaluate, load_labels, load_probability
from seglib.images import image_size, read_image, read_mask
from seglib.inference import predict_cases
from seglib.nnunet import raw, worker
from seglib.nnunet.pipeline import own_scores
from seglib.nnunet.plan import Plan
from seglib.phantoms import write_phantom
from seglib.recipes import NnunetRecipe
from seglib.runs import Run, load_run
from seglib.training import fit
from seglib.viewer.predicted import of_runs
from tests.scans import dicom_slice
from tests.squares import write_squares
from tests.test_nnunet import with_split

pytest.importorskip("nnunetv2", reason="needs nnU-Net: pip install seglib[nnunet]")

SHORT = NnunetRecipe("own", epochs=1, iterations=2)
ABDOMEN = card("phantom-abdominal-organs")


@pytest.fixture(scope="module")
def outputs(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("nnunet")


@pytest.fixture(scope="module")
def squares(outputs) -> pd.DataFrame:
    """Ten patients with two colour pictures each; one test case has an empty mask."""
    folder = write_squares(outputs / "squares", n=20)
    cases = with_split(from_folders(folder / "images", folder / "masks", group_pattern=r"^(p\d+)_"))
    empty = cases.loc[cases["split"] == "test", "mask"].iloc[0]
    cv2.imwrite(str(empty), np.zeros((48, 40), np.uint8))
    return cases


@pytest.fixture(scope="module")
def run(squares, outputs) -> Run:
    return fit(SHORT, squares, outputs)


@pytest.fixture(scope="module")
def several(outputs) -> Run:
    """The synthetic abdomen, small: grey slices of five patients with five organs."""
    write_phantom(ABDOMEN.name, outputs / ABDOMEN.name, 20, 0, (64, 64), ABDOMEN.decoding.values)
    short = dataclasses.replace(SHORT, dataset=ABDOMEN.name)
    return fit(short, with_split(load(ABDOMEN.name, outputs)), outputs / "abdomen-runs")


def test_a_run_keeps_what_every_run_keeps(run) -> None:
    names = {path.name for path in run.path.iterdir()}
    assert {"recipe.json", "environment.json", "history.csv", "cases.csv", "card.json"} <= names
    assert run.environment["nnunetv2"]
    columns = ["stage", "epoch", "train_loss", "val_loss", "val_dice", "lr", "seconds"]
    assert list(run.history.columns) == columns
    assert run.history["epoch"].tolist() == [1]
    assert run.best["epoch"] == 1
    assert run.describe() == "nnU-Net, fold 0, 1 epochs of 2 steps, last weights kept"


def test_it_is_opened_like_every_run(run, squares) -> None:
    again = load_run(run.path, "nnunet")
    assert again.recipe == SHORT
    assert again.cases["case"].tolist() == squares["case"].tolist()
    with pytest.raises(ValueError, match="holds a 'nnunet', not a 'unet'"):
        load_run(run.checkpoint, "unet")


def test_nothing_is_left_in_this_process(run) -> None:
    assert not [name for name in os.environ if name.startswith("nnUNet_")]


def test_nnunet_never_saw_a_test_case(run, squares) -> None:
    hidden = set(squares["case"][squares["split"] == "test"])
    known = set(squares["case"]) - hidden
    prepared = run.path.parent / "nnunet"
    names = {path.name.partition(".")[0].removesuffix("_0000") for path in prepared.rglob("*")}
    assert known <= names
    assert not hidden & names


def test_its_windows_are_its_own(run, squares) -> None:
    with pytest.raises(ValueError, match="nnU-Net cuts windows of its own"):
        next(predict_cases(run, squares, zoom=2))


def test_its_reader_sees_what_we_give_it_to_predict(run, squares) -> None:
    from nnunetv2.imageio.natural_image_reader_writer import NaturalImage2DIO

    row = squares[squares["split"] == "train"].iloc[0]
    (file,) = (run.path.parent / "nnunet").rglob(f"imagesTr/{row.case}_0000.tif")
    seen, _ = NaturalImage2DIO().read_images([str(file)])
    given = raw.channels_first(read_image(row.image))
    assert given.dtype == seen.dtype
    assert np.array_equal(given, seen)


def test_it_is_evaluated_at_native_resolution(run, squares) -> None:
    evaluation = evaluate(run)
    tested = squares[squares["split"] == "test"]
    assert evaluation.scores["case"].tolist() == tested["case"].tolist()
    assert evaluation.scores["dice"].between(0, 1).all()
    for row in tested.itertuples():
        probability = load_probability(run, row.case)
        assert probability.shape == image_size(row.image)
    folder = run.path / "predictions"
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    evaluate(load_run(run.path))  # the answer is kept
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")} == before
    assert not list(run.path.glob(".predicted-*"))


def test_it_is_compared_and_looked_at_like_every_run(run) -> None:
    mirrored = evaluate(run, flips=True)
    comparison = compare({"nnunet": evaluate(run), "mirrored": mirrored})
    assert comparison.table["n"].tolist() == [4, 4]
    for case in comparison.paired["case"]:
        plain, averaged = (load_probability(run, case, flips) for flips in (False, True))
        assert not np.array_equal(plain, averaged)
    source = of_runs(run)
    assert source.models == ("nnU-Net",)
    assert len(source.table) == 4


def test_its_own_evaluation_agrees_but_for_empty_masks(run, squares) -> None:
    ours = evaluate(run).scores.set_index("case")
    decoding = squares.attrs["card"].decoding
    tested = squares[squares["split"] == "test"]
    truths = {row.case: read_mask(row.mask, decoding) for row in tested.itertuples()}
    labels = {case: load_labels(run, case) for case in truths}
    empty = tested["case"].iloc[0]
    labels[empty] = np.zeros_like(labels[empty])
    theirs = own_scores(truths, labels, ["background", "object"]).set_index("case")
    assert np.isnan(theirs.loc[empty, "dice"])
    rest = theirs.drop(empty)
    np.testing.assert_allclose(rest["dice"], ours.loc[rest.index, "dice"], atol=1e-6)
    np.testing.assert_allclose(rest["iou"], ours.loc[rest.index, "iou"], atol=1e-6)


def test_each_step_in_bf16_starts_from_the_weights_of_the_last(monkeypatch) -> None:
    """Autocast keeps its copies of the weights until its context ends; a training is in one."""
    monkeypatch.setattr(worker, "choose_precision", lambda *_: "bf16-mixed")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    layer, image = torch.nn.Conv2d(1, 1, 3), torch.ones(1, 1, 3, 3)
    with worker._precision():
        first = layer(image)
        first.sum().backward()
        with torch.no_grad():
            layer.weight -= layer.weight.grad
        second = layer(image)
    assert first.dtype == torch.bfloat16
    assert (first - second).item() == pytest.approx(9, rel=0.02)


def test_it_learns(squares, outputs) -> None:
    """What it saw at last, in training, is what it sees in the test cases."""
    learnt = fit(dataclasses.replace(SHORT, epochs=1, iterations=24), squares, outputs)
    dice = evaluate(learnt).results()["foreground_mean"]["dice"]["mean"]

    assert dice > 0.5


def test_its_network_can_be_measured(run) -> None:
    network, plan = run.network(), Plan.read(run.path)
    assert not network.training
    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 2, 64, 64)
    assert cost(network, 64)["parameters"] > 1e5
    assert plan.table().loc["patch", "nnU-Net"] == "48 x 40 px"
    assert plan.measured().index.tolist() == ["red", "green", "blue"]


def test_several_classes_share_one_whole(several) -> None:
    cases = several.cases
    tested = cases[cases["split"] == "test"]
    row, probability = next(predict_cases(several, tested))
    assert probability.shape == (6, *image_size(row["image"]))
    np.testing.assert_allclose(probability.sum(axis=0), 1, atol=1e-3)
    evaluation = evaluate(several)
    organs = {entry.name for entry in ABDOMEN.classes[1:]}
    assert set(evaluation.scores["class"]) == organs
    assert load_labels(several, row["case"]).max() <= len(organs)
    assert Plan.read(several.path).table().loc["normalisation", "nnU-Net"] == "CT"


def test_a_scan_is_predicted_like_the_slice_it_is(several, tmp_path) -> None:
    row = several.cases[several.cases["split"] == "test"].iloc[0]
    scan = dicom_slice(tmp_path / "scan.dcm", read_image(row["image"]), (0, 0, 0))  # now in HU
    table = pd.DataFrame({"image": [scan, row["image"]]})
    table.attrs = several.cases.attrs
    (_, found), (_, expected) = predict_cases(several, table)
    np.testing.assert_array_equal(found, expected)


def test_several_folds_are_averaged(run, squares, outputs) -> None:
    two = fit(dataclasses.replace(SHORT, folds=(0, 1)), squares, outputs)
    assert two.history["stage"].tolist() == [1, 2]
    tested = squares[squares["split"] == "test"].head(1)
    second = fit(dataclasses.replace(SHORT, folds=(1,)), squares, outputs)
    assert not (second.path / "nnunet.log").exists()  # all was learnt for `two`
    _, both = next(predict_cases(two, tested))
    _, one = next(predict_cases(run, tested))
    _, other = next(predict_cases(second, tested))
    assert both.shape == one.shape == other.shape
    assert np.abs(both - one).max() > 1e-6 and np.abs(both - other).max() > 1e-6
    assert (both > np.minimum(one, other) - 1e-2).all()
    assert (both < np.maximum(one, other) + 1e-2).all()
    planned = (outputs / "nnunet").glob("*/planned")
    assert len(list(planned)) == 1  # the second run did not plan again
    assert two.history["train_loss"].iloc[0] == run.history["train_loss"].iloc[0]
    assert ": Epoch 0" in (two.path / "nnunet.log").read_text()
    assert "fold_0" not in (two.path / "nnunet.log").read_text()  # nor train the first fold again


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")
def test_a_killed_training_goes_on(squares, outputs) -> None:
    longer = dataclasses.replace(SHORT, epochs=8)
    pickled = outputs / "cases.pkl"
    squares.to_pickle(pickled)
    code = (
        "import pandas as pd; from seglib.training import fit;"
        "from seglib.recipes import NnunetRecipe;"
        f"fit(NnunetRecipe('own', epochs=8, iterations=2), pd.read_pickle({str(pickled)!r}),"
        f" {str(outputs)!r})"
    )
    folder = outputs / longer.run_name
    log = folder / "nnunet.log"
    process = subprocess.Popen(
        [sys.executable, "-c", code], stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        if log.is_file() and ": Epoch 2" in log.read_text():
            break
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "checkpoints").exists(), "training ended before it could be killed"
    before = log.read_text()
    resumed = fit(longer, squares, outputs)
    assert resumed.history["epoch"].tolist() == list(range(1, 9))
    assert ": Epoch 0" not in log.read_text().removeprefix(before)
