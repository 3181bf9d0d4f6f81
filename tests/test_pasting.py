"""A pasted object arrives in image and mask alike, and nothing else changes."""

import numpy as np
import pytest

from seglib.pasting import AREA, paste_object

GREY = np.full((64, 64, 3), 120, np.uint8)
EMPTY = np.zeros((64, 64), np.uint8)


def donor(label: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """A bright square of 16 px on tissue of another colour."""
    image, mask = np.full((64, 64, 3), 90, np.uint8), EMPTY.copy()
    image[20:36, 20:36], mask[20:36, 20:36] = 200, label
    return image, mask


@pytest.mark.parametrize("seed", range(20))
def test_mask_and_image_change_together(seed):
    image, mask = paste_object(GREY, EMPTY, *donor(), np.random.default_rng(seed))
    inside = mask > 0
    share = inside.mean()
    assert AREA[0] * 0.5 < share < AREA[1] * 1.3
    assert image[inside].mean() > 160  # the object came along
    assert np.abs(image[~inside].astype(int) - 120).mean() < 8  # its surroundings fit in


def test_inputs_are_left_alone_and_the_seed_decides():
    first = paste_object(GREY, EMPTY, *donor(), np.random.default_rng(3))
    again = paste_object(GREY, EMPTY, *donor(), np.random.default_rng(3))
    other = paste_object(GREY, EMPTY, *donor(), np.random.default_rng(4))
    assert (GREY == 120).all() and not EMPTY.any()
    assert np.array_equal(first[0], again[0]) and np.array_equal(first[1], again[1])
    assert not np.array_equal(first[1], other[1])


def test_labels_survive_and_old_objects_stay():
    mask = EMPTY.copy()
    mask[:4, :4] = 2
    _, made = paste_object(GREY, mask, *donor(label=3), np.random.default_rng(0))
    assert set(np.unique(made)) == {0, 2, 3}
    assert (made[:4, :4] > 0).all()


@pytest.mark.parametrize(
    ("image", "given"),
    [(GREY, (GREY, EMPTY)), (np.zeros_like(GREY), donor())],
    ids=["donor without object", "black place"],
)
def test_nothing_to_paste_or_nowhere_to_paste_it(image, given):
    made, mask = paste_object(image, EMPTY, *given, np.random.default_rng(0))
    assert made is image and mask is EMPTY


def test_a_donor_that_fills_its_image_is_pasted_too():
    full = np.full((64, 64, 3), 200, np.uint8), np.ones((64, 64), np.uint8)
    _, mask = paste_object(GREY, EMPTY, *full, np.random.default_rng(0))
    assert 0 < mask.mean() < 1
