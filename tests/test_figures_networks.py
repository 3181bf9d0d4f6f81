from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

from seglib.figures import networks, use_style

PICTURE = np.random.default_rng(0).integers(0, 255, (32, 32, 3), dtype=np.uint8)


@pytest.fixture(autouse=True)
def styled():
    use_style()
    yield
    plt.close("all")


def test_maps_puts_rows_and_titles_where_they_belong() -> None:
    plane = np.zeros((4, 4))
    fig = networks.maps({"a": {"image": PICTURE, "one": plane}, "b": {"two": plane}})
    assert [axes.get_ylabel() for axes in fig.axes] == ["a", "", "b", ""]
    assert [axes.get_title(loc="left") for axes in fig.axes] == ["image", "one", "two", ""]
    assert not fig.axes[3].images


@pytest.mark.parametrize(
    ("plane", "stretch", "low", "high"),
    [
        (np.linspace(5, 9, 100).reshape(10, 10), True, 0, 1),
        (np.full((10, 10), 7.0), True, 0, 0),
        (np.linspace(0.2, 0.4, 100).reshape(10, 10), False, 0.2, 0.4),
    ],
)
def test_maps_stretches_features_and_leaves_probabilities(plane, stretch, low, high) -> None:
    shown = networks.maps({"": {"map": plane}}, stretch=stretch).axes[0].images[0]
    assert shown.get_array().min() == pytest.approx(low)
    assert shown.get_array().max() == pytest.approx(high)
    assert shown.get_clim() == (0, 1)


@pytest.mark.parametrize("rate", [1, 6, 12, 18])
@pytest.mark.parametrize("cells", [6, 8, 64])
def test_atrous_counts_the_cells_that_a_convolution_reads(rate: int, cells: int) -> None:
    torch = pytest.importorskip("torch")
    kernel = torch.ones(1, 1, 3, 3)
    reads = torch.nn.functional.conv2d(
        torch.ones(1, 1, cells, cells), kernel, padding=rate, dilation=rate
    )
    expected = int(reads[0, 0, cells // 2, cells // 2])
    axes = networks.atrous(PICTURE, [rate], cells).axes[0]
    assert f"{expected} of 9 inside" in axes.get_title(loc="left")
    drawn = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_facecolor()[3] > 0]
    assert len(drawn) - 1 == expected  # one more is the padding


def test_receptive_field_draws_one_box_a_level_and_the_radius_of_half_the_gradient() -> None:
    gradient = np.zeros((33, 33))
    gradient[16, 16], gradient[16, 20], gradient[16, 6] = 0.4, 0.3, 0.3
    fields = pd.DataFrame({"level": [0, 1], "field": [5, 14]})
    theory, fact, _ = networks.receptive_field(PICTURE, fields, gradient).axes
    assert [text.get_text() for text in theory.texts] == ["", "level 1: 14 px"]
    assert fact.patches[0].radius == 4
