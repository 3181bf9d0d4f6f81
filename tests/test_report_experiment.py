"""Does the report name the experiment that was run, all its stages, and the machine?"""

from __future__ import annotations

from pathlib import Path

import pytest

from seglib.cards import card, cards
from seglib.recipes import recipe
from seglib.report import experiment
from tests.reports import ENVIRONMENT, course, fill, results_of


@pytest.mark.parametrize("entry", cards(), ids=lambda entry: entry.name)
def test_the_recipe_is_one_of_the_task(entry) -> None:
    """Two tasks may have recipes of one encoder, size and length that differ in all else."""
    found = experiment.trained_recipe(results_of(entry.name), entry)
    assert found.name.startswith(entry.recipe) and found.dataset == entry.name


def test_a_recipe_that_nobody_named_is_refused() -> None:
    results = results_of("kvasir-seg")
    results["unet"]["epochs"] = 7
    with pytest.raises(ValueError, match="come from 7 epochs of resnet18 at 224 px.*'polyp'"):
        experiment.trained_recipe(results, card("kvasir-seg"))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "a processor (x86_64) with two threads, in single precision"),
        ({"threads": 1}, "with one thread, in"),
        ({"precision": "bf16-mixed"}, "in mixed precision with bfloat16"),
        ({"device": "cuda (H100)", "precision": "16-mixed"}, "a graphics card (H100) with"),
        ({"device": "xpu (new)", "precision": "8-true"}, "xpu (new) with two threads, in 8-true"),
    ],
)
def test_the_machine_is_said_in_words(change: dict, said: str) -> None:
    words = experiment.machine(ENVIRONMENT | change)
    assert said in words and words.endswith("under PyTorch 2.15.0 and Python 3.11.7")


def test_no_record_of_the_machine_is_no_machine() -> None:
    assert experiment.machine({}) == ""


def said(folder: Path, results: dict, dataset: str = "kvasir-seg") -> str:
    """The section on the implementation, for these results."""
    text, _ = fill(course(folder, dataset, results), dataset)
    return " ".join(text.partition("# Implementation")[2].partition("# Evaluation")[0].split())


def test_the_machine_is_the_recorded_one(tmp_path: Path) -> None:
    results = results_of("kvasir-seg")
    same = said(tmp_path / "same", results)
    assert "Both networks were trained on a processor (x86_64) with two threads" in same
    results["unet"]["environment"] = ENVIRONMENT | {"device": "cuda (H100)"}
    differ = said(tmp_path / "differ", results)
    assert "U-Net was trained on a graphics card (H100)" in differ
    assert "DeepLabV3+ on a processor" in differ
    del results["unet"]["environment"]
    assert "was not recorded" in said(tmp_path / "lost", results)


def test_one_stage_is_told(tmp_path: Path) -> None:
    known, words = (
        recipe("skin-lesion-quick"),
        said(tmp_path, results_of("phantom-skin-lesion"), "phantom-skin-lesion"),
    )
    (stage,) = known.stages
    assert "Training had one stage." in words and "Then, for" not in words
    assert f"For {stage.epochs} epochs at {known.size} pixels, AdamW" in words
    assert f"peak learning rate of {stage.lr}, in batches of {stage.batch_size} images" in words


def test_all_stages_are_told(tmp_path: Path) -> None:
    known = recipe("polyp-modern")
    words = said(tmp_path, results_of("kvasir-seg"))
    assert "Training had two stages" in words and "The first worked on smaller images" in words
    for stage in known.stages:
        at = f"or {stage.epochs} epochs at {known.stage_size(stage)} pixels"
        assert at in words and str(stage.lr) in words
    assert experiment.sizes(known) == [128, 224]


def test_published_stages_are_told(tmp_path: Path) -> None:
    """Two stages of one size, with another batch and no cycle."""
    results, known = results_of("rsna-abdomen"), recipe("abdominal-organs")
    results["unet"] |= {"encoder": known.encoder, "epochs": known.epochs}
    results["preprocessing"]["size"] = known.size
    words = said(tmp_path, results, "rsna-abdomen")
    assert "All had images of the same size" in words
    assert "in batches of 32 images, 16 of which made one step" in words
    assert "Then, for 10 epochs at 512 pixels, it began again with a cosine schedule from" in words
    assert "5e-05, in batches of 64 images." in words
    assert experiment.sizes(known) == [512]


def test_sizes_stand_in_abstract_and_preprocessing(tmp_path: Path) -> None:
    text, _ = fill(course(tmp_path, "kvasir-seg", results_of("kvasir-seg")), "kvasir-seg")
    words = " ".join(text.split())
    assert "150 epochs on images of 128 and then of 224 pixels" in words
    assert "to 128 × 128 and then to 224 × 224 pixels" in words
