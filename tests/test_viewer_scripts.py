"""The arithmetic of the viewer, run by node and held against NumPy and ``seglib.metrics``."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seglib import metrics
from seglib.images import window
from seglib.thresholds import to_labels
from seglib.viewer.page import script
from tests.viewer_cases import steps

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed; scripts not tested")


@pytest.fixture(scope="module")
def javascript(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("viewer")
    (folder / "viewer.mjs").write_text(script())
    return folder


def call(folder: Path, body: str, **given: Any) -> Any:
    """What a piece of JavaScript returns, which sees the viewer as `v` and `given` by name."""
    plain = {k: g.tolist() if isinstance(g, np.ndarray) else g for k, g in given.items()}
    names = ", ".join(plain)
    text = f'import * as v from "./viewer.mjs"; const {{{names}}} = {json.dumps(plain)};\n'
    (folder / "run.mjs").write_text(
        f"{text} const run = () => {{ {body} }}; console.log(JSON.stringify(run()));"
    )
    words = [NODE, "run.mjs"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_thresholds_cut_where_numpy_cuts(javascript: Path) -> None:
    tenths = [0.1, 0.2, 0.3, 0.5, 0.7, 1.0]  # the nearest 32-bit float of 0.7 is below 0.7
    at = [level / 255 for level in range(0, 256, 5)] + tenths
    probability = np.append(steps(np.arange(256) / 255), np.float32(tenths))
    body = (
        "const p = Float32Array.from(probability); return at.map((t) => [...v.thresholded(p, t)]);"
    )
    cut = call(javascript, body, probability=probability, at=at)
    assert cut == [to_labels(probability[None], t)[0].tolist() for t in at]


def many() -> list[tuple[list[int], list[int]]]:
    """Truth and prediction: empty, missed, invented, perfect, and forty at random."""
    rng = np.random.default_rng(0)
    nothing, something = [0] * 12, [1] * 5 + [0] * 7
    pairs = [(a, b) for a in (nothing, something) for b in (nothing, something)]
    return pairs + rng.integers(0, 3, (40, 2, 12)).tolist()


def test_scores_are_those_of_the_package(javascript: Path) -> None:
    body = """return pairs.map(([t, p]) => {
      const matrix = v.confusion(t, p, 3);
      return [1, 2].map((label) => Object.values(v.scoresOf(v.countsOf(matrix, label))));
    });"""
    found = call(javascript, body, pairs=many())
    for (truth, prediction), scores in zip(many(), found, strict=True):
        counts = metrics.counts(np.array(truth), np.array(prediction), 3)[1:]
        four = (metrics.dice, metrics.iou, metrics.precision, metrics.recall)
        assert np.array(scores) == pytest.approx(np.array([s(counts) for s in four]).T, abs=1e-12)


def test_a_tint_is_numpys_blend(javascript: Path) -> None:
    rng = np.random.default_rng(1)
    image, labels = rng.integers(0, 256, (20, 3)), rng.integers(0, 3, 20)
    body = """const shape = { channels: 3, height: 4, width: 5 };
      const pixels = v.base({ ...shape, values: image.flat() }, null);
      v.fill(pixels, labels, [null, [230, 159, 0], null], 0.35);
      return [...pixels];"""
    found = np.array(call(javascript, body, image=image, labels=labels)).reshape(20, 4)
    expected = image.astype(float)
    tinted = labels == 1
    expected[tinted] += (np.array([230, 159, 0]) - expected[tinted]) * 0.35
    assert np.array_equal(found[:, :3], np.rint(expected))
    assert (found[:, 3] == 255).all()


def test_a_window_is_that_of_the_package(javascript: Path) -> None:
    values = np.arange(0, 3000, 7)
    body = """const image = { values, channels: 1, height: 1, width: values.length };
      return [...v.base(image, { centre: 1064, width: 400 })];"""
    found = np.array(call(javascript, body, values=values)).reshape(-1, 4)
    assert np.abs(found[:, 0] - window(values, 1064, 400).astype(int)).max() <= 1  # a half, rounded
    assert (found[:, 0] == found[:, 2]).all()


def test_an_outline_is_the_inner_border(javascript: Path) -> None:
    labels = np.zeros((9, 11), int)
    labels[2:7, 3:9] = 1
    body = """const pixels = new Uint8ClampedArray(4 * 99);
      v.contour(pixels, labels.flat(), { height: 9, width: 11 }, [null, [255, 0, 0]], 1, 0);
      return [...pixels];"""
    found = np.array(call(javascript, body, labels=labels)).reshape(9, 11, 4)[..., 0] > 0
    expected = labels.astype(bool)
    expected[3:6, 4:8] = False
    assert np.array_equal(found, expected)


def test_errors_have_colours_and_patterns_of_their_own(javascript: Path) -> None:
    kinds = call(
        javascript,
        """const pairs = [[0, 0], [1, 1], [0, 1], [1, 0], [1, 2]];
      const places = [...Array(64).keys()];
      const covers = (kind) => places.map((i) => v.patterned(kind, i % 8, i >> 3, 4));
      const looks = Object.entries(v.ERRORS).map(([kind, e]) => [e.colour, ...covers(kind)]);
      return [pairs.map(([t, p]) => v.errorOf(t, p)), looks];""",
    )
    assert kinds[0] == [None, "tp", "fp", "fn", "other"]
    assert len({json.dumps(looks[1:]) for looks in kinds[1]}) == 4
    assert len({looks[0] for looks in kinds[1]}) == 4


ROWS = [["a1", 0.5, 3], ["b2", None, None], ["a3", 0.1, 9], ["a4", 0.9, 1]]
COLUMNS = [
    {"name": "case", "numeric": False, "worst": "low"},
    {"name": "dice", "numeric": True, "worst": "low"},
    {"name": "hd95", "numeric": True, "worst": "high"},
]
ORDERS = [
    ({}, [0, 1, 2, 3]),
    ({"sort": "dice"}, [1, 2, 0, 3]),
    ({"sort": "dice", "bestFirst": True}, [3, 0, 2, 1]),
    ({"sort": "hd95"}, [1, 2, 0, 3]),
    ({"query": "a"}, [0, 2, 3]),
    ({"query": "dice<0.6 A"}, [0, 2]),
    ({"query": "hd95>2"}, [0, 2]),
    ({"query": "flagged"}, [3]),
    ({"query": "nothing"}, []),
]


@pytest.mark.parametrize(("wish", "order"), ORDERS)
def test_cases_are_sorted_worst_first_and_filtered(javascript: Path, wish, order) -> None:
    wish = {"sort": "", "bestFirst": False, "query": ""} | wish
    body = 'return v.ordered({ rows, columns }, wish, ["a4"]);'
    assert call(javascript, body, rows=ROWS, columns=COLUMNS, wish=wish) == order


def test_steps_are_cut_and_scored_like_the_floats_they_stand_for(javascript: Path) -> None:
    levels = np.tile(np.arange(256), 2)
    truth, at = np.repeat([0, 1], 256), [0, 0.001, 0.1, 0.5, 0.7, 200 / 255, 0.99, 1]
    body = """const levels = Uint8Array.from(given), rows = v.histogram(truth, levels);
      return at.map((t) => [[...v.thresholded(levels, t)], v.confusionAt(rows, t),
                            v.confusion(truth, v.thresholded(levels, t), 2)]);"""
    found = call(javascript, body, given=levels, truth=truth, at=at)
    for threshold, (cut, quick, counted) in zip(at, found, strict=True):
        assert cut == to_labels(steps(levels / 255)[None], threshold)[0].tolist()
        assert quick == counted
        assert quick == metrics.confusion(truth, np.array(cut), 2).tolist()


def test_a_colour_map_is_numpys_blend(javascript: Path) -> None:
    rng = np.random.default_rng(2)
    grey, levels = rng.integers(0, 256, 256), np.arange(256)
    body = """const image = { values: grey, channels: 1, height: 16, width: 16 };
      const pixels = v.base(image, { centre: 127.5, width: 255 });
      v.heat(pixels, levels, 0.45);
      return [v.ramp(), [...pixels]];"""
    ramp, pixels = (np.array(a) for a in call(javascript, body, grey=grey, levels=levels))
    expected = grey[:, None] + (ramp - grey[:, None]) * 0.45
    assert np.array_equal(pixels.reshape(-1, 4)[:, :3], np.rint(expected))
    assert (pixels.reshape(-1, 4)[:, 3] == 255).all()
