"""How do I read this file?

Images come back as RGB or grey arrays with the bit depth of the file, masks as class
indices. Every function here takes and returns plain NumPy arrays.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from seglib.decoding import MaskDecoding
from seglib.formats import is_scan, read_slice
from seglib.transparency import refuse_transparent

REDUCED = {n: getattr(cv2, f"IMREAD_REDUCED_GRAYSCALE_{n}") for n in (2, 4, 8)}
ENDS = {b"\xff\xd8": b"\xff\xd9", b"\x89P": b"IEND"}  # first and last bytes of JPEG and PNG
TAIL = 65536  # some cameras append a few kilobytes of their own after the last marker
TINT = 32  # JPEG compression tints a grey mask by a few levels, never by this much
UNREADABLE = (
    "{} cannot be read as an image; expected a whole JPG, PNG or TIFF file: "
    "copy or download it again, or leave it out."
)


def _require_whole(path: Path) -> None:
    """Refuse cut-off files; OpenCV fills what is missing with grey and does not complain."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; check the folder and the file name.")
    with path.open("rb") as file:
        end = ENDS.get(file.read(2), b"")
        file.seek(max(path.stat().st_size - TAIL, 0))
        if end not in file.read():
            raise ValueError(UNREADABLE.format(path))


def read_image(path: str | Path, reduce: int = 1) -> np.ndarray:
    """Read one image with the bit depth it was saved in.

    Parameters
    ----------
    path
        A JPG, PNG or TIFF file (8 or 16 bit, or float TIFF); of several pages the first. An
        EXIF orientation is ignored in JPG and PNG, and applied in TIFF;
        :func:`seglib.checking.check_files` lists both. Or a DICOM, NIfTI or NRRD file of one
        slice, see :func:`seglib.formats.read_slice`.
    reduce
        1, 2, 4 or 8: decode at this fraction of the size, rounded up; several times faster
        for JPEGs, whose missing detail is never computed.

    Returns
    -------
    ndarray
        ``(H, W, 3)`` RGB or ``(H, W)`` grey; ``uint8``, ``uint16`` or ``float32``. An alpha
        channel is dropped. CT slices from DICOM, NIfTI and NRRD are in HU, ``int16`` if whole.

    Raises
    ------
    FileNotFoundError, ValueError, ModuleNotFoundError
        If there is no such file; if it is damaged, not an image, or NaN in every pixel; if `reduce`
        is another number; if it is a scan and its reader is not installed.
    """
    if reduce not in (1, *REDUCED):
        raise ValueError(f"reduce must be 1, 2, 4 or 8, found {reduce}.")
    path = Path(path)
    if path.is_file() and is_scan(path):
        pixels, small = read_slice(path), False
    else:
        pixels, small = _decode(path, reduce)
    if pixels.dtype.kind == "f" and np.isnan(pixels).all():
        raise ValueError(f"{path} holds no number in any pixel, only NaN; write it again.")
    if reduce > 1 and not small:
        height, width = pixels.shape[:2]
        pixels = resize_image(pixels, (-(-height // reduce), -(-width // reduce)))
    return pixels


def _decode(path: Path, reduce: int) -> tuple[np.ndarray, bool]:
    """Decode with OpenCV; JPEGs are reduced on the way, and the second value says so."""
    _require_whole(path)
    data = np.fromfile(path, dtype=np.uint8)  # cv2.imread fails on accented paths on Windows
    small = reduce > 1 and data[:2].tobytes() == b"\xff\xd8"
    flags = REDUCED[reduce] | cv2.IMREAD_ANYCOLOR if small else cv2.IMREAD_UNCHANGED
    try:
        pixels = cv2.imdecode(data, flags | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:  # what an empty file or an absurd header gives
        pixels = None
    if pixels is None:
        raise ValueError(UNREADABLE.format(path))
    if pixels.dtype not in (np.uint8, np.uint16):
        pixels = pixels.astype(np.float32)
    if pixels.ndim == 3:  # OpenCV swaps channels ten times as fast as NumPy's [..., ::-1]
        alpha = pixels.shape[2] == 4
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB if alpha else cv2.COLOR_BGR2RGB)
    return pixels, small


def image_size(path: str | Path) -> tuple[int, int]:
    """Height and width in pixels, read from the header; the picture is not decoded.

    Raises as :func:`read_image`, but damage in the middle of the file is not seen; and Pillow's
    DecompressionBombError above 179 megapixels, as whole slides have.
    """
    _require_whole(Path(path))
    try:
        with Image.open(path) as image:
            return image.height, image.width
    except (OSError, ValueError, SyntaxError):
        return read_image(path).shape[:2]  # scans, and a few TIFF variants only OpenCV knows


def _grey(pixels: np.ndarray, path: str | Path) -> np.ndarray:
    """One channel of a mask; masks are often saved as RGB although they are grey."""
    if pixels.ndim == 2:
        return pixels
    red, green, blue = cv2.split(pixels)
    tint = max(cv2.absdiff(red, green).max(), cv2.absdiff(green, blue).max())
    if tint > TINT:
        raise ValueError(
            f"{path} is a coloured mask (its channels differ by up to {tint}), but grey values "
            'were expected; use seglib.decoding.MaskDecoding(kind="colours", ...).'
        )
    return green


def _index(codes: np.ndarray, classes: tuple[int, ...], path: str | Path, show: str) -> np.ndarray:
    """Replace each code by its position in `classes`; any other code is an error."""
    labels = np.full(codes.shape, 255, dtype=np.uint8)
    for position, code in enumerate(classes):
        labels[codes == code] = position
    stray = codes[labels == 255]
    if stray.size:
        found = ", ".join(format(value, show) for value in np.unique(stray)[:5])
        expected = ", ".join(format(value, show) for value in classes)
        raise ValueError(
            f"{path} has stray values in {stray.size} of {codes.size} pixels ({found}); expected "
            f"only {expected}: save it without compression, or decode it with a threshold."
        )
    return labels


def read_mask(path: str | Path, decoding: MaskDecoding) -> np.ndarray:
    """Read one mask as class indices ``(H, W) uint8``; 0 is background, an empty mask all 0.

    Raises as :func:`read_image`, and a ValueError if the mask is coloured where grey was
    expected, if only its transparency shows an object, or (``values`` and ``colours``) if it has
    pixels of no known class, which are named.
    """
    pixels = read_image(path)
    refuse_transparent(pixels, path)
    if decoding.kind == "threshold":
        return (_grey(pixels, path) > decoding.at).astype(np.uint8)
    if decoding.kind == "values":
        return _index(_grey(pixels, path), decoding.values, path, "g")
    red, green, blue = cv2.split(to_rgb(pixels).astype(np.int32))
    codes = tuple(int(colour.lstrip("#"), 16) for colour in decoding.colours)
    return _index(red << 16 | green << 8 | blue, codes, path, "06x")


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize to ``size = (height, width)``, keeping the dtype.

    An axis that shrinks is averaged, so that texture does not alias; one that grows is linear.
    """
    height, width = (min(new, old) for new, old in zip(size, image.shape[:2], strict=True))
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, size[::-1], interpolation=cv2.INTER_LINEAR)


def resize_mask(mask: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize class indices to ``size = (height, width)``; no new values can appear."""
    return cv2.resize(mask, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT)


def window(image: np.ndarray, centre: float, width: float) -> np.ndarray:
    """Show the intensities ``centre +- width / 2`` as ``uint8`` 0-255, the rest cut off.

    NaN counts as intensity 0. A `width` that is not positive raises a ValueError.
    """
    if width <= 0:
        raise ValueError(f"the width of a window must be above 0, found {width}.")
    share = (np.nan_to_num(image.astype(np.float32)) - (centre - width / 2)) / width
    return np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)


def to_rgb(image: np.ndarray) -> np.ndarray:
    """Any image as ``(H, W, 3) uint8``, for looking at and for networks.

    Grey is repeated in three channels. 16-bit and float images are scaled so that their own
    0.5 and 99.5 percentiles become 0 and 255; a constant image becomes mid-grey or black.
    """
    if image.dtype != np.uint8:
        low, high = np.nanpercentile(image, (0.5, 99.5))
        image = window(image, (low + high) / 2, max(high - low, 1e-6))
    return image if image.ndim == 3 else np.stack([image] * 3, axis=-1)
