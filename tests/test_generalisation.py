import dataclasses
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import seglib
from seglib.cli import app, studies
from seglib.datasets import load
from seglib.ensembles import ensemble
from seglib.evaluation import evaluate
from seglib.figures import generalisation as draw
from seglib.figures import use_style
from seglib.generalisation import (
    COLUMNS,
    TABLE,
    TRAINING,
    divisions,
    folds,
    generalise,
    merged,
    read_tables,
)
from seglib.loading import prepare
from seglib.recipes import Recipe, Stage, recipe
from seglib.training import fit


def table(**columns):
    cases = pd.DataFrame({"case": list("abcd")} | columns)
    cases.attrs["card"] = SimpleNamespace(name="mine")
    return cases


def test_what_there_is_to_divide_by():
    slices, scanners = ["p", "p", "q", "q"], ["y", "y", "x", "x"]
    assert divisions(table(group=slices)) == ("group", "image")
    assert divisions(table(group=list("abcd"), site=scanners)) == ("group", "site=x", "site=y")
    assert divisions(table(group=slices, site=scanners))[1:] == ("image", "site=x", "site=y")


@pytest.mark.parametrize("more", [{}, {"site": list("xxxx")}])
def test_nothing_to_divide_by_is_said(more):
    with pytest.raises(ValueError, match="mine names neither patients with several images nor"):
        divisions(table(group=list("abcd"), **more))


def test_a_split_by_image_leaks_and_keeps_the_patients_known():
    quick = recipe("polyp-quick", split="image")
    cases = prepare(quick)
    assert set(cases["case"]) == set(load("phantom-polyp")["case"])
    assert cases["group"].nunique() < len(cases)
    sides = {name: set(members["group"]) for name, members in cases.groupby("split")}
    assert len(sides["test"] & sides["train"]) > len(sides["test"]) / 2
    by_group = prepare(recipe("polyp-quick"))
    assert cases["split"].value_counts().equals(by_group["split"].value_counts())


def test_a_value_held_out_is_the_test_set(monkeypatch):
    cases = load("phantom-polyp")
    cases["site"] = cases["group"].map(lambda name: "north" if name < "p020" else "south")
    monkeypatch.setattr("seglib.loading.load", lambda name: cases)
    made = prepare(recipe("polyp-quick", split="site=north"))
    assert set(made.loc[made["split"] == "test", "site"]) == {"north"}
    assert set(made.loc[made["split"] != "test", "site"]) == {"south"}
    with pytest.raises(ValueError, match="nroth.*north"):
        prepare(recipe("polyp-quick", split="site=nroth"))


def test_the_usual_split_leaves_the_run_name_alone():
    usual, other = Recipe("mine", "own"), Recipe("mine", "own", split="image")
    assert "split" not in usual.to_json().replace("split_seed", "")
    assert usual.run_name != other.run_name
    assert [Recipe.from_json(entry.to_json()) for entry in (usual, other)] == [usual, other]
    with pytest.raises(ValueError, match="imgae.*image"):
        Recipe("mine", "own", split="imgae")


def test_trained_and_scored_under_each_division(tmp_path):
    stage = Stage(epochs=1, batch_size=16)
    tiny = Recipe("tiny", "phantom-polyp", "unet", "plain", width=2, size=32, stages=(stage,))
    found = generalise(tiny, ("unet",), (0, 1), outputs=tmp_path)
    once = generalise(tiny, ("unet",), splits=("image",), outputs=tmp_path)
    assert once.iloc[0].to_dict() == found.iloc[2].to_dict()
    assert list(found["split"]) == ["group", "group", "image", "image"]
    assert list(found["seed"]) == [0, 1, 0, 1]
    assert found.loc[1, "seen"] == 0 and found.loc[2, "seen"] > 0.5
    assert found.loc[0, "dice"] != found.loc[1, "dice"]
    assert ((found["low"] <= found["dice"]) & (found["dice"] <= found["high"])).all()
    assert found["train"].eq(found["train"][0]).all() and found["test"].gt(0).all()
    for name in ("phantom-lung", "phantom-polyp"):
        (tmp_path / "figures" / name).mkdir(parents=True)
        found.assign(dataset=name).to_csv(tmp_path / "figures" / name / "splits.csv", index=False)
    both = read_tables(tmp_path / "figures")
    assert list(both["dataset"]) == ["phantom-lung"] * 4 + ["phantom-polyp"] * 4
    use_style()
    fig = draw.divided(both)
    assert [axes.get_title(loc="left") for axes in fig.axes] == ["phantom-lung", "phantom-polyp"]
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["by group", "by image"]
    plt.close(fig)


def test_folds_test_each_image_once(tmp_path):
    stage = Stage(epochs=1, batch_size=16)
    tiny = Recipe("tiny", "phantom-polyp", "unet", "plain", width=2, size=32, stages=(stage,))
    found = generalise(tiny, ("unet",), splits=("group", *folds(3)), outputs=tmp_path)
    assert list(found["split"]) == ["group", "fold=1/3", "fold=2/3", "fold=3/3", "folds=3"]
    single, whole = found.iloc[1:4], found.iloc[4]
    cases = load("phantom-polyp")
    assert single["test"].sum() == whole["test"] == len(cases)
    assert single["groups"].sum() == whole["groups"] == cases["group"].nunique()
    assert not found["seen"].any()
    assert whole["dice"] == pytest.approx(np.average(single["dice"], weights=single["test"]))
    assert whole["low"] < whole["dice"] < whole["high"]
    part = generalise(tiny, ("unet",), splits=folds(3)[:2] * 2, outputs=tmp_path)
    assert list(part["split"]) == ["fold=1/3", "fold=2/3"]
    assert draw.title("fold=2/3") == "fold 2 of 3"
    assert draw.title("folds=3") == "all 3 folds together"


def test_folds_are_dots_on_the_line_of_all_of_them():
    blank = dict.fromkeys(COLUMNS, 0) | {"dataset": "isic2018", "dice": 0.8, "low": 0.7, "high": 1}
    rows = [blank | {"model": "unet", "split": split} for split in (*folds(2), "folds=2")]
    rows += [blank | {"model": "deeplabv3plus", "split": "fold=1/2"}]  # its other fold is missing
    fig = draw.divided(pd.DataFrame(rows))
    labels = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert labels == ["all 2 folds together", "fold 1 of 2"]
    assert len(fig.axes[0].containers) == 2  # marks with an interval
    dots = [line for line in fig.axes[0].lines if line.get_markersize() == 2]
    assert [tuple(dot.get_xdata()) for dot in dots] == [(0.8,)] * 2
    plt.close(fig)


def test_another_network_and_one_group_are_drawn():
    blank = dict.fromkeys(COLUMNS, 0) | {"dataset": "isic2018", "split": "group", "dice": 0.8}
    known = blank | {"model": "unet", "low": 0.7, "high": 0.9}
    other = blank | {"model": "fpn", "low": np.nan, "high": np.nan}
    fig = draw.divided(pd.DataFrame([known, other]))
    fig.canvas.draw()
    assert [text.get_text() for text in fig.legends[0].get_texts()] == ["U-Net", "fpn"]
    unet, fpn = (handle.get_color() for handle in fig.legends[0].get_lines())
    assert unet != fpn
    assert [text.xy[0] for text in fig.axes[0].texts] == [0.9, 0.8]
    plt.close(fig)


def test_the_networks_of_a_division_are_scored_together(tmp_path):
    stage = Stage(epochs=1, batch_size=16)
    tiny = Recipe("tiny", "phantom-polyp", "unet", "mobilenet_v2", size=32, stages=(stage,))
    found = generalise(tiny, ("unet", "fpn"), (0,), folds(2), tmp_path, together=True)
    together = found[found["model"] == "ensemble"]
    assert list(together["split"]) == ["fold=1/2", "fold=2/2", "folds=2"]
    trained = [dataclasses.replace(tiny, model=m, split="fold=1/2") for m in ("unet", "fpn")]
    joined = ensemble([fit(member, outputs=tmp_path) for member in trained], tmp_path)
    expected = evaluate(joined).scores["dice"].mean()
    assert together["dice"].iloc[0] == pytest.approx(expected, abs=1e-6)
    assert found.loc[found["split"] == "folds=2", "test"].eq(len(load("phantom-polyp"))).all()


def test_only_networks_of_one_seed_are_brought_together(monkeypatch):
    monkeypatch.setattr("seglib.generalisation.fit", lambda recipe, outputs: recipe)
    monkeypatch.setattr("seglib.generalisation._row", lambda recipe, runs: {"dice": 0.0})
    joined = []
    monkeypatch.setattr("seglib.generalisation.ensemble", lambda runs, outputs: joined.append(runs))
    generalise(recipe("polyp-quick"), ("unet", "fpn"), (0, 1), ("group",), together=True)
    told = [[(member.model, member.seed) for member in members] for members in joined]
    assert told == [[("unet", 0), ("fpn", 0)], [("unet", 1), ("fpn", 1)]]
    with pytest.raises(ValueError, match="two or more models, found unet"):
        generalise(recipe("polyp-quick"), ("unet",), splits=("group",), together=True)


@pytest.mark.parametrize("split", ["fold=0/5", "fold=6/5", "fold=1/1", "fold=a/5", "fold=2"])
def test_what_is_no_fold_is_refused(split):
    with pytest.raises(ValueError, match=f"split is '{split}', expected a fold, such as fold=1/5"):
        recipe("polyp-quick", split=split)


@pytest.mark.parametrize(
    ("options", "expected", "together"),
    [
        ([], None, False),
        (["--split", "image", "--ensemble"], ["image"], True),
        (["--folds", "3"], ["fold=1/3", "fold=2/3", "fold=3/3"], False),
        (["--split", "group", "--folds", "2"], ["group", "fold=1/2", "fold=2/2"], False),
    ],
)
def test_the_command_divides_as_it_is_told(options, expected, together, monkeypatch, tmp_path):
    asked = []

    def told(recipe, models, seeds, splits, together):
        asked.append((recipe.name, models, seeds, splits, together))
        return pd.DataFrame([dict.fromkeys(COLUMNS, 0)])

    settings = dataclasses.replace(seglib.settings("phantom-polyp"), root=tmp_path)
    monkeypatch.setattr("seglib.settings", lambda dataset: settings)
    monkeypatch.setattr("seglib.generalisation.generalise", told)
    assert CliRunner().invoke(app, ["generalise", "--model", "unet", *options]).exit_code == 0
    assert asked == [(settings.recipe, ["unet"], (0,), expected, together)]
    assert (settings.figures / TABLE).is_file()


@pytest.mark.parametrize("number", [1, 0, -3])
def test_a_cross_validation_has_two_folds_or_more(number):
    with pytest.raises(ValueError, match=f"folds is {number}, expected 2 or more"):
        folds(number)


def test_rows_are_added_to_those_of_the_same_recipe(tmp_path):
    def made(recipe, *rows, px=64):
        every = dict.fromkeys(COLUMNS, 0) | {"dataset": "own", "recipe": recipe, "px": px}
        named = [dict(zip([*TRAINING, "dice"], row, strict=True)) for row in rows]
        return pd.DataFrame([every | row for row in named])

    first = made("modern", ("group", "unet", 0, 0.1), ("image", "unet", 0, 0.2))
    path = tmp_path / "splits.csv"
    assert merged(path, first).equals(first)
    first.to_csv(path, index=False)
    more = made("modern", ("image", "unet", 0, 0.3), ("group", "deeplabv3plus", 0, 0.4))
    more = pd.concat([more, made("modern", ("group", "unet", 1, 0.5))])
    both, row = merged(path, more), ("group", "unet", 0, 0.6)
    assert list(both["dice"]) == [0.1, 0.5, 0.4, 0.3]
    assert list(both["split"]) == ["group"] * 3 + ["image"]
    for other in (made("quick", row), made("modern", row, px=96)):
        assert merged(path, other).equals(other)


def test_a_table_of_something_else_is_refused_by_name(tmp_path):
    path = tmp_path / "own" / "splits.csv"
    path.parent.mkdir()
    for written, lacking in (("dataset,split,model,seed,dice\n", "recipe"), ("", "dataset")):
        path.write_text(written)
        said = rf"own.splits.csv has no column '{lacking}'.* move it"
        with pytest.raises(ValueError, match=said):
            merged(path, pd.DataFrame())
        with pytest.raises(ValueError, match=said):
            read_tables(tmp_path)


def test_without_figures_there_is_no_table(tmp_path):
    assert read_tables(tmp_path).empty


def test_a_table_of_other_trainings_is_set_aside(tmp_path, capsys):
    path = tmp_path / "ablation.csv"
    short = pd.DataFrame({"model": ["unet"], "px": [96], "epochs": [8], "dice": [0.5]})
    studies.keep(short, path)
    studies.keep(short.assign(dice=0.6), path)  # the same trainings, told anew
    assert [entry.name for entry in tmp_path.iterdir()] == ["ablation.csv"]
    studies.keep(short.assign(epochs=150), path)
    assert "other trainings is kept as" in capsys.readouterr().out
    assert pd.read_csv(tmp_path / "ablation.1.csv")["dice"].tolist() == [0.6]
    assert pd.read_csv(path)["epochs"].tolist() == [150]
    both = short.assign(split="val"), short.assign(split="test")
    studies.keep(pd.concat(both), tmp_path / "budget.csv")
    studies.keep(both[0], tmp_path / "budget.csv")  # the test scores are not lost
    assert pd.read_csv(tmp_path / "budget.1.csv")["split"].tolist() == ["val", "test"]
