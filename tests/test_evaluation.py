"""A stub stands for the network, so that what is tested is the scoring and the files."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import cv2
import numpy as np
import pandas as pd
import pytest
from torch import nn

from seglib import evaluation
from seglib.answers import result_files
from seglib.cards import card
from seglib.evaluation import evaluate, load_labels, load_probability
from seglib.inference import predict_cases
from seglib.recipes import recipe
from seglib.runs import Run
from tests.test_training import without_a_lock

CARD = replace(card("kvasir-seg"), name="made-up")


def disc(shape, centre, radius):
    rows, columns = np.indices(shape)
    return np.hypot(rows - centre[0], columns - centre[1]) < radius


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Twelve cases of four patients, two of each split's masks empty; the network is a blur."""
    rows, truths = [], {}
    for index in range(12):
        case, shape = f"{index:03}", (30 + index, 44)
        truth = disc(shape, (15, 20), 0 if index % 6 == 0 else 5 + index % 3)
        path = tmp_path / "masks" / f"{case}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), truth.astype(np.uint8) * 255)
        truths[case] = truth
        split = "test" if index < 8 else "val"
        row = {"case": case, "image": path, "mask": path, "group": f"{index // 3:02}"}
        rows.append(row | {"split": split})
    cases = pd.DataFrame(rows)
    cases.attrs["card"] = CARD
    run = Run(tmp_path / "run", recipe("polyp-quick"), tmp_path / "best.ckpt", pd.DataFrame())
    run.checkpoint.write_bytes(b"weights")  # of no network
    vars(run).update(cases=cases, card=CARD, asked=[])

    def predict_cases(run, cases, flips=False, zoom=1.0):
        run.asked.append(len(cases))
        for _, row in cases.iterrows():
            truth = truths[row["case"]].astype(np.float32)
            blurred = cv2.GaussianBlur(np.roll(truth, 1 - flips, axis=1), (0, 0), 2)
            yield row, np.clip(0.05 + 0.9 * blurred, 0, 1)

    monkeypatch.setattr(evaluation, "predict_cases", predict_cases)
    return run


def test_what_an_evaluation_holds(run):
    found = evaluate(run)
    assert found.scores["case"].tolist() == [f"{i:03}" for i in range(8)]  # the zeros survive
    assert found.scores["group"].tolist()[:4] == ["00", "00", "00", "01"]
    assert found.scores["dice"].between(0, 1).all() and found.scores["dice"].mean() > 0.7
    assert found.scores.loc[[0, 6], "dice"].tolist() == [1, 1]  # empty and left alone
    assert found.confusion.sum() == (found.scores["height"] * found.scores["width"]).sum()
    assert found.pooled.index.tolist() == ["polyp"]
    tp, fp, fn, _ = found.scores[["tp", "fp", "fn", "tn"]].sum()
    assert found.pooled.loc["polyp", "dice"] == pytest.approx(2 * tp / (2 * tp + fp + fn), abs=1e-6)
    swept = found.sweep.set_index("threshold").loc[0.5]
    assert swept["dice"] == pytest.approx(found.pooled.loc["polyp", "dice"], abs=1e-6)
    assert list(found.sweep) == ["threshold", "dice", "iou", "precision", "recall"]
    assert (len(found.sweep), len(found.roc)) == (1001, 1002)
    assert np.trapezoid(found.roc["tpr"], found.roc["fpr"]) == pytest.approx(found.auc, abs=1e-4)


def test_the_table_counts_what_is_undefined(run, monkeypatch):
    blind = evaluation.predict_cases

    def misses_one(run, cases, flips=False, zoom=1.0):
        for row, probability in blind(run, cases, flips):
            yield row, probability * (row["case"] != "004")

    monkeypatch.setattr(evaluation, "predict_cases", misses_one)
    found = evaluate(run)
    table = found.table().set_index("metric")
    assert table.loc["Dice", ["n", "undefined"]].tolist() == [8, 0]
    assert table.loc["95 % Hausdorff distance (px)", ["n", "undefined"]].tolist() == [7, 1]
    assert table.loc["Outline within tolerance (NSD)", ["n", "undefined"]].tolist() == [8, 0]
    assert table.loc["Dice", "mean"] == pytest.approx(found.scores["dice"].mean())
    assert (table["low"] <= table["mean"]).all() and (table["mean"] <= table["high"]).all()
    assert found.scores.set_index("case").loc["004", "dice"] == 0


def test_precision_recall_and_reliability_are_kept(run):
    fresh = evaluate(run)
    assert 0.8 < fresh.average_precision <= 1
    assert fresh.reliability["pixels"].sum() == fresh.confusion.sum()
    scored = fresh.reliability.dropna()
    objects = (scored["observed"] * scored["pixels"]).sum()
    assert objects == pytest.approx(fresh.confusion[1].sum(), abs=0.1)


def test_the_protocol_says_how_the_scores_were_made(run):
    run.cases["group"] = [f"{index // 4}" for index in range(12)]
    said = evaluate(run, threshold=0.4, flips=True).protocol
    assert "\n" not in said
    for words in (
        "test cases of made-up: 8 in 2 groups",
        "split by group",
        "per image at native resolution",
        "foreground only (polyp)",
        "both masks empty = 1",
        "threshold 0.4",
        "mean of four flips",
        "2% of the image diagonal (median 1.1 px)",
    ):
        assert words in said
    assert said.endswith("95 % intervals from 2000 resamples of the groups")
    run.cases["group"] = run.cases["case"]
    assert "split by image, no groups are known" in evaluate(run).protocol


def test_the_protocol_of_one_group_claims_no_interval(run):
    run.cases["group"] = ["a"] * 8 + ["b"] * 4
    found = evaluate(run)
    assert found.table()["low"].isna().all()
    assert found.protocol.endswith("; no interval: one group")


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([f"{i // 2}" for i in range(12)], "split by group"),
        ([f"{i}" if i < 8 else "last" for i in range(12)], "split by group"),  # one each in test
        ([f"{i}" for i in range(12)], "split by image, no groups are known"),
        (
            ["a", "b", *"cdefghij", "a", "b"],
            "split by image, 2 of these groups also",
        ),
    ],
)
def test_the_protocol_says_how_the_cases_were_parted(run, groups, said):
    run.cases["group"] = groups
    assert said in evaluate(run).protocol


def test_maps_that_are_gone_are_made_again(run):
    whole = evaluate(run).scores
    (run.path / "predictions" / "003.png").unlink()
    pd.testing.assert_frame_equal(evaluate(run).scores, whole)
    assert run.asked == [8, 8] and load_probability(run, "003").shape == (33, 44)
    shutil.rmtree(run.path / "predictions")
    evaluate(run)  # somebody wanted the room
    assert run.asked == [8, 8]
    with pytest.raises(FileNotFoundError, match=r"maps were deleted since, delete the results"):
        load_probability(run, "003")
    (run.path / "predictions").mkdir()
    for path in run.cases["mask"]:
        path.unlink()
    evaluate(run)  # nothing can be predicted any more, so what is known is told
    assert run.asked == [8, 8]


def test_maps_stay_if_those_of_other_weights_cannot_be_made(run, monkeypatch):
    evaluate(run)
    run.checkpoint.write_bytes(b"other weights, in the same folder")

    def fails(*_):
        raise FileNotFoundError("no image")
        yield

    monkeypatch.setattr(evaluation, "predict_cases", fails)
    with pytest.raises(FileNotFoundError, match="no image"):
        evaluate(run)
    assert len(list((run.path / "predictions").glob("*.png"))) == 8


def test_older_answers_are_told_in_the_words_of_now(run):
    said = evaluate(run).protocol
    path = run.path / "results.json"
    results = json.loads(path.read_text())
    path.write_text(json.dumps(results | {"protocol": "in other words"}))
    assert evaluate(run).protocol == said and run.asked == [8]


def test_maps_of_other_weights_are_not_taken_for_ours(run):
    evaluate(run, split="val")
    evaluate(run)
    ours = run.checkpoint.read_bytes()
    run.checkpoint.write_bytes(b"other weights, in the same folder")
    evaluate(run, threshold=0.4)
    assert not (run.path / "predictions" / "009.png").exists()  # of ours, on val
    run.checkpoint.write_bytes(ours)
    evaluate(run)  # answered before, but the maps are theirs
    assert run.asked == [4, 8, 8, 8]


def test_what_is_read_is_what_was_computed(run, monkeypatch):
    given, write = [], evaluation.write_results

    def write_and_keep(files, question, computed):
        given.append(computed)
        write(files, question, computed)

    monkeypatch.setattr(evaluation, "write_results", write_and_keep)
    found, (computed,) = evaluate(run), given
    for name in ("scores", "pooled", "roc", "sweep", "reliability"):
        expected = getattr(computed, name).round(6)
        pd.testing.assert_frame_equal(getattr(found, name), expected, rtol=0, atol=1e-9)
    assert np.array_equal(found.confusion, computed.confusion)
    assert found.auc == pytest.approx(computed.auc, abs=1e-6)
    assert (found.protocol, found.unit) == (computed.protocol, computed.unit)


def test_a_question_is_answered_once(run):
    first = evaluate(run)
    again = evaluate(run)
    assert run.asked == [8]
    pd.testing.assert_frame_equal(first.scores, again.scores)
    pd.testing.assert_frame_equal(first.table(), again.table())
    assert first.results() == again.results()


def test_of_two_evaluations_at_once_the_second_finds_the_answer_of_the_first(run, monkeypatch):
    began, both, predicted = Event(), Event(), evaluation.predict_cases

    def slowly(*given: object):
        both.set() if began.is_set() else began.set()
        both.wait(1)  # for one that does not wait for us
        yield from predicted(*given)

    monkeypatch.setattr(evaluation, "predict_cases", slowly)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(evaluate, run)
        assert began.wait(60)
        second = pool.submit(evaluate, run)
        pd.testing.assert_frame_equal(first.result().scores, second.result().scores)
    assert run.asked == [8]


def test_an_answer_is_read_from_a_read_only_disk(run):
    whole = evaluate(run).scores
    with without_a_lock(run.path / ".predictions.lock"):
        pd.testing.assert_frame_equal(evaluate(run).scores, whole)


def test_another_question_has_files_of_its_own(run):
    evaluate(run)
    before = (run.path / "scores.csv").read_bytes()
    assert evaluate(run, split="val").scores["case"].tolist() == ["008", "009", "010", "011"]
    evaluate(run, flips=True)
    evaluate(run, threshold=0.3)
    slid = evaluate(run, zoom=1.5)
    assert "sliding window, zoom 1.5" in slid.protocol
    assert (run.path / "predictions-zoom1.5").is_dir()
    names = {path.name for path in run.path.glob("scores*.csv")}
    assert names == {
        "scores.csv", "scores-val.csv", "scores-test-flips.csv", "scores-test-at0.3.csv",
        "scores-test-zoom1.5.csv",
    }  # fmt: skip
    assert (run.path / "scores.csv").read_bytes() == before
    assert run.asked == [8, 4, 8, 8, 8]


def test_other_weights_or_other_groups_are_another_question(run):
    evaluate(run)
    run.checkpoint.write_bytes(b"trained longer")
    evaluate(run)
    run.cases["group"] = "one"
    evaluate(run)
    assert run.asked == [8, 8, 8]


def test_another_mask_under_the_same_name_is_another_question(run, tmp_path):
    before = evaluate(run)
    path = run.cases["mask"][0]
    cv2.imwrite(str(path), np.full((30, 44), 255, np.uint8))  # somebody mended it
    assert evaluate(run).scores["truth_px"][0] > before.scores["truth_px"][0]
    assert run.asked == [8, 8]

    other = run.cases.iloc[1:3].copy()
    other.attrs["card"] = CARD
    first = evaluate(run, cases=other)
    second = other.assign(mask=[tmp_path / f"second-{path.name}" for path in other["mask"]])
    for old, new in zip(other["mask"], second["mask"], strict=True):
        cv2.imwrite(str(new), np.zeros_like(cv2.imread(str(old), cv2.IMREAD_GRAYSCALE)))
    again = evaluate(run, cases=second)
    assert first.scores["truth_px"].all() and not again.scores["truth_px"].any()


def test_files_that_were_moved_are_the_same_and_gone_ones_ask_nothing_new(run, tmp_path):
    evaluate(run)
    (tmp_path / "masks").rename(tmp_path / "elsewhere")
    assert evaluate(run).scores["case"].size == 8  # nothing there: what was answered holds
    for column in ("image", "mask"):
        run.cases[column] = [tmp_path / "elsewhere" / path.name for path in run.cases[column]]
    evaluate(run)
    assert run.asked == [8]


def test_other_cases_can_be_scored(run):
    other = run.cases.iloc[2:5].drop(columns="split")
    other.attrs["card"] = CARD
    found = evaluate(run, cases=other)
    assert found.scores["case"].tolist() == ["002", "003", "004"]
    assert found.protocol.startswith("made-up-") and "; cases given by hand; " in found.protocol
    assert not (run.path / "scores.csv").exists() and not (run.path / "predictions").exists()


@pytest.mark.parametrize("names", [("liver", "left kidney"), ("kidney", "liver")])
def test_cases_with_other_classes_are_refused(run, names):
    background, polyp = CARD.classes
    organs = (polyp, replace(polyp, name="liver"))
    vars(run).update(card=replace(CARD, classes=(background, *organs)))
    other = run.cases.iloc[2:5].drop(columns="split")
    given = (replace(polyp, name=name) for name in names)
    other.attrs["card"] = replace(CARD, classes=(background, *given))
    with pytest.raises(ValueError, match=f"these cases have background, {', '.join(names)}; give"):
        evaluate(run, cases=other)
    other.attrs["card"] = CARD
    with pytest.raises(ValueError, match="the same classes in the same order"):
        evaluate(run, cases=other)
    assert run.asked == []


def test_two_evaluations_are_equal_to_the_byte(run):
    names = [path.name for path in result_files(run.path, "test", 0.5, False).values()]
    evaluate(run)
    first = {name: (run.path / name).read_bytes() for name in names}
    for name in names:
        (run.path / name).unlink()
    evaluate(run)
    assert first == {name: (run.path / name).read_bytes() for name in names}
    assert run.asked == [8, 8]


def test_an_evaluation_that_was_cut_off_is_made_again(run):
    evaluate(run)
    (run.path / "results.json").unlink()  # written last, so this is what a crash leaves
    evaluate(run)
    assert run.asked == [8, 8]


@pytest.mark.parametrize("name", ["scores.csv", "roc.csv", "results.json"])
@pytest.mark.parametrize("left", [0, 0.5, 1])
def test_an_answer_that_is_damaged_is_made_again(run, name, left):
    whole = evaluate(run).scores
    path = run.path / name
    written = path.read_bytes()
    path.write_bytes(written[: int(left * len(written))] + (b"1\n" if left == 1 else b""))
    pd.testing.assert_frame_equal(evaluate(run).scores, whole)
    assert run.asked == [8, 8] and path.read_bytes() == written


def test_an_answer_from_before_there_were_seals_is_still_one(run):
    evaluate(run)
    path = run.path / "results.json"
    results = json.loads(path.read_text())
    del results["seals"]
    path.write_text(json.dumps(results))
    evaluate(run)
    assert run.asked == [8]
    (run.path / "roc.csv").unlink()
    evaluate(run)
    assert run.asked == [8, 8]


def test_results_are_json_with_nothing_undefined_in_disguise(run):
    run.cases["group"] = "one"
    evaluate(run)
    text = (run.path / "results.json").read_text()
    assert "NaN" not in text
    results = json.loads(text)
    assert results["foreground_mean"]["dice"]["low"] is None  # one group: no interval
    assert results["per_case"]["polyp"]["dice"]["n"] == results["n_cases"] == 8
    assert results["question"]["split"] == "test"


def test_a_blind_network_has_results_too(run, monkeypatch):
    cases = run.cases[run.cases["case"].isin(["001", "002", "003"])]
    monkeypatch.setitem(vars(run), "cases", cases)
    blind = [(row, np.zeros((30 + int(row["case"]), 44))) for _, row in cases.iterrows()]
    monkeypatch.setattr(evaluation, "predict_cases", lambda *_: iter(blind))
    mean = evaluate(run).results()["foreground_mean"]
    assert mean["hd95"] == {"mean": None, "low": None, "high": None, "n": 0, "undefined": 3}
    assert mean["dice"] == {"mean": 0, "low": 0, "high": 0, "n": 3, "undefined": 0}


def test_probabilities_are_kept_at_native_resolution(run):
    evaluate(run)
    kept = load_probability(run, "003")
    assert (kept.dtype, kept.shape) == (np.float32, (33, 44))
    expected = {row["case"]: p for row, p in evaluation.predict_cases(run, run.cases)}
    assert np.abs(kept - expected["003"]).max() <= 0.5 / 255 + 1e-6
    assert np.array_equal(load_labels(run, "003", threshold=0.3), kept >= 0.3)
    with pytest.raises(FileNotFoundError, match="call evaluate"):
        load_probability(run, "011")


@pytest.mark.parametrize("threshold", [-0.1, 2, float("nan")])
def test_a_threshold_that_is_no_probability_is_refused(run, threshold):
    with pytest.raises(ValueError, match=f"threshold is {threshold}, expected a probability"):
        evaluate(run, threshold=threshold)


def test_a_zoom_that_shrinks_is_refused_and_leaves_no_results(run, monkeypatch):
    monkeypatch.setattr(evaluation, "predict_cases", predict_cases)
    monkeypatch.setitem(vars(run), "network", lambda: nn.Sequential(nn.Conv2d(3, 1, 1)))
    with pytest.raises(ValueError, match=r"zoom is 0\.5, expected 1"):
        evaluate(run, zoom=0.5)
    assert not list(run.path.glob("results*.json"))


def test_unknown_and_empty_splits_are_named(run):
    with pytest.raises(ValueError, match="'tset'.*'test'"):
        evaluate(run, split="tset")
    with pytest.raises(ValueError, match="No case of run is in the split 'train'"):
        evaluate(run, split="train")


def test_a_mask_of_another_size_is_named(run):
    cv2.imwrite(str(run.cases["mask"][2]), np.zeros((9, 9), np.uint8))
    with pytest.raises(ValueError, match=r"Case '002'.*\(9, 9\).*\(32, 44\)"):
        evaluate(run)
    assert not (run.path / "results.json").exists()
