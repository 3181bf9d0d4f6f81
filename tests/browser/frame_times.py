"""From key to frame, in milliseconds, beside matplotlib: ``python -m tests.browser.frame_times``.

The time runs from the key press until the picture and the scores are drawn, the wait for the next
frame included. Each key comes a second after the last one, a short look at a case. For
matplotlib it is the drawing of the same picture as PNG, which ``interact`` does at every change;
the way of the PNG to the browser is not even counted.
"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from pathlib import Path

import matplotlib.pyplot as plt
from playwright.sync_api import sync_playwright

from seglib.report import find_browser
from tests.browser.conftest import FLAGS
from tests.viewer_cases import arrays, viewer

SIZES = ((512, 512), (1072, 1920))
KEYS = {"threshold": "]", "layer": "t", "outline": "f", "opacity": ",", "next case": "ArrowRight"}
TIMES = 15
CANVAS = "(({ width, height }) => [width, height])(document.querySelector('canvas'))"
MEASURE = """async (key) => {
  const root = document.querySelector(".seglib-viewer"), canvas = document.querySelector("canvas");
  await new Promise((done) => setTimeout(done, 1000 + 16 * Math.random()));
  const before = root.dataset.case;
  const start = performance.now();
  const options = { key, bubbles: true };
  return new Promise((done) => {
    const drawn = () => {
      if (key === "ArrowRight" && root.dataset.case === before) return;
      root.removeEventListener("drawn", drawn);
      done(performance.now() - start);
    };
    root.addEventListener("drawn", drawn);
    canvas.dispatchEvent(new KeyboardEvent("keydown", options));
  });
}"""


def with_matplotlib(given: dict, width: int, height: int) -> float:
    """Milliseconds for one picture with a mask over it, on as many pixels as the canvas has."""
    start = time.perf_counter()
    fig, axes = plt.subplots(figsize=(width / 100, height / 100), dpi=100)
    axes.imshow(given["images"][0])
    axes.imshow(given["predictions"]["U-Net"][0] >= 0.5, alpha=0.5)
    fig.savefig(io.BytesIO(), format="png")
    plt.close(fig)
    return 1000 * (time.perf_counter() - start)


def main() -> None:
    """Print the medians."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        page = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS).new_page()
        for height, width in SIZES:
            given = arrays(TIMES + 1, height, width) | {"scores": None}
            chosen = given["names"] if width < 1000 else given["names"][:6]
            page.goto(viewer(**given).to_html(Path(folder) / "a.html", chosen).as_uri())
            page.wait_for_selector("[data-case]")
            size = page.evaluate(CANVAS)
            slow = statistics.median(with_matplotlib(given, *size) for _ in range(5))
            print(f"{height} x {width}, matplotlib: {slow:.0f} ms")
            for name, key in KEYS.items():
                times = TIMES if key != "ArrowRight" else len(chosen) - 1
                median = statistics.median(page.evaluate(MEASURE, key) for _ in range(times))
                print(f"{height} x {width}, {name}: {median:.1f} ms")


if __name__ == "__main__":
    main()
