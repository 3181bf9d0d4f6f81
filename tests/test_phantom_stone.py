"""The phantom stones are exact, repeatable, small, and hidden among things as bright."""

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from seglib.cards import card
from seglib.images import read_image, read_mask
from seglib.phantoms import StoneParameters, make_phantom, write_phantom
from seglib.phantoms.stone import make_frame
from seglib.phantoms.stone.scene import _patient
from seglib.phantoms.torso.kidney import sinus

NAME = "phantom-kidney-stone"
PIXEL = (360 / 192) ** 2  # mm²
BARE = StoneParameters(
    noise=0, blur=0, thickness=0, empty_share=0, several_share=0, staghorn_share=0, ureter_share=0,
    calcification=0, phleboliths=0, gallstones=0, clips=0, oral_contrast=0,
)  # fmt: skip


@lru_cache
def sample():
    """All slices of five patients at the default size."""
    return tuple(make_phantom(NAME, 30))


def hu(frame):
    return frame.image.astype(np.float32) - 1024


def slices(p, patients=3, frames=(0, 2, 5), size=(192, 192)):
    return [make_frame(2, patient, k, size, p) for patient in range(patients) for k in frames]


def dice(a, b):
    total = a.sum() + b.sum()
    return 1.0 if total == 0 else 2 * (a & b).sum() / total


def sizes(frames):
    """Pixels of every stone."""
    found = []
    for frame in frames:
        _, _, stats, _ = cv2.connectedComponentsWithStats(frame.mask)
        found += stats[1:, cv2.CC_STAT_AREA].tolist()
    return np.array(found)


def test_a_frame_depends_on_seed_and_number_alone():
    alone = make_frame(0, 1, 3)
    for frame in (sample()[9], list(make_phantom(NAME, 10))[9]):
        assert frame.case == alone.case == "p001_f03"
        assert frame.image.tobytes() == alone.image.tobytes()
        assert frame.mask.tobytes() == alone.mask.tobytes()
    assert (make_frame(1, 1, 3).image != alone.image).any()


def test_frames_have_the_promised_types_and_names():
    for k, frame in enumerate(sample()):
        assert (frame.case, frame.group) == (f"p{k // 6:03d}_f{k % 6:02d}", f"p{k // 6:03d}")
        assert (frame.image.dtype, frame.mask.dtype) == (np.uint16, np.uint8)
        assert frame.image.shape == frame.mask.shape == (192, 192)
        assert frame.mask.max() <= 1
        assert frame.image.max() <= 4095


def test_the_mask_is_where_the_stone_was_painted():
    """The same slice with and without its stones differs in the mask and nowhere else."""
    bold = replace(BARE, several_share=1, staghorn_share=0.3, dimmest=1200, typical=200)
    grown = np.ones((3, 3), np.uint8)
    for patient in range(3):
        for frame in (0, 1, 4):
            shown, bare = (
                make_frame(1, patient, frame, parameters=replace(bold, empty_share=share))
                for share in (0, 1)
            )
            change = hu(shown) - hu(bare)
            assert shown.mask.any() and not bare.mask.any()
            assert (change[cv2.dilate(shown.mask, grown) == 0] == 0).all()
            assert (hu(shown)[cv2.erode(shown.mask, grown) > 0] >= 1100).all()
            # A pixel belongs to the stone if the stone fills at least half of it.
            assert hu(shown)[shown.mask > 0].min() > 0.45 * 1200


def test_stones_have_the_size_that_was_asked_for():
    for area in (9, 60, 400):
        p = replace(BARE, smallest=area, largest=area, typical=area)
        found = sizes(slices(p, 4, (1,)))
        assert found.size == 4
        assert found.mean() == pytest.approx(area / PIXEL, rel=0.3)


def test_stones_are_small_and_some_slices_have_none():
    found = sizes(sample())
    assert found.min() <= 6
    assert 8 <= np.median(found) <= 40
    assert np.mean([f.mask.mean() for f in sample()]) < 0.002
    empty = np.mean([not f.mask.any() for f in sample()])
    assert empty == pytest.approx(StoneParameters().empty_share, abs=0.06)


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_empty_share_is_the_share_of_empty_masks(share):
    frames = make_phantom(NAME, 12, 0, (96, 96), replace(BARE, empty_share=share, smallest=60))
    assert np.mean([not f.mask.any() for f in frames]) == pytest.approx(share, abs=0.1)


def test_stones_lie_in_the_kidneys_sinus_or_below_it_in_the_ureter():
    p = replace(BARE, smallest=9, largest=20, typical=12, frames_per_patient=10, irregularity=0)
    for patient in range(2):
        who = _patient(2, patient, p)
        for k in (2, 4, 9):
            frame = make_frame(2, patient, k, parameters=p)
            row, column = (axis.mean() for axis in np.nonzero(frame.mask))
            x, y = (
                (at - 95.5) * 360 / 192 - c for at, c in zip((column, row), who.centre, strict=True)
            )
            at = np.array([sinus(kidney, kidney.middle[2])[0] for kidney in who.kidneys])
            assert np.hypot(*(at - (x, y)).T).min() < 36
            assert 20 < abs(x) < 75


def test_stones_span_the_densities_asked_for():
    for low, high in ((200, 250), (1400, 1500)):
        p = replace(BARE, dimmest=low, brightest=high, smallest=150, typical=150)
        peaks = [hu(f)[f.mask > 0].max() for f in slices(p, 3, (1,))]
        assert low - 10 <= min(peaks) and max(peaks) <= high + 1


def brightness(frames):
    """Share of pixels outside the stones that are as bright."""
    return np.mean([(hu(f) > 250) & (cv2.dilate(f.mask, np.ones((3, 3))) == 0) for f in frames])


def sharpness(frames):
    return np.mean([np.mean(cv2.Laplacian(hu(f), cv2.CV_32F) ** 2) for f in frames])


def watery(frames):
    """Pixels about as dense as urine, in slices without noise."""
    return np.mean([(hu(f) > 0) & (hu(f) < 14) for f in frames])


def number(frames):
    return np.mean([cv2.connectedComponents(f.mask)[0] - 1 for f in frames])


def far_back(frames):
    """How far the stones lie from the middle line, px; ureters are nearer to it than kidneys."""
    return np.mean([np.abs(np.nonzero(f.mask)[1] - 95.5).mean() for f in frames])


SMALL = replace(BARE, largest=60, typical=30)


@pytest.mark.parametrize(
    ("name", "low", "high", "base", "measure"),
    [
        ("typical", 30, 600, BARE, lambda frames: np.median(sizes(frames))),
        ("smallest", 9, 90, BARE, lambda frames: sizes(frames).min()),
        ("size_spread", 0, 2, replace(BARE, largest=2000), lambda f: np.std(np.log(sizes(f)))),
        ("dimmest", 200, 1500, BARE, lambda fs: np.mean([hu(f)[f.mask > 0].mean() for f in fs])),
        ("brightest", 200, 1500, BARE, lambda fs: np.mean([hu(f)[f.mask > 0].mean() for f in fs])),
        ("several_share", 0, 1, SMALL, number),
        ("staghorn_share", 0, 1, BARE, lambda frames: np.mean([f.mask for f in frames])),
        ("ureter_share", 1, 0, replace(SMALL, irregularity=0), far_back),
        ("blocked_share", 0, 1, replace(BARE, empty_share=1), watery),
        ("calcification", 0, 1, BARE, brightness),
        ("phleboliths", 0, 1, BARE, brightness),
        ("gallstones", 0, 1, BARE, brightness),
        ("oral_contrast", 0, 1, BARE, brightness),
        ("clips", 0, 1, BARE, lambda frames: np.mean([hu(f).max() > 1600 for f in frames])),
        ("thickness", 12, 0, BARE, lambda fs: np.mean([hu(f)[f.mask > 0].mean() for f in fs])),
        ("blur", 4, 0, BARE, sharpness),
        ("noise", 0, 40, BARE, sharpness),
    ],
)
def test_each_parameter_moves_what_it_names(name, low, high, base, measure):
    where = {"ureter_share": (1, 2), "staghorn_share": (0, 1), "gallstones": (0, 1)}
    less, more = (
        measure(slices(replace(base, **{name: value}), 3, where.get(name, (0, 2, 5))))
        for value in (low, high)
    )
    assert more > less + 0.005 * abs(less)


def test_thresholds_fail():
    """Bones, contrast medium and calcified vessels are as bright, also the small ones of them."""
    scores = {}
    for frame in sample():
        truth = frame.mask > 0
        for level in (130, 200, 300, 400, 600, 800):
            above = hu(frame) > level
            scores.setdefault((level, "all"), []).append(dice(above, truth))
            _, parts, stats, _ = cv2.connectedComponentsWithStats(above.astype(np.uint8))
            small = np.flatnonzero(stats[:, cv2.CC_STAT_AREA] < 60)
            guess = np.isin(parts, small[small > 0])
            scores.setdefault((level, "small"), []).append(dice(guess, truth))
    assert np.mean(scores[200, "all"]) < 0.2
    assert max(np.mean(s) for s in scores.values()) < 0.6


def test_what_is_written_is_what_the_card_says(tmp_path):
    entry = card(NAME)
    folder = write_phantom(NAME, tmp_path / "twin", 3, 3, (96, 96), entry.decoding.values)
    for frame in make_phantom(NAME, 3, 3, (96, 96)):
        image = read_image(folder / entry.images / f"{frame.case}.png")
        assert image.dtype == np.uint16 and (image == frame.image).all()
        mask = read_mask(folder / entry.masks / f"{frame.case}.png", entry.decoding)
        assert (mask == frame.mask).all()
    assert entry.spacing_mm == (360 / 192, 360 / 192)
    assert entry.n_cases % StoneParameters().frames_per_patient == 0


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="StoneParameters: clips is 2; give 0 to 1"):
        StoneParameters(clips=2)
    with pytest.raises(ValueError, match="noise is -1"):
        StoneParameters(noise=-1)
    with pytest.raises(ValueError, match="typical is 900"):
        StoneParameters(typical=900)
    with pytest.raises(ValueError, match="dimmest is 2000"):
        StoneParameters(dimmest=2000)
