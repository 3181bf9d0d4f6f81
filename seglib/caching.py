"""How is an image decoded only once?

Decoding a JPEG and shrinking it costs far more than augmenting the small copy, and it gives the
same answer every epoch. So it is done once per data set and size, into two uint8 arrays on disk
that every later run and every model maps into memory.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from seglib.display import read_stored, show
from seglib.files import new_folder, stamp
from seglib.hardware import cores
from seglib.images import read_mask, resize_image, resize_mask


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
        parts.append(f"{path}:{stamp(path)}")
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
    FileNotFoundError, ValueError, OSError
        If a file is missing or unreadable, or the disk is too small; nothing is left behind.
    """
    target = Path(folder) / f"{cases.attrs['card'].name}-{size}px-{_cache_key(cases, size)}"
    if not target.is_dir():
        try:
            with new_folder(target) as draft:
                _fill_cache(cases, size, draft)
        except (OSError, ValueError):
            if not target.is_dir():  # else another process finished the same cache meanwhile
                raise
    images, masks = (np.load(target / f"{kind}.npy", mmap_mode="r") for kind in ("images", "masks"))
    return Cache(images, masks)


def _fill_cache(cases: pd.DataFrame, size: int, folder: Path) -> None:
    card, shape = cases.attrs["card"], (len(cases), size, size)
    images, masks = _reserve(folder, {"images": (*shape, 3), "masks": shape})

    def one(row: int) -> None:
        """Fill one row of both arrays."""
        picture = show(read_stored(cases["image"].iloc[row], card.storage), card)
        images[row] = resize_image(picture, (size, size))
        masks[row] = resize_mask(read_mask(cases["mask"].iloc[row], card.decoding), (size, size))

    # OpenCV releases the interpreter lock, so threads use both cores.
    with ThreadPoolExecutor(cores()) as pool:
        rows = pool.map(one, range(len(cases)))
        list(tqdm(rows, total=len(cases), desc="Decoding once", unit="case", leave=False))
    images.flush()
    masks.flush()


def _reserve(folder: Path, shapes: dict[str, tuple[int, ...]]) -> list[np.ndarray]:
    """Empty uint8 arrays, mapped from files that have all of their disk space already.

    Else Python would be killed without a word if the disk got full while they are filled. Raises
    an OSError that says how much is needed.
    """
    needed, free = sum(map(math.prod, shapes.values())), shutil.disk_usage(folder).free
    take, arrays = getattr(os, "posix_fallocate", None), []  # not on macOS and Windows
    try:
        if take is None and needed > free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        for name, shape in shapes.items():
            path = folder / f"{name}.npy"
            arrays.append(np.lib.format.open_memmap(path, "w+", np.uint8, shape))
            if take is not None:
                with path.open("r+b") as file:
                    take(file.fileno(), 0, path.stat().st_size)
    except OSError as error:
        raise OSError(
            error.errno,
            f"{error.strerror}: {folder.parent} has {free / 1e6:.0f} MB left, and the decoded "
            f"images need {needed / 1e6:.0f} MB. Make room there, or name a folder on another disk "
            "(SEGLIB_OUTPUTS).",
        ) from None
    return arrays
