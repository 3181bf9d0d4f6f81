"""How do cases become batches, fast?

Decoding a JPEG and shrinking it costs far more than augmenting the small copy, and it gives the
same answer every epoch. So it is done once per data set and size, into two uint8 arrays on disk
that every later run and every model maps into memory.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import lightning as L
import numpy as np
import pandas as pd
import torch
from albumentations import Compose
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler
from tqdm.auto import tqdm

from seglib.datasets import load
from seglib.display import show
from seglib.images import read_image, read_mask, resize_image, resize_mask
from seglib.recipes import Recipe, Stage
from seglib.splits import find_duplicates, split
from seglib.transforms import eval_transform, train_transform


def prepare(recipe: Recipe) -> pd.DataFrame:
    """The recipe's case table, split: load, find duplicates, keep them on one side."""
    cases = load(recipe.dataset)
    return split(cases, recipe.fractions, recipe.split_seed, find_duplicates(cases))


@dataclass(frozen=True)
class Cache:
    """All cases of a table at working size, in the order of the table.

    Attributes
    ----------
    images
        ``(N, S, S, 3) uint8``, mapped from disk.
    masks
        ``(N, S, S) uint8`` class indices, mapped from disk.
    """

    images: np.ndarray
    masks: np.ndarray


def _cache_key(cases: pd.DataFrame, size: int) -> str:
    """Changes when a file, the order of the cases, the size, the decoding or the window does."""
    card = cases.attrs["card"]
    parts = [str(size), repr((card.decoding, card.window, card.offset))]
    for path in (*cases["image"], *cases["mask"]):
        facts = Path(path).stat()
        parts.append(f"{path}:{facts.st_size}:{facts.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def build_cache(cases: pd.DataFrame, size: int, folder: Path) -> Cache:
    """Decode and resize every case once; later calls only map the result.

    Parameters
    ----------
    cases
        Case table; its card says how files are decoded and shown.
    size, folder
        Side of the square copies, px (the aspect ratio is not kept), and where caches are kept.

    Raises
    ------
    FileNotFoundError, ValueError
        If a file is missing or unreadable; nothing is left behind.
    """
    target = Path(folder) / f"{cases.attrs['card'].name}-{size}px-{_cache_key(cases, size)}"
    if not target.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=".cache-"))
        try:
            _fill_cache(cases, size, temporary)
            os.replace(temporary, target)
        except OSError:
            if not target.is_dir():  # else another process finished the same cache meanwhile
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    images, masks = (np.load(target / f"{kind}.npy", mmap_mode="r") for kind in ("images", "masks"))
    return Cache(images, masks)


def _fill_cache(cases: pd.DataFrame, size: int, folder: Path) -> None:
    card, shape = cases.attrs["card"], (len(cases), size, size)
    write = np.lib.format.open_memmap
    images = write(folder / "images.npy", mode="w+", dtype=np.uint8, shape=(*shape, 3))
    masks = write(folder / "masks.npy", mode="w+", dtype=np.uint8, shape=shape)

    def one(row: int) -> None:
        """Fill one row of both arrays."""
        picture = show(read_image(cases["image"].iloc[row]), card)
        images[row] = resize_image(picture, (size, size))
        masks[row] = resize_mask(read_mask(cases["mask"].iloc[row], card.decoding), (size, size))

    # OpenCV releases the interpreter lock, so threads use both cores.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = pool.map(one, range(len(cases)))
        list(tqdm(rows, total=len(cases), desc="Decoding once", unit="case", leave=False))
    images.flush()
    masks.flush()


class CachedDataset(Dataset):
    """Some rows of a cache, transformed when they are asked for.

    An index is a pair ``(row, seed)``: augmentation depends on nothing else, so an epoch can be
    repeated exactly, with any number of workers, after any interruption.
    """

    def __init__(self, cache: Cache, rows: np.ndarray, transform: Compose) -> None:
        self.cache, self.rows, self.transform = cache, np.asarray(rows), transform

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Image ``(3, S, S) float32``, normalised, and target ``(S, S) int64``."""
        row, seed = self.rows[index[0]], index[1]
        self.transform.set_random_seed(seed)
        image, mask = np.array(self.cache.images[row]), np.array(self.cache.masks[row])
        made = self.transform(image=image, mask=mask)
        return made["image"], made["mask"].long()


class SeededSampler(Sampler[tuple[int, int]]):
    """Pairs ``(row, seed)``; order and seeds follow from the seed and the epoch alone.

    Lightning calls :meth:`set_epoch` before each epoch, also after resuming.
    """

    def __init__(self, length: int, seed: int, shuffle: bool) -> None:
        self.length, self.seed, self.shuffle, self.epoch = length, seed, shuffle, 0

    def set_epoch(self, epoch: int) -> None:
        """Say which epoch is next."""
        self.epoch = epoch

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[tuple[int, int]]:
        generator = np.random.default_rng((self.seed, self.epoch))
        order = generator.permutation(self.length) if self.shuffle else np.arange(self.length)
        seeds = generator.integers(2**31, size=self.length)
        yield from zip(order.tolist(), seeds.tolist(), strict=True)


class SegmentationData(L.LightningDataModule):
    """Training and validation batches of one stage of a recipe.

    The case table has a ``split`` column; the recipe gives size, augmentation and seed, the stage
    the batch size; caches are kept in `folder`.
    """

    def __init__(self, cases: pd.DataFrame, recipe: Recipe, stage: Stage, folder: Path) -> None:
        super().__init__()
        self.stage, self.seed = stage, recipe.seed
        cache = build_cache(cases, recipe.size, folder)
        rows = {name: np.flatnonzero(cases["split"] == name) for name in ("train", "val")}
        self.train = CachedDataset(cache, rows["train"], train_transform(recipe.augmentation))
        self.val = CachedDataset(cache, rows["val"], eval_transform())

    def _loader(self, dataset: CachedDataset, training: bool) -> DataLoader:
        # On a CPU the cores are better spent on the network: augmenting takes 1 ms an image.
        workers = min(8, os.cpu_count() or 1) if torch.cuda.is_available() else 0
        return DataLoader(
            dataset,
            batch_size=self.stage.batch_size,
            sampler=SeededSampler(len(dataset), self.seed, shuffle=training),
            # A rest of one image would break batch norm.
            drop_last=training and len(dataset) > self.stage.batch_size,
            num_workers=workers,
            persistent_workers=workers > 0,
            pin_memory=torch.cuda.is_available(),
        )

    def train_dataloader(self) -> DataLoader:
        """Shuffled, augmented batches ``(N, 3, S, S) float32`` and ``(N, S, S) int64``."""
        return self._loader(self.train, training=True)

    def val_dataloader(self) -> DataLoader:
        """Batches in the order of the table, not augmented."""
        return self._loader(self.val, training=False)
