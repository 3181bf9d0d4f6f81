"""Is a cell pictured with its result, and with nothing but white left out?"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seglib.report import screenshots
from tests.reports import ROOT

pytestmark = pytest.mark.browser


def test_cells_of_the_report_are_pictured_with_their_results(tmp_path: Path) -> None:
    browser = screenshots.find_browser()
    if browser is None:
        pytest.skip(f"no Chromium on the path; looked for {', '.join(screenshots.BROWSERS)}")
    made = screenshots.take_screenshots(ROOT, ROOT / "notebooks", tmp_path, browser)
    assert [path.name for path in made] == ["05_cell_outlines.png", "05_cell_policy.png"]
    for path in made:
        with Image.open(path) as picture:
            assert picture.width == screenshots.SCALE * screenshots.WIDTH
            assert 100 < picture.height < screenshots.SCALE * screenshots.HEIGHT
            pixels = np.asarray(picture.convert("RGB"))
        below = pixels[-pixels.shape[0] // 6 : -screenshots.MARGIN]
        assert below.min() < 128  # the last thing is a result, in ink
    with Image.open(made[0]) as picture:
        colours = np.asarray(picture.convert("HSV"))[..., 1]
    assert (colours > 100).mean() > 0.01  # the figure that the cell drew
    cells = screenshots.wanted((ROOT / "report/report.md").read_text(), ROOT / "report")
    screenshots.check_current(ROOT, cells, tmp_path)
