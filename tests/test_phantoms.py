"""The phantoms are exact, repeatable, and as hard as their parameters say."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from seglib.phantoms import PolypParameters, make_frame, make_phantom, write_phantom
from seglib.phantoms.polyp import endoscope, scene
from seglib.phantoms.polyp.patient import admit
from seglib.phantoms.polyp.rendering import Pose, render

SMALL = (96, 128)
PLAIN = PolypParameters(
    empty_share=0, several_share=0, debris=0, bubbles=0, specular=0, overlay=0, inset=0, motion=0
)


@lru_cache
def sample():
    """Frames of thirteen patients at the default size."""
    return tuple(make_phantom("phantom-polyp", 39))


def frames(parameters, n=4, size=SMALL):
    """One frame of each of ``n`` patients."""
    return [make_frame(1, patient, 0, size, parameters) for patient in range(n)]


def dice(a, b):
    total = a.sum() + b.sum()
    return 1.0 if total == 0 else 2 * (a & b).sum() / total


def lab(frame):
    return cv2.cvtColor(frame.image, cv2.COLOR_RGB2LAB).astype(float)


def ring(mask, width):
    """Pixels outside the mask, no farther than ``width``."""
    near = cv2.dilate(mask, np.ones((2 * width + 1, 2 * width + 1), np.uint8))
    return (near > 0) & (mask == 0)


def test_same_seed_gives_the_same_bytes_and_another_seed_does_not():
    first, again = (list(make_phantom("phantom-polyp", 3, 5, SMALL)) for _ in range(2))
    other = next(make_phantom("phantom-polyp", 1, 6, SMALL))
    for a, b in zip(first, again, strict=True):
        assert a.case == b.case
        assert a.image.tobytes() == b.image.tobytes()
        assert a.mask.tobytes() == b.mask.tobytes()
    assert other.image.shape != first[0].image.shape or (other.image != first[0].image).any()


def test_a_short_data_set_is_the_beginning_of_a_long_one():
    long = list(make_phantom("phantom-polyp", 10, 0, SMALL))
    alone = make_frame(0, 3, 0, SMALL)
    assert [f.case for f in long[:3]] == ["p000_f00", "p000_f01", "p000_f02"]
    assert long[9].case == alone.case
    assert (long[9].image == alone.image).all()
    assert (long[9].mask == alone.mask).all()


def test_frames_are_named_by_patient_and_frame_and_have_the_promised_types():
    for k, frame in enumerate(sample()):
        assert (frame.case, frame.group) == (f"p{k // 3:03d}_f{k % 3:02d}", f"p{k // 3:03d}")
        assert frame.image.dtype == np.uint8 == frame.mask.dtype
        assert frame.image.shape == (*frame.mask.shape, 3)
        assert set(np.unique(frame.mask)) <= {0, 1}
        height, width = frame.mask.shape
        assert 200 <= height <= 256
        assert 256 <= width <= 320


def test_patients_have_their_own_size_and_colour():
    groups = {}
    for frame in sample():
        lit = frame.image.max(axis=2) > 60
        groups.setdefault(frame.group, []).append(
            (frame.mask.shape, np.median(lab(frame)[lit][:, 1:], axis=0))
        )
    assert all(len({shape for shape, _ in group}) == 1 for group in groups.values())
    assert len({group[0][0] for group in groups.values()}) > 5
    colours = np.array([[colour for _, colour in group] for group in groups.values()])
    within = np.linalg.norm(colours - colours.mean(axis=1, keepdims=True), axis=2).mean()
    between = np.linalg.norm(colours.mean(axis=1) - colours.mean(axis=(0, 1)), axis=1).mean()
    assert within < 0.5 * between


def test_masks_stay_inside_the_field_of_view():
    dark = replace(PLAIN, inset=1, noise=0, blur=0, jpeg_quality=100, typical=0.4)
    for frame in frames(dark):
        height, width = frame.mask.shape
        assert frame.mask[-height // 5 :, : width // 4].sum() == 0
        assert np.median(frame.image[:3, :3]) < 10
        assert frame.image.max(axis=2)[frame.mask > 0].min() > 6


def test_the_mask_is_where_the_polyp_was_painted():
    """The same scene with and without its polyp differs in the mask and nowhere else."""
    bold = replace(PLAIN, relief=0, contrast=2, edge_softness=0.5, size_variation=0)
    for patient in range(4):
        who = admit(1, patient, SMALL, bold)
        shown = scene._scene(who, (1, patient, 0), bold)
        bare = scene._scene(who, (1, patient, 0), replace(bold, empty_share=1))
        change = np.abs(shown.radiance / bare.radiance - 1).max(axis=2)
        mask = shown.polyps.astype(np.uint8)
        assert (make_frame(1, patient, 0, SMALL, bold).mask == (mask & who.visible)).all()
        assert (change[cv2.dilate(mask, np.ones((3, 3), np.uint8)) == 0] == 0).all()
        assert np.mean(change[cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0] > 0.02) > 0.98


def test_the_blend_at_the_edge_crosses_one_half_on_the_outline():
    lesion = admit(1, 0, SMALL, PLAIN).lesions[0]
    drawn = render(lesion, Pose(row=48, column=64, area=900, turn=0.3, squash=0.8), SMALL, 4)
    assert ((drawn.cover > 0.5) == drawn.inside).all()
    assert drawn.inside.sum() == pytest.approx(900, rel=0.03)


def test_sizes_run_from_tiny_to_huge():
    for size in (0.002, 0.02, 0.1):
        wanted = replace(PLAIN, smallest=size, largest=size, typical=size)
        shares = [f.mask.mean() for f in frames(wanted, 4, (224, 288))]
        assert np.median(shares) == pytest.approx(size, rel=0.15)
    huge = replace(PLAIN, smallest=0.5, largest=0.5, typical=0.5)
    assert max(f.mask.mean() for f in frames(huge)) > 0.4
    spread = [f.mask.mean() for f in frames(PLAIN, 24, (48, 64))]
    assert min(spread) < 0.04
    assert max(spread) > 0.2
    assert 0.05 < np.median(spread) < 0.2


def test_empty_share_is_the_share_of_empty_masks():
    assert all(not f.mask.any() for f in frames(replace(PLAIN, empty_share=1), 3))
    assert all(f.mask.any() for f in frames(PLAIN, 6))
    some = replace(PLAIN, empty_share=0.5, smallest=0.05)
    empty = [not f.mask.any() for f in make_phantom("phantom-polyp", 20, 0, (32, 40), some)]
    assert np.mean(empty) == pytest.approx(0.5, abs=0.1)


def test_several_share_gives_more_than_one_polyp():
    one, many = (
        [cv2.connectedComponents(f.mask)[0] - 1 for f in frames(replace(PLAIN, several_share=s))]
        for s in (0, 1)
    )
    assert max(one) == 1 < max(many)


def step_at_edge(frame):
    inner = (frame.mask > 0) & ring(1 - frame.mask, 8)
    outer = ring(frame.mask, 8)
    colour = lab(frame)
    return np.linalg.norm(colour[inner].mean(axis=0) - colour[outer].mean(axis=0))


def sharpness(frame):
    """Mean squared Laplacian of the brightness, away from the black border."""
    inside = cv2.erode((frame.image.max(axis=2) > 40).astype(np.uint8), np.ones((9, 9))) > 0
    grey = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.mean(cv2.Laplacian(grey, cv2.CV_32F)[inside] ** 2))


def contour_length(frame):
    contours, _ = cv2.findContours(frame.mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return sum(cv2.arcLength(c, True) for c in contours) / np.sqrt(frame.mask.sum())


def glare(frame):
    return np.mean(frame.image.min(axis=2) > 215)


def pattern(frame):
    """Fine variation of redness inside the polyp."""
    red = lab(frame)[..., 1].astype(np.float32)
    core = cv2.erode(frame.mask, np.ones((5, 5), np.uint8)) > 0
    return np.std((red - cv2.GaussianBlur(red, (0, 0), 4))[core])


def folded(frame):
    """Brightness edges wider than the fine pattern, within the well-lit part."""
    grey = cv2.GaussianBlur(lab(frame)[..., 0], (0, 0), 1.5)
    steps = np.hypot(*np.gradient(grey))
    return np.mean(steps[12:-12, 12:-12] > 4)


def yellow(frame):
    """Share of pixels clearly yellower than the frame is as a whole."""
    lit = frame.image.max(axis=2) > 60
    hue = (lab(frame)[..., 2] - lab(frame)[..., 1])[lit]
    return np.mean(hue > np.median(hue) + 8)


QUIET = replace(PLAIN, noise=0, blur=0, jpeg_quality=100, smallest=0.05, largest=0.2)
STILL = replace(QUIET, empty_share=1)


@pytest.mark.parametrize(
    ("name", "low", "high", "base", "measure"),
    [
        ("contrast", 0, 2, replace(QUIET, relief=0), step_at_edge),
        ("relief", 0, 1.5, replace(QUIET, contrast=0), step_at_edge),
        ("edge_softness", 20, 0.5, replace(QUIET, texture=0), sharpness),
        ("texture", 0, 2, QUIET, pattern),
        ("irregularity", 0, 2, QUIET, contour_length),
        ("specular", 0, 4, STILL, glare),
        ("noise", 0, 10, STILL, sharpness),
        ("blur", 5, 0, replace(STILL, noise=5), sharpness),
        ("motion", 1, 0, STILL, sharpness),
        ("jpeg_quality", 10, 100, replace(STILL, noise=5), sharpness),
        ("folds", 0, 2, STILL, folded),
        ("vessels", 0, 2, STILL, sharpness),
        ("bubbles", 0, 1, STILL, sharpness),
        ("debris", 0, 1, STILL, yellow),
        ("overlay", 0, 1, STILL, lambda f: np.mean(f.image[:, :40].min(axis=2) > 180)),
        ("inset", 0, 1, STILL, lambda f: -np.median(f.image[-20:, 15:30, 0])),
    ],
)
def test_each_parameter_moves_what_it_names(name, low, high, base, measure):
    less, more = (
        np.mean([measure(f) for f in frames(replace(base, **{name: value}), 4)])
        for value in (low, high)
    )
    assert more > less + 0.02 * abs(less)


def test_zoom_and_size_variation_spread_the_sizes():
    base = replace(PLAIN, smallest=0.001, largest=0.5, typical=0.02)
    for zoom, low, high in ((0.0, 0.0, 0.1), (0.8, 0.3, 3.0)):
        shown = [make_frame(1, 0, k, SMALL, replace(base, zoom=zoom)) for k in range(5)]
        assert low <= np.std(np.log([f.mask.mean() for f in shown])) <= high
    same = frames(replace(PLAIN, size_variation=0), 3)
    assert {f.mask.shape for f in same} == {SMALL}


def test_thresholds_fail():
    scores = {}
    for frame in sample():
        truth = frame.mask > 0
        colour, hsv = lab(frame).astype(np.uint8), cv2.cvtColor(frame.image, cv2.COLOR_RGB2HSV)
        view = frame.image.max(axis=2) > 30
        channels = {
            "grey": cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY),
            "red": frame.image[..., 0],
            "a*": colour[..., 1],
            "saturation": hsv[..., 1],
        }
        for name, channel in channels.items():
            for where, part in (("all", np.ones_like(view)), ("view", view)):
                level, _ = cv2.threshold(channel[part][:, None], 0, 1, cv2.THRESH_OTSU)
                above = channel > level
                scores.setdefault((name, where, ">"), []).append(dice(above & part, truth))
                scores.setdefault((name, where, "<="), []).append(dice(~above & part, truth))
        reddest = colour[..., 1] > np.quantile(colour[..., 1][view], 0.8)
        scores.setdefault("reddest fifth", []).append(dice(reddest & view, truth))
    assert max(np.mean(s) for s in scores.values()) < 0.6


def test_what_is_written_is_what_was_made(tmp_path):
    folder = write_phantom("phantom-polyp", tmp_path / "data" / "twin", 5, 3, SMALL)
    for frame in make_phantom("phantom-polyp", 5, 3, SMALL):
        image = cv2.imread(str(folder / "images" / f"{frame.case}.png"))[..., ::-1]
        mask = cv2.imread(str(folder / "masks" / f"{frame.case}.png"), cv2.IMREAD_UNCHANGED)
        assert (image == frame.image).all()
        assert (mask == 255 * frame.mask).all()
    assert [p.name for p in folder.parent.iterdir()] == ["twin"]
    assert len(list(folder.glob("*/*.png"))) == 10


def test_two_writers_at_once_leave_one_whole_data_set(tmp_path):
    def write(_):
        return write_phantom("phantom-polyp", tmp_path / "twin", 3, 0, SMALL)

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(write, range(3))) == {tmp_path / "twin"}
    assert [p.name for p in tmp_path.iterdir()] == ["twin"]
    assert len(list((tmp_path / "twin").glob("*/*.png"))) == 6


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds something else"):
        write_phantom("phantom-polyp", tmp_path, 1, 0, SMALL)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_interrupted_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("seglib.phantoms._write_png", fail)
    with pytest.raises(KeyboardInterrupt):
        write_phantom("phantom-polyp", tmp_path / "twin", 2, 0, SMALL)
    assert list(tmp_path.iterdir()) == []


def test_burnt_in_text_ends_at_the_border():
    for frame in frames(PolypParameters(overlay=1), size=(32, 32)):
        assert frame.image.shape[:2] == frame.mask.shape
    whole, part = np.zeros((80, 60, 3), np.uint8), np.zeros((80, 21, 3), np.uint8)
    for image in (whole, part):
        endoscope.text(image, np.random.default_rng(0))
    assert whole.any() and np.array_equal(part, whole[:, :21])


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="phantom-polyp"):
        make_phantom("phantom-polyq", 1)
    with pytest.raises(ValueError, match="n is -1"):
        make_phantom("phantom-polyp", -1)
    with pytest.raises(ValueError, match="at least 32"):
        make_phantom("phantom-polyp", 1, 0, (8, 288))
    with pytest.raises(ValueError, match="noise is -3"):
        PolypParameters(noise=-3)
    with pytest.raises(ValueError, match="typical is 0.6"):
        PolypParameters(typical=0.6)
