"""How does one case travel to the browser? Checked, as plain arrays, and compressed."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seglib.images import to_rgb
from seglib.thresholds import DUST


@dataclass(frozen=True)
class Case:
    """The arrays of one case.

    Attributes
    ----------
    name
        Its name.
    image
        ``(H, W)`` or ``(H, W, 3)``.
    truth
        ``(H, W)`` class indices, or None.
    predictions
        Name -> class indices ``(H, W)``, or probabilities ``(H, W)`` or ``(C, H, W)``.
    """

    name: str
    image: np.ndarray
    truth: np.ndarray | None = None
    predictions: Mapping[str, np.ndarray] = field(default_factory=dict)


def check(case: Case, n_classes: int) -> None:
    """Raise a ``ValueError`` that names the case and the array the viewer could not show."""
    image = np.asarray(case.image)
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)) or not image.size:
        raise ValueError(
            f"The image of case '{case.name}' has shape {image.shape}, expected (H, W) or "
            "(H, W, 3) with at least one pixel."
        )
    if case.truth is not None:
        _check_labels(case, "truth", np.asarray(case.truth), n_classes)
    for name, prediction in case.predictions.items():
        array = np.asarray(prediction)
        if np.issubdtype(array.dtype, np.floating):
            _check_probability(case, name, array, n_classes)
        else:
            _check_labels(case, name, array, n_classes)


def _check_shape(case: Case, what: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(
            f"'{what}' of case '{case.name}' has shape {array.shape}, expected {shape} like its "
            "image; bring it to the size of the image first."
        )


def _check_labels(case: Case, what: str, array: np.ndarray, n_classes: int) -> None:
    _check_shape(case, what, array, case.image.shape[:2])
    if array.dtype != bool and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(
            f"'{what}' of case '{case.name}' has dtype {array.dtype}, expected class indices."
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= n_classes:
        raise ValueError(
            f"'{what}' of case '{case.name}' holds class {low if low < 0 else high}, but only "
            f"{n_classes} classes (0 to {n_classes - 1}) have a name and a colour; give the "
            "viewer one entry in `classes` for each."
        )


def _check_probability(case: Case, what: str, array: np.ndarray, n_classes: int) -> None:
    height, width = case.image.shape[:2]
    _check_shape(case, what, array, (n_classes, height, width)[array.ndim == 2 :])
    undefined = int(np.isnan(array).sum())
    if undefined:
        raise ValueError(
            f"'{what}' of case '{case.name}' is NaN in {undefined} of {array.size} values; a "
            "network whose loss was not finite gives such maps, train it again."
        )
    if array.min() < -DUST or array.max() > 1 + DUST:
        raise ValueError(
            f"'{what}' of case '{case.name}' has values from {array.min():.3g} to "
            f"{array.max():.3g}, expected probabilities in [0, 1]; apply a sigmoid or softmax."
        )


def pack(case: Case, n_classes: int, window: tuple[float, float] | None) -> dict:
    """One case as nested dicts of numbers, words and compressed bytes.

    Parameters
    ----------
    case
        Raises a ``ValueError`` as :func:`check` does.
    n_classes
        Background included.
    window
        Centre and width of the intensities to show first. None: an 8-bit image is shown as it
        is, any other between its 0.5 and 99.5 percentiles.
    """
    check(case, n_classes)
    image = _plain(np.asarray(case.image))
    packed = {
        "height": image.shape[0],
        "width": image.shape[1],
        "channels": 1 if image.ndim == 2 else 3,
        "image": _array(image),
        "truth": None if case.truth is None else _array(np.asarray(case.truth, np.uint8)),
        "predictions": [_prediction(np.asarray(p)) for p in case.predictions.values()],
        "window": None,
        "range": None,
    }
    if image.dtype != np.uint8 or (window and image.ndim == 2):
        packed |= _levels(image, window)
    return packed


def _plain(image: np.ndarray) -> np.ndarray:
    """The image in a dtype that the browser shows: uint8, or grey uint16 or float32."""
    if image.ndim == 3:
        return to_rgb(image)
    if image.dtype in (np.uint8, np.uint16):
        return image
    return np.nan_to_num(image.astype(np.float32))


def _levels(image: np.ndarray, window: tuple[float, float] | None) -> dict:
    if window is None:
        low, high = np.percentile(image, (0.5, 99.5))
        window = (low + high) / 2, max(high - low, 1e-6)
    return {
        "window": [float(value) for value in window],
        "range": [float(image.min()), float(image.max())],
    }


def _prediction(array: np.ndarray) -> dict:
    """Labels as they are; one probability for the browser to threshold; of several, the best."""
    if not np.issubdtype(array.dtype, np.floating):
        return {"labels": _array(array.astype(np.uint8)), "probability": None}
    array = array.astype(np.float32)
    if array.ndim == 2:
        return {"labels": None, "probability": _array(_quantised(array))}
    labels = array.argmax(axis=0).astype(np.uint8)
    return {"labels": _array(labels), "probability": _array(_quantised(1 - array[0]))}


def _quantised(probability: np.ndarray) -> np.ndarray:
    """Steps of 1/255 as ``uint8`` if that loses nothing, as for maps that were kept as PNG."""
    steps = np.rint(probability * 255).astype(np.uint8)
    lossless = np.array_equal(steps.astype(np.float32) / 255, probability)
    return steps if lossless else probability


def _array(array: np.ndarray) -> dict:
    """Bytes in the order of the rows, little-endian; level 1 is fast and good for masks."""
    little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
    return {"dtype": array.dtype.name, "data": zlib.compress(little, 1)}
