"""What do the numbers stored in a DICOM slice mean? HU, raw intensities, or not measured at all.

Rescale slope and intercept (or a modality table) are applied slice by slice. MONOCHROME1 says
only that low values are to be *shown* bright (DICOM PS3.3, C.7.6.3.1.2): HU keep their meaning and
are never inverted; raw intensities, as in X-ray, are, so that bright is high in every scan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from seglib.formats.volume import AIR, compact

if TYPE_CHECKING:
    from pydicom import Dataset


def unit_of(header: Dataset) -> Literal["HU", "raw"]:
    """``HU`` if the modality is CT and the values are rescaled to HU, else ``raw``.

    Raises
    ------
    ValueError
        If a CT slice has an intercept without a slope: its HU are not known.
    """
    is_ct = header.get("Modality") == "CT" and "RescaleIntercept" in header
    if not is_ct or (header.get("RescaleType") or "HU") != "HU":
        return "raw"
    if "RescaleSlope" not in header:
        raise ValueError(
            f"{header.filename} has a RescaleIntercept but no RescaleSlope, so its HU are not "
            "known; a CT slice needs both: copy or export it again."
        )
    return "HU"


def is_mirrored(header: Dataset) -> bool:
    """True if the stored values are high where the picture is dark."""
    return header.PhotometricInterpretation == "MONOCHROME1" and unit_of(header) == "raw"


def values_of(header: Dataset, stored: np.ndarray, unit: str) -> np.ndarray:
    """Values of one slice, int16 or float32, before any mirroring.

    What was not measured (PixelPaddingValue) becomes air, or the darkest raw value.

    Raises
    ------
    ValueError
        If the slice has another unit than its series.
    """
    from pydicom.pixels import apply_modality_lut

    if unit_of(header) != unit:
        raise ValueError(
            f"{header.filename} holds {unit_of(header)} values, but the first slice of its series "
            f"{unit} ones, by their RescaleIntercept; export the series again, or leave it out."
        )
    values = apply_modality_lut(stored, header)
    if "PixelPaddingValue" in header:
        end = header.PixelPaddingValue
        low, high = sorted((end, header.get("PixelPaddingRangeLimit", end)))
        padded = (stored >= low) & (stored <= high)
        if padded.any() and not padded.all():
            darkest = np.max if is_mirrored(header) else np.min
            values[padded] = AIR if unit == "HU" else darkest(values[~padded])
    return compact(values)


def ends_of(header: Dataset) -> float:
    """Sum of the values of the lowest and the highest number that a slice could store."""
    from pydicom.pixels import apply_modality_lut

    half = 2**header.BitsStored // 2
    limits = np.array([-half, half - 1]) + (0 if header.PixelRepresentation else half)
    return float(apply_modality_lut(limits, header).sum())
