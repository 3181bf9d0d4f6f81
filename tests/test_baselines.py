from __future__ import annotations

import numpy as np
import pytest

from seglib.baselines import BASELINES, field_of_view, otsu_threshold


def scene(object_colour: tuple[int, int, int], ground: tuple[int, int, int]) -> np.ndarray:
    """A disc on a plain ground, with black corners like an endoscope's."""
    rows, columns = np.mgrid[:64, :64]
    image = np.full((64, 64, 3), ground, dtype=np.uint8)
    image[np.hypot(rows - 28, columns - 34) < 12] = object_colour
    image[np.hypot(rows - 32, columns - 32) > 40] = 0
    return image


def disc() -> np.ndarray:
    rows, columns = np.mgrid[:64, :64]
    return np.hypot(rows - 28, columns - 34) < 12


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([10, 12, 200, 210], 12, 200), ([0, 0, 0, 255], 0, 255), ([7, 7, 7], 7, 8), ([], 0, 1)],
)
def test_threshold_lies_between_the_groups(values: list[int], low: int, high: int) -> None:
    assert low <= otsu_threshold(np.array(values, dtype=np.uint8)) < high


def test_threshold_minimises_the_variance_inside_the_groups() -> None:
    generator = np.random.default_rng(0)
    values = np.concatenate([generator.normal(80, 15, 4000), generator.normal(170, 20, 1500)])
    values = values.clip(0, 255).astype(np.uint8)

    def inside(threshold: float) -> float:
        groups = values[values <= threshold], values[values > threshold]
        return sum(group.size * group.var() for group in groups)

    best = min(range(values.min(), values.max()), key=inside)
    assert inside(otsu_threshold(values)) == pytest.approx(inside(best), rel=1e-4)


def test_black_corners_are_not_in_view() -> None:
    visible = field_of_view(scene((220, 160, 140), (150, 70, 60)))
    assert not visible[0, 0]
    assert visible[32, 32]


@pytest.mark.parametrize(
    ("name", "object_colour"), [("otsu", (230, 170, 150)), ("colour", (220, 30, 40))]
)
def test_what_stands_out_is_found(name: str, object_colour: tuple[int, int, int]) -> None:
    found = BASELINES[name](scene(object_colour, (150, 100, 90)))
    assert found.dtype == np.uint8
    overlap = (found.astype(bool) & disc()).sum() / (found.astype(bool) | disc()).sum()
    assert overlap > 0.8


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("grey", [0, 10, 200])
def test_a_plain_image_has_no_object(name: str, grey: int) -> None:
    assert BASELINES[name](np.full((20, 30, 3), grey, dtype=np.uint8)).sum() == 0
