"""Windows cover an image evenly, and put together they give back what they were cut from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from seglib.inference import predict
from seglib.tiles import blend, cut, places


@given(st.integers(1, 40), st.integers(0, 90))
def test_windows_overlap_by_half_and_reach_every_edge(window: int, more: int) -> None:
    starts = sorted({y for y, _ in places(window + more, window)})
    assert starts[0] == 0 and starts[-1] == more
    assert max(np.diff(starts), default=0) <= window / 2 + 1  # rounded to whole pixels


@pytest.mark.parametrize(("zoom", "windows"), [(1, 1), (1.25, 4), (1.5, 4), (2, 9), (3, 25)])
def test_how_many_windows_a_zoom_takes(zoom: float, windows: int) -> None:
    assert len(places(round(96 * zoom), 96)) == windows


@given(st.integers(2, 20), st.integers(0, 50), st.integers(0, 9))
def test_what_was_cut_is_put_together_again(window: int, more: int, seed: int) -> None:
    side = window + more
    whole = np.random.default_rng(seed).random((side, side, 2), dtype=np.float32)
    maps = np.stack(cut(whole, window)).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(blend(maps, side), whole.transpose(2, 0, 1), rtol=1e-5)


def test_the_middle_of_a_window_counts_for_more_than_its_rim() -> None:
    maps = np.zeros((4, 1, 4, 4), np.float32)
    maps[0] = 1  # upper left of four windows
    found = blend(maps, 6)[0]
    assert found[0, 0] == 1 and found[5, 5] == 0
    assert found[0, 2] > 0.5 > found[0, 3] == pytest.approx(1 - found[0, 2])


def test_a_window_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="window of 33 px does not fit into 32 px"):
        places(32, 33)


def test_a_network_without_neighbourhood_does_not_notice_the_windows() -> None:
    torch.manual_seed(0)
    network, image = nn.Sequential(nn.Conv2d(3, 1, 1)), np.zeros((70, 90, 3), np.uint8)
    image[10:30, 20:50] = (200, 90, 40)
    slid = predict(network, image, 32, precision="32", zoom=2)
    np.testing.assert_allclose(slid, predict(network, image, 64, precision="32"), atol=1e-5)
    assert slid.shape == (70, 90)
    with pytest.raises(ValueError, match=r"zoom is 0.5, expected 1"):
        predict(network, image, 32, zoom=0.5)
