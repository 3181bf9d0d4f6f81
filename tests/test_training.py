"""Training: it learns, it repeats, it resumes, it refuses."""

import dataclasses
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import nn

from seglib import training
from seglib.cohort import keep_cohort, read_cohort
from seglib.conversion import convert
from seglib.decoding import MaskDecoding
from seglib.evaluation import evaluate
from seglib.images import read_image, read_mask
from seglib.inference import predict, predict_cases
from seglib.predictions import kept_epochs, load_epoch
from seglib.recipes import Recipe, Stage
from seglib.runs import Run, load_run
from seglib.segmenter import Segmenter
from seglib.snapshots import watched
from seglib.thresholds import to_labels
from seglib.training import fit
from tests.scans import dicom_slice
from tests.squares import RECIPE, square_cases

TINY = dataclasses.replace(RECIPE, ema=0.5, stages=(Stage(epochs=8, lr=1e-2, batch_size=4),))


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pd.DataFrame:
    return square_cases(tmp_path_factory.mktemp("squares"), 40, 7, 1, 2)


@pytest.fixture(scope="module")
def run(cases, tmp_path_factory):
    return fit(TINY, cases, tmp_path_factory.mktemp("outputs"))


def weights(run) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in run.network().parameters()])


def test_it_learns(run, cases):
    assert run.history["val_dice"].iloc[-1] > 0.8
    assert list(run.history["epoch"]) == list(range(1, 9))
    scores = []
    for row, probability in predict_cases(run, cases[cases["split"] == "test"]):
        truth, found = read_mask(row["mask"], MaskDecoding()), to_labels(probability)
        scores.append(2 * (truth & found).sum() / (truth.sum() + found.sum()))
    assert len(scores) == 8 and np.mean(scores) > 0.7


def assert_kept_weights_are_the_best(run: Run, cases: pd.DataFrame) -> None:
    """What the weights see is what was seen in the best epoch."""
    for row, probability in predict_cases(run, cases):
        seen = load_epoch(run, int(run.best["epoch"]), row.case, probability.shape)
        assert seen.dtype == np.float32
        assert np.abs(seen - probability).max() < 0.01


def test_a_run_keeps_what_made_it(run):
    names = {p.name for p in run.path.iterdir()}
    assert {"recipe.json", "environment.json", "history.csv", "cases.csv"} <= names
    assert [p.name for p in (run.path / "checkpoints").iterdir()] == ["best.ckpt"]
    assert Recipe.from_json((run.path / "recipe.json").read_text()) == TINY
    assert "torch" in json.loads((run.path / "environment.json").read_text())


def test_a_run_keeps_what_it_saw_after_each_epoch(run, cases):
    names = watched(cases)["case"].tolist()
    assert set(names) <= set(cases.loc[cases["split"] == "val", "case"])
    kept = kept_epochs(run)
    assert kept["case"].unique().tolist() == sorted(names)
    assert kept["epoch"].tolist() == list(range(1, 9)) * len(names)
    assert run.best["val_dice"] == run.history["val_dice"].max()
    assert_kept_weights_are_the_best(run, cases[cases["case"].isin(names)])


def test_a_finished_run_is_loaded(run):
    before = (run.path / "checkpoints" / "best.ckpt").stat().st_mtime_ns
    again = fit(TINY, outputs=run.path.parent)
    assert (run.path / "checkpoints" / "best.ckpt").stat().st_mtime_ns == before
    assert again.describe() == run.describe()


@contextmanager
def without_a_lock(file: Path) -> Iterator[None]:
    """As on a read-only disk, also for root: no lock is given, and nothing may be written."""
    file.unlink(missing_ok=True)
    file.mkdir()
    before = {path: path.stat().st_mtime_ns for path in file.parent.rglob("*")}
    yield
    assert {path: path.stat().st_mtime_ns for path in file.parent.rglob("*")} == before
    file.rmdir()


def test_a_finished_run_is_loaded_from_a_read_only_disk(run, cases):
    with without_a_lock(run.path / ".lock"):
        assert fit(TINY, cases, run.path.parent).describe() == run.describe()
        assert fit(TINY, outputs=run.path.parent).describe() == run.describe()


def test_two_trainings_of_one_run_train_once(run, cases, tmp_path, monkeypatch):
    """The second waits, and then finds the first one's run."""
    folder, check = tmp_path / TINY.run_name, training.check_training

    def another_process_finishes(*given: object, **named: object) -> None:
        check(*given, **named)
        shutil.copytree(run.path, folder)

    monkeypatch.setattr(training, "check_training", another_process_finishes)
    monkeypatch.setattr(training, "_train", lambda *_: pytest.fail("trained again"))
    assert fit(TINY, cases, tmp_path).digest == run.digest


def test_only_a_copy_of_its_checkpoint_opens_a_run(run, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGLIB_OUTPUTS", str(run.path.parent))
    (tmp_path / "downloads").mkdir()
    mine = shutil.copy(run.checkpoint, tmp_path / "downloads" / "unet_best.ckpt")
    assert load_run(mine).path == run.path and load_run(mine).describe() == run.describe()
    saved = torch.load(run.checkpoint, weights_only=True)
    saved["state_dict"] = {name: 2 * weight for name, weight in saved["state_dict"].items()}
    torch.save(saved, tmp_path / "downloads" / "colleague.ckpt")
    theirs = load_run(tmp_path / "downloads" / "colleague.ckpt")
    assert theirs.recipe == run.recipe and theirs.history.empty
    assert theirs.path == run.path.with_name(f"{TINY.run_name}-{theirs.digest[:8]}")
    assert theirs.describe().endswith("loaded from colleague.ckpt")


@pytest.mark.parametrize("name", ["cases.csv", "card.json", "history.csv", "environment.json"])
@pytest.mark.parametrize("kept", [0, 0.5])
def test_a_damaged_file_of_a_run_is_named(run, tmp_path, name, kept):
    folder = tmp_path / run.path.name
    shutil.copytree(run.path, folder)
    written = (folder / name).read_bytes()
    (folder / name).write_bytes(written[: int(kept * len(written))])
    with pytest.raises(ValueError, match=rf"{name} is damaged or was cut off \(.*\); restore its"):
        opened = load_run(folder)
        assert opened.cases is None or opened.environment is None


@pytest.mark.parametrize("change", [{"of_tomorrow": 1}, {"stages": None}])
def test_a_recipe_that_is_not_understood_is_named(run, tmp_path, change):
    saved = torch.load(run.checkpoint, weights_only=True)
    fields = json.loads(saved["recipe"]) | change
    saved["recipe"] = json.dumps({key: value for key, value in fields.items() if value is not None})
    torch.save(saved, tmp_path / "best.ckpt")
    with pytest.raises(ValueError, match=r"best\.ckpt holds a recipe that this version of seglib"):
        load_run(tmp_path / "best.ckpt")


def test_the_same_recipe_gives_the_same_weights(run, cases, tmp_path):
    assert torch.equal(weights(fit(TINY, cases, tmp_path)), weights(run))


def test_another_seed_gives_other_weights(run, cases, tmp_path):
    other = fit(dataclasses.replace(TINY, seed=1), cases, tmp_path)
    assert not torch.equal(weights(other), weights(run))


def test_killed_training_resumes_to_the_same_weights(run, cases, tmp_path):
    pickled = tmp_path / "cases.pkl"
    cases.to_pickle(pickled)
    code = (
        "import pandas as pd; from seglib.training import fit;"
        "from tests.test_training import TINY;"
        f"fit(TINY, pd.read_pickle({str(pickled)!r}), {str(tmp_path)!r})"
    )
    history = tmp_path / TINY.run_name / "history.csv"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        if history.is_file() and len(history.read_text().splitlines()) >= 2:
            break
        time.sleep(0.005)
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()
    killed_in_time = not (history.parent / "checkpoints" / "best.ckpt").exists()
    resumed = fit(TINY, cases, tmp_path)
    assert torch.equal(weights(resumed), weights(run))
    columns = ["stage", "epoch", "train_loss", "val_loss", "val_dice", "lr"]
    pd.testing.assert_frame_equal(resumed.history[columns], run.history[columns])
    assert killed_in_time, "training ended before it could be killed"


def test_a_full_disk_leaves_the_point_to_resume_from(run, cases, tmp_path, monkeypatch):
    replace, written = os.replace, []

    def full(old: Path, new: Path) -> None:
        written.extend([new] if Path(new).name == "last.ckpt" else [])
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(old, new)

    monkeypatch.setattr(os, "replace", full)
    # Over there it could not be renamed from: a copy would overwrite what it cannot replace.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "of another disk"))
    with pytest.raises(OSError, match="No space left"):
        fit(TINY, cases, tmp_path)
    place = tmp_path / TINY.run_name / "checkpoints" / "stage1"
    assert {file.name for file in place.iterdir()} == {"best.ckpt", "last.ckpt"}
    assert torch.load(place / "last.ckpt", weights_only=False)["epoch"] == 1  # the second of them
    monkeypatch.undo()
    assert torch.equal(weights(fit(TINY, cases, tmp_path)), weights(run))


SHORT = tuple(Stage(epochs=1, batch_size=14) for _ in range(2))
BEGUN = dataclasses.replace(TINY, stages=SHORT)


@pytest.fixture(scope="module")
def begun(cases, tmp_path_factory) -> Path:
    """Outputs of a training that was killed when its first stage was done."""
    outputs = tmp_path_factory.mktemp("begun")

    def stop(self: Segmenter) -> None:
        raise RuntimeError("killed")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Segmenter, "on_train_end", stop, raising=False)
        with pytest.raises(RuntimeError, match="killed"):
            fit(BEGUN, cases, outputs)
    return outputs


@pytest.mark.parametrize("kept", [0, 0.5])
@pytest.mark.parametrize("name", ["last.ckpt", "best.ckpt"])
def test_a_damaged_point_to_resume_from_is_named(begun, cases, tmp_path, name, kept):
    outputs = shutil.copytree(begun, tmp_path / "outputs")
    place = outputs / BEGUN.run_name / "checkpoints" / "stage1"
    if name == "best.ckpt":  # with which the second stage begins
        (place / "done").touch()
    written = (place / name).read_bytes()
    (place / name).write_bytes(written[: int(kept * len(written))])
    with pytest.raises(ValueError, match=rf"{name} is damaged or was cut off") as refused:
        fit(BEGUN, cases, outputs)
    said = str(refused.value)
    rest = Path(said.split("delete ")[1].split(" and run again")[0])
    assert rest == (place / name if name == "last.ckpt" else place.parent) and "\n" not in said
    shutil.rmtree(rest) if rest.is_dir() else rest.unlink()
    assert fit(BEGUN, cases, outputs).history["stage"].tolist() == [1, 2]


def test_two_stages_follow_each_other(cases, tmp_path):
    stages = (
        Stage(epochs=2, lr=1e-2, loss="bce", optimiser="adam", schedule="cosine", batch_size=8),
        Stage(epochs=2, lr=1e-9, loss="bce", schedule="constant", batch_size=4, accumulate=2),
    )
    run = fit(dataclasses.replace(TINY, stages=stages, ema=0.0), cases, tmp_path)
    assert list(run.history["stage"]) == [1, 1, 2, 2]
    assert list(run.history["epoch"]) == [1, 2, 3, 4]
    first, second, third, fourth = run.history["train_loss"]
    assert max(third, fourth) < (first + second) / 2  # goes on where the first stage ended


def test_only_a_stage_at_full_size_is_kept(cases, tmp_path):
    stages = (
        Stage(epochs=6, lr=1e-2, batch_size=4, scale=0.5),
        Stage(epochs=1, lr=1e-9, schedule="constant", batch_size=4),
    )
    run = fit(dataclasses.replace(TINY, size=64, stages=stages), cases, tmp_path)
    assert run.recipe.full_stages == (2,) and run.best["stage"] == 2
    assert run.history["val_dice"].max() > run.best["val_dice"]
    assert_kept_weights_are_the_best(run, watched(cases))


@pytest.mark.parametrize("steps", [1, 10, 11])
def test_a_cycle_may_have_few_steps(cases, tmp_path, steps):
    stages = (Stage(epochs=steps, lr=1e-3, schedule="one-cycle", batch_size=28),)
    rates = fit(dataclasses.replace(TINY, stages=stages), cases, tmp_path).history["lr"]
    assert len(rates) == steps and rates.between(1e-9, 1e-3).all()
    assert steps == 1 or rates.iloc[-1] < rates.max()


def test_patience_ends_a_stage_early(cases, tmp_path):
    stages = (Stage(epochs=12, lr=0.0, schedule="constant", batch_size=8),)
    run = fit(dataclasses.replace(TINY, stages=stages, ema=0.0, patience=2), cases, tmp_path)
    assert len(run.history) == run.history["val_dice"].argmax() + 1 + 2 < 12


def test_the_optimiser_steps_once_for_all_batches_that_are_accumulated(
    cases, tmp_path, monkeypatch
):
    steps, clip = [], Segmenter.configure_gradient_clipping

    def count(self: Segmenter, *given: object, **named: object) -> None:
        steps.append(self.trainer.current_epoch)
        clip(self, *given, **named)

    monkeypatch.setattr(Segmenter, "configure_gradient_clipping", count)
    stages = (Stage(epochs=2, batch_size=7, accumulate=2),)
    fit(dataclasses.replace(TINY, stages=stages), cases, tmp_path)  # 28 cases in four batches
    assert steps == [0, 0, 1, 1]


def test_other_cases_in_the_same_folder_are_refused(cases, tmp_path):
    folder = tmp_path / TINY.run_name
    (folder / "checkpoints").mkdir(parents=True)  # something was learnt
    (folder / "cases.csv").write_text("case\n")
    with pytest.raises(ValueError, match="begun with other cases"):
        fit(TINY, cases, tmp_path)


def test_a_finished_run_on_other_cases_is_not_given_away(run, cases):
    outputs = run.path.parent
    assert fit(TINY, cases, outputs).digest == run.digest
    other = cases.assign(split=np.roll(cases["split"], 1))
    with pytest.raises(ValueError, match="begun with other cases than these, another split, or"):
        fit(TINY, other, outputs)


def test_moved_files_are_found_again_and_other_files_of_the_same_names_are_not(cases, tmp_path):
    folder, table = tmp_path / "run", cases.copy()
    for column in ("image", "mask"):
        (tmp_path / "first" / column).mkdir(parents=True)
        for path in cases[column]:
            shutil.copy(path, tmp_path / "first" / column)
        table[column] = [tmp_path / "first" / column / path.name for path in cases[column]]
    table.attrs = cases.attrs
    keep_cohort(folder, table)
    (tmp_path / "first").rename(tmp_path / "second")
    moved = table.copy()
    for column in ("image", "mask"):
        moved[column] = [tmp_path / "second" / column / path.name for path in cases[column]]
    keep_cohort(folder, moved)
    assert read_cohort(folder)["image"].tolist() == moved["image"].tolist()
    keep_cohort(folder, cases)  # as large, under the same names
    (tmp_path / "third.png").write_bytes(b"another picture")
    other = cases.copy()
    other.loc[0, "image"] = tmp_path / "third.png"
    with pytest.raises(ValueError, match="other files of the same names"):
        keep_cohort(folder, other)


def test_the_same_files_shown_or_labelled_otherwise_are_refused(run, cases, tmp_path):
    for change, message in (
        ({"window": (40.0, 80.0)}, r"with window None, found \(40\.0, 80\.0\) now"),
        ({"decoding": MaskDecoding(at=30)}, r"with decoding .*127.*, found .*30"),
    ):
        other = cases.copy()
        other.attrs["card"] = dataclasses.replace(cases.attrs["card"], **change)
        with pytest.raises(ValueError, match=message):
            fit(TINY, other, run.path.parent)


def test_a_card_that_was_written_with_lists_is_still_the_same(cases, tmp_path):
    table = cases.copy()
    decoding = MaskDecoding("values", values=[0, 255])
    table.attrs["card"] = dataclasses.replace(
        cases.attrs["card"], decoding=decoding, window=[40, 400]
    )
    keep_cohort(tmp_path, table)
    keep_cohort(tmp_path, table)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_mask_that_was_corrected_is_another_file(cases, tmp_path, recorded):
    table = cases.copy()
    table["mask"] = [Path(shutil.copy(path, tmp_path)) for path in cases["mask"]]
    folder = tmp_path / "run"
    keep_cohort(folder, table)
    keep_cohort(folder, table)
    if not recorded:  # as runs of older versions are; nothing can be compared with
        (folder / "bytes.csv").unlink()
    table["mask"][3].write_bytes(table["mask"][5].read_bytes() + b"corrected")
    if recorded:
        with pytest.raises(ValueError, match="other files of the same names"):
            keep_cohort(folder, table)
    else:
        keep_cohort(folder, table)
    table["mask"][3].unlink()
    keep_cohort(folder, table)  # what is gone cannot be compared


def test_a_training_that_was_moved_while_interrupted_keeps_its_best_epoch(cases, tmp_path):
    stages = (Stage(epochs=6, lr=3e-2, batch_size=4),)
    recipe = dataclasses.replace(TINY, ema=0.0, stages=stages)
    whole = fit(recipe, cases, tmp_path / "whole")
    best = int(whole.best["epoch"])
    assert best < 6, "the last epoch is the best, so that this test shows nothing"

    class Stop(Exception):
        pass

    def stop(self, trainer, *_):
        if trainer.current_epoch + 1 == best:
            self.stopped = True
        elif getattr(self, "stopped", False):
            raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Segmenter, "on_train_epoch_start", lambda self: stop(self, self.trainer))
        with pytest.raises(Stop):
            fit(recipe, cases, tmp_path / "first")
    (tmp_path / "first").rename(tmp_path / "second")
    (last,) = tmp_path.rglob("last.ckpt")
    keys = torch.load(last, weights_only=False)["callbacks"]
    assert any(key.startswith("ModelCheckpoint{'monitor': 'val_dice'") for key in keys)  # as ever
    resumed = fit(recipe, cases, tmp_path / "second")
    assert torch.equal(weights(resumed), weights(whole))


def test_a_patient_may_be_called_na_on_any_system(cases, tmp_path, monkeypatch):
    named = cases.assign(group=["NA", "null", "None", "Müller"] * 10, mm=[0.1, None] * 20)
    monkeypatch.setattr(os, "linesep", "\r\n")
    keep_cohort(tmp_path, named)
    keep_cohort(tmp_path, named)
    found = read_cohort(tmp_path)
    assert found["group"].tolist() == named["group"].tolist()
    assert found["mm"].isna().sum() == 20 and found["mm"].dtype == float
    assert b"\r" not in (tmp_path / "cases.csv").read_bytes()


def test_a_training_that_is_refused_leaves_nothing(cases, tmp_path):
    with pytest.raises(ValueError, match="Unknown loss"):
        fit(dataclasses.replace(TINY, stages=(Stage(epochs=1, loss="dicee"),)), cases, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_stage_that_was_begun_before_is_not_counted_twice(cases, tmp_path, monkeypatch):
    stages = (Stage(epochs=2, batch_size=8), Stage(epochs=2, batch_size=8))
    recipe = dataclasses.replace(TINY, stages=stages)

    save = ModelCheckpoint.on_train_epoch_end

    def stop(self: ModelCheckpoint, *given: object) -> None:
        if Path(self.dirpath).name == "stage2":
            raise RuntimeError("killed before it was saved")
        save(self, *given)

    monkeypatch.setattr(ModelCheckpoint, "on_train_epoch_end", stop)
    with pytest.raises(RuntimeError, match="killed"):
        fit(recipe, cases, tmp_path)
    monkeypatch.undo()
    assert fit(recipe, cases, tmp_path).history["epoch"].tolist() == [1, 2, 3, 4]


def test_a_table_without_card_or_split_is_refused(cases, tmp_path):
    with pytest.raises(ValueError, match=r"no column 'split'.*seglib\.splits\.split\(cases\)"):
        fit(TINY, cases.drop(columns="split"), tmp_path)
    merged = cases.copy()
    merged.attrs = {}
    with pytest.raises(ValueError, match="no card in its `attrs`"):
        fit(TINY, merged, tmp_path)


def test_a_name_in_the_place_of_a_thing_is_refused(cases, tmp_path):
    with pytest.raises(TypeError, match=r"Expected a recipe.*recipe\(NAME\).*got 'polyp-quick'"):
        fit("polyp-quick", cases, tmp_path)
    with pytest.raises(TypeError, match=r"Expected a case table.*got 'squares'"):
        fit(TINY, "squares", tmp_path)
    with pytest.raises(TypeError, match=r"Expected a run.*load_run\(FOLDER\).*got 'outputs/tiny'"):
        evaluate("outputs/tiny")


def test_cases_of_another_data_set_than_the_recipe_names_are_refused(cases, tmp_path):
    with pytest.raises(
        ValueError, match=r"recipe is for 'kvasir-seg', .* are of 'own': say recipe"
    ):
        fit(dataclasses.replace(TINY, dataset="kvasir-seg"), cases, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_start_that_came_to_nothing_may_be_mended(cases, tmp_path):
    table = cases.copy()
    table["mask"] = [Path(shutil.copy(path, tmp_path)) for path in cases["mask"]]
    whole = table["mask"][3].read_bytes()
    table["mask"][3].write_bytes(whole[:50])
    with pytest.raises(ValueError, match="cannot be read as an image"):
        fit(TINY, table, tmp_path / "runs")
    table["mask"][3].write_bytes(whole)
    assert len(fit(TINY, table, tmp_path / "runs").history) == TINY.epochs


def test_an_empty_split_is_refused(cases, tmp_path):
    with pytest.raises(ValueError, match="No case of 'own' is in the split 'val'"):
        fit(TINY, cases[cases["split"] != "val"], tmp_path)


def test_bad_checkpoints_are_refused(run, tmp_path):
    with pytest.raises(FileNotFoundError, match="train first"):
        load_run(tmp_path / "nowhere")
    (tmp_path / "begun" / "checkpoints" / "stage1").mkdir(parents=True)
    with pytest.raises(FileNotFoundError, match=r"best\.ckpt does not.*let the training finish"):
        load_run(tmp_path / "begun")
    with pytest.raises(ValueError, match="holds a 'unet', not a 'deeplabv3plus'"):
        load_run(run.checkpoint, model="deeplabv3plus")
    other = tmp_path / "other.ckpt"
    torch.save({"state_dict": {}}, other)
    with pytest.raises(ValueError, match="names no recipe"):
        load_run(other)
    other.write_text("not a checkpoint")
    with pytest.raises(ValueError, match="cannot be read as a checkpoint"):
        load_run(other)


def test_prediction_is_at_native_resolution(run):
    image = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    for flips in (False, True):
        probability = predict(run.network(), image, 32, flips=flips)
        assert (probability.shape, probability.dtype) == ((50, 70), np.float32)


def test_four_flips_are_the_mean_of_four_mirrored_views():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 1, 3, padding=1)).eval()
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)

    def plain(view: np.ndarray) -> np.ndarray:
        return predict(network, np.ascontiguousarray(view), 32, precision="32")

    mirrors = (np.array, np.fliplr, np.flipud, lambda view: view[::-1, ::-1])
    expected = np.mean([mirror(plain(mirror(image))) for mirror in mirrors], axis=0)
    found = predict(network, image, 32, flips=True, precision="32")
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found - plain(image)).max() > 0.1


def test_cases_are_predicted_like_images_also_in_windows(run, cases):
    network, precision = run.network(), run.recipe.precision
    for row, found in predict_cases(run, cases.head(2), zoom=1.5):
        image = read_image(row["image"])
        alone = predict(network, image, 32, precision=precision, zoom=1.5)
        np.testing.assert_allclose(found, alone, atol=0.02)  # bf16, in other batches
        assert np.abs(found - predict(network, image, 32, precision=precision)).max() > 0.02


def test_a_scan_is_predicted_like_the_slice_cut_from_it(run, cases, tmp_path):
    stored = 4 * read_image(cases["image"].iloc[0])[..., 0].astype(np.uint16) + 700
    scan = dicom_slice(tmp_path / "scan.dcm", stored, (0, 0, 0))
    name = convert(scan, tmp_path / "cut")["case"][0]
    images = [scan, tmp_path / "cut" / "images" / f"{name}.png"]
    table = pd.DataFrame({"case": ["scan", "slice"], "image": images})
    entry = dataclasses.replace(cases.attrs["card"], window=(40, 400), offset=-1024)
    table.attrs["card"] = entry
    (_, found), (_, expected) = predict_cases(run, table)
    assert np.array_equal(found, expected) and np.ptp(expected) > 0.1


def test_predictions_follow_the_precision_of_the_recipe(run, cases):
    row, found = next(predict_cases(run, cases[cases["split"] == "test"]))
    network, image = run.network(), read_image(row["image"])
    exact, half, gpu = (predict(network, image, 32, precision=p) for p in ("32", "bf16", "16"))
    assert np.abs(found - exact).max() < 1e-5
    assert 1e-4 < np.abs(found - half).max() < 0.05
    assert np.array_equal(gpu, exact)  # float16 is for GPUs; a processor answers in float32


def test_weights_rounded_once_predict_what_rounding_for_each_batch_does(run, cases):
    recipe = dataclasses.replace(run.recipe, precision="bf16")
    coarse = dataclasses.replace(run, recipe=recipe)
    for row, found in predict_cases(coarse, cases.head(6)):
        alone = predict(run.network(), read_image(row["image"]), 32, precision="bf16")
        np.testing.assert_allclose(found, alone, atol=1e-6)


def test_an_image_smaller_than_the_stride_is_refused(run):
    with pytest.raises(ValueError, match="10x40 px, smaller than the network's stride of 16 px"):
        predict(run.network(), np.zeros((10, 40, 3), np.uint8), 32)
