"""Recipes: overriding, serialising, naming."""

import dataclasses

import pytest

from seglib.recipes import Recipe, Stage, recipe, recipes


@pytest.mark.parametrize("name", [r.name for r in recipes()])
def test_every_recipe_survives_json(name):
    assert Recipe.from_json(recipe(name).to_json()) == recipe(name)


def test_published_polyp_recipe():
    first, second = recipe("polyp").stages
    assert (recipe("polyp").size, recipe("polyp").encoder) == (128, "plain")
    assert (first.loss, first.lr, first.epochs, first.optimiser) == ("bce", 1e-3, 100, "adam")
    assert (second.loss, second.lr) == ("dice", 1e-4)


def test_fields_of_recipe_and_stage_are_replaced_and_none_is_not():
    made = recipe("polyp-modern", model="deeplabv3plus", epochs=3, lr=0.5, size=None)
    assert (made.model, made.epochs, made.stages[0].lr) == ("deeplabv3plus", 3, 0.5)
    assert made.size == recipe("polyp-modern").size


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
    ],
)
def test_unknown_names_are_refused(name, fields, message):
    with pytest.raises(ValueError, match=message):
        recipe(name, **fields)


def test_recipes_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Stage(epochs=1).epochs = 2
