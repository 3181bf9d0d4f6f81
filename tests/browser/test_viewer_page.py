"""The viewer in Chromium: what is drawn, scored, flagged and said, by mouse, key and touch."""

from __future__ import annotations

import numpy as np
import pytest

from seglib import metrics
from seglib.thresholds import to_labels
from seglib.viewer import MaskViewer
from tests.browser.conftest import SHOTS, press, settle
from tests.viewer_cases import MODELS, arrays, viewer

pytestmark = pytest.mark.browser
TRUTH, A, B = (np.array(c, float) for c in ((230, 159, 0), (86, 180, 233), (204, 121, 167)))
FOUND, ALARM, MISSED = (np.array(c, float) for c in ((0, 158, 115), (213, 94, 0), (0, 114, 178)))
CASES = arrays()


def drawn(page, left: float = 0.5) -> np.ndarray:
    """The picture on the canvas, one pixel of the image to one of the screen; its centre is at
    the share `left` of the width."""
    read = """(left) => {
      const canvas = document.querySelector("canvas");
      const [x, y] = [Math.round(canvas.width * left - 64), Math.round(canvas.height / 2 - 48)];
      return [...canvas.getContext("2d").getImageData(x, y, 128, 96).data];
    }"""
    return np.array(page.evaluate(read, left)).reshape(96, 128, 4)[..., :3]


def tinted(pixels: np.ndarray, mask: np.ndarray, colour: np.ndarray, alpha) -> np.ndarray:
    """NumPy's own blend."""
    blended = pixels + (colour - pixels) * np.broadcast_to(alpha, mask.shape)[..., None]
    return np.where(mask[..., None], np.rint(blended), pixels)


def inner_border(mask: np.ndarray, reach: int) -> np.ndarray:
    padded = np.pad(mask.astype(bool), reach)
    moved = [np.roll(padded, shift, axis) for axis in (0, 1) for shift in (-reach, reach)]
    return (padded & ~np.all(moved, axis=0))[reach:-reach, reach:-reach]


def labels(model: int, case: int = 0, threshold: float = 0.5) -> np.ndarray:
    return to_labels(CASES["predictions"][MODELS[model]][case], threshold)


def image(case: int = 0) -> np.ndarray:
    return CASES["images"][case].astype(float)


def test_filled_masks_are_numpys_blend(open_page) -> None:
    page = open_page()
    press(page, "z", "f", "b")
    expected = tinted(image(), labels(0), A, 0.5)
    expected = tinted(expected, labels(1), B, 0.5)
    expected = tinted(expected, CASES["truths"][0], TRUTH, 0.5)
    assert np.array_equal(drawn(page), expected)


def test_the_first_view_fills_the_prediction_and_outlines_the_truth(open_page) -> None:
    page = open_page()
    press(page, "z", ".", ".")
    expected = tinted(image(), labels(0), A, 0.6)
    expected = tinted(expected, inner_border(CASES["truths"][0], 2), TRUTH, 1)
    assert np.array_equal(drawn(page), expected)


def test_errors_are_drawn_with_patterns(open_page) -> None:
    page = open_page()
    press(page, "z", "e")
    truth, prediction = CASES["truths"][0] > 0, labels(0) > 0
    rows, columns = np.indices(truth.shape)
    striped, dotted = (rows + columns) % 4 < 2, (rows % 4 < 2) & (columns % 4 < 2)
    expected = tinted(image(), truth & prediction, FOUND, 0.5)
    expected = tinted(expected, prediction & ~truth, ALARM, np.where(striped, 0.5, 0.2))
    expected = tinted(expected, truth & ~prediction, MISSED, np.where(dotted, 0.5, 0.2))
    assert np.array_equal(drawn(page), expected)


def test_two_models_side_by_side_and_under_a_divider(open_page) -> None:
    page = open_page()
    press(page, "f", "t", "c", "z")
    first, second = (tinted(image(), labels(i), c, 0.5) for i, c in enumerate((A, B)))
    width = page.evaluate("document.querySelector('canvas').width")
    half = (width - 4) // 2
    assert np.array_equal(drawn(page, half / 2 / width), first)
    assert np.array_equal(drawn(page, (half + 4 + half / 2) / width), second)
    press(page, "c", "z")
    middle = drawn(page)
    assert np.array_equal(middle[:, :60], first[:, :60])
    assert np.array_equal(middle[:, 68:], second[:, 68:])
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 200, y)
    page.mouse.up()
    settle(page)
    assert np.array_equal(drawn(page), second)


def live(page, model: int) -> list[float]:
    cells = page.locator(f".sv-scores tbody tr:nth-child({model + 1}) td")
    return [float(cells.nth(i).get_attribute("data-value")) for i in range(4)]


@pytest.mark.parametrize("case", range(4))
def test_live_scores_are_those_of_the_package(open_page, case: int) -> None:
    page = open_page()
    press(page, *["ArrowRight"] * case)
    for threshold in (0.5, 0.0, 0.31, 0.77, 1.0):
        page.get_by_label("Threshold").fill(str(threshold))
        settle(page)
        for model in (0, 1):
            truth = CASES["truths"][case]
            counts = metrics.counts(truth, labels(model, case, threshold))[1]
            four = (metrics.dice, metrics.iou, metrics.precision, metrics.recall)
            assert live(page, model) == pytest.approx([float(s(counts)) for s in four], abs=1e-6)


def test_the_threshold_moves_by_key(open_page) -> None:
    page = open_page()
    press(page, "]", "]", "[")
    assert page.evaluate("document.seglib.get('threshold')") == 0.51
    counts = metrics.counts(CASES["truths"][0], labels(0, 0, 0.51))[1]
    assert live(page, 0)[0] == pytest.approx(float(metrics.dice(counts)), abs=1e-6)


def test_cases_are_sorted_filtered_flagged_and_saved_by_key(open_page, tmp_path) -> None:
    page = open_page()
    press(page, "s")
    page.keyboard.press("d")  # the list of sort orders has the focus: dice
    settle(page)
    assert page.get_attribute("[data-case]", "data-case") == "case 3"  # undefined is worst
    press(page, "ArrowRight", "x", "ArrowRight", "x", "ArrowLeft", "x")
    assert page.evaluate("document.seglib.get('flagged')") == ["case 0"]
    press(page, "/")
    page.keyboard.type("dice<0.4")
    settle(page)
    assert page.locator(".sv-cases tbody tr").count() == 1
    assert page.get_attribute("[data-case]", "data-case") == "case 2"
    with page.expect_download() as download:
        page.get_by_text("Save flags").click()
    download.value.save_as(tmp_path / "flagged.txt")
    assert (tmp_path / "flagged.txt").read_text() == "case 0\n"


def test_the_next_case_is_here_before_it_is_asked_for(open_page) -> None:
    page = open_page()
    page.evaluate("new Promise((done) => setTimeout(done, 500))")
    at_once = """(key) => {
      const canvas = document.querySelector("canvas");
      canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      return document.querySelector("[data-case]").dataset.case;
    }"""
    assert page.evaluate(at_once, "ArrowRight") == "case 1"
    page.evaluate("new Promise((done) => setTimeout(done, 500))")
    assert [page.evaluate(at_once, key) for key in ("ArrowLeft", "ArrowRight")] == [
        "case 0",
        "case 1",
    ]
    settle(page)
    press(page, "z", "f")
    expected = tinted(image(1), labels(0, 1), A, 0.5)
    assert np.array_equal(drawn(page), tinted(expected, CASES["truths"][1], TRUTH, 0.5))


def test_keys_held_down_end_at_the_case_that_was_asked_for_last(open_page) -> None:
    page = open_page()
    page.focus("canvas")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector('[data-case="case 2"][aria-busy="false"]')
    press(page, "z", "f")
    expected = tinted(image(2), labels(0, 2), A, 0.5)
    assert np.array_equal(drawn(page), tinted(expected, CASES["truths"][2], TRUTH, 0.5))


def test_a_click_in_the_list_opens_a_case(open_page) -> None:
    page = open_page()
    page.get_by_text("☰ Cases").click()
    page.get_by_role("button", name="case 2", exact=True).click()
    settle(page)
    assert page.get_attribute("[data-case]", "data-case") == "case 2"
    assert page.locator("tr[aria-current] button").inner_text() == "case 2"
    page.get_by_label("Go to case number").fill("2")
    page.keyboard.press("Enter")
    settle(page)
    assert page.get_attribute("[data-case]", "data-case") == "case 1"


def test_the_pixel_below_the_pointer_is_read_out(open_page) -> None:
    page = open_page()
    press(page, "z")
    box = page.locator("canvas").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2 + 3.5, box["y"] + box["height"] / 2 - 20.5)
    settle(page)
    grey = " ".join(str(v) for v in CASES["images"][0][27, 67])
    first, second = (CASES["predictions"][name][0][27, 67] for name in MODELS)
    says = page.locator(".sv-readout").inner_text()
    assert says.startswith(f"x 67, y 27 · value {grey} · truth: object · U-Net: ")
    assert f" {first:.3f} · " in says and says.endswith(f" {second:.3f}")


def test_help_lists_the_keys_and_the_page_needs_no_mouse(open_page) -> None:
    page = open_page()
    press(page, "?")
    assert page.locator("dialog").get_by_text("Flag this case").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog").is_visible()
    page.keyboard.press("Tab")
    reached = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert reached == "solid"


def test_two_fingers_zoom(open_page) -> None:
    page = open_page(has_touch=True)
    box = page.locator("canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, apart: float | None) -> None:
        sides = [] if apart is None else [-apart, apart]
        points = [{"x": x + side, "y": y, "id": i} for i, side in enumerate(sides)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = drawn(page)
    fingers("touchStart", 40)
    for apart in (50, 70, 100):
        fingers("touchMove", apart)
    fingers("touchEnd", None)
    settle(page)
    assert not np.array_equal(drawn(page), before)
    assert page.evaluate("document.querySelector('canvas').style.touchAction") == "none"


STRAY = "mask.png has stray values; save it again."


def broken(case: int, **change) -> MaskViewer:
    """A viewer of the cases, one of which cannot be read."""
    source = viewer(**change).source
    read = source.read

    def failing(index: int):
        if index == case:
            raise ValueError(STRAY)
        return read(index)

    object.__setattr__(source, "read", failing)
    return MaskViewer(source)


def test_a_broken_case_gives_a_sentence_and_the_next_one_is_drawn(open_page) -> None:
    page = open_page(broken(0))
    assert page.get_by_role("alert").inner_text() == STRAY
    assert not page.locator("canvas").is_visible()
    page.get_by_label("Next case").click()
    settle(page)
    press(page, "z", "f")
    expected = tinted(image(1), labels(0, 1), A, 0.5)
    assert np.array_equal(drawn(page), tinted(expected, CASES["truths"][1], TRUTH, 0.5))


def test_nothing_of_the_last_case_stays_above_a_broken_one(open_page) -> None:
    scans = [picture[..., 0].astype(np.float32) * 4 - 200 for picture in CASES["images"]]
    page = open_page(broken(1, images=scans))
    assert page.locator(".sv-scores").count() == 1
    assert page.get_by_label("Window centre").is_visible()
    page.get_by_label("Next case").click()
    settle(page)
    assert page.get_by_role("alert").inner_text() == STRAY
    assert page.locator(".sv-name").inner_text() == "case 1"
    assert page.locator(".sv-scores").count() == 0
    assert page.locator(".sv-readout").inner_text() == ""
    for slider in ("Window centre", "Window width", "Threshold"):
        assert not page.get_by_label(slider).is_visible()
    page.get_by_label("Next case").click()
    settle(page)
    assert page.locator(".sv-scores").count() == 1
    assert page.get_by_label("Window centre").is_visible()


@pytest.mark.parametrize("control", ["canvas", ".sv-tools [type=range]"])
def test_keys_go_on_after_a_broken_case(open_page, control: str) -> None:
    page = open_page(broken(1))
    page.focus(control)
    for name, front in (("case 1", "P"), ("case 2", "CANVAS")):
        page.keyboard.press("j")
        settle(page)
        assert page.locator(".sv-name").inner_text() == name
        assert page.evaluate("document.activeElement.tagName") == front


def test_keys_go_on_when_the_list_is_closed_from_within(open_page) -> None:
    page = open_page()
    press(page, "l")
    page.get_by_role("button", name="case 2", exact=True).click()
    for key in ("l", "j"):
        page.keyboard.press(key)
        settle(page)
    assert not page.locator(".sv-cases").is_visible()
    assert page.get_attribute("[data-case]", "data-case") == "case 3"


def test_escape_leads_back_to_the_keys_of_a_broken_case(open_page) -> None:
    page = open_page(broken(0))
    page.get_by_label("Go to case number").focus()
    for key in ("Escape", "j"):
        page.keyboard.press(key)
        settle(page)
    assert page.get_attribute("[data-case]", "data-case") == "case 1"


CTRL, ALT, GRAPH = {"ctrlKey": True}, {"altKey": True}, {"modifierAltGraph": True}


@pytest.mark.parametrize(
    ("key", "held", "heard"),
    [
        ("]", {}, True),
        ("]", ALT, True),
        ("]", GRAPH, True),
        ("]", CTRL | ALT | GRAPH, True),
        ("]", CTRL, False),
        ("]", CTRL | ALT, False),
        ("]", {"metaKey": True}, False),
        ("x", CTRL, False),
        ("x", ALT, False),
        ("x", CTRL | ALT | GRAPH, False),
        ("ArrowRight", ALT, False),
        ("0", ALT, False),
        ("-", CTRL, False),
    ],
)
def test_signs_may_need_alt_and_shortcuts_are_left_alone(open_page, key, held, heard) -> None:
    page = open_page()
    typed = """(init) => {
      const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
      return !document.querySelector("canvas").dispatchEvent(event);
    }"""
    assert page.evaluate(typed, {"key": key} | held) is heard
    assert (page.evaluate("document.seglib.get('threshold')") == 0.51) is heard


def test_one_pixel_and_sixteen_bits(open_page) -> None:
    tiny = MaskViewer.from_arrays([np.full((1, 1), 9, np.uint8)], truths=[np.ones((1, 1), int)])
    page = open_page(tiny)
    assert page.locator(".sv-readout").inner_text() == "1 × 1 px"
    scan = np.arange(96 * 128, dtype=np.uint16).reshape(96, 128)
    page = open_page(MaskViewer.from_arrays([scan], window=(6000, 8000)))
    press(page, "z")
    expected = np.clip((scan.astype(float) - 2000) / 8000 * 255, 0, 255)
    assert np.abs(drawn(page)[..., 0] - expected).max() <= 0.5
    page.get_by_label("Window centre").fill("3000")
    settle(page)
    assert drawn(page)[-1, -1, 0] == 255


def test_a_hidden_class_is_neither_drawn_nor_scored(open_page) -> None:
    from seglib.cards import BACKGROUND, LabelClass

    classes = (BACKGROUND, LabelClass("liver", 1, "#D55E00"), LabelClass("spleen", 2, "#0072B2"))
    truth = np.zeros((96, 128), np.uint8)
    truth[10:40], truth[50:80] = 1, 2
    grey = np.full((96, 128), 100, np.uint8)
    given = {"images": [grey], "truths": [truth], "predictions": {"net": [np.roll(truth, 5, 0)]}}
    page = open_page(MaskViewer.from_arrays(**given, classes=classes))
    press(page, "z", "f", "a", "2")
    shown = np.repeat(grey[..., None].astype(float), 3, axis=2)
    assert np.array_equal(drawn(page), tinted(shown, truth == 1, ALARM, 0.5))
    assert page.locator(".sv-scores tbody th").all_inner_texts() == ["net, liver"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_violation(open_page, scheme: str) -> None:
    axe = pytest.importorskip("axe_core_python.sync_playwright", reason="install seglib[browser]")
    page = open_page(color_scheme=scheme)
    press(page, "l", "e")
    for state in ("page", "help"):
        if state == "help":
            press(page, "?")
        found = axe.Axe().run(page)["violations"]
        serious = [v for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], state


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("light", {}),
        ("dark", {"color_scheme": "dark"}),
        ("narrow", {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 3}),
    ],
)
def test_nothing_overflows_and_pictures_are_kept(open_page, name: str, settings: dict) -> None:
    page = open_page(**settings)
    press(page, "l", "c")
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"viewer-{name}.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wide <= 0
    density = page.evaluate("devicePixelRatio")
    canvas = page.evaluate("document.querySelector('canvas').width")
    assert canvas == pytest.approx(page.locator("canvas").bounding_box()["width"] * density, abs=1)
