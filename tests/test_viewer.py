"""The Python side of the viewer: what is refused, what travels, what is read, what is written."""

from __future__ import annotations

import json
import re
import zlib
from dataclasses import replace
from importlib.resources import files
from types import SimpleNamespace

import albumentations as A
import cv2
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from seglib.cards import BACKGROUND, OBJECT, LabelClass, card
from seglib.cli import app
from seglib.evaluation import METRICS, load_probability
from seglib.recipes import recipe
from seglib.runs import Run
from seglib.snapshots import map_path, save_map
from seglib.transforms import augmentations
from seglib.viewer import (
    AugmentationViewer,
    MaskViewer,
    of_arrays,
    of_epochs,
    of_runs,
    of_table,
    predicted,
    sources,
)
from seglib.viewer.packing import Case, pack
from seglib.viewer.page import SCRIPTS, script
from tests.viewer_cases import MODELS, arrays, viewer

IMAGE = np.zeros((4, 6), np.uint8)


def unpacked(packed: dict, shape: tuple[int, ...] = IMAGE.shape) -> np.ndarray:
    return np.frombuffer(zlib.decompress(packed["data"]), packed["dtype"]).reshape(shape)


def ask(shown: MaskViewer, index: int) -> None:
    """What the browser does when it wants a case."""
    shown._handle_custom_msg({"read": index}, [])


NAN = np.full((4, 6), np.nan, np.float32)
REFUSED = [
    ({"images": []}, "there are no cases to look at; give at least one"),
    ({"images": [IMAGE], "truths": []}, "'truths' has 0 entries for 1 images"),
    ({"images": [IMAGE] * 2, "names": ["a", "a"]}, "The case 'a' is there twice"),
    ({"images": [IMAGE], "truths": [np.zeros((3, 6), int)]}, r"'truth' .* shape \(3, 6\)"),
    (
        {"images": [IMAGE], "predictions": {"net": [np.zeros((5, 6))]}},
        r"'net' of case '1' has shape \(5, 6\), expected \(4, 6\) like its image",
    ),
    ({"images": [IMAGE], "predictions": {"net": [NAN]}}, "'net' .* NaN in 24 of 24 values"),
    ({"images": [IMAGE], "predictions": {"net": [IMAGE - 2.5]}}, "from -2.5 to -2.5"),
    ({"images": [IMAGE], "predictions": {"net": [np.zeros((3, 4, 6))]}}, r"\(2, 4, 6\)"),
    (
        {"images": [IMAGE], "truths": [IMAGE + 6], "classes": [BACKGROUND, OBJECT, OBJECT]},
        r"holds class 6, but only 3 classes \(0 to 2\) have a name and a colour",
    ),
    ({"images": [IMAGE], "classes": [BACKGROUND]}, "at least one class"),
    ({"images": [np.zeros((0, 6))]}, "at least one pixel"),
    ({"images": [IMAGE], "predictions": dict.fromkeys("abc", [IMAGE])}, "compares two"),
]


@pytest.mark.parametrize(("given", "says"), REFUSED)
def test_bad_input_is_refused_in_a_sentence(given: dict, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        MaskViewer.from_arrays(**given)


def test_an_image_of_one_pixel_is_an_image() -> None:
    shown = MaskViewer.from_arrays([np.full((1, 1), 7, np.uint8)], truths=[np.ones((1, 1), int)])
    assert unpacked(shown._case["image"], (1, 1)) == 7
    assert "error" not in shown._case


def test_repr_says_the_same_in_every_session() -> None:
    assert repr(viewer()) == "MaskViewer(Squares: 4 cases, U-Net, DeepLabV3+)"


PACKED = [
    (np.array([[0, 255]], np.uint8), "uint8", None),
    (np.array([[0, 65535]], np.uint16), "uint16", [0, 65535]),
    (np.array([[-1000, 400]], np.int16), "float32", [-1000, 400]),
    (np.array([[0.25, np.nan]]), "float32", [0, 0.25]),
]


@pytest.mark.parametrize(("image", "dtype", "span"), PACKED)
def test_grey_images_keep_their_values(image: np.ndarray, dtype: str, span: list | None) -> None:
    packed = pack(Case("a", image), 2, None)
    assert packed["image"]["dtype"] == dtype
    assert np.array_equal(unpacked(packed["image"], (1, 2)), np.nan_to_num(image))
    assert packed["range"] == span


def test_a_window_is_given_or_chosen_from_the_image() -> None:
    image = np.arange(1001, dtype=np.uint16)[None]
    assert pack(Case("a", image), 2, (40, 400))["window"] == [40, 400]
    assert pack(Case("a", image), 2, None)["window"] == pytest.approx([500, 990])
    assert pack(Case("a", np.zeros((2, 2), np.uint16)), 2, None)["window"] == [0, 1e-6]


def test_probabilities_travel_in_256_steps_only_if_nothing_is_lost() -> None:
    kept = np.arange(256, dtype=np.uint8).astype(np.float32)[None] / 255
    exact = np.linspace(0, 1, 256, dtype=np.float32)[None] * np.float32(0.9)
    for probability, dtype in ((kept, "uint8"), (exact, "float32")):
        case = Case("a", np.zeros((1, 256), np.uint8), None, {"net": probability})
        (packed,) = pack(case, 2, None)["predictions"]
        assert packed["probability"]["dtype"] == dtype
        assert packed["labels"] is None
    assert np.array_equal(unpacked(packed["probability"], (1, 256)), exact)


def test_of_several_classes_the_likeliest_is_shown() -> None:
    maps = np.array([[[0.2, 0.5]], [[0.7, 0.1]], [[0.1, 0.4]]], np.float32)
    case = Case("a", np.zeros((1, 2), np.uint8), None, {"net": maps})
    (packed,) = pack(case, 3, None)["predictions"]
    assert unpacked(packed["labels"], (1, 2)).tolist() == [[1, 0]]
    assert unpacked(packed["probability"], (1, 2)) == pytest.approx(np.array([[0.8, 0.5]]))


@pytest.fixture
def cases(tmp_path) -> pd.DataFrame:
    """Three pictures on disk, the third without a mask."""
    rows = []
    for i in range(3):
        image, mask = tmp_path / f"{i}.png", tmp_path / f"{i}_mask.png"
        cv2.imwrite(str(image), np.full((8, 9, 3), 50 * i, np.uint8))
        cv2.imwrite(str(mask), np.eye(8, 9, dtype=np.uint8) * 255)
        rows.append({"case": f"{i}", "image": image, "mask": mask if i < 2 else np.nan})
    table = pd.DataFrame(rows).assign(group=["p0", "p0", "p1"], split="test")
    table.attrs["card"] = card("kvasir-seg")
    return table


def test_cases_of_a_table_are_read_one_by_one(cases, monkeypatch) -> None:
    read = []
    monkeypatch.setattr(sources, "read_stored", lambda path, _: read.append(path.name) or IMAGE)
    monkeypatch.setattr(sources, "read_mask", lambda path, decoding: IMAGE)
    shown = MaskViewer.from_table(cases)
    assert read == ["0.png"]
    shown.index = 2
    assert read == ["0.png"]
    ask(shown, 2)
    assert read == ["0.png", "2.png"]
    assert (shown.current, shown._case["index"], shown._case["truth"]) == ("2", 2, None)


def test_a_broken_case_gives_a_sentence_and_the_next_one_opens(cases) -> None:
    cases["image"].iloc[0].write_bytes(b"no picture")
    shown = MaskViewer.from_table(cases)
    assert "0.png" in shown._case["error"]
    ask(shown, 1)
    assert "error" not in shown._case


def test_a_scan_is_shown_in_its_own_units(cases) -> None:
    cases.attrs["card"] = replace(cases.attrs["card"], offset=-1024.0, window=(40, 400))
    source = of_table(cases)
    image = source.read(1).image
    assert source.window == (40, 400)
    assert image.dtype == np.float32 and image.flat[0] == 50 - 1024


def test_what_has_changed_is_read_again() -> None:
    shown = viewer()
    before = shown._case
    shown.refresh()
    assert (before["version"], shown._case["version"]) == (0, 1)


def test_an_index_that_is_not_there_is_refused() -> None:
    with pytest.raises(Exception, match="index 4 is not in 0 to 3"):
        viewer().index = 4


@pytest.fixture
def run(cases, tmp_path, monkeypatch):
    """A run whose test cases were predicted: all black but for one row."""
    cases = cases.head(2)

    def made(model: str, row: int, names: list[str]) -> Run:
        folder = tmp_path / model
        (folder / "predictions").mkdir(parents=True)
        for name in names:
            picture = np.zeros((8, 9), np.uint8)
            picture[row] = 204
            cv2.imwrite(str(folder / "predictions" / f"{name}.png"), picture)
        trained = replace(recipe("polyp-quick"), model=model)
        one = Run(folder, trained, folder / "best.ckpt", pd.DataFrame())
        vars(one).update(cases=cases, card=cases.attrs["card"], row=row, names=names)
        return one

    def evaluate(run, split):
        scores = {"dice": 0.1 * run.row, "iou": 0.1, "precision": 0.2, "recall": 0.3, "hd95": 4.0}
        scores |= {"group": "", "height": 8, "width": 9, "truth_px": 9, "predicted_px": 9}
        scores |= dict.fromkeys(METRICS.keys() - scores.keys(), 0.5)
        absent = {"dice": 1.0, "truth_px": 0, "predicted_px": 0}
        classes = {"x": {}, "y": {}, "z": absent}  # which counts in no mean
        rows = [
            {"case": name, "class": c} | scores | other
            for name in run.names
            for c, other in classes.items()
        ]
        return SimpleNamespace(scores=pd.DataFrame(rows))

    monkeypatch.setattr(predicted, "evaluate", evaluate)
    return made


def test_predictions_of_two_runs_are_read_as_they_were_kept(run) -> None:
    first, second = run("unet", 3, ["0", "1"]), run("deeplabv3plus", 2, ["1", "0"])
    source = of_runs(first, second)
    assert source.models == ("U-Net", "DeepLabV3+")
    assert source.table["gain"].tolist() == pytest.approx([0.1, 0.1])
    case = source.read(1)
    assert np.array_equal(case.predictions["DeepLabV3+"], load_probability(second, "1"))
    assert case.predictions["U-Net"][3, 0] == np.float32(204) / np.float32(255)
    shown = MaskViewer(source)
    names = [column["name"] for column in shown._setup["columns"]]
    assert names[:6] == ["case", "group", "dice", "dice DeepLabV3+", "gain", "iou"]
    worst = {column["name"]: column["worst"] for column in shown._setup["columns"]}
    assert (worst["hd95 DeepLabV3+"], worst["gain"]) == ("high", "low")


def test_the_worst_case_comes_first(run, monkeypatch) -> None:
    one = run("unet", 3, ["0", "1"])
    scores = pd.DataFrame({"case": ["0", "1"], "dice": [0.9, 0.1]})
    scores = scores.assign(**{"class": "polyp"}, iou=0, precision=0, recall=0, hd95=1)
    monkeypatch.setattr(predicted, "evaluate", lambda *_: SimpleNamespace(scores=scores))
    source = of_runs(one)
    assert source.table["case"].tolist() == ["1", "0"]
    assert source.read(0).name == "1"


@pytest.fixture
def film(run):
    """A run that kept what it saw of case 1 after the epochs 1, 2 and 10: a growing share."""

    def made(model: str, epochs: tuple[int, ...] = (1, 2, 10)) -> Run:
        one = run(model, 3, ["0", "1"])
        history = pd.DataFrame({"epoch": range(1, 11), "val_dice": np.arange(10) / 10})
        vars(one).update(cases=one.cases.assign(split="val"), history=history)
        for epoch in epochs:
            save_map(map_path(one.path, epoch, "1"), np.full((4, 4), epoch / 10))
        return one

    return made


def test_epochs_follow_each_other(film) -> None:
    source = of_epochs(film("unet"))
    names = ["1, epoch 1", "1, epoch 2", "1, epoch 10"]
    assert source.table["case"].tolist() == names
    assert source.table["val_dice"].tolist() == [0, 0.1, 0.9]
    case = source.read(1)
    assert (case.name, case.image.shape[:2], case.truth.shape) == (names[1], (8, 9), (8, 9))
    assert case.predictions["U-Net"] == pytest.approx(np.full((8, 9), 0.2))
    assert MaskViewer.from_epochs(film("deeplabv3plus"))._case["index"] == 0


def test_of_two_runs_the_epochs_that_both_kept_are_shown(film) -> None:
    source = of_epochs(film("unet"), film("deeplabv3plus", (2, 3, 10)))
    assert source.table["epoch"].tolist() == [2, 10]
    assert list(source.read(1).predictions) == ["U-Net", "DeepLabV3+"]
    assert source.table["val_dice DeepLabV3+"].tolist() == [0.1, 0.9]


def test_a_run_that_kept_no_epochs_is_shown_at_its_end(film) -> None:
    source = of_epochs(film("unet", ()))
    assert source.table["case"].tolist() == ["0", "1"]
    assert source.title.endswith("val: U-Net")


def test_two_runs_must_share_their_cases(run) -> None:
    with pytest.raises(ValueError, match="did not predict 1 test cases of U-Net, .* '0'"):
        of_runs(run("unet", 3, ["0", "1"]), run("deeplabv3plus", 2, ["1"]))


def test_a_run_is_not_compared_with_itself(run) -> None:
    one = run("unet", 3, ["0", "1"])
    with pytest.raises(ValueError, match="Both runs are unet; give two different ones"):
        of_runs(one, one)


@pytest.mark.parametrize("given", [("outputs/RUN",), (["a", "b"],), ("a", "b")])
def test_what_is_no_run_is_refused(given: tuple) -> None:
    for way in (MaskViewer.from_runs, MaskViewer.from_epochs):
        with pytest.raises(TypeError, match=r"Expected one run or two, .*\(run, other\), got"):
            way(*given)


def test_a_split_that_is_unknown_or_empty_is_refused(cases, tmp_path) -> None:
    Run.begin(tmp_path / "run", recipe("polyp-quick"), cases, {})
    begun = Run(tmp_path / "run", recipe("polyp-quick"), tmp_path / "run/best.ckpt", pd.DataFrame())
    with pytest.raises(ValueError, match="'tets'.*'test'"):
        of_runs(begun, split="tets")
    with pytest.raises(ValueError, match="No case of run is in the split 'val'"):
        of_runs(begun, split="val")


def test_of_a_run_of_several_classes_the_likeliest_is_shown(run) -> None:
    one = run("unet", 3, ["0", "1"])
    (one.path / "predictions" / "labels").mkdir()
    cv2.imwrite(str(one.path / "predictions" / "labels" / "0.png"), np.full((8, 9), 2, np.uint8))
    other = LabelClass("other", 2, "#0072B2")
    vars(one)["card"] = replace(card("kvasir-seg"), classes=(BACKGROUND, OBJECT, other))
    source = of_runs(one)
    assert len(source.classes) == 3
    assert (source.read(0).predictions["U-Net"] == 2).all()


def test_scores_reach_the_browser_as_plain_numbers() -> None:
    setup = viewer()._setup
    assert setup["rows"][3] == ["case 3", None, None]
    assert setup["rows"][0] == ["case 0", 0.5, 3.0]
    json.dumps(setup, allow_nan=False)


def test_a_page_holds_the_chosen_cases_in_their_order(tmp_path) -> None:
    shown = viewer(title="</script><b>")
    shown.flagged = ["case 1", "case 2"]
    path = shown.to_html(tmp_path / "new" / "page.html", ["case 2", "case 0"])
    page = path.read_text()
    blocks = dict(re.findall(r'<script type="application/json" id="([\w-]+)">(.*)</script>', page))
    assert list(blocks) == ["state", "case-0", "case-1"]
    state = json.loads(blocks["state"])
    assert [row[0] for row in state["_setup"]["rows"]] == ["case 2", "case 0"]
    assert state["flagged"] == ["case 2"]
    assert "&lt;/script&gt;&lt;b&gt;" in page and "</script><b>" not in page
    assert not re.search(r"(src|href)=|https?://|^import ", page, re.MULTILINE)


def test_a_page_needs_cases_that_are_there(tmp_path) -> None:
    with pytest.raises(ValueError, match="Did you mean 'case 2'"):
        viewer().to_html(tmp_path / "a.html", ["case2"])
    with pytest.raises(ValueError, match="no cases to write"):
        viewer().to_html(tmp_path / "a.html", [])


def test_the_scripts_are_joined_after_what_they_import() -> None:
    known: set[str] = set()
    for name in (*SCRIPTS, "page"):
        text = (files("seglib.viewer") / "web" / f"{name}.js").read_text()
        assert set(re.findall(r'from "\./(\w+)\.js"', text)) <= known, name
        known.add(name)
    assert not re.search(r"^import ", script(*SCRIPTS), re.MULTILINE)


def test_arrays_become_cases_by_position() -> None:
    source = of_arrays(**arrays())
    case = source.read(2)
    assert case.name == "case 2" and list(case.predictions) == ["U-Net", "DeepLabV3+"]


def test_a_table_without_its_card_is_refused(cases) -> None:
    cases.attrs.clear()
    with pytest.raises(ValueError, match="no card in its `attrs`.*merged.attrs = cases.attrs"):
        MaskViewer.from_table(cases)


@pytest.mark.parametrize(
    ("read", "says"),
    [
        (Case("a", IMAGE, None, {"net": NAN}), "NaN in 24 of 24 values"),
        (Case("a", IMAGE, np.zeros((3, 6), int)), r"shape (3, 6), expected (4, 6)"),
        (Case("a", IMAGE, None, {"net": np.zeros((5, 6))}), "shape (5, 6), expected (4, 6)"),
        (Case("a", IMAGE, IMAGE + 6), "holds class 6, but only 2 classes"),
        (Case("a", np.zeros((0, 6))), "at least one pixel"),
    ],
)
def test_what_is_bad_only_when_it_is_read_gives_a_sentence(read: Case, says: str) -> None:
    source = replace(of_arrays([IMAGE], names=["a"]), read=lambda _: read)
    assert says in MaskViewer(source)._case["error"]


def test_a_sheet_shows_the_prediction_filled_and_the_truth_outlined() -> None:
    shown = viewer()
    figure = shown.sheet([0, 2, 0], columns=7)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == [f"{model}\ncase {i}" for model in MODELS for i in (0, 2)]
    picture = figure.axes[1].images[0].get_array()
    image, prediction = (arrays()[k] for k in ("images", "predictions"))
    outside = prediction[MODELS[0]][2] < 0.5
    assert np.array_equal(picture[outside], image[2][outside])
    assert not np.array_equal(picture, image[2])
    assert figure.axes[1].collections  # the outline


def augmented(**strengths: float) -> list[Case]:
    """Original and four seeds, at these strengths."""
    given = arrays(1, 32, 32)
    shown = AugmentationViewer(given["images"][0], given["truths"][0], "full", seeds=4)
    for kind, strength in strengths.items():
        shown.sliders[kind].value = strength
    return [shown.viewer.source.read(i) for i in range(5)]


def test_at_strength_one_a_case_is_what_training_makes_with_its_seed() -> None:
    original, *made = augmented()
    assert np.array_equal(original.image, arrays(1, 32, 32)["images"][0])
    flow = A.Compose(augmentations("full"))
    for seed, case in enumerate(made):
        flow.set_random_seed(seed)
        expected = flow(image=original.image, mask=original.truth)
        assert np.array_equal(case.image, expected["image"])
        assert np.array_equal(case.truth, expected["mask"])


def test_a_slider_at_zero_switches_off_and_the_open_case_is_read_again() -> None:
    kinds = ("HorizontalFlip", "VerticalFlip", "RandomRotate90", "Affine", "ColorJitter")
    original, *made = augmented(**dict.fromkeys(kinds, 0))
    assert all(np.array_equal(case.image, original.image) for case in made)
    shown = AugmentationViewer(original.image, original.truth, "full", seeds=4)
    assert repr(shown) == f"AugmentationViewer(full: {', '.join(kinds)})"
    before = shown.viewer._case["version"]
    shown.sliders["Affine"].value = 2
    assert shown.viewer._case["version"] == before + 1


def test_the_page_for_the_shell(tmp_path, cases, monkeypatch) -> None:
    monkeypatch.setattr("seglib.datasets.load", lambda name: cases)
    opened = []
    monkeypatch.setattr("typer.launch", opened.append)
    page = tmp_path / "a.html"
    words = ["view", "phantom-polyp", "--limit", "2", "--output", str(page)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert done.stdout == f"2 of 3 cases: {page}\n"
    assert opened == [page.as_uri()]
    assert page.read_text().count('id="case-') == 2


def test_of_a_run_the_page_shows_the_worst(tmp_path, run, monkeypatch) -> None:
    one = run("unet", 3, ["0", "1"])
    scores = one.cases[["case"]].assign(dice=[0.9, 0.1], iou=0, precision=0, recall=0, hd95=1)
    scores["class"] = "polyp"
    monkeypatch.setattr(predicted, "evaluate", lambda run, split: SimpleNamespace(scores=scores))
    monkeypatch.setattr("seglib.runs.load_run", lambda path: one)
    words = [
        "view",
        str(one.path),
        "--limit",
        "1",
        "--no-open",
        "--output",
        str(tmp_path / "a.html"),
    ]
    assert CliRunner().invoke(app, words).exit_code == 0
    assert re.search(r'"rows": \[\["1", "p0", 0.1', (tmp_path / "a.html").read_text())


def test_an_unknown_target_is_named() -> None:
    done = CliRunner().invoke(app, ["view", "kvasir_seg"])
    assert done.exit_code == 2
    assert "Unknown run folder or data set 'kvasir_seg'. Did you mean 'kvasir-seg'?" in done.stderr
    done = CliRunner().invoke(app, ["view", "kvasir-seg", "--against", "x"])
    assert "is a data set" in done.stderr


def test_an_infinite_score_is_shown_as_none(tmp_path):
    pictures = [np.zeros((8, 8, 3), np.uint8)] * 2
    shown = MaskViewer.from_arrays(pictures, scores={"HD95": [1.0, float("inf")]})
    assert [row[1] for row in shown._setup["rows"]] == [1.0, None]
    assert shown.to_html(tmp_path / "a.html").is_file()


def test_a_page_replaces_no_file_of_another_kind(tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("mine")
    with pytest.raises(ValueError, match=r"notes\.txt does not end in \.html"):
        MaskViewer.from_arrays([np.zeros((8, 8, 3), np.uint8)]).to_html(notes)
    assert notes.read_text() == "mine"
