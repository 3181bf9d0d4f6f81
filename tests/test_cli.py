"""The command line, on a data set of sixteen small pictures that is trained for one epoch."""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import Result
from PIL import Image
from torch import nn
from typer.main import get_command
from typer.testing import CliRunner

from seglib.cards import card
from seglib.cli import app, masks
from seglib.conversion import convert
from seglib.recipes import Recipe, Stage
from seglib.runs import Run, load_run
from tests.scans import dicom_series, dicom_slice

Shell = Callable[..., Result]
SMALL = "--model unet --encoder mobilenetv3-large --size 64 --epochs 1 --batch-size 4"
TRAIN = ["train", *SMALL.split()]


def write_case(folder: Path, name: str, rng: np.random.Generator) -> None:
    """A grey 72x80 picture with a red disc, and its mask."""
    image = rng.integers(90, 140, (72, 80, 3), dtype=np.uint8)
    mask = np.zeros((72, 80), np.uint8)
    centre = tuple(int(v) for v in rng.integers(25, 50, 2))
    cv2.circle(image, centre, 15, (40, 40, 200), -1)
    cv2.circle(mask, centre, 15, 255, -1)
    for kind, picture in (("images", image), ("masks", mask)):
        (folder / kind).mkdir(parents=True, exist_ok=True)
        assert cv2.imwrite(str(folder / kind / f"{name}.png"), picture)


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with small data, where outputs will be."""
    place = tmp_path_factory.mktemp("shell")
    rng = np.random.default_rng(0)
    for number in range(16):
        name = f"p{number // 2:03d}_f{number % 2:02d}"
        write_case(place / "data" / "phantom-polyp", name, rng)
    return place


@pytest.fixture(scope="module")
def shell(place: Path) -> Shell:
    """Call ``seglib`` with some words."""
    env = {"SEGLIB_DATA": str(place / "data"), "SEGLIB_OUTPUTS": str(place / "outputs")}
    env |= {"SEGLIB_DATASET": "phantom-polyp", "SEGLIB_PROFILE": "quick", "COLUMNS": "100"}

    def call(*words: str | Path) -> Result:
        return CliRunner().invoke(app, [str(word) for word in words], env=env)

    return call


@pytest.fixture(scope="module")
def checkpoint(shell: Shell, place: Path) -> Path:
    """What a training of one epoch leaves."""
    done = shell(*TRAIN)
    assert done.exit_code == 0, done.output
    return place / "outputs" / "checkpoints" / "unet_best.ckpt"


@pytest.fixture(scope="module")
def run_folder(checkpoint: Path) -> Path:
    (best,) = checkpoint.parents[1].glob("*/checkpoints/best.ckpt")
    return best.parents[1]


def fails(done: Result, *words: str) -> None:
    """It says what is wrong in one line, and nothing else."""
    assert done.exit_code == 2, done.output
    assert done.stdout == ""
    assert done.stderr.startswith("seglib: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    for word in words:
        assert word in done.stderr


def test_help_needs_no_torch() -> None:
    code = "import sys, seglib.cli; sys.exit('torch' in sys.modules or 'cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_python_m_seglib() -> None:
    words = [sys.executable, "-m", "seglib", "--help"]
    done = subprocess.run(words, env=os.environ, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: seglib ")


GROUP = get_command(app)
COMMANDS = {name: command for name, command in GROUP.commands.items() if name != "data"}
COMMANDS |= {f"data {name}": command for name, command in GROUP.commands["data"].commands.items()}
PLAIN = {"data list", "data show", "data download", "data check"}  # nothing but a name to give
EXAMPLES = [
    line.strip()
    for command in (GROUP, *COMMANDS.values())
    for line in (command.epilog or "").splitlines()
    if "seglib " in line
]


def test_help_lists_every_command_and_the_first_examples(shell: Shell) -> None:
    text = shell("--help").stdout
    for command in GROUP.commands:
        assert re.search(rf"^  {command} ", text, re.MULTILINE)
    assert "seglib train --model unet --epochs 50 --batch-size 8 --lr 0.001" in text


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_shows_an_example(shell: Shell, command: str) -> None:
    done = shell(*command.split(), "--help")
    assert done.exit_code == 0
    shown = re.search(rf"^    (SEGLIB_\w+=\w+ )?seglib {command}\b", done.stdout, re.MULTILINE)
    assert bool(shown) == (command not in PLAIN)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_use_only_commands_and_options_that_exist(example: str) -> None:
    words = example.partition("seglib ")[2].split()
    name = " ".join(words[: 2 if words[0] == "data" else 1])
    given = COMMANDS[name].params
    known = {option for each in given for option in (*each.opts, *each.secondary_opts)}
    assert {word for word in words if word.startswith("-")} <= known


def test_train_can_set_every_field_of_a_recipe(shell: Shell) -> None:
    fields = {field.name for kind in (Recipe, Stage) for field in dataclasses.fields(kind)}
    options = re.findall(r"^  --([a-z-]+) ", shell("train", "--help").stdout, re.MULTILINE)
    left = fields - {option.replace("-", "_") for option in options}
    assert left == {"name", "stages", "scale"}  # what several stages are made of is code's to say


def test_train_takes_three_shares(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr("seglib.training.fit", lambda recipe, **_: made.append(recipe))
    shell(*TRAIN, "--fractions", "0.5", "0.25", "0.25")
    assert made[0].fractions == (0.5, 0.25, 0.25)


def test_train_keeps_the_best_checkpoint(checkpoint: Path, run_folder: Path) -> None:
    best = run_folder / "checkpoints" / "best.ckpt"
    assert checkpoint.read_bytes() == best.read_bytes()


def test_train_again_loads_the_finished_run(shell: Shell, run_folder: Path) -> None:
    before = (run_folder / "history.csv").stat().st_mtime_ns
    assert shell(*TRAIN).exit_code == 0
    assert (run_folder / "history.csv").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("words", "hints"),
    [
        ("--recipe polip", ("polip", "'polyp'", "polyp-modern")),
        ("--dataset kvasir", ("kvasir", "'kvasir-seg'", "phantom-polyp")),
        ("--model unett", ("unett", "'unet'", "deeplabv3plus")),
        ("--loss dise", ("dise", "'dice'", "focal")),
        ("--optimiser adamm", ("adamm", "'adam")),
        ("--schedule cosin", ("cosin", "'cosine'")),
        ("--augmentation ful", ("ful", "'full'")),
        ("--epochs 0", ("epochs is 0", "1 or more")),
        ("--devices 0", ("devices times nodes is 0", "1 or more")),
        ("--encoder plain --weights imagenet", ("learns from scratch", "'imagenet'")),
        ("--model deeplabv3plus --batch-size 1", ("batch norm learns from two or more",)),
    ],
)
def test_train_bad_values(shell: Shell, place: Path, words: str, hints: tuple) -> None:
    done = shell("train", *words.split())
    assert done.exit_code == 2
    assert done.stderr.count("\n") == 1
    for hint in hints:
        assert hint in done.stderr


@pytest.mark.parametrize(
    ("words", "current", "there", "expected"),
    [
        ("", "phantom-lung", "", ("lung-quick", "phantom-lung")),
        ("--dataset phantom-lung", "", "", ("lung-quick", "phantom-lung")),
        ("--recipe polyp", "", "", ("polyp", "phantom-polyp")),
        ("--recipe kidney-stone-modern", "", "", ("kidney-stone-modern", "phantom-kidney-stone")),
        ("--recipe kidney-stone", "", "kidney-stone", ("kidney-stone", "kidney-stone")),
        ("--recipe kidney-stone", "kssd2025", "kidney-stone", ("kidney-stone", "kssd2025")),
        ("--recipe polyp --dataset phantom-lung", "", "", ("polyp", "phantom-lung")),
    ],
)
def test_train_finds_the_recipe_of_data_and_the_data_of_a_recipe(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    current: str,
    there: str,
    expected: tuple[str, str],
) -> None:
    for part in (card(there).images, card(there).masks) if there else ():
        (tmp_path / there / part).mkdir(parents=True, exist_ok=True)

    def tell(recipe: Recipe, **_: object) -> None:
        raise ValueError(f"{recipe.name} on {recipe.dataset}.")

    monkeypatch.setattr("seglib.training.fit", tell)
    env = {"SEGLIB_DATASET": current, "SEGLIB_DATA": str(tmp_path), "SEGLIB_PROFILE": ""}
    done = CliRunner().invoke(app, ["train", *words.split()], env=env)
    assert "{} on {}.".format(*expected) in done.stderr


def test_evaluate_a_checkpoint_and_its_run(
    shell: Shell, checkpoint: Path, run_folder: Path
) -> None:
    first = shell("evaluate", "--model", "unet", "--checkpoint", checkpoint)
    assert first.exit_code == 0, first.output
    assert "native resolution" in first.stdout
    assert re.search(r"Dice +[01]\.\d", first.stdout)
    assert (run_folder / "scores.csv").is_file()
    second = shell("evaluate", run_folder)
    assert second.stdout.splitlines()[1:] == first.stdout.splitlines()[1:]


def test_evaluate_another_split_has_files_of_its_own(shell: Shell, run_folder: Path) -> None:
    assert shell("evaluate", run_folder, "--split", "val").exit_code == 0
    assert (run_folder / "scores-val.csv").is_file()


def test_evaluate_bad_input(shell: Shell, checkpoint: Path, place: Path) -> None:
    broken = place / "broken.ckpt"
    broken.write_bytes(b"no checkpoint")
    fails(shell("evaluate"), "--checkpoint")
    fails(shell("evaluate", place, "--checkpoint", checkpoint), "either")
    fails(shell("evaluate", place / "nothing"), "nothing", "train first")
    fails(shell("evaluate", "--checkpoint", broken), "broken.ckpt")
    fails(shell("evaluate", checkpoint, "--split", "tests"), "'test'")
    other = shell("evaluate", "--model", "deeplabv3plus", "--checkpoint", checkpoint)
    fails(other, "'unet'", "'deeplabv3plus'")


def test_compare_two_runs(shell: Shell, run_folder: Path, place: Path) -> None:
    assert shell(*TRAIN, "--seed", 1).exit_code == 0
    finished = {path.parents[1] for path in place.glob("outputs/*/checkpoints/best.ckpt")}
    (other,) = finished - {run_folder}
    done = shell("compare", run_folder, other)
    assert done.exit_code == 0, done.output
    assert run_folder.name in done.stdout
    assert other.name in done.stdout
    assert "native resolution" in done.stdout
    copied = shutil.copytree(run_folder, place / "copied" / run_folder.name)  # of equal names
    done = shell("compare", run_folder, copied)
    assert done.exit_code == 0, done.output
    assert str(run_folder) in done.stdout and str(copied) in done.stdout


def test_predict_writes_mask_and_overlay(shell: Shell, checkpoint: Path, place: Path) -> None:
    image = place / "data" / "phantom-polyp" / "images" / "p000_f00.png"
    words = ["predict", image, "--checkpoint", checkpoint, "--output", place / "masks"]
    done = shell(*words)
    assert done.exit_code == 0, done.output
    assert re.search(r"polyp \d+\.\d% of the image", done.stdout)
    mask = cv2.imread(str(place / "masks" / "p000_f00_mask.png"), cv2.IMREAD_UNCHANGED)
    assert mask.shape == (72, 80)
    assert set(np.unique(mask)) <= {0, 255}
    assert cv2.imread(str(place / "masks" / "p000_f00_overlay.png")).shape == (72, 80, 3)
    fails(shell(*words), "p000_f00_mask.png", "--overwrite")
    assert shell(*words, "--overwrite").exit_code == 0


def test_predict_overlay_is_the_image_where_nothing_is_found(
    shell: Shell, checkpoint: Path, place: Path, tmp_path: Path
) -> None:
    image = place / "data" / "phantom-polyp" / "images" / "p001_f00.png"
    words = ["predict", image, "--run", checkpoint, "--output", tmp_path, "--threshold", "1"]
    assert shell(*words).exit_code == 0
    seen = cv2.imread(str(tmp_path / "p001_f00_overlay.png"))
    assert np.array_equal(seen, cv2.imread(str(image)))


def test_predict_a_dicom_slice(shell: Shell, checkpoint: Path, tmp_path: Path) -> None:
    disc = np.zeros((72, 80), np.uint16)
    cv2.circle(disc, (40, 36), 15, 1100, -1)
    scan = dicom_slice(tmp_path / "scan.dcm", disc, (0, 0, 0))
    done = shell("predict", scan, "--run", checkpoint, "--output", tmp_path)
    assert done.exit_code == 0, done.output
    assert cv2.imread(str(tmp_path / "scan_mask.png"), cv2.IMREAD_UNCHANGED).shape == (72, 80)


def test_predict_sees_a_scan_as_the_slice_cut_from_it(tmp_path: Path, monkeypatch) -> None:
    scan = dicom_slice(tmp_path / "scan.dcm", np.array([[824, 1024], [1064, 1264]]), (0, 0, 0))
    convert(scan, tmp_path / "cut")
    (stored,) = (tmp_path / "cut" / "images").iterdir()
    run = Run(tmp_path, Recipe("own", "rsna-abdomen"), tmp_path, pd.DataFrame())
    monkeypatch.setattr(Run, "card", card("rsna-abdomen"))
    seen: list[np.ndarray] = []

    def predict(network: nn.Module, pixels: np.ndarray, *options: object) -> np.ndarray:
        seen.append(pixels)
        return np.zeros((6, 2, 2), np.float32)

    monkeypatch.setattr(masks, "predict", predict)
    for image in (scan, stored):
        list(
            masks.predict_files(
                run, nn.Identity(), {image: (tmp_path / "m.png", tmp_path / "o.png")}
            )
        )
    assert seen[0][..., 0].tolist() == [[0, 96], [121, 249]]
    assert np.array_equal(*seen)


def test_predict_bad_input(shell: Shell, checkpoint: Path, place: Path, tmp_path: Path) -> None:
    images = place / "data" / "phantom-polyp" / "images"
    twin, broken, small = tmp_path / "p000_f00.png", tmp_path / "broken.png", tmp_path / "small.png"
    twin.write_bytes((images / twin.name).read_bytes())
    broken.write_bytes(b"no picture")
    cv2.imwrite(str(small), np.zeros((8, 8, 3), np.uint8))
    options = ["--run", checkpoint, "--output", tmp_path / "out"]
    fails(shell("predict", tmp_path / "no.png", *options), "no.png")
    (tmp_path / "none").mkdir()
    fails(shell("predict", tmp_path / "none", *options), "none holds no image", ".png")
    fails(shell("predict", images / twin.name, twin, *options), "both", "rename")
    fails(shell("predict", broken, *options), "broken.png")
    fails(shell("predict", small, *options), "small.png", "stride")
    fails(shell("predict", images / twin.name, *options, "--threshold", "2"), "is 2.0", "0 to 1")


def test_predict_writes_nothing_if_a_file_cannot_be_read(
    shell: Shell, checkpoint: Path, place: Path, tmp_path: Path
) -> None:
    good = place / "data" / "phantom-polyp" / "images" / "p000_f00.png"
    odd, cut = tmp_path / "Thumbs.db", tmp_path / "cut.png"
    odd.write_bytes(b"thumbnails")
    cut.write_bytes(good.read_bytes()[:-20])
    words = ["predict", good, odd, cut, "--run", checkpoint, "--output", tmp_path / "out"]
    fails(shell(*words), "2 of 3 images", f"{odd}, {cut}", "The first:", "leave it out")
    assert not (tmp_path / "out").exists()


def test_predict_every_image_of_a_folder(shell: Shell, checkpoint: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    write_case(tmp_path, "b", rng)
    folder = tmp_path / "images"
    (folder / "b.png").rename(folder / "b.PNG")
    dicom_slice(folder / "1.2.3", rng.integers(0, 1100, (72, 80)), (0, 0, 0))
    dicom_slice(folder / "1.2.4", rng.integers(0, 1100, (72, 80)), (0, 0, 1))
    (folder / "below").mkdir()
    for name in ("Thumbs.db", ".b.png", "below/c.png"):
        (folder / name).write_bytes(b"no picture")
    words = ["predict", folder, "--run", checkpoint, "--output", folder]
    done = shell(*words)
    assert done.exit_code == 0, done.output
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["1.2.3", "1.2.4", "b.PNG"]
    assert (folder / "1.2.3_mask.png").is_file() and (folder / "b_overlay.png").is_file()
    assert shell(*words, "--overwrite").stdout == done.stdout  # not the masks of the masks


def test_an_image_too_large_for_pillow_can_be_predicted(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)
    cv2.imwrite(str(tmp_path / "slide.png"), np.zeros((72, 80), np.uint8))
    assert list(masks.check_files([tmp_path], tmp_path / "out")) == [tmp_path / "slide.png"]


def test_view_replaces_a_file_only_on_request(shell: Shell, place: Path, tmp_path: Path) -> None:
    mask, page = tmp_path / "mask.png", tmp_path / "page.html"
    for path in (mask, page):
        path.write_text("mine")
    words = ["view", "phantom-polyp", "--limit", "1", "--no-open", "--output"]
    fails(shell(*words, mask), "mask.png", ".html")
    fails(shell(*words, mask, "--overwrite"), "mask.png", ".html")
    fails(shell(*words, page), "page.html exists", "--overwrite")
    assert mask.read_text() == page.read_text() == "mine"
    assert shell(*words, page, "--overwrite").exit_code == 0
    assert "<html" in page.read_text()
    for _ in range(2):  # the page that no one named is made anew each time
        assert shell(*words[:-1]).exit_code == 0


def test_data_commands(shell: Shell, place: Path) -> None:
    assert "kvasir-seg" in shell("data", "list").stdout
    shown = shell("data", "show", "kvasir-seg").stdout
    assert "Licence:" in shown
    assert "Jha" in shown
    done = shell("data", "download", "phantom-polyp")
    assert "16 cases, 8 groups" in done.stdout
    assert "16 usable cases; expected 360" in shell("data", "check", "phantom-polyp").stdout
    fails(shell("data", "show", "kvasir-sg"), "'kvasir-seg'", "phantom-polyp")


def test_data_convert(shell: Shell, tmp_path: Path) -> None:
    scan = dicom_series(tmp_path / "anna")
    (scan / "notes.txt").write_text("hello")
    words = ["data", "convert", scan, tmp_path / "out", "--window", "soft-tissue"]
    done = shell(*words)
    assert done.exit_code == 0, done.output
    assert "Note: anna: Left out, no DICOM images: notes.txt." in done.stdout
    assert "4 slices of 1 scans, 1 groups" in done.stdout
    assert len(list((tmp_path / "out" / "images").glob("anna_z00?.png"))) == 4
    fails(shell(*words), "out is there already")
    fails(shell("data", "convert", scan, tmp_path / "b", "--window", "soft"), "'soft-tissue'")
    fails(shell("data", "convert", scan, tmp_path / "b", "--series", "1.2"), "1.2 is not there")


def test_a_missing_reader_is_one_line(shell: Shell, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "SimpleITK", None)
    (tmp_path / "a.nii").write_bytes(b"")
    fails(shell("data", "convert", tmp_path / "a.nii", tmp_path / "out"), "pip install pydicom")


def test_a_missing_runtime_is_one_line(shell: Shell, checkpoint: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    fails(shell("export", checkpoint), "pip install onnx onnxruntime onnxscript")


def test_predict_needs_no_data_where_only_a_checkpoint_is_left(
    shell: Shell, checkpoint: Path, place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = place / "data" / "phantom-polyp" / "images" / "p000_f00.png"
    copy = Path(shutil.copy(checkpoint, tmp_path))
    env = {"SEGLIB_DATA": str(tmp_path / "none"), "SEGLIB_OUTPUTS": str(tmp_path / "outputs")}
    words = ["predict", str(image), "--checkpoint", str(copy), "--output", str(tmp_path / "masks")]
    monkeypatch.setattr("seglib.runs.prepare", None)  # no data set is asked for
    done = CliRunner().invoke(app, words, env=env)
    assert done.exit_code == 0, done.output
    assert load_run(copy).card == load_run(checkpoint).card
    assert sorted(path.name for path in (tmp_path / "masks").iterdir()) == [
        "p000_f00_mask.png",
        "p000_f00_overlay.png",
    ]


def test_a_card_in_a_checkpoint_that_is_none_is_named(checkpoint: Path, tmp_path: Path) -> None:
    saved = torch.load(checkpoint, weights_only=True)
    torch.save(saved | {"card": "{}"}, tmp_path / "odd.ckpt")
    with pytest.raises(ValueError, match=r"odd\.ckpt"):
        _ = load_run(tmp_path / "odd.ckpt").card


def test_view_and_report_refuse_options_that_would_do_nothing(shell: Shell) -> None:
    fails(shell("view", "phantom-polyp", "--split", "val"), "--split is for a run")
    fails(shell("report", "--check", "--screenshots"), "leave one out")


def test_predict_with_an_unknown_runtime(shell: Shell, checkpoint: Path, place: Path) -> None:
    image = place / "data" / "phantom-polyp" / "images" / "p000_f00.png"
    fails(shell("predict", image, "--run", checkpoint, "--runtime", "onxx"), "'onnx'", "int8")


def test_recipes(shell: Shell) -> None:
    assert "polyp-quick" in shell("recipes").stdout
    assert '"loss": "bce"' in shell("recipes", "polyp").stdout
    fails(shell("recipes", "polip"), "'polyp'")
