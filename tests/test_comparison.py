from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from seglib.comparison import compare
from seglib.results import Evaluation
from seglib.scoring import METRICS


def made(gap=0.0, n=40, per_group=2, seed=0, spread=0.03, protocol="as usual", classes=("polyp",)):
    """An evaluation whose scores lie `gap` above a common base."""
    base = np.random.default_rng(0).beta(8, 2, n)
    random = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        for name in classes:
            row = {"case": f"{i:03}", "group": f"p{i // per_group}", "class": name}
            row |= {"height": 30, "width": 40, "truth_px": i, "predicted_px": 1}
            score = base[i] + gap + random.normal(0, spread)
            rows.append(row | dict.fromkeys(METRICS, score))
    return Evaluation(pd.DataFrame(rows), None, None, None, 0.5, None, protocol)


def test_a_clear_difference():
    found = compare({"a": made(0.08, seed=1), "b": made(seed=2)})
    assert list(found.paired) == ["case", "group", "a", "b", "difference"]
    assert found.difference == pytest.approx(found.paired["difference"].mean())
    assert found.difference == pytest.approx(found.table["mean"].diff().iloc[-1] * -1)
    assert 0 < found.low < found.difference < found.high
    assert found.permutation_p < 0.001 and found.wilcoxon_p < 0.001
    assert 0.8 < found.effect_size <= 1
    said = found.verdict()
    assert "a is better on these cases" in said
    assert "40 cases in 20 groups" in said and "permutation p < 0.001" in said
    assert "not another seed, another split" in said


def test_smaller_distances_are_better():
    assert "b is better" in compare({"a": made(9, seed=1), "b": made()}, "hd95").verdict()
    assert "a is better" in compare({"a": made(9, seed=1), "b": made()}, "nsd").verdict()


def test_no_difference_is_said_so_and_is_no_proof():
    found = compare({"a": made(seed=1), "b": made(seed=2)})
    assert found.low < 0 < found.high and found.permutation_p > 0.05
    assert "No difference was shown" in found.verdict()
    assert "not prove that the two are equal" in found.verdict()


def test_ranks_that_lean_where_the_mean_does_not_are_told():
    models = {"often": made(0.01, 80, 1, spread=0), "rarely": made(0, 80, 1, spread=0)}
    models["rarely"].scores.loc[:11, list(METRICS)] += 0.05  # far ahead in a few cases
    found = compare(models)
    assert found.permutation_p > 0.05 > found.wilcoxon_p
    assert "No difference was shown" in found.verdict()
    assert "lean to often (p < 0.001), which is ahead in 68 of 80 groups: a hint" in found.verdict()
    lower = compare(models, "hd95").verdict()
    assert "lean to rarely (p < 0.001), which is ahead in 68 of 80 groups: a hint" in lower
    assert "ranks" not in compare({"a": made(seed=1), "b": made(seed=2)}).verdict()


def test_equal_models():
    found = compare({"a": made(), "b": made()})
    assert (found.difference, found.low, found.high, found.effect_size) == (0, 0, 0, 0)
    assert found.permutation_p == found.wilcoxon_p == 1
    assert "No difference was shown" in found.verdict()


def test_too_few_groups_are_said_so():
    few = compare({"a": made(0.2, per_group=10), "b": made(seed=1, per_group=10)})
    assert few.permutation_p == pytest.approx(2 / 2**4) and few.effect_size == 1
    assert "disagree: a hint of a difference, not a finding. With so few" in few.verdict()
    few = compare({"a": made(per_group=10), "b": made(seed=1, per_group=10)})
    assert "no test could have shown one" in few.verdict()
    one = compare({"a": made(0.2, per_group=40), "b": made(per_group=40)})
    assert np.isnan(one.permutation_p) and "One group alone" in one.verdict()


def test_too_few_groups_for_many_models_are_said_so():
    seven = {name: made(seed=seed, per_group=7) for seed, name in enumerate("abc")}
    assert compare(seven).pairs["groups"].unique() == [6]
    assert "no test could have shown one" in compare(seven).verdict()  # 3 x 2 / 2**6 > .05
    del seven["c"]
    assert "no test could have shown one" not in compare(seven).verdict()


def test_three_models_are_corrected_for_three_comparisons():
    models = {"a": made(0.08, seed=1), "b": made(seed=2), "c": made(seed=3)}
    found = compare(models)
    assert found.pairs[["first", "second"]].to_numpy().tolist() == [
        ["a", "b"], ["a", "c"], ["b", "c"]
    ]  # fmt: skip
    p = found.pairs
    assert (p["holm_p"] >= p["permutation_p"]).all()
    assert p["holm_p"].min() == pytest.approx(min(1, 3 * p["permutation_p"].min()))
    assert found.table.index.tolist() == ["a", "b", "c"]
    assert "corrected for 3 comparisons" in found.verdict()


def test_a_case_without_a_distance_is_left_out_and_said():
    missed = made(seed=1)
    missed.scores.loc[4, "hd95"] = np.nan
    found = compare({"a": missed, "b": made()}, "hd95")
    assert found.table["undefined"].tolist() == [1, 0]
    assert found.pairs["n"].tolist() == [39]
    assert "1 of 40 cases are left out" in found.verdict()


def test_classes_are_averaged_per_case():
    organs = ("liver", "spleen")
    first, second = made(classes=organs), made(seed=1, classes=organs)
    found = compare({"a": first, "b": second})
    assert len(found.paired) == 40
    assert found.paired["a"][0] == pytest.approx(first.scores["dice"][:2].mean())


def test_absent_classes_are_left_out_of_the_mean():
    organs = ("liver", "spleen")
    first, second = made(classes=organs), made(seed=1, classes=organs)
    for found in (first, second):
        found.scores.loc[1, ["truth_px", "predicted_px", "dice"]] = [0, 0, 1]
    result = compare({"a": first, "b": second})
    assert result.paired["a"][0] == pytest.approx(first.scores["dice"][0], abs=1e-6)
    assert result.what == "Dice, mean of 2 classes"
    assert result.verdict().startswith("Dice, mean of 2 classes, a minus b: ")


def test_one_class_on_request():
    organs = ("liver", "spleen")
    first, second = made(classes=organs), made(seed=1, classes=organs)
    for found in (first, second):
        absent = found.scores["class"].eq("spleen") & (found.scores["case"] < "010")
        found.scores.loc[absent, ["truth_px", "predicted_px", "dice"]] = [0, 0, 1]
    # Invented by one model: the case stays, at 1 for the model that was right.
    second.scores.loc[3, ["predicted_px", "dice"]] = [5, 0]
    result = compare({"a": first, "b": second}, only="spleen")
    assert result.paired["case"].tolist() == ["001", *(f"{i:03}" for i in range(10, 40))]
    assert result.paired.loc[0, ["a", "b"]].tolist() == [1, 0]
    assert result.label == "Dice, spleen"
    with pytest.raises(ValueError, match="'spleeen'.*'spleen'"):
        compare({"a": first, "b": second}, only="spleeen")


def test_a_class_that_is_nowhere_cannot_be_compared():
    organs = ("liver", "spleen")
    empty = made(classes=organs)
    empty.scores.loc[empty.scores["class"] == "spleen", ["truth_px", "predicted_px"]] = 0
    with pytest.raises(ValueError, match="No case holds the class 'spleen'"):
        compare({"a": empty, "b": empty}, only="spleen")


def test_the_unit_of_distances_is_said_and_must_agree():
    in_mm = [replace(made(9, seed=1), unit="mm"), replace(made(), unit="mm")]
    found = compare(dict(zip("ab", in_mm, strict=True)), "hd95")
    assert found.label == "95 % Hausdorff distance (mm)"
    assert " mm on average over 40 cases" in found.verdict()
    with pytest.raises(ValueError, match="mm and in px"):
        compare({"a": in_mm[0], "b": made()}, "hd95")
    assert compare({"a": in_mm[0], "b": made()}).unit == ""


def test_the_seed_decides():
    models = {"a": made(0.01, seed=1), "b": made(seed=2)}
    assert compare(models).verdict() == compare(models).verdict()
    assert compare(models, seed=1).low != compare(models, seed=2).low


def test_different_protocols_are_said():
    assert "same protocol" not in compare({"a": made(), "b": made()}).verdict()
    models = {"a": made(), "b": made(protocol="four flips")}
    assert "same protocol" in compare(models).verdict()
    assert compare(models).protocols == {"a": "as usual", "b": "four flips"}


def without(n):
    evaluation = made()
    return replace(evaluation, scores=evaluation.scores[n:])


def with_other_masks():
    evaluation = made()
    evaluation.scores.loc[3, "truth_px"] += 1
    return evaluation


@pytest.mark.parametrize(
    ("models", "metric", "message"),
    [
        ({"a": made()}, "dice", "two models or more, found 1"),
        ({"a": made(), "b": made()}, "dise", "'dise'.*'dice'"),
        ({"a": made(), "b": without(2)}, "dice", "'b' has no score for cases 000, 001;"),
        ({"a": without(8), "b": made()}, "dice", "'a' has no score .* 004 and 3 more;"),
        ({"a": made(), "b": with_other_masks()}, "dice", "different masks or groups on case 003;"),
    ],
)
def test_what_cannot_be_compared_is_named(models, metric, message):
    with pytest.raises(ValueError, match=message):
        compare(models, metric)


@pytest.mark.parametrize("models", [["a", "b"], {"a": "outputs/A", "b": "outputs/B"}])
def test_evaluations_have_names(models):
    with pytest.raises(TypeError, match=r'such as {"U-Net": evaluate\(run\), .*}, got'):
        compare(models)
