"""Recipes: what was published, overriding, serialising, naming."""

import dataclasses
import re

import pytest
from typer.testing import CliRunner

from seglib.cards import CARDS, cards
from seglib.cli import app
from seglib.losses import LOSSES
from seglib.models import build_model
from seglib.recipes import SOURCES, NnunetRecipe, Recipe, Stage, recipe, recipes
from seglib.transforms import AUGMENTATIONS

FAMILIES = ("polyp", "skin-lesion", "kidney-stone", "abdominal-organs", "lung")


@pytest.fixture(params=[r.name for r in recipes()])
def entry(request) -> Recipe:
    return recipe(request.param)


def test_every_task_has_three_recipes():
    names = [f"{family}{kind}" for family in FAMILIES for kind in ("", "-modern", "-quick")]
    assert [r.name for r in recipes()] == names


def test_every_data_set_belongs_to_a_task():
    assert {known.recipe for known in cards()} == set(FAMILIES)


def test_every_recipe_survives_json(entry):
    assert Recipe.from_json(entry.to_json()) == entry


def test_every_recipe_says_where_it_comes_from(entry):
    published = entry.name in FAMILIES
    assert SOURCES[entry.name].startswith("Student project" if published else "This course")
    assert not published or "Not published, hence ours: " in SOURCES[entry.name]


def test_every_recipe_names_what_there_is(entry):
    assert entry.augmentation in AUGMENTATIONS
    assert all(stage.loss in LOSSES for stage in entry.stages)
    if entry.name.endswith("-quick"):
        assert entry.dataset == f"phantom-{entry.name.removesuffix('-quick')}"
    else:
        assert CARDS[entry.dataset].recipe == re.sub("-modern$", "", entry.name)


def test_every_recipe_holds_out_a_test_set_and_chooses_on_another(entry):
    assert min(entry.fractions) > 0 and sum(entry.fractions) == pytest.approx(1)


def test_what_is_better_is_better_everywhere():
    for family in FAMILIES:
        modern = recipe(f"{family}-modern")
        for stage in modern.stages:
            assert (stage.optimiser, stage.schedule) == ("adamw", "one-cycle")
            assert stage.loss == "bce_image_dice" and modern.ema >= 0.99


def test_a_stage_may_work_on_smaller_images_and_the_last_one_does_not():
    modern = recipe("polyp-modern")
    assert [modern.stage_size(stage) for stage in modern.stages] == [128, 224]
    small = recipe("polyp-modern", size=64)
    assert [small.stage_size(stage) for stage in small.stages] == [32, 64]  # not 38 px
    with pytest.raises(ValueError, match="size is 77 px.*multiple of its stride"):
        build_model(recipe("polyp-modern", size=77))


def test_organs_are_not_mirrored():
    for name in ("abdominal-organs-modern", "abdominal-organs-quick"):
        assert recipe(name).augmentation == "upright"


PUBLISHED = {
    "polyp": dict(size=128, encoder="plain"),
    "skin-lesion": dict(size=128, augmentation="geometric"),
    "kidney-stone": dict(fractions=(0.7, 0.1, 0.2)),
    "abdominal-organs": dict(
        size=512, encoder="mobilenetv3-large", augmentation="distortion", fractions=(0.8, 0.1, 0.1)
    ),
    "lung": dict(size=256, augmentation="geometric", fractions=(0.7, 0.1, 0.2)),
}
STAGES = {
    "polyp": [
        dict(loss="bce", optimiser="adam", lr=1e-3, epochs=100),
        dict(loss="dice", optimiser="adam", lr=1e-4),
    ],
    "skin-lesion": [dict(lr=1e-3, epochs=50, batch_size=8)],
    "kidney-stone": [dict(loss="bce_dice")],
    "abdominal-organs": [
        dict(
            loss="dice_focal",
            optimiser="adamw",
            schedule="cosine",
            lr=1e-3,
            epochs=30,
            batch_size=32,
            accumulate=16,
        ),
        dict(loss="dice_focal", optimiser="adamw", lr=5e-5, epochs=10, batch_size=64),
    ],
    "lung": [dict(loss="bce", optimiser="adam", lr=1e-3, epochs=10, batch_size=16)],
}


@pytest.mark.parametrize("family", FAMILIES)
def test_published_settings(family):
    made = recipe(family)
    assert made.model == "unet" and made.weights is None
    assert dataclasses.asdict(made).items() >= PUBLISHED[family].items()
    assert len(made.stages) == len(STAGES[family])
    for stage, published in zip(made.stages, STAGES[family], strict=True):
        assert dataclasses.asdict(stage).items() >= published.items()
        # Adam's weight decay is not AdamW's; nobody published one.
        assert stage.optimiser != "adam" or stage.weight_decay == 0


@pytest.mark.parametrize("model", ["unet", "deeplabv3plus"])
def test_both_networks_can_be_built_with_the_published_encoder(model):
    build_model(recipe("abdominal-organs", model=model), n_classes=6)


def test_the_shell_lists_settings_and_sources():
    said = CliRunner().invoke(app, ["recipes"]).stdout
    assert all(f"\n{r.name}\n" in f"\n{said}" for r in recipes())
    assert "    unet, encoder mobilenetv3-large, 512 px, augmentation distortion, on rsna" in said
    assert "    30 epochs of dice_focal, adamw 0.001 cosine, batch 32 x 16\n" in said
    assert "Not published, hence ours:" in said
    assert max(map(len, said.splitlines())) <= 100


def test_the_name_of_a_run_with_published_results_never_changes():
    assert recipe("polyp-modern").run_name == "kvasir-seg-unet-resnet18-224px-2955ebde"
    assert recipe("polyp-quick").run_name == "phantom-polyp-unet-resnet18-96px-29bb2f66"


def test_fields_of_recipe_and_stage_are_replaced_and_none_is_not():
    made = recipe("polyp-modern", model="deeplabv3plus", epochs=3, lr=0.5, size=None)
    assert (made.model, made.epochs, made.stages[0].lr) == ("deeplabv3plus", 3, 0.5)
    assert made.size == recipe("polyp-modern").size


@pytest.mark.parametrize(
    ("epochs", "shares"), [(150, [111, 39]), (94, [69, 25]), (10, [7, 3]), (1, [1])]
)
def test_epochs_are_shared_out_among_the_stages(epochs, shares):
    stages = recipe("polyp-modern", epochs=epochs).stages
    assert [stage.epochs for stage in stages] == shares
    assert stages[-1].scale == 1


def test_run_names_differ_exactly_when_recipes_do():
    base = recipe("polyp-quick")
    assert base.run_name == recipe("polyp-quick").run_name
    names = {base.run_name}
    for change in ({"seed": 1}, {"lr": 0.1}, {"split_seed": 1}, {"augmentation": "none"}):
        names.add(recipe("polyp-quick", **change).run_name)
    assert len(names) == 5


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("polip", {}, "Unknown recipe 'polip'. Did you mean 'polyp'"),
        ("polyp", {"epoch": 3}, "Unknown recipe field 'epoch'. Did you mean 'epochs'"),
        ("polyp", {"optimiser": "adamm"}, "Unknown optimiser 'adamm'"),
        ("polyp", {"schedule": "onecycle"}, "Did you mean 'one-cycle'"),
        ("polyp", {"precision": "64"}, "Unknown precision '64'"),
        ("polyp", {"scale": 0.5}, "last stage works at 0.5 of the recipe's size.*give it scale 1"),
    ],
)
def test_unknown_names_are_refused(name, fields, message):
    with pytest.raises(ValueError, match=message):
        recipe(name, **fields)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"epochs": 0}, "epochs is 0, expected 1 or more."),
        ({"epochs": -94}, "epochs is -94, expected 1 or more."),
        ({"batch_size": 0}, "batch size is 0, expected 1 or more."),
        ({"accumulate": 0}, "accumulate is 0, expected 1 or more."),
        ({"lr": -0.1}, "lr is -0.1, expected 0 or more."),
        ({"lr": float("nan")}, "lr is nan, expected 0 or more."),
        ({"weight_decay": -1}, "weight decay is -1, expected 0 or more."),
        ({"width": 0}, "width is 0, expected 1 or more."),
        ({"paste": 1.5}, "paste is 1.5, expected 0 to 1."),
        ({"ema": 1.0}, "ema is 1.0, expected 0 to 0.99999."),
        ({"patience": 0}, "patience is 0, expected 1 or more."),
        ({"seed": -1}, "seed is -1, expected 0 to 4294967295."),
        ({"split_seed": -1}, "split seed is -1, expected 0 to 4294967295."),
    ],
)
def test_numbers_outside_their_range_are_refused(fields, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        recipe("polyp-modern", **fields)


@pytest.mark.parametrize(
    "shares",
    [(0, 0, 1), (0.8, 0, 0.2), (0.5, 0.5, 0.5), (1.2, 0.1, -0.3), (float("nan"), 0.5, 0.5)],
)
def test_shares_that_leave_nothing_to_learn_from_are_refused(shares):
    for change in ({}, {"split": "fold=1/5"}):
        with pytest.raises(ValueError, match="^fractions are .*only that of test may be 0.$"):
            recipe("polyp", fractions=shares, **change)
    with pytest.raises(ValueError, match="^fractions are"):
        NnunetRecipe("kvasir-seg", fractions=shares)
    assert recipe("polyp", fractions=(0.9, 0.1, 0)).fractions == (0.9, 0.1, 0)


def test_recipes_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Stage(epochs=1).epochs = 2
