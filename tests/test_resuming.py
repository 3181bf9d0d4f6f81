"""An interrupted training repeats what it had not finished, dropout and images included."""

import os
import sys
from dataclasses import replace

import pandas as pd
import pytest
import torch
from lightning.pytorch import Callback

from seglib import loading, training
from seglib.loading import SegmentationData
from seglib.recipes import Stage
from seglib.training import fit
from tests.squares import RECIPE, square_cases

DROPOUT = replace(
    RECIPE, encoder="resnet18", model="deeplabv3plus", stages=(Stage(epochs=3, batch_size=8),)
)  # its atrous pyramid drops half of its channels


FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked: seglib.loading")


@pytest.fixture(scope="module")
def cases(tmp_path_factory) -> pd.DataFrame:
    return square_cases(tmp_path_factory.mktemp("squares"), 24, 7, 1, 2)


class PowerCut(Callback):
    """Stop after the second epoch, as a lost machine would."""

    def on_train_epoch_start(self, trainer, *_) -> None:
        if trainer.current_epoch == 2:
            raise KeyboardInterrupt


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=FORKS)])
def test_a_resumed_training_sees_the_images_and_the_dropout_of_a_whole_one(
    cases, tmp_path, monkeypatch, workers
):
    """Workers, as beside a GPU, fetch images before Lightning says which epoch it is."""
    monkeypatch.setattr(loading, "workers_beside_the_gpu", lambda: workers)
    whole = fit(DROPOUT, cases, tmp_path / "whole").history
    with monkeypatch.context() as patch:
        real = training.L.Trainer

        def failing(*args, callbacks, **kwargs):
            return real(*args, callbacks=[*callbacks, PowerCut()], **kwargs)

        patch.setattr(training.L, "Trainer", failing)
        with pytest.raises((KeyboardInterrupt, SystemExit)):
            fit(DROPOUT, cases, tmp_path / "cut")
    resumed = fit(DROPOUT, cases, tmp_path / "cut").history
    pd.testing.assert_series_equal(resumed["train_loss"], whole["train_loss"])


def test_a_process_gets_two_images_or_more_of_a_batch(cases, tmp_path):
    recipe = replace(RECIPE, stages=(Stage(epochs=1, batch_size=4),))
    with pytest.raises(ValueError, match="4 process.es. would have one image each .* at least 8"):
        fit(recipe, cases, tmp_path, devices=4)


def test_processes_are_not_started_from_a_notebook(cases, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "ps1", "In : ", raising=False)
    with pytest.raises(ValueError, match="2 processes cannot be started from a notebook"):
        fit(RECIPE, cases, tmp_path, devices=2)


def test_workers_are_processes_only_where_they_share_the_cache(cases, tmp_path, monkeypatch):
    data = SegmentationData(cases, RECIPE, RECIPE.stages[0], tmp_path)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    for method, wanted in (("fork", True), ("spawn", False)):
        monkeypatch.setattr(loading.multiprocessing, "get_all_start_methods", lambda m=method: [m])
        assert (data.val_dataloader().num_workers > 0) is wanted
