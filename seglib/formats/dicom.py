"""How do I read DICOM? Slices in order of their place in the patient, values in HU."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from seglib.formats.kinds import case_name, is_dicom, needed_for
from seglib.formats.rescaling import ends_of, is_mirrored, unit_of, values_of
from seglib.formats.series import axes_of, find_gaps, in_order, one_series, require_slices
from seglib.formats.volume import Volume, compact

if TYPE_CHECKING:
    from pydicom import Dataset

UNDEFINED = 0xFFFFFFFF  # length of what goes on until its end is marked
NO_IMAGE = ("SEG", "RTSTRUCT", "RTDOSE", "RTPLAN", "SR", "PR", "KO", "REG")  # by Modality
# An empty tag says no more than none; pydicom would compute with it.
OMITTED = ("PixelPaddingValue", "PixelPaddingRangeLimit", "RescaleSlope", "RescaleIntercept")
BAD_PIXELS = (AttributeError, KeyError, NotImplementedError, RuntimeError, ValueError)


def read_header(path: Path, pixels: bool = False) -> Dataset:
    """Header of a DICOM file, or all of it, without the ``OMITTED`` tags that are empty.

    Raises
    ------
    ModuleNotFoundError
        If pydicom is not installed.
    ValueError
        If the file is damaged or no DICOM file.
    """
    with needed_for("DICOM files"):
        import pydicom
    damage = pydicom.errors.InvalidDicomError, pydicom.errors.BytesLengthException, struct.error
    try:
        header = pydicom.dcmread(path, stop_before_pixels=not pixels)
        if not pixels:
            _require_whole(header)
        for tag in OMITTED:
            if tag in header and header[tag].is_empty:
                del header[tag]
    except (*damage, EOFError, *BAD_PIXELS) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path} cannot be read as a DICOM file: {reason}") from None
    return header


def _require_whole(header: Dataset) -> None:
    """Raise ``EOFError`` if a file ends within its last tag; pydicom keeps what is left of it."""
    from pydicom.dataelem import RawDataElement

    last = header.get_item(max(header.keys(), default=0))
    if isinstance(last, RawDataElement) and len(last.value or b"") < last.length < UNDEFINED:
        raise EOFError(f"it ends within its tag {last.tag}, as if it was cut off")


def decode(header: Dataset) -> np.ndarray:
    """Stored values of a file whose header was read, frames first if there are several.

    Raises
    ------
    ValueError
        If the pixels are cut off, or compressed in a way that nothing installed can decode.
    """
    try:
        return read_header(header.filename, pixels=True).pixel_array
    except BAD_PIXELS as error:
        syntax = header.file_meta.TransferSyntaxUID
        if syntax.is_compressed:
            raise ValueError(
                f"{header.filename} is compressed ({syntax.name}) and cannot be decoded here: "
                "python -m pip install python-gdcm adds a decoder, or save it uncompressed."
            ) from None
        reason = str(error).splitlines()[0]
        raise ValueError(f"{header.filename} has damaged pixels: {reason}") from None


def holds_images(folder: Path) -> bool:
    """True if a folder holds, directly, a DICOM file of a modality that makes images."""
    return any(is_dicom(p) and _is_image(read_header(p)) for p in sorted(folder.iterdir()))


def _is_image(header: Dataset) -> bool:
    return "Rows" in header and header.get("Modality") not in NO_IMAGE


def read_series(path: Path, series: str | None = None) -> Volume:
    """Read one series of DICOM slices, in order of their place along the slices' normal.

    The values are HU if the modality is CT and they are rescaled to HU, else raw. Pixels that the
    scanner did not measure (PixelPaddingValue) become air, -1024 HU, or the darkest raw value.

    Parameters
    ----------
    path
        A folder, whose files in other formats are listed in ``problems``, or a file: one slice.
    series
        SeriesInstanceUID, needed only if the folder holds several.

    Raises
    ------
    ModuleNotFoundError
        If pydicom is not installed.
    ValueError
        If there are several series (all are named); if the slices cannot be ordered or do not
        belong together; if a file is damaged, in colour, or cannot be decoded.
    """
    headers, problems = _headers(path)
    headers = one_series(path, headers, series)
    require_slices(path, headers)
    headers = in_order(path, headers)
    first, axes = headers[0], axes_of(headers[0])
    origin = (0.0, 0.0, 0.0)
    positions = np.array([h.get("ImagePositionPatient") or origin for h in headers], float)
    unit = unit_of(first)
    voxels = np.stack([values_of(header, decode(header), unit) for header in headers])
    shown = _window(first)
    if is_mirrored(first):
        mirror = max(map(ends_of, headers))  # one for all slices, which may differ in slope
        voxels = compact(mirror - voxels.astype(np.float32))
        shown = shown and (mirror - shown[0], shown[1])
    names = tuple(Path(header.filename).name for header in headers)
    usual, gaps = find_gaps(positions @ axes[0], names)
    thickness = float(first.get("SliceThickness") or "nan")
    rows_mm, columns_mm = _pixel_size(first)
    if np.isnan(rows_mm):
        gaps = (*gaps, "The file names no PixelSpacing: nothing can be measured in mm.")
    return Volume(
        name=case_name(path.resolve()),
        voxels=voxels,
        axes=axes,
        positions=positions,
        spacing_mm=(thickness if usual is None else usual, rows_mm, columns_mm),
        sources=names,
        group=_pseudonym(first),
        unit=unit,
        thickness_mm=thickness,
        window=shown,
        series=first.get("SeriesInstanceUID"),
        problems=(*problems, *gaps),
    )


def _headers(path: Path) -> tuple[list[Dataset], tuple[str, ...]]:
    """Headers of the images in a folder, and a sentence about all other files."""
    if path.is_file():
        if not _is_image(header := read_header(path)):
            raise ValueError(f"{path} holds no image (Modality {header.get('Modality')}).")
        return [header], ()
    found, others = [], []
    for file in sorted(p for p in path.iterdir() if p.is_file() and not p.name.startswith(".")):
        header = read_header(file) if is_dicom(file) else None
        if header is not None and _is_image(header):
            found.append(header)
        else:
            others.append(file.name)
    if not found:
        raise ValueError(
            f"{path} holds no DICOM images, only {', '.join(others[:5]) or 'nothing'}."
        )
    left_out = f"Left out, no DICOM images: {', '.join(others)}."
    return found, (left_out,) if others else ()


def _window(header: Dataset) -> tuple[float, float] | None:
    """First window of the header; there may be several. A centre may be 0, a width may not."""
    told = [header.get(f"Window{part}") for part in ("Center", "Width")]
    pair = [float(n) for value in told if value is not None for n in np.atleast_1d(value)[:1]]
    return tuple(pair) if len(pair) == 2 and pair[1] > 0 else None


def _pixel_size(header: Dataset) -> tuple[float, float]:
    """Distance of rows and of columns, mm; in an X-ray at the detector; NaN if unknown."""
    size = header.get("PixelSpacing") or header.get("ImagerPixelSpacing") or ("nan", "nan")
    return float(size[0]), float(size[1])


def _pseudonym(header: Dataset) -> str:
    """The same for all scans of a patient, but not the number that a hospital would know."""
    who = str(header.get("PatientID") or header.get("SeriesInstanceUID"))
    return f"patient-{hashlib.sha256(who.encode()).hexdigest()[:8]}"
