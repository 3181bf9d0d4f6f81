"""nnU-Net without nnU-Net: what is written for it, how it starts, what is said when it fails."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections import namedtuple
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from seglib.cards import card
from seglib.cli import app
from seglib.datasets import from_folders
from seglib.nnunet import child, plan, raw
from seglib.nnunet.plan import FILES, Plan
from seglib.recipes import NnunetRecipe, Recipe, read_recipe, recipe
from tests.organs import write_organs
from tests.squares import write_squares

needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows knows no SIGKILL")


def with_split(table: pd.DataFrame) -> pd.DataFrame:
    """Seven training, one validation and two test cases in ten."""
    attrs = table.attrs
    table = table.assign(split=np.resize(["train"] * 7 + ["val"] + ["test"] * 2, len(table)))
    table.attrs = attrs
    return table


@pytest.fixture
def squares(tmp_path) -> pd.DataFrame:
    folder = write_squares(tmp_path / "squares", n=20)
    return with_split(from_folders(folder / "images", folder / "masks"))


@pytest.fixture
def organs(tmp_path) -> pd.DataFrame:
    return with_split(write_organs(tmp_path / "organs", n=20))


# ---------------------------------------------------------------- the recipe


def test_a_recipe_is_read_back_as_what_it_was() -> None:
    ours, theirs = recipe("polyp-quick"), NnunetRecipe("kvasir-seg", epochs=3, folds=(0, 2))
    assert read_recipe(ours.to_json()) == ours
    assert read_recipe(theirs.to_json()) == theirs


def test_a_recipe_beside_another_has_its_data_and_its_split() -> None:
    shares = (0.6, 0.2, 0.2)
    other = Recipe("own", "kvasir-seg", split="image", fractions=shares, split_seed=3, seed=2)
    found = NnunetRecipe.beside(other, epochs=7)
    assert (found.dataset, found.split, found.fractions) == ("kvasir-seg", "image", shares)
    assert (found.split_seed, found.seed, found.epochs, found.iterations) == (3, 2, 7, 250)


def test_different_lengths_never_share_a_folder() -> None:
    names = {NnunetRecipe("a", e, i).run_name for e in (1, 2) for i in (1, 2)}
    assert len(names) == 4
    assert all(name.startswith("a-nnunet-") for name in names)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epochs": 0}, "epochs is 0, expected 1 or more"),
        ({"iterations": -1}, "iterations is -1, expected 1 or more"),
        ({"folds": ()}, "numbered 0 to 4"),
        ({"folds": (0, 5)}, "numbered 0 to 4, found (0, 5)"),
        ({"split": "patient"}, "patient"),
    ],
)
def test_impossible_recipes_are_refused(fields: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
        NnunetRecipe("kvasir-seg", **fields)


@pytest.mark.parametrize(("iterations", "expected"), [(250, 50), (7, 1), (1, 1)])
def test_validation_has_a_fifth_of_the_steps(iterations: int, expected: int) -> None:
    assert NnunetRecipe("a", iterations=iterations).val_iterations == expected


# ---------------------------------------------------------------- folds


def table_of(groups: list[int], val: int, test: int) -> pd.DataFrame:
    """Training cases of these groups, and some others that are groups of their own."""
    splits = ["train"] * len(groups) + ["val"] * val + ["test"] * test
    names = [f"c{i:03d}" for i in range(len(splits))]
    owners = [f"g{g}" for g in groups] + names[len(groups) :]
    return pd.DataFrame({"case": names, "group": owners, "split": splits})


def test_fold_0_is_our_split_and_the_others_share_the_rest() -> None:
    cases = table_of([0, 0, 1, 2, 3, 3, 4, 4], val=2, test=3)
    first, *others = raw.folds(cases)
    assert first == {"train": [f"c{i:03d}" for i in range(8)], "val": ["c008", "c009"]}
    assert len(others) == 4
    assert sorted(len(fold["val"]) for fold in others) == [2, 2, 2, 2]


@given(st.lists(st.integers(0, 9), min_size=2, max_size=40), st.integers(1, 5), st.integers(0, 5))
def test_folds_never_leak(groups: list[int], val: int, test: int) -> None:
    cases = table_of(groups, val, test)
    owner, found = cases.set_index("case")["group"], raw.folds(cases)
    learnt = set(cases["case"][cases["split"] != "test"])
    for fold in found:
        assert set(fold["train"]) | set(fold["val"]) == learnt
        assert fold["train"] and fold["val"]
        assert not set(owner[fold["train"]]) & set(owner[fold["val"]])
    held = [case for fold in found for case in fold["val"]]
    assert len(held) == len(set(held))
    if len(set(groups)) > 1:
        assert set(held) == learnt


# ---------------------------------------------------------------- the raw data set


def written(cases: pd.DataFrame, folder: Path) -> Path:
    raw.write_raw(cases, folder)
    return folder / "raw" / raw.DATASET


def test_colour_pictures_are_written_pixel_by_pixel(squares, tmp_path) -> None:
    place = written(squares, tmp_path / "out")
    row = squares.iloc[0]
    image = np.asarray(Image.open(place / "imagesTr" / f"{row.case}_0000.tif"))
    assert np.array_equal(image, np.asarray(Image.open(row.image)))
    labels = np.asarray(Image.open(place / "labelsTr" / f"{row.case}.tif"))
    assert np.array_equal(labels * 255, np.asarray(Image.open(row["mask"])))
    facts = json.loads((place / "dataset.json").read_text())
    assert facts["channel_names"] == {"0": "red", "1": "green", "2": "blue"}
    assert facts["labels"] == {"background": 0, "object": 1}
    assert facts["numTraining"] == 16


def test_test_cases_are_nowhere_in_it(squares, tmp_path) -> None:
    place = written(squares, tmp_path / "out")
    files = [path for path in place.rglob("*") if path.is_file()]
    names = {path.name.partition(".")[0].removesuffix("_0000") for path in files}
    texts = " ".join(path.read_text() for path in files if path.suffix == ".json")
    for row in squares.itertuples():
        hidden = row.split == "test"
        assert (row.case in names) != hidden
        assert (f'"{row.case}"' in texts) != hidden


def test_intensities_and_classes_of_a_scan_are_kept(organs, tmp_path) -> None:
    place = written(organs, tmp_path / "out")
    row = organs.iloc[0]
    image = cv2.imread(str(place / "imagesTr" / f"{row.case}_0000.tif"), cv2.IMREAD_UNCHANGED)
    assert image.dtype == np.uint16
    assert np.array_equal(image, cv2.imread(str(row.image), cv2.IMREAD_UNCHANGED))
    labels = cv2.imread(str(place / "labelsTr" / f"{row.case}.tif"), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(labels * 60, cv2.imread(str(row["mask"]), cv2.IMREAD_UNCHANGED))
    facts = json.loads((place / "dataset.json").read_text())
    assert facts["channel_names"] == {"0": "CT"}
    assert facts["labels"] == {"background": 0, "liver": 1, "spleen": 2, "left kidney": 3}


def test_hounsfield_units_below_zero_are_kept(organs, tmp_path, monkeypatch) -> None:
    slices = np.array([[-1000, 40], [0, 300]], np.int16)
    monkeypatch.setattr(raw, "read_stored", lambda path, offset: np.tile(slices, (32, 32)))
    place = written(organs, tmp_path / "out")
    image = np.asarray(Image.open(next((place / "imagesTr").iterdir())))
    assert np.array_equal(image[:2, :2], slices)


@pytest.mark.parametrize(
    ("image", "name", "expected"),
    [
        (np.zeros((4, 4, 3)), "kvasir-seg", ["red", "green", "blue"]),
        (np.zeros((4, 4)), "phantom-abdominal-organs", ["CT"]),
        (np.zeros((4, 4)), "chaos-mr", ["grey"]),
    ],
)
def test_the_name_of_a_channel_says_how_it_is_normalised(image, name, expected) -> None:
    assert list(raw.channel_names(image, card(name)).values()) == expected


def test_what_is_written_is_not_written_again(squares, tmp_path) -> None:
    place = written(squares, tmp_path / "out")
    (place / "imagesTr" / "kept").touch()
    written(squares, tmp_path / "out")
    assert (place / "imagesTr" / "kept").exists()


def test_another_split_is_another_data_set(squares) -> None:
    other = squares.copy()
    other.attrs = squares.attrs
    assert raw.identity(other) == raw.identity(squares)
    other.loc[other["split"] == "test", "group"] = "elsewhere"  # nnU-Net never sees them
    assert raw.identity(other) == raw.identity(squares)
    other.loc[0, "split"] = "val"
    assert raw.identity(other) != raw.identity(squares)


def test_a_mask_that_was_corrected_makes_another_data_set(squares, tmp_path) -> None:
    other = squares.copy()
    other.attrs = squares.attrs
    other["mask"] = [Path(shutil.copy2(path, tmp_path)) for path in squares["mask"]]
    before = raw.identity(other)
    assert raw.identity(other) == before
    learnt = other.loc[other["split"] == "train", "mask"].iloc[0]
    learnt.touch()  # as copying or unzipping does
    assert raw.identity(other) == before
    learnt.write_bytes(learnt.read_bytes() + b"corrected")
    assert raw.identity(other) != before


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    "splits", [["train"], ["train", "val"], ["train", "train", "test"], ["val", "val"]]
)
def test_too_few_cases_are_refused(squares, tmp_path, splits: list[str]) -> None:
    few = squares.head(len(splits)).assign(split=splits)
    few.attrs = squares.attrs
    with pytest.raises(ValueError, match="two training cases and one validation case at least"):
        raw.write_raw(few, tmp_path / "out")


def test_pictures_of_another_kind_are_refused(squares, tmp_path) -> None:
    path = squares["image"].iloc[3]
    cv2.imwrite(str(path), cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))
    with pytest.raises(ValueError, match=rf"{path.name} has 1 channel, but the first image has 3"):
        raw.write_raw(squares, tmp_path / "out")
    assert not (tmp_path / "out" / "raw" / raw.DATASET).exists()


def test_masks_without_any_object_are_refused(squares, tmp_path) -> None:
    for path in squares["mask"]:
        cv2.imwrite(str(path), np.zeros((48, 40), np.uint8))
    with pytest.raises(ValueError, match="None of the 16 masks of 'own' has an object"):
        raw.write_raw(squares, tmp_path / "out")


def test_a_small_disk_is_refused_before_anything_is_written(squares, tmp_path, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")(10**9, 9 * 10**8, 10**8)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match=r"needs about 1\.5 GB .* has 0\.1 GB left; make room"):
        raw.write_raw(squares, tmp_path / "out")
    assert not (tmp_path / "out" / "raw").exists()


def test_a_missing_extra_says_how_to_add_it(monkeypatch) -> None:
    monkeypatch.setattr(child, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'seglib\[nnunet\]'"):
        child.require_nnunet()


# ---------------------------------------------------------------- the child process


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Run a few lines of Python as if they were nnU-Net."""
    monkeypatch.setattr(child, "require_nnunet", lambda: None)

    def run(code: str, task: dict | None = None, environment: dict | None = None) -> str:
        monkeypatch.setattr(child, "WORKER", (sys.executable, "-c", code))
        log = tmp_path / "deep" / "log.txt"
        environment = dict(os.environ) if environment is None else environment
        child.run_child("train", task or {}, environment, log, "Training nnU-Net")
        return log.read_text()

    return run


def test_the_child_gets_its_job_and_its_task_and_its_words_are_kept(start) -> None:
    code = "import sys, json; print(sys.argv[1], json.load(sys.stdin)['fold'])"
    assert start(code, {"fold": 3}) == "train 3\n"
    assert start(code, {"fold": 4}) == "train 3\ntrain 4\n"


def test_the_three_folders_are_set_for_the_child_only(start, tmp_path) -> None:
    around = child.surroundings(tmp_path / "shared", tmp_path / "results")
    code = (
        "import os; print(*(os.environ[f'nnUNet_{n}'] for n in ('raw', 'preprocessed', 'results')))"
    )
    said = start(code, environment=around).split()
    assert said == [str(tmp_path / p) for p in ("shared/raw", "shared/preprocessed", "results")]
    assert not [name for name in os.environ if name.lower().startswith("nnunet_")]


@pytest.mark.parametrize(
    ("line", "done", "total"),
    [
        (" 40%|####      | 4/10 [00:01<00:01,  3.1it/s]", 4, 10),
        ("2026-11-21 16:40:00.123456: Epoch 3 ", 3, None),
        ("Epoch time: 12.5 s", 0, None),
        ("This split has 7/9 cases", 0, None),
    ],
)
def test_the_bar_follows_what_the_child_says(start, monkeypatch, line, done, total) -> None:
    bars = []

    def bar(**options):
        bars.append(child_tqdm(**options, disable=False, file=open(os.devnull, "w")))  # noqa: SIM115
        return bars[-1]

    child_tqdm = child.tqdm
    monkeypatch.setattr(child, "tqdm", bar)
    start(f"print({line!r})", {"epochs": 5})
    assert bars[0].n == done
    assert bars[0].total == (total or 5)


def test_a_child_that_fails_is_quoted(start) -> None:
    with pytest.raises(ChildProcessError, match=r"it stopped with 'ValueError: no such fold'. Log"):
        start("raise ValueError('no such fold')")


def test_a_silent_failure_gives_its_code(start) -> None:
    with pytest.raises(ChildProcessError, match=r"Training nnU-Net: it stopped with 'code 3'"):
        start("raise SystemExit(3)")


@needs_signals
def test_a_killed_child_says_that_the_same_command_goes_on(start) -> None:
    with pytest.raises(ChildProcessError, match=r"killed \(signal 9\).*memory.*same command"):
        start(f"import os; os.kill(os.getpid(), {int(signal.SIGKILL)})")


def test_a_full_disk_is_named(start) -> None:
    with pytest.raises(ChildProcessError, match="the disk is full; make room"):
        start("raise OSError(28, 'No space left on device')")


def test_an_interrupted_call_leaves_no_child_behind(start, monkeypatch, tmp_path) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    children = []
    popen = child.subprocess.Popen
    monkeypatch.setattr(child, "_follow", interrupted)
    monkeypatch.setattr(
        child.subprocess, "Popen", lambda *a, **k: children.append(popen(*a, **k)) or children[0]
    )
    with pytest.raises(KeyboardInterrupt):
        start("import time; time.sleep(600)")
    assert children[0].poll() is not None


# ---------------------------------------------------------------- the plan


def test_the_plan_is_read_and_explained(tmp_path) -> None:
    layers = {"strides": [[1, 1], [2, 2], [2, 2], [1, 2]], "features_per_stage": [32, 64, 128, 256]}
    own = {
        "spacing": [1.0, 1.0],
        "median_image_size_in_voxels": [300.0, 512.0],
        "patch_size": [256, 512],
        "batch_size": 12,
        "normalization_schemes": ["ZScoreNormalization"] * 3,
        "batch_dice": True,
        "architecture": {"arch_kwargs": layers},
    }
    statistics = {"mean": 1.5, "std": 2, "percentile_00_5": 0, "percentile_99_5": 9, "max": 10}
    files = {
        "fingerprint": {"foreground_intensity_properties_per_channel": {"0": statistics}},
        "plans": {"configurations": {"2d": own}},
        "facts": {"channel_names": {"0": "CT"}},
    }
    for key, name in FILES.items():
        (tmp_path / name).write_text(json.dumps(files[key]))
    plan = Plan.read(tmp_path)
    assert plan.pooling == (2, 3)
    chosen = plan.table()["nnU-Net"]
    assert chosen["patch"] == "256 x 512 px"
    assert chosen["normalisation"] == "ZScore"
    assert chosen["halvings"] == "2 x 3"
    assert plan.measured().loc["CT"].to_dict() == {"mean": 1.5, "std": 2, "low": 0, "high": 9}


def test_a_plan_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="nnU-Net has not planned yet"):
        Plan.read(tmp_path)


# ---------------------------------------------------------------- the shell


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--model nnunet --size 64 --batch-size 4", "decides about size, batch size itself"),
        ("--model unet --iterations 4", "--iterations belongs to --model nnunet"),
        ("--model nnunet --epochs 0", "epochs is 0, expected 1 or more"),
        ("--model nnunet --devices 2", "nnU-Net trains in one process here"),
    ],
)
def test_the_shell_refuses_what_does_not_fit(words: str, message: str) -> None:
    done = CliRunner().invoke(app, ["train", *words.split()])
    assert done.exit_code == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_shell_names_a_missing_extra(monkeypatch) -> None:
    monkeypatch.setattr(child, "find_spec", lambda name: None)
    monkeypatch.setattr("seglib.training.prepare", None)  # said before any case is read
    done = CliRunner().invoke(app, ["train", "--model", "nnunet", "--epochs", "1"])
    assert done.exit_code == 2
    assert "nnU-Net is not installed" in done.stderr


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("network_class_name", "IPython.start_ipython"),
        ("network_class_name", "dynamic_network_architectures.architectures.unet.os.system"),
        ("conv_op", "torch.nn.modules.module.functools.partial"),
        ("conv_op", "os.system"),
    ],
)
def test_a_plan_cannot_have_anything_run(key: str, name: str) -> None:
    wanted = {
        "network_class_name": "dynamic_network_architectures.architectures.unet.PlainConvUNet",
        "arch_kwargs": {
            "conv_op": "torch.nn.modules.conv.Conv2d",
            "nonlin": "torch.nn.LeakyReLU",
            "dropout_op": None,
        },
        "_kw_requires_import": ["conv_op", "nonlin", "dropout_op"],
    }
    plan.expect_layers(wanted)
    (wanted if key == "network_class_name" else wanted["arch_kwargs"])[key] = name
    with pytest.raises(ValueError, match=f"'{name}' for '{key}', which is no layer or network"):
        plan.expect_layers(wanted)
