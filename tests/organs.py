"""A tiny abdomen: 16-bit CT-like slices with up to three organs, several slices a patient."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from seglib.cards import BACKGROUND, LabelClass
from seglib.datasets import from_folders
from seglib.decoding import MaskDecoding

ORGANS = (
    BACKGROUND,
    LabelClass("liver", 60, "#D55E00"),
    LabelClass("spleen", 120, "#0072B2"),
    LabelClass("left kidney", 180, "#009E73"),
)
HOUNSFIELD = (-100, 60, 120, 180)
PLACES = ((20, 16), (16, 46), (44, 40))  # row and column of each organ


def write_organs(folder: Path, n: int, spacing: tuple[float, float] | None = None) -> pd.DataFrame:
    """Write `n` slices of 64x64 px; the case table has a card with window, offset and spacing.

    Every second slice lacks the kidney, every sixth has no organ at all.
    """
    rng = np.random.default_rng(0)
    for kind in ("images", "masks"):
        (folder / kind).mkdir(parents=True)
    rows, columns = np.indices((64, 64))
    for index in range(n):
        labels = np.zeros((64, 64), np.uint8)
        for organ, (y, x) in enumerate(PLACES, start=1):
            shown = index % 6 != 5 and (organ < 3 or index % 2 == 0)
            centre = np.array((y, x)) + rng.integers(-3, 4, 2)
            inside = np.hypot(rows - centre[0], columns - centre[1]) < rng.integers(6, 10)
            labels[inside & shown] = organ
        image = np.array(HOUNSFIELD)[labels] + 1024 + rng.integers(-20, 21, labels.shape)
        name = f"p{index // 2:02d}_s{index % 2}.png"
        cv2.imwrite(str(folder / "images" / name), image.astype(np.uint16))
        cv2.imwrite(str(folder / "masks" / name), labels * 60)
    table = from_folders(
        folder / "images",
        folder / "masks",
        classes=ORGANS,
        group_pattern=r"^(p\d+)_",
        decoding=MaskDecoding("values", values=(0, 60, 120, 180)),
    )
    card = table.attrs["card"]
    table.attrs["card"] = replace(card, window=(40, 400), offset=-1024, spacing_mm=spacing)
    return table
