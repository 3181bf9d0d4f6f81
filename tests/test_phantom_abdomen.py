"""The phantom abdomens are exact, repeatable, true to anatomy, and as hard as they say."""

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from seglib.cards import card
from seglib.decoding import MaskDecoding
from seglib.images import read_image, read_mask
from seglib.phantoms import AbdomenParameters, make_phantom, write_phantom
from seglib.phantoms.abdomen import make_frame

NAME = "phantom-abdominal-organs"
LIVER, SPLEEN, LEFT_KIDNEY, RIGHT_KIDNEY, BOWEL = range(1, 6)
BARE = AbdomenParameters(noise=0, blur=0, thickness=0)


@lru_cache
def sample():
    """All slices of five patients at the default size."""
    return tuple(make_phantom(NAME, 30))


def hu(frame):
    return frame.image.astype(np.float32) - 1024


def slices(p, patients=3, frames=(1, 3, 4), size=(96, 96)):
    return [make_frame(2, patient, k, size, p) for patient in range(patients) for k in frames]


def contacts(frames, a, b):
    """Number of pixels of class ``a`` beside one of class ``b``."""
    beside = np.ones((3, 3), np.uint8)
    return sum(
        int(((f.mask == a) & (cv2.dilate((f.mask == b).astype(np.uint8), beside) > 0)).sum())
        for f in frames
    )


def dice(a, b):
    total = a.sum() + b.sum()
    return 1.0 if total == 0 else 2 * (a & b).sum() / total


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
        assert frame.mask.max() <= 5
        assert frame.image.max() <= 4095


def test_tissues_have_their_densities():
    p = replace(BARE, likeness=0, arterial_share=0, venous_share=1, fatty_share=0)
    frames = slices(p, 2, (1, 3), (192, 192))
    core = np.ones((5, 5), np.uint8)
    for label, expected in ((LIVER, 112), (SPLEEN, 122), (LEFT_KIDNEY, 152), (RIGHT_KIDNEY, 152)):
        inside = [hu(f)[cv2.erode((f.mask == label).astype(np.uint8), core) > 0] for f in frames]
        assert np.median(np.concatenate(inside)) == pytest.approx(expected, abs=14)
    assert np.median([hu(f)[2, 2] for f in frames]) == -1000


def test_the_mask_is_where_the_organ_was_painted():
    """A fatty liver differs from a sound one in the mask and nowhere else."""
    grown = np.ones((3, 3), np.uint8)
    for patient in range(2):
        for frame in (0, 3):
            sound, fatty = (
                make_frame(0, patient, frame, parameters=replace(BARE, fatty_share=share))
                for share in (0, 1)
            )
            liver = (sound.mask == LIVER).astype(np.uint8)
            change = hu(sound) - hu(fatty)
            assert (sound.mask == fatty.mask).all()
            # Tips may pass between pixel centres; the vessels of a fatty liver stay as they are.
            assert np.mean(change[cv2.dilate(liver, grown) == 0] != 0) < 5e-4
            assert np.mean(change[cv2.erode(liver, grown) > 0] > 15) > 0.9
            outline = (liver > 0) & (cv2.erode(liver, grown) == 0)
            assert np.mean(change[outline] > 0) > 0.9


def test_the_patients_right_is_on_the_left_of_the_picture():
    columns = {label: [] for label in range(1, 6)}
    for frame in sample():
        for label in columns:
            where = np.nonzero(frame.mask == label)[1]
            if where.size > 20:
                columns[label].append(where.mean())
    assert max(columns[RIGHT_KIDNEY]) < 90 < 102 < min(columns[LEFT_KIDNEY])
    assert min(columns[SPLEEN]) > 110
    assert np.mean(columns[LIVER]) < 80


def test_organs_follow_each_other_from_top_to_bottom():
    def share(k, label):
        return np.mean([(f.mask == label).any() for f in sample()[k::6]])

    assert share(0, LIVER) == 1 and share(5, LIVER) < 1
    assert share(0, LEFT_KIDNEY) == share(0, RIGHT_KIDNEY) == share(0, BOWEL) == 0
    assert share(1, SPLEEN) == 1 and share(5, SPLEEN) == 0
    assert share(4, BOWEL) == 1
    height = [np.mean([(f.mask == LIVER).sum() for f in sample()[k::6]]) for k in (2, 4)]
    assert height[0] > 3 * height[1]


def test_single_kidney_share_is_the_share_of_patients_with_one():
    def kidneys(share, patient):
        p = replace(BARE, single_kidney_share=share)
        masks = [make_frame(3, patient, k, (64, 64), p).mask for k in (3, 4)]
        return frozenset(np.unique(masks)) & {LEFT_KIDNEY, RIGHT_KIDNEY}

    assert all(len(kidneys(0, k)) == 2 for k in range(4))
    single = [kidneys(1, k) for k in range(6)]
    assert set(single) == {frozenset({LEFT_KIDNEY}), frozenset({RIGHT_KIDNEY})}
    some = [len(kidneys(0.5, k)) == 1 for k in range(10)]
    assert 0.4 <= np.mean(some) <= 0.6


def test_organs_touch_without_fat_and_keep_apart_with_it():
    pairs = ((LIVER, RIGHT_KIDNEY), (SPLEEN, LEFT_KIDNEY), (BOWEL, LIVER), (BOWEL, LEFT_KIDNEY))
    near, far = (
        slices(replace(BARE, gap=gap, frames_per_patient=20), 3, range(8, 16)) for gap in (0, 15)
    )
    for a, b in pairs:
        assert contacts(near, a, b) > 3
        assert contacts(near, a, b) > contacts(far, a, b)
    assert contacts(sample(), LIVER, RIGHT_KIDNEY) > 20
    assert contacts(sample(), SPLEEN, LEFT_KIDNEY) > 5


def test_where_organs_touch_there_is_no_seam():
    p = replace(BARE, gap=0, arterial_share=0, venous_share=1, fatty_share=0, likeness=0)
    beside = np.ones((3, 3), np.uint8)
    seam = []
    for frame in slices(p, 3, (3,), (192, 192)):
        liver, kidney = (
            cv2.dilate((frame.mask == k).astype(np.uint8), beside) for k in (LIVER, RIGHT_KIDNEY)
        )
        seam.append(hu(frame)[(liver & kidney) > 0])
    seam = np.concatenate(seam)
    assert seam.size > 50
    assert np.median(seam) > 105  # the darker of the two has 112


@pytest.mark.parametrize(
    ("phases", "order"),
    [
        ({"arterial_share": 1, "venous_share": 0}, ("medulla", "liver", "cortex", "aorta")),
        ({"arterial_share": 0, "venous_share": 0}, ("cortex", "aorta", "liver")),
        ({"arterial_share": 0, "venous_share": 1}, ("liver", "medulla", "cortex")),
    ],
)
def test_contrast_medium_changes_the_order_of_densities(phases, order):
    from seglib.phantoms.torso import admit

    p = replace(BARE, likeness=0, **phases)
    tissue = admit(0, 0, p, p.arterial_share, p.venous_share).hu
    assert [tissue[name] for name in order] == sorted(tissue[name] for name in order)


def test_fatty_livers_are_darker_than_the_spleen():
    p = replace(BARE, fatty_share=1, arterial_share=0, venous_share=0)
    for frame in [make_frame(0, k, 1, parameters=p) for k in range(3)]:
        assert np.median(hu(frame)[frame.mask == LIVER]) < (
            np.median(hu(frame)[frame.mask == SPLEEN])
        )


def sharpness(frames):
    return np.mean([np.mean(cv2.Laplacian(hu(f), cv2.CV_32F) ** 2) for f in frames])


def in_bowel(low, high):
    def measure(frames):
        inside = np.concatenate([hu(f)[f.mask == BOWEL] for f in frames])
        return np.mean((inside > low) & (inside < high))

    return measure


def fat(frames):
    return np.mean([(hu(f) > -150) & (hu(f) < -60) for f in frames])


def spread_of_liver(frames):
    return np.std([np.median(hu(f)[f.mask == LIVER]) for f in frames[::3]])


def bumps(frames):
    """How much of its hull the liver leaves free."""
    free = []
    for frame in frames:
        found, _ = cv2.findContours(
            (frame.mask == SPLEEN).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
        )
        big = [c for c in found if cv2.contourArea(c) > 100]
        free += [cv2.contourArea(cv2.convexHull(c)) / cv2.contourArea(c) - 1 for c in big]
    return np.mean(free)


def bright_kidneys(frames):
    kidneys = np.concatenate(
        [hu(f)[(f.mask == LEFT_KIDNEY) | (f.mask == RIGHT_KIDNEY)] for f in frames]
    )
    return np.mean(kidneys > 90)


@pytest.mark.parametrize(
    ("name", "low", "high", "measure"),
    [
        ("fat", 2, 40, fat),
        ("gap", 15, 0, lambda frames: contacts(frames, BOWEL, LIVER)),
        ("irregularity", 0, 1.4, bumps),
        ("crowding", 0, 2, lambda frames: np.mean([f.mask == BOWEL for f in frames])),
        ("gas", 0, 1, in_bowel(-1100, -600)),
        ("oral_contrast", 0, 1, in_bowel(200, 3000)),
        ("likeness", 0, 3, spread_of_liver),
        ("thickness", 20, 0, sharpness),
        ("blur", 5, 0, sharpness),
        ("noise", 0, 40, sharpness),
        ("arterial_share", 0, 1, bright_kidneys),
        ("top", 8, 90, lambda frames: np.mean([f.mask == LEFT_KIDNEY for f in frames])),
        ("bottom", 300, 150, lambda frames: np.mean([f.mask == LIVER for f in frames])),
    ],
)
def test_each_parameter_moves_what_it_names(name, low, high, measure):
    base = replace(BARE, venous_share=0, arterial_share=0, fatty_share=0)
    less, more = (measure(slices(replace(base, **{name: value}))) for value in (low, high))
    assert more > less + 0.02 * abs(less)


def test_frames_per_patient_slices_a_patient_more_finely():
    frames = list(make_phantom(NAME, 12, 0, (32, 32), replace(BARE, frames_per_patient=12)))
    assert {f.group for f in frames} == {"p000"}
    assert len({f.case for f in frames}) == 12


def test_thresholds_fail():
    """Even the best window of densities for each organ, chosen on the truth."""
    scores = {label: {} for label in range(1, 6)}
    for frame in sample():
        smooth = cv2.GaussianBlur(hu(frame), (0, 0), 1)
        for label, found in scores.items():
            truth = frame.mask == label
            if not truth.any():
                continue
            for low in range(-20, 180, 20):
                for wide in (40, 80, 120, 4000):
                    guess = (smooth > low) & (smooth < low + wide)
                    found.setdefault((low, wide), []).append(dice(guess, truth))
    best = {k: max(np.mean(d) for d in found.values()) for k, found in scores.items()}
    assert max(best.values()) < 0.6
    assert np.mean(list(best.values())) < 0.35


def test_what_is_written_is_what_the_card_says(tmp_path):
    entry = card(NAME)
    assert entry.decoding == MaskDecoding("values", values=(0, 1, 2, 3, 4, 5))
    folder = write_phantom(NAME, tmp_path / "twin", 5, 3, (64, 64), entry.decoding.values)
    for frame in make_phantom(NAME, 5, 3, (64, 64)):
        image = read_image(folder / entry.images / f"{frame.case}.png")
        assert image.dtype == np.uint16 and (image == frame.image).all()
        mask = read_mask(folder / entry.masks / f"{frame.case}.png", entry.decoding)
        assert (mask == frame.mask).all()
    assert entry.spacing_mm == (360 / 192, 360 / 192)
    assert entry.n_cases % AbdomenParameters().frames_per_patient == 0


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="AbdomenParameters: fat is 99; give 0 to 45"):
        AbdomenParameters(fat=99)
    with pytest.raises(ValueError, match="fatty_share is 2"):
        AbdomenParameters(fatty_share=2)
    with pytest.raises(ValueError, match="top is 250"):
        AbdomenParameters(top=250)
    with pytest.raises(ValueError, match="must not exceed 1"):
        AbdomenParameters(arterial_share=0.7, venous_share=0.7)
