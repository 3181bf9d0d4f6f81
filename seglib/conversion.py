"""How do scans become the folders of images and masks that the course works on?"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from seglib.files import new_folder
from seglib.formats import (
    Volume,
    choose_window,
    find_masks,
    find_scans,
    read_mask_volume,
    read_volume,
)
from seglib.formats.finding import doubt, mask_of, patient_of, refuse_masks, told_together
from seglib.formats.volume import AIR, DEEP, deepened
from seglib.images import window as show
from seglib.spacing import TABLE


def convert(
    source: str | Path,
    target: str | Path,
    masks: str | Path | None = None,
    window: str | None = None,
    series: str | None = None,
    resample: bool = False,
) -> pd.DataFrame:
    """Cut scans into PNG slices, with a table of where each slice lies.

    ``target`` gets ``images/<scan>_z000.png`` and so on, ``masks/`` with the same names, and
    ``table.csv``; all of it or nothing.

    Parameters
    ----------
    source
        A folder of DICOM slices, a DICOM, NIfTI or NRRD file, or a folder with any number of
        these in folders below it.
    target
        A folder that is not there yet, or empty.
    masks
        The mask file of a single scan; or a folder of masks, each with the name of its scan
        (``a.nii.gz`` for the scan ``a``, and for nnU-Net's ``a_0000`` if it has no second
        channel) or a DICOM segmentation of its series. The PNG files
        hold class numbers, 0 is background.
    window
        See :func:`seglib.formats.choose_window`; the images are then 8 bit. Without one they are
        16 bit: HU + 1024 for CT, where lower values become 0, and the raw values of other scans.
    series
        SeriesInstanceUID, needed only for a folder that holds several series.
    resample
        Bring masks with another grid onto that of their scan, by nearest neighbour.

    Returns
    -------
    DataFrame
        What ``table.csv`` holds, one row a slice: ``case`` (stem of the PNG file), ``group`` (who
        was scanned: by the patient's number in DICOM; of NIfTI and NRRD files by the folder in
        `source`, or by the file where they lie in `source` itself), ``volume`` (the scan),
        ``slice`` (from 0), ``position_mm`` (along the slices' normal),
        ``spacing_slice_mm``, ``spacing_row_mm``, ``spacing_col_mm``, ``thickness_mm``,
        ``orientation`` (where columns, rows and slices run to), ``window`` (``centre,width``, empty
        without one), ``offset`` (to add to the grey values for HU or raw values; NaN with a
        window), ``source`` (file). ``attrs["classes"]`` are the names of the classes that the
        masks tell, ``attrs["problems"]`` sentences about what was found.

    Raises
    ------
    FileNotFoundError, ModuleNotFoundError, ValueError
        If nothing is there; if a reader is not installed; if a scan or mask cannot be read, a
        mask does not lie on its scan or lies among the scans, or the values do not fit 16 bit.
    """
    masks = None if masks is None else Path(masks)
    scans = find_scans(Path(source), masks)
    refuse_masks(scans)
    drawn = {} if masks is None else _masks_of(scans, masks)
    rows: list[dict] = []
    classes: dict[int, str] = {}
    problems = told_together(scans, Path(source))
    units: dict[str, str] = {}
    with new_folder(Path(target)) as draft:
        for part in ("images", "masks") if drawn else ("images",):
            (draft / part).mkdir()
        for name, path in scans.items():
            image = read_volume(path, series)
            units.setdefault(image.unit, name)
            _require_one_unit(units, window)
            group = patient_of(path, Path(source)) or image.group
            rows += _write_images(draft / "images", name, group, image, window)
            problems += [f"{name}: {problem}" for problem in (*image.problems, *doubt(image))]
            mask = mask_of(name, scans, drawn) or drawn.get(image.series)
            if mask:
                labels = read_mask_volume(mask, image, resample)
                _write_masks(draft / "masks", name, labels)
                _add_classes(classes, labels, mask)
                problems += [f"{name}: {problem}" for problem in labels.problems]
            elif drawn:
                problems.append(f"{name}: no mask in {masks} has its name or its series.")
        _require_any_mask(draft / "masks", drawn, scans)
        table = pd.DataFrame(rows)
        table.to_csv(draft / TABLE, index=False)
    table.attrs = {"classes": classes, "problems": tuple(problems)}
    return table


def _masks_of(scans: dict[str, Path], masks: Path) -> dict[str, Path]:
    """Mask files by the name or the series of their scan."""
    if not masks.is_file():
        return find_masks(masks)
    if len(scans) > 1:
        raise ValueError(f"{masks} is one mask for {len(scans)} scans; give a folder of masks.")
    return dict.fromkeys(scans, masks)


def _require_any_mask(folder: Path, drawn: dict[str, Path], scans: dict[str, Path]) -> None:
    if drawn and not any(folder.iterdir()):
        raise ValueError(
            f"No mask belongs to any scan. Masks: {', '.join(list(drawn)[:5])}. Scans: "
            f"{', '.join(list(scans)[:5])}. Name each mask as its scan (c0.nii.gz for "
            "c0.nii.gz or nnU-Net's c0_0000.nii.gz), or give DICOM segmentations of these series."
        )


def _require_one_unit(units: dict[str, str], window: str | None) -> None:
    if window is None and len(units) > 1:
        raise ValueError(
            f"{units['HU']} is in HU and {units['raw']} in raw intensities, which would be stored "
            "with different offsets; convert them into two folders, and give masks with --masks."
        )


def _write_images(
    folder: Path, name: str, group: str, image: Volume, window: str | None
) -> list[dict]:
    """Write the slices of a scan; one row of the table for each."""
    chosen = None if window is None else choose_window(window, image)
    offset = AIR if image.unit == "HU" else 0
    if chosen is None:
        _require_room(image, offset)
    rows = []
    for k, pixels in enumerate(image.voxels):
        case = f"{name}_z{k:03d}"
        grey = show(pixels, *chosen) if chosen else deepened(pixels, offset)
        _write_png(folder / f"{case}.png", grey)
        between, row_mm, column_mm = image.spacing_mm
        rows.append(
            {
                "case": case,
                "group": group,
                "volume": name,
                "slice": k,
                "position_mm": round(float(image.depths[k]), 4),
                "spacing_slice_mm": between,
                "spacing_row_mm": row_mm,
                "spacing_col_mm": column_mm,
                "thickness_mm": image.thickness_mm,
                "orientation": image.orientation,
                "window": f"{chosen[0]:g},{chosen[1]:g}" if chosen else "",
                "offset": float("nan") if chosen else offset,
                "source": image.sources[k],
            }
        )
    return rows


def _require_room(image: Volume, offset: int) -> None:
    """Refuse what 16 bit cannot hold: HU below air are cut off, anything else would be lost."""
    low, high = float(np.nanmin(image.voxels)), float(np.nanmax(image.voxels))
    fine = image.voxels.dtype == np.float32 and high - low < 255  # rounding would flatten it
    if fine or (low < 0 and image.unit == "raw") or high - offset > DEEP:
        raise ValueError(
            f"{image.name} has values from {low:g} to {high:g}, which 16-bit PNG files, whole "
            f"numbers from 0 to {DEEP}, cannot hold; give a window CENTRE,WIDTH in these values."
        )


def _write_masks(folder: Path, name: str, labels: Volume) -> None:
    for k, classes in enumerate(labels.voxels):
        _write_png(folder / f"{name}_z{k:03d}.png", classes)


def _add_classes(classes: dict[int, str], labels: Volume, path: Path) -> None:
    """Collect the names of the classes; the same number must not mean two things."""
    for value, name in labels.labels.items():
        if classes.setdefault(value, name) != name:
            raise ValueError(
                f"{path} calls class {value} '{name}', other masks call it '{classes[value]}'; "
                "bring their segments into one order."
            )


def _write_png(path: Path, pixels: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".png", pixels)[1])
