"""An ensemble answers with the mean of its members, and is a run like any other."""

from __future__ import annotations

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from typer.testing import CliRunner

from seglib import runs
from seglib.cli import app
from seglib.comparison import compare
from seglib.cost import cost
from seglib.ensembles import MEMBERS, ensemble
from seglib.evaluation import evaluate, load_probability
from seglib.models import Ensemble, UNet, stride
from seglib.recipes import EnsembleRecipe, NnunetRecipe, Stage, read_recipe
from seglib.runs import Run, load_run
from seglib.training import fit
from seglib.viewer import MaskViewer
from tests.squares import RECIPE, square_cases

TINY = dataclasses.replace(RECIPE, stages=(Stage(epochs=2, lr=1e-2, batch_size=8),))
OTHER = dataclasses.replace(TINY, width=2, seed=1)


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pd.DataFrame:
    return square_cases(tmp_path_factory.mktemp("squares"), 20, 6, 2, 2)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def members(cases, outputs) -> list[Run]:
    return [fit(recipe, cases, outputs) for recipe in (TINY, OTHER)]


@pytest.fixture(scope="module")
def both(members, outputs) -> Run:
    return ensemble(members, outputs)


@pytest.mark.parametrize("classes", [1, 3])
def test_its_probability_is_the_mean_of_its_members(classes):
    torch.manual_seed(0)
    networks = [UNet(classes=classes, width=2, depth=depth).eval() for depth in (1, 2)]
    image = torch.randn(2, 3, 16, 16)

    def seen(network):
        logits = network(image)
        return logits.sigmoid() if classes == 1 else logits.softmax(dim=1)

    with torch.inference_mode():
        expected = torch.stack([seen(network) for network in networks]).mean(dim=0)
        torch.testing.assert_close(seen(Ensemble(networks)), expected)
    assert stride(Ensemble(networks)) == 4


@pytest.mark.parametrize("sure", [200.0, -200.0])
def test_what_is_certain_stays_finite_and_certain(sure):
    class Certain(torch.nn.Module):
        def forward(self, x):
            return torch.full((1, 1, 2, 2), sure)

    logits = Ensemble([Certain(), Certain()])(torch.zeros(1, 3, 2, 2))
    torch.testing.assert_close(logits, torch.full((1, 1, 2, 2), sure))


def test_predictions_of_cases_are_means(members, both):
    for run in (*members, both):
        evaluate(run)
    name = both.cases.loc[both.cases["split"] == "test", "case"].iloc[0]
    first, second = (load_probability(run, name) for run in members)
    np.testing.assert_allclose(load_probability(both, name), (first + second) / 2, atol=1 / 255)


def test_it_is_a_run_like_any_other(members, both):
    assert both.recipe == EnsembleRecipe((TINY, OTHER))
    assert read_recipe(both.recipe.to_json()) == both.recipe
    assert (both.recipe.dataset, both.recipe.size, both.recipe.precision) == ("own", 32, "32")
    assert (
        both.describe()
        == "ensemble, mean probability of unet (plain, seed 0), unet (plain, seed 1)"
    )
    assert both.history.empty
    assert both.cases.equals(members[0].cases)
    sizes = [cost(run.network(), 32)["parameters"] for run in (*members, both)]
    assert sizes[2] == sizes[0] + sizes[1]
    compared = compare({"one": evaluate(members[0]), "both": evaluate(both)})
    assert list(compared.table.index) == ["one", "both"]
    assert MaskViewer.from_runs(members[0], both).source.models == ("U-Net", "Ensemble")


def test_it_needs_its_members_no_more(members, both, tmp_path):
    copies = [tmp_path / run.path.name for run in members]
    for run, copy in zip(members, copies, strict=True):
        shutil.copytree(run.path, copy)
    joined = ensemble([load_run(copy) for copy in copies], tmp_path)
    for copy in copies:
        shutil.rmtree(copy)
    pd.testing.assert_frame_equal(evaluate(load_run(joined.path)).scores, evaluate(both).scores)
    assert load_run(joined.checkpoint).recipe == joined.recipe


def test_asked_again_nothing_is_written_until_a_member_has_other_weights(members, both, outputs):
    written = both.checkpoint.stat().st_mtime_ns
    assert ensemble(members, outputs).checkpoint.stat().st_mtime_ns == written
    record = both.path / MEMBERS
    record.write_text(record.read_text().replace(members[1].digest, "0" * 64))
    assert ensemble(members, outputs).checkpoint.stat().st_mtime_ns > written
    assert members[1].digest in record.read_text()


def test_a_checkpoint_that_was_deleted_is_written_again(members, tmp_path):
    both = ensemble(members, tmp_path)
    shutil.rmtree(both.path / "checkpoints")
    assert ensemble(members, tmp_path).digest == both.digest


def test_what_does_not_fit_together_is_refused(members, both, cases, tmp_path):
    first, second = members
    with pytest.raises(ValueError, match="two or more different runs, found own-unet"):
        ensemble([first])
    with pytest.raises(ValueError, match="two or more different runs"):
        ensemble([first, second, first])
    with pytest.raises(TypeError, match="Expected a run.*got 'outputs/RUN'"):
        ensemble([first, "outputs/RUN"])
    with pytest.raises(ValueError, match=f"{both.path.name} cannot be a member: it is ensemble"):
        ensemble([first, both])
    nnunet = dataclasses.replace(first, recipe=NnunetRecipe.beside(TINY))
    with pytest.raises(ValueError, match="cannot be a member: it is nnU-Net"):
        ensemble([first, nnunet])
    with pytest.raises(ValueError, match="same size, found 32 and 48"):
        EnsembleRecipe((TINY, dataclasses.replace(TINY, size=48)))
    moved = cases.assign(split=cases["split"].sample(frac=1, random_state=0).to_numpy())
    moved.attrs = cases.attrs
    with pytest.raises(ValueError, match="one may have learnt from what the other is tested with"):
        ensemble([first, fit(OTHER, moved, tmp_path)], tmp_path)
    assert not list(tmp_path.glob("*ensemble*"))


def test_a_bare_checkpoint_finds_the_cases_of_its_members(both, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGLIB_OUTPUTS", str(tmp_path / "outputs"))
    bare = load_run(shutil.copy(both.checkpoint, tmp_path))
    assert bare.card == both.card
    monkeypatch.setattr(runs, "prepare", lambda recipe: recipe)
    assert bare.cases == both.recipe.members[0]


def test_from_the_shell(members, both, outputs, monkeypatch):
    monkeypatch.setenv("SEGLIB_OUTPUTS", str(outputs))
    done = CliRunner().invoke(app, ["ensemble", *(str(run.path) for run in members)])
    assert done.exit_code == 0, done.output
    assert done.output.endswith(f"Next: seglib evaluate {both.path}\n")
    scored = CliRunner().invoke(app, ["evaluate", str(both.path), "--flips"])
    assert scored.exit_code == 0, scored.output
    assert scored.stdout.startswith(both.describe()) and "four flips" in scored.stdout
