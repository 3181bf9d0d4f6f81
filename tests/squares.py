"""The smallest segmentation task there is: bright squares on noise, several images a patient."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from seglib.datasets import from_folders
from seglib.decoding import MaskDecoding
from seglib.recipes import Recipe

# Tests say for how long.
RECIPE = Recipe(
    name="tiny",
    dataset="own",
    encoder="plain",
    width=4,
    size=32,
    augmentation="flips",
    precision="32",
)


def write_squares(folder: Path, n: int) -> Path:
    """Write `n` images of 48x40 px and their masks to ``folder/{images,masks}``."""
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    for index in range(n):
        mask = np.zeros((48, 40), np.uint8)
        top, left = rng.integers(2, 20, 2)
        mask[top : top + rng.integers(10, 24), left : left + rng.integers(10, 18)] = 255
        image = rng.integers(0, 90, (48, 40, 3)) + 120 * (mask > 0)[..., None]
        name = f"p{index // 2:02d}_f{index % 2}.png"
        cv2.imwrite(str(folder / "images" / name), image.astype(np.uint8))
        cv2.imwrite(str(folder / "masks" / name), mask)
    return folder


def square_cases(folder: Path, n: int, train: int, val: int, test: int) -> pd.DataFrame:
    """Their case table; so many train, validate and test in turn."""
    write_squares(folder, n)
    table = from_folders(folder / "images", folder / "masks", decoding=MaskDecoding())
    table["split"] = np.resize(["train"] * train + ["val"] * val + ["test"] * test, len(table))
    return table
