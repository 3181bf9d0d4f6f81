from __future__ import annotations

import dataclasses
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import seglib
from seglib.ablation import BUDGET, ablate, ladder
from seglib.cli import app
from seglib.figures import ablation as draw
from seglib.figures import use_style
from seglib.loading import prepare
from seglib.models import build_model
from seglib.recipes import Recipe, Stage, recipe

CHOSEN = {
    "encoder": {"encoder", "width"},
    "optimiser": {"stages"},
    "loss": {"stages"},
    "augmentation": {"augmentation", "paste"},
    "mean of the weights": {"ema"},
    "smaller images first": {"stages"},
}


def changed(a: Recipe, b: Recipe) -> set[str]:
    """Fields in which two recipes differ."""
    names = [field.name for field in dataclasses.fields(Recipe)]
    return {name for name in names if getattr(a, name) != getattr(b, name)}


def few(recipe: Recipe, number: int) -> pd.DataFrame:
    """The first cases of each split."""
    cases = prepare(recipe)
    chosen = cases.groupby("split").head(number).reset_index(drop=True)
    chosen.attrs = cases.attrs
    return chosen


@pytest.mark.parametrize("task", ["polyp", "skin-lesion", "kidney-stone", "lung"])
def test_each_rung_makes_one_choice_and_the_last_is_the_modern_recipe(task: str) -> None:
    modern = recipe(f"{task}-modern", dataset=f"phantom-{task}")
    published = recipe(task, epochs=modern.epochs)
    rungs = ladder(published, modern)
    names, recipes = list(rungs), list(rungs.values())
    assert names[0] == "as published" and recipes[-1] == modern
    for field in ("encoder", "augmentation", "ema", "stages"):
        assert getattr(recipes[0], field) == getattr(published, field)
    assert {(r.dataset, r.split, r.size, r.epochs, r.seed) for r in recipes} == {
        (modern.dataset, modern.split, modern.size, modern.epochs, modern.seed)
    }
    for name, below, above in zip(names[1:], recipes, recipes[1:], strict=False):
        assert set() < changed(below, above) <= CHOSEN[name]


def test_stages_change_one_thing_at_a_time() -> None:
    modern = recipe("polyp-modern")
    rungs = ladder(recipe("polyp", epochs=modern.epochs), modern)
    before, after, last = (rungs[n].stages for n in ("optimiser", "loss", "mean of the weights"))
    assert [stage.loss for stage in before + after] == ["bce", "bce_image_dice"]
    assert dataclasses.replace(before[0], loss=after[0].loss) == after[0] == last[0]
    assert after[0].scale == 1 and after[0].epochs == modern.epochs
    assert len(rungs["as published"].stages) == 2


def test_what_both_recipes_share_has_no_rung() -> None:
    modern = recipe("polyp-modern")
    same = dataclasses.replace(modern, stages=(dataclasses.replace(modern.stages[-1], epochs=94),))
    assert list(ladder(same, modern)) == ["as published", "optimiser", "smaller images first"]


def test_gains_are_differences_on_validation_cases(tmp_path: Path) -> None:
    stage = Stage(epochs=1, batch_size=8, loss="bce", optimiser="adam", schedule="constant")
    start = Recipe("tiny", "phantom-polyp", encoder="plain", width=2, size=32, stages=(stage,))
    end = dataclasses.replace(start, augmentation="flips", ema=0.5)
    start = dataclasses.replace(start, augmentation="none")
    cases = few(end, 16)
    rungs = ladder(start, end)
    table = ablate(rungs, cases, tmp_path)
    assert list(table["choice"]) == ["as published", "augmentation", "mean of the weights"]
    assert np.isnan(table["gain"][0])
    gains = table["dice"].diff()[1:]
    assert table["gain"][1:].to_numpy() == pytest.approx(gains.to_numpy(), abs=2e-4)
    assert (
        table[["low", "dice", "high"]].apply(lambda row: row.is_monotonic_increasing, axis=1).all()
    )
    assert not list(tmp_path.glob("*/scores.csv")), "test cases were scored"
    use_style()
    fig = draw.rungs(table)
    labels = [label.get_text() for label in fig.axes[0].get_yticklabels()]
    assert labels == ["as published", "+ augmentation", "+ mean of the weights"]
    title = fig.axes[0].get_title(loc="left")
    assert title == f"phantom-polyp, validation cases, {end.epochs} epochs, {end.size} px"
    plt.close(fig)


@pytest.mark.parametrize("dice", [[0.5, 0.6], [0.5, 0.5]])
def test_one_group_and_another_network_are_drawn(dice: list[float]) -> None:
    unknown = dict.fromkeys(("low", "high", "gain_low", "gain_high"), np.nan)
    rows = pd.DataFrame({"choice": ["as published", "encoder"], "dice": dice, "gain": [np.nan, 0]})
    table = rows.assign(dataset="phantom-polyp", model="fpn", epochs=2, px=32, minutes=1, **unknown)
    for figure in (draw.rungs, draw.lengths):
        fig = figure(table)
        fig.canvas.draw()
        (axes,) = fig.axes
        assert len(axes.texts) == 2
        assert all(axes.viewLim.contains(*text.xy) for text in axes.texts)
        plt.close(fig)


def tiny(epochs: int) -> Recipe:
    stage = Stage(epochs=epochs, batch_size=8)
    return Recipe("tiny", "phantom-polyp", encoder="plain", width=2, size=32, stages=(stage,))


def test_one_recipe_in_several_lengths(tmp_path: Path) -> None:
    trainings = {"1 epoch": tiny(1), "2 epochs": tiny(2)}
    table = ablate(trainings, few(tiny(1), 8), tmp_path)
    assert table["epochs"].tolist() == [1, 2]
    tested = ablate(trainings, few(tiny(1), 8), tmp_path, split="test")
    assert len(list(tmp_path.glob("*/scores.csv"))) == 2
    assert tested["minutes"].tolist() == table["minutes"].tolist(), "loaded, not trained again"
    use_style()
    fig = draw.lengths(pd.concat({"val": table, "test": tested}, names=["split"]).reset_index(0))
    axes = fig.axes[0]
    assert [line.get_label() for line in axes.containers] == ["val", "test"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1 epoch", "2\nepochs"]
    plt.close(fig)


@pytest.fixture
def budgets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where ``seglib budget`` writes its table, and no network is trained for it."""

    def told(trainings: dict[str, Recipe], split: str) -> pd.DataFrame:
        return pd.DataFrame([{"choice": name, "epochs": r.epochs} for name, r in trainings.items()])

    monkeypatch.setattr("seglib.ablation.ablate", told)
    settings = dataclasses.replace(seglib.settings("phantom-polyp"), root=tmp_path)
    monkeypatch.setattr("seglib.settings", lambda dataset: settings)
    return settings.figures / BUDGET


@pytest.mark.parametrize("more, parts", [((), ["val"]), (("--test",), ["val", "test"])])
def test_the_command_trains_every_length_and_touches_test_cases_only_if_asked(
    more: tuple[str, ...], parts: list[str], budgets: Path
) -> None:
    CliRunner().invoke(app, ["budget", "--epochs", "4", "--epochs", "2", *more])
    table = pd.read_csv(budgets)
    assert table["split"].tolist() == [part for part in parts for _ in range(2)]
    assert table["epochs"].tolist() == [2, 4] * len(parts)
    CliRunner().invoke(app, ["budget"])
    whole = recipe(seglib.settings(None).recipe).epochs
    assert pd.read_csv(budgets)["epochs"].tolist() == [whole // 4, whole // 2, whole]


def test_each_length_may_have_its_own_size(budgets: Path) -> None:
    sizes = ["--epochs", "4", "--size", "64", "--epochs", "2", "--size", "96"]
    CliRunner().invoke(app, ["budget", *sizes])
    assert pd.read_csv(budgets)["choice"].tolist() == ["2 epochs, 96 px", "4 epochs, 64 px"]
    wrong = CliRunner().invoke(app, ["budget", *sizes, "--epochs", "1"])
    assert wrong.exit_code == 2
    assert "2 x --size for 3 lengths; give one for each." in wrong.stderr


def test_a_plain_encoder_leaves_the_ladder_of_another_architecture() -> None:
    modern = recipe("polyp-modern", model="deeplabv3plus")
    rungs = ladder(recipe("polyp", epochs=modern.epochs), modern)
    assert {rung.encoder for rung in rungs.values()} == {modern.encoder}
    assert "encoder" not in rungs and list(rungs.values())[-1] == modern
    for rung in rungs.values():
        build_model(rung)
