"""How are our cases written down for nnU-Net?

As one data set of 2D images at native resolution. Test cases are never among them: what nnU-Net
cannot see, it cannot learn, nor plan by.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from seglib.cards import DatasetCard
from seglib.display import read_stored
from seglib.files import new_folder, write_atomic
from seglib.groups import spread
from seglib.images import image_size, read_mask

DATASET = "Dataset001_seglib"  # the only one in a raw folder of ours, so its number says nothing
ENDING = ".tif"  # keeps 8 bit, 16 bit and Hounsfield units; nnU-Net wants one ending for all files
N_FOLDS = 5
FIXED = 1.5e9  # bytes; checkpoints of the largest 2D network, with the optimiser's state


def learning(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases that nnU-Net may see: train and val, never test.

    Raises
    ------
    ValueError
        If fewer than two cases train, or none validates.
    """
    counts = cases["split"].value_counts()
    if counts.get("train", 0) < 2 or counts.get("val", 0) < 1:
        raise ValueError(
            f"nnU-Net plans and learns from two training cases and one validation case at least, "
            f"found {counts.get('train', 0)} and {counts.get('val', 0)}; add cases, or give them a "
            "larger share of the split."
        )
    return cases[cases["split"] != "test"]


def pixels(cases: pd.DataFrame) -> int:
    """Pixels of all images that nnU-Net may see; only headers are read."""
    return sum(int(np.prod(image_size(path))) for path in learning(cases)["image"])


def identity(cases: pd.DataFrame) -> str:
    """Changes when a case that nnU-Net may see comes, goes, or moves to another split or group.

    Also when one of its files has another number of bytes.
    """
    columns, seen, card = ["case", "group", "split", "image"], learning(cases), cases.attrs["card"]
    sizes = [Path(path).stat().st_size for path in (*seen["image"], *seen["mask"])]
    said = seen[columns].to_csv(index=False) + repr((card.name, card.reading, sizes))
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def folds(cases: pd.DataFrame, seed: int = 0) -> list[dict[str, list[str]]]:
    """The folds of nnU-Net's cross-validation, as ``splits_final.json`` holds them.

    Fold 0 is our own split: trained on ``train``, validated on ``val``. The others validate on a
    quarter of the training cases each and train on the rest, our validation cases included. Every
    case validates once, none is a test case, and no group is divided that our split keeps whole.
    With fewer than four groups in ``train`` there are fewer folds.
    """
    seen = learning(cases)
    train, val = (seen[seen["split"] == name] for name in ("train", "val"))
    groups = np.random.default_rng(seed).permutation(np.unique(train["group"]))
    sizes = train["group"].value_counts()[groups].to_numpy()
    parts = min(N_FOLDS - 1, len(groups))
    part = pd.Series(spread(sizes, parts), index=groups)[train["group"]].to_numpy()
    held = [val["case"], *(train["case"][part == number] for number in range(parts))]
    if parts < 2:  # all groups in one: nothing would be left to train on
        held = held[:1]
    return [{"train": sorted(set(seen["case"]) - set(out)), "val": sorted(out)} for out in held]


def channel_names(image: np.ndarray, card: DatasetCard) -> dict[str, str]:
    """Names of the channels, by which nnU-Net chooses how to normalise them.

    A card with a window holds calibrated intensities: ``CT`` is cut at percentiles of all objects
    and normalised by their mean and deviation. Everything else is normalised image by image.
    """
    if image.ndim == 3:
        return {"0": "red", "1": "green", "2": "blue"}
    return {"0": "CT" if card.window is not None else "grey"}


def channels_first(image: np.ndarray) -> np.ndarray:
    """An image as nnU-Net's own reader gives it: ``(C, 1, H, W) float32``."""
    stacked = image[..., None] if image.ndim == 2 else image
    return np.ascontiguousarray(stacked.transpose(2, 0, 1)[:, None], dtype=np.float32)


def write_raw(cases: pd.DataFrame, folder: Path) -> None:
    """Write images, masks, ``dataset.json`` and ``splits_final.json`` below ``folder/raw``.

    Parameters
    ----------
    cases
        Split case table with its card.
    folder
        Does nothing if the raw data set is there already.

    Raises
    ------
    ValueError
        If there are too few cases, images differ in their channels, or no mask has an object.
    OSError
        If the disk is too small for what nnU-Net will make of them.
    """
    target = folder / "raw" / DATASET
    if (target / "dataset.json").is_file():
        return
    seen, card = learning(cases), cases.attrs["card"]
    channels = channel_names(read_stored(seen["image"].iloc[0], card.storage), card)
    _require_space(folder, len(seen), pixels(cases) * len(channels))
    objects = 0
    with new_folder(target) as draft:
        rows = tqdm(seen.itertuples(), "Writing cases for nnU-Net", len(seen), leave=False)
        for row in rows:
            image, labels = read_stored(row.image, card.storage), read_mask(row.mask, card.decoding)
            _require_alike(row.image, image, channels)
            _write_tiff(draft / "imagesTr" / f"{row.case}_0000{ENDING}", image)
            _write_tiff(draft / "labelsTr" / f"{row.case}{ENDING}", labels)
            objects += np.count_nonzero(labels)
        if not objects:
            raise ValueError(
                f"None of the {len(seen)} masks of '{card.name}' has an object, so nnU-Net has "
                "nothing to learn; check how the masks are decoded."
            )
        write_atomic(draft / "splits_final.json", json.dumps(folds(cases), indent=1))
        write_atomic(draft / "dataset.json", json.dumps(_facts(seen, channels), indent=2))


def _facts(seen: pd.DataFrame, channels: dict[str, str]) -> dict:
    """What nnU-Net asks about a data set."""
    card = seen.attrs["card"]
    objects = {entry.name: index for index, entry in enumerate(card.classes) if index}
    return {
        "name": card.title,
        "licence": card.licence,
        "channel_names": channels,
        "labels": {"background": 0} | objects,
        "numTraining": len(seen),
        "file_ending": ENDING,
        "overwrite_image_reader_writer": "NaturalImage2DIO",
    }


def _require_alike(path: Path, image: np.ndarray, channels: dict[str, str]) -> None:
    found = 1 if image.ndim == 2 else 3
    if found != len(channels):
        raise ValueError(
            f"{path} has {found} channel{'s' * (found > 1)}, but the first image has "
            f"{len(channels)}; nnU-Net needs the same number in all: save them alike."
        )


def _require_space(folder: Path, n: int, values: int) -> None:
    """Raise ``OSError`` unless there is room for `n` cases of so many values, and checkpoints."""
    # Raw as they are, and preprocessed in float32 with a map of labels, hardly compressed.
    needed = FIXED + values * (2 + 4 + 2)
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise OSError(
            f"nnU-Net needs about {needed / 1e9:.1f} GB for its copies of {n} cases and its "
            f"checkpoints, but {folder} has {free / 1e9:.1f} GB left; make room, or name a folder "
            "on another disk in SEGLIB_OUTPUTS."
        )


def _write_tiff(path: Path, pixels: np.ndarray) -> None:
    if pixels.dtype not in (np.uint8, np.uint16):
        pixels = pixels.astype(np.float32)
    if pixels.ndim == 3:
        pixels = pixels[..., ::-1]  # OpenCV writes blue first
    write_atomic(path, cv2.imencode(ENDING, pixels)[1].tobytes())
