"""Style: the same picture gives the same file, and numbers are kept as JSON."""

import json
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from seglib.course import Settings
from seglib.figures import COLOURS, figure, overlay, record, save_figure
from seglib.figures.style import SPARE, model_colours


@pytest.fixture
def settings(tmp_path):
    return Settings("phantom-polyp", "quick", tmp_path, tmp_path / "data", tmp_path / "outputs")


def test_saving_twice_gives_the_same_bytes(settings):
    written = []
    for _ in range(2):
        fig, ax = figure(85, 40)
        ax.plot([0, 1], [1, 0])
        path = save_figure(fig, "01_line", settings)
        plt.close(fig)
        written.append(
            [(settings.root / path.with_suffix(s)).read_bytes() for s in (".png", ".pdf")]
        )
    assert written[0] == written[1]
    assert b"CreationDate" not in written[0][1]  # to the second: two files may agree by luck
    assert str(path) == "figures/phantom-polyp/01_line.png"


def test_a_figure_has_the_size_it_was_asked_for():
    fig, _ = figure(85, 50)
    assert np.allclose(fig.get_size_inches() * 25.4, (85, 50))
    plt.close(fig)


def test_models_without_a_colour_get_one_of_their_own():
    found = model_colours(["fpn", "unet", "fpn", "pan"])
    assert found == {"fpn": SPARE[0], "unet": COLOURS["unet"], "pan": SPARE[1]}
    assert len(model_colours(f"m{i}" for i in range(9))) == 9


def test_record_merges_sections_and_makes_undefined_null(settings):
    record(settings, "a", dice=np.float64(0.8123456789), distance=float("nan"), n=np.int64(3))
    record(settings, "b", nested={"x": [1.0, 2]})
    found = json.loads((settings.figures / "results.json").read_text())
    assert found == {
        "profile": settings.profile,
        "a": {"dice": 0.812346, "distance": None, "n": 3},
        "b": {"nested": {"x": [1.0, 2]}},
    }


def test_overlay_tints_inside_draws_the_border_and_leaves_the_rest():
    image = np.full((30, 30, 3), 100, np.uint8)
    mask = np.zeros((30, 30), np.uint8)
    mask[10:20, 10:20] = 1
    made = overlay(image, mask, "#ff0000", alpha=0.5)
    assert (made[mask == 0] == 100).all()
    assert made[10, 10].tolist() == [255, 0, 0]
    assert made[15, 15].tolist() == [178, 50, 50]
    assert np.array_equal(overlay(image, np.zeros_like(mask), "#ff0000"), image)


def test_results_of_another_profile_are_set_aside_and_not_mixed(settings):
    record(replace(settings, profile="full"), "unet", epochs=150)
    with pytest.warns(UserWarning, match=r"profile 'full' are kept as .*results\.1\.json"):
        record(replace(settings, profile="quick"), "unet", epochs=7)
    record(replace(settings, profile="quick"), "data", cases=3)
    now, before = (
        json.loads((settings.figures / name).read_text())
        for name in ("results.json", "results.1.json")
    )
    assert now == {"profile": "quick", "unet": {"epochs": 7}, "data": {"cases": 3}}
    assert before == {"profile": "full", "unet": {"epochs": 150}}
