"""From stored intensities to what network and eye see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from seglib.cards import card
from seglib.display import show
from seglib.images import to_rgb

PLAIN = card("kvasir-seg")
CT = replace(PLAIN, window=(40, 400), offset=-1024)


@pytest.mark.parametrize(
    ("hounsfield", "seen"), [(-1024, 0), (-160, 0), (40, 128), (140, 191), (240, 255), (3000, 255)]
)
@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_offset_then_window(hounsfield: int, seen: int, dtype: type) -> None:
    picture = show(np.full((2, 3), hounsfield + 1024, dtype), CT)
    assert picture.dtype == np.uint8
    assert picture.shape == (2, 3, 3)
    assert (picture == seen).all()


def test_one_window_shows_all_images_alike() -> None:
    dark, light = np.full((4, 4), 1024, np.uint16), np.full((4, 4), 1124, np.uint16)
    light[0, 0] = 4000
    assert show(light, CT)[1, 1, 0] - show(dark, CT)[1, 1, 0] == 64  # 100 of 400 HU


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_without_a_window_nothing_changes(shape: tuple, dtype: type) -> None:
    image = np.random.default_rng(0).integers(0, 255, shape).astype(dtype)
    assert np.array_equal(show(image, replace(PLAIN, offset=-7)), to_rgb(image))


def test_a_window_without_width_is_refused() -> None:
    with pytest.raises(ValueError, match="width of a window"):
        show(np.zeros((2, 2), np.uint16), replace(CT, window=(40, 0)))
