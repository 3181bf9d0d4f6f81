"""How do cases become batches, fast?

Order and augmentation follow from the seed, the epoch and the position alone, so that a training
that was interrupted goes on with the very batches it would have had.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import cv2
import lightning as L
import numpy as np
import pandas as pd
import torch
from albumentations import Compose
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from seglib.caching import Cache, build_cache
from seglib.datasets import load
from seglib.hardware import cores
from seglib.pasting import paste_object
from seglib.recipes import Recipe, Stage
from seglib.recipes.limits import folds_of
from seglib.splits import deal, find_duplicates, hold_out, split
from seglib.transforms import eval_transform, train_transform


def prepare(recipe: Recipe) -> pd.DataFrame:
    """The recipe's case table, divided as its ``split`` says.

    Raises
    ------
    ValueError
        If the split names a column or a value that the data set lacks, or more folds than groups.
    """
    cases = load(recipe.dataset)
    if recipe.split == "image":
        table = split(cases.assign(group=cases["case"]), recipe.fractions, recipe.split_seed)
        return table.assign(group=cases.set_index("case")["group"].loc[table["case"]].to_numpy())
    duplicates = find_duplicates(cases)
    if recipe.split == "group":
        return split(cases, recipe.fractions, recipe.split_seed, duplicates)
    if folds := folds_of(recipe.split):
        cases = cases.assign(fold=deal(cases, folds, recipe.split_seed, duplicates))
    column, _, value = recipe.split.partition("=")
    share = recipe.fractions[1] / (recipe.fractions[0] + recipe.fractions[1])
    return hold_out(cases, column, value, share, recipe.split_seed, duplicates)


class CachedDataset(Dataset):
    """Some rows of a cache, transformed when they are asked for.

    An index is a pair ``(row, seed)``: augmentation depends on nothing else, so an epoch can be
    repeated exactly, with any number of workers, after any interruption. `paste` is the share of
    images that get the object of another row (:mod:`seglib.pasting`).
    """

    def __init__(
        self, cache: Cache, rows: np.ndarray, transform: Compose, paste: float = 0.0
    ) -> None:
        self.cache, self.rows = cache, np.asarray(rows)
        self.transform, self.paste = transform, paste

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Image ``(3, S, S) float32``, normalised, and target ``(S, S) int64``."""
        row, seed = self.rows[index[0]], index[1]
        self.transform.set_random_seed(seed)
        image, mask = np.array(self.cache.images[row]), np.array(self.cache.masks[row])
        rng = np.random.default_rng(seed)
        if rng.random() < self.paste:
            donor = rng.choice(self.rows)
            donor_image, donor_mask = self.cache.images[donor], self.cache.masks[donor]
            image, mask = paste_object(image, mask, donor_image, donor_mask, rng)
        made = self.transform(image=image, mask=mask)
        return made["image"], made["mask"].long()


class SeededSampler(Sampler[tuple[int, int]]):
    """Pairs ``(row, seed)``; order and seeds follow from the seed and the epoch alone.

    Lightning calls :meth:`set_epoch` before each epoch, also after resuming. Several processes
    take turns: number `rank` of `world` has every `world`-th pair of the same order, and all
    have equally many, so up to ``world - 1`` pairs at the end are nobody's.
    """

    def __init__(
        self, length: int, seed: int, shuffle: bool, rank: int = 0, world: int = 1
    ) -> None:
        self.length, self.seed, self.shuffle, self.epoch = length, seed, shuffle, 0
        self.rank, self.world = rank, world

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch is next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length // self.world

    def __iter__(self) -> Iterator[tuple[int, int]]:
        generator = np.random.default_rng((self.seed, self.epoch))
        order = generator.permutation(self.length) if self.shuffle else np.arange(self.length)
        seeds = generator.integers(2**31, size=self.length)
        pairs = list(zip(order.tolist(), seeds.tolist(), strict=True))
        yield from pairs[self.rank : len(self) * self.world : self.world]


def workers_beside_the_gpu() -> int:
    """Processes that augment while a CUDA GPU computes; none elsewhere.

    On a CPU the cores are better spent on the network: augmenting takes 1 ms an image. Where
    processes cannot be forked, each would load torch anew and copy the whole cache.
    """
    forks = "fork" in multiprocessing.get_all_start_methods()
    return min(8, cores()) if forks and torch.cuda.is_available() else 0


def _on_one_core(_worker: int) -> None:
    """Keep OpenCV in a worker from using the cores of all others."""
    cv2.setNumThreads(0)


class SegmentationData(L.LightningDataModule):
    """Training and validation batches of one stage of a recipe.

    The case table has a ``split`` column; the recipe gives size, augmentation and seed, the stage
    the batch size; caches are kept in `folder`. The first epoch is number `begun`, above 0 where a
    training goes on. Processes that train together share each training batch; each validates all
    cases, so that no score is gathered, or counted twice.
    """

    def __init__(
        self, cases: pd.DataFrame, recipe: Recipe, stage: Stage, folder: Path, begun: int = 0
    ) -> None:
        super().__init__()
        self.stage, self.seed, self.begun = stage, recipe.seed, begun
        cache = build_cache(cases, recipe.stage_size(stage), folder)
        rows = {name: np.flatnonzero(cases["split"] == name) for name in ("train", "val")}
        augment = train_transform(recipe.augmentation)
        self.train = CachedDataset(cache, rows["train"], augment, recipe.paste)
        self.val = CachedDataset(cache, rows["val"], eval_transform())

    def _loader(self, dataset: CachedDataset, training: bool) -> DataLoader:
        workers = workers_beside_the_gpu()
        together = training and self.trainer is not None and self.trainer.world_size > 1
        rank, world = (self.trainer.global_rank, self.trainer.world_size) if together else (0, 1)
        return DataLoader(
            dataset,
            batch_size=self.stage.batch_size // world,
            sampler=SeededSampler(len(dataset), self.seed, training, rank, world),
            # A rest of one image would break batch norm.
            drop_last=training and len(dataset) > self.stage.batch_size,
            num_workers=workers,
            persistent_workers=workers > 0,
            multiprocessing_context="fork" if workers else None,
            worker_init_fn=_on_one_core,
            pin_memory=torch.cuda.is_available(),
            # Else each new pass draws from torch's own numbers, and dropout would not repeat.
            generator=torch.Generator(),
        )

    def train_dataloader(self) -> DataLoader:
        """Shuffled, augmented batches ``(N, 3, S, S) float32`` and ``(N, S, S) int64``."""
        loader = self._loader(self.train, training=True)
        loader.sampler.set_epoch(self.begun)  # workers fetch before Lightning says which epoch
        return loader

    def val_dataloader(self) -> DataLoader:
        """Batches in the order of the table, not augmented."""
        return self._loader(self.val, training=False)
