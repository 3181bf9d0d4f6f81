"""The phantom lungs are exact, repeatable, and as hard as their parameters say."""

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from seglib.cards import card
from seglib.images import read_image
from seglib.phantoms import PHANTOMS, LungParameters, make_phantom, write_phantom
from seglib.phantoms.lung import lungs, make_frame, mediastinum, scene
from seglib.phantoms.lung.patient import Spot, admit
from seglib.phantoms.lung.shapes import cover, plane, to_pixels

SMALL = (64, 64)
CLEAN = LungParameters(
    effusion=0, consolidation=0, nodules=0, gas=0, table=0, circle=0, contrast_share=0, noise=0,
    blur=0, slice_thickness=0, texture=0, dependent=0,
)  # fmt: skip
MIDDLE = 6  # of the twelve slices: heart, both lungs, no diaphragm yet


@lru_cache
def sample():
    """All slices of eight patients at the default size."""
    return tuple(make_phantom("phantom-lung", 96))


def frames(parameters, n=4, slices=(MIDDLE,)):
    return [make_frame(1, patient, k, SMALL, parameters) for patient in range(n) for k in slices]


def hu(frame):
    return frame.image.astype(np.float32) - 1024


def dice(a, b):
    total = a.sum() + b.sum()
    return 1.0 if total == 0 else 2 * (a & b).sum() / total


def shrunk(mask, width=1):
    return cv2.erode(mask.astype(np.uint8), np.ones((2 * width + 1,) * 2, np.uint8)) > 0


def cut(patient, k, p=CLEAN, size=SMALL):
    """A patient's chest and the plane of one of its slices."""
    who = admit(1, patient, size, p)
    at = plane(size, scene.height(who, k, p), who.spacing, who.middle, who.turn)
    return who.chest, at


def test_a_slice_depends_on_seed_and_number_alone():
    long = list(make_phantom("phantom-lung", 14, 3, SMALL))
    admit.cache_clear()
    alone = make_frame(3, 1, 1, SMALL)
    assert [f.case for f in long[:2] + long[12:]] == [
        "p000_f00",
        "p000_f01",
        "p001_f00",
        "p001_f01",
    ]
    assert (alone.case, alone.group) == (long[13].case, "p001")
    assert (alone.image == long[13].image).all()
    assert (alone.mask == long[13].mask).all()
    assert (make_frame(4, 1, 1, SMALL).image != alone.image).any()


def test_slices_have_the_promised_types_and_sizes():
    for frame in sample():
        assert (frame.image.dtype, frame.mask.dtype) == (np.uint16, np.uint8)
        assert frame.image.shape == frame.mask.shape == (128, 128)
        assert set(np.unique(frame.mask)) <= {0, 1}
        assert frame.image.max() < 4096
    assert make_frame(0, 0, 5, (60, 100)).image.shape == (60, 100)


def test_the_mask_is_where_the_lung_was_painted():
    """Another density of the lung changes the mask alone, and by half at its outline."""
    for patient in range(3):
        for k in (1, 4, 7, 10):
            chest, at = cut(patient, k)
            image, lung = lungs.section(chest, at)
            denser, same = lungs.section(replace(chest, lung_hu=chest.lung_hu + 200), at)
            share = (denser - image) / 200
            assert (lung == same).all()
            assert share == pytest.approx(cover(lung, at.spacing), abs=1e-3)
            assert (make_frame(1, patient, k, SMALL, CLEAN).mask == (lung > 0)).all()


def test_nothing_that_fills_the_lung_reaches_beyond_it():
    chest, at = cut(0, MIDDLE)
    _, lung = lungs.section(chest, at)
    ill = replace(chest, spots=(Spot((-70.0, 0.0, at.z), 60.0, 40.0, 1.0),))
    for who, vessels in ((chest, np.ones_like(lung)), (ill, np.zeros_like(lung))):
        added = lungs.fill(who, at, lung, vessels, np.random.default_rng(0), 90, 1)
        assert (added[cover(lung, at.spacing) == 0] == 0).all()
        assert np.abs(added[lung > at.spacing]).mean() > 50


def test_healthy_lung_is_dark_and_all_that_is_dark_inside_the_body_is_lung_or_airway():
    for patient in range(3):
        for k in (2, 5, 8):
            frame = make_frame(1, patient, k, SMALL, replace(CLEAN, vessels=0))
            chest, at = cut(patient, k)
            assert hu(frame)[shrunk(frame.mask)].max() < -700
            air = mediastinum.airways(at, chest.height) > -2 * at.spacing
            dark = (hu(frame) < -500).astype(np.uint8)
            _, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=4)
            inside = (labels > 0) & (labels != labels[0, 0])
            assert not (inside & ~air & (cv2.dilate(frame.mask, np.ones((3, 3))) == 0)).any()


def test_windpipe_and_bronchi_are_air_and_not_lung():
    for k in (2, 3, 4):
        chest, at = cut(0, k, size=(128, 128))
        image, lung = lungs.section(chest, at)
        air = mediastinum.airways(at, chest.height)
        assert image[air > at.spacing].max() == -1000
        assert not (lung[air > -1] > 0).any()


def test_fluid_is_dense_behind_the_lung_and_not_lung():
    wet = replace(CLEAN, effusion=1, effusion_depth=60)
    lost = []
    for patient in range(4):
        dry, drowned = (make_frame(1, patient, 7, SMALL, p) for p in (CLEAN, wet))
        filled = shrunk(dry.mask & (1 - drowned.mask))
        assert not (drowned.mask & (1 - dry.mask)).any()
        lost.append(filled.sum())
        if filled.any():
            assert np.median(hu(drowned)[filled]) == pytest.approx(lungs.FLUID, abs=5)
            rows = np.nonzero(filled)[0].mean(), np.nonzero(dry.mask)[0].mean()
            assert rows[0] > rows[1]
    assert max(lost) > 20


def test_a_nodule_at_the_pleura_stays_in_the_mask():
    chest, at = cut(0, MIDDLE)
    _, lung = lungs.section(chest, at)
    y, x = np.unravel_index(np.argmin(np.where(lung > 0, lung, 99)), lung.shape)  # at the rim
    spot = Spot((float(at.x[y, x]), float(at.y[y, x]), at.z), 12.0, 40.0, 0.0)
    ill = replace(chest, spots=(spot,))
    _, same = lungs.section(ill, at)
    added = lungs.fill(ill, at, lung, 0 * lung, np.random.default_rng(0), 0, 0)
    assert (same == lung).all()
    assert added[lung > 0].max() > 500


def test_masks_are_small_at_the_ends_and_empty_beyond():
    sizes = np.array([f.mask.mean() for f in sample()]).reshape(8, 12)
    assert (sizes[:, 0] == 0).all()
    assert (sizes[:, 1:10] > 0.02).all()
    assert sizes[:, 3:8].mean() > 2 * sizes[:, [1, 11]].mean()
    far = replace(CLEAN, beyond=0.5)
    empty = [not make_frame(1, 0, k, SMALL, far).mask.any() for k in range(12)]
    assert empty[:3] == [True] * 3
    assert empty[-2:] == [True] * 2
    assert not any(empty[4:8])


def test_slices_per_patient_groups_the_slices_and_keeps_the_scan_s_length():
    few = replace(CLEAN, slices_per_patient=4)
    made = list(make_phantom("phantom-lung", 5, 1, SMALL, few))
    assert [f.group for f in made] == ["p000"] * 4 + ["p001"]
    who = admit(1, 0, SMALL, few)
    first, last = (scene.height(who, k, few) / who.chest.height for k in (0, 3))
    assert first + last == pytest.approx(1)


def test_millimetres_and_pixels_are_inverse():
    at = plane((40, 60), 0, 2.5, (3.0, -7.0), 0.2)
    places = np.stack([at.x[7:9, 11], at.y[7:9, 11]], axis=1)
    assert to_pixels(at, places) == pytest.approx(np.array([[11, 7], [11, 8]]), abs=1e-3)


def lung_hu(frame):
    return hu(frame)[shrunk(frame.mask)]


def behind_minus_front(frame):
    rows, values = np.nonzero(shrunk(frame.mask))[0], lung_hu(frame)
    low, high = np.quantile(rows, (0.2, 0.8))
    return values[rows > high].mean() - values[rows < low].mean()


def dense(frame):
    """Share of the lung that is not dark."""
    return np.mean(lung_hu(frame) > -500)


def fat(frame):
    return np.mean(np.abs(hu(frame) + 100) < 30)


def mixed(frame):
    """Share of pixels that are neither air, lung nor tissue."""
    return np.mean((hu(frame) > -750) & (hu(frame) < -250))


def rough(frame):
    return float(np.mean(cv2.Laplacian(hu(frame), cv2.CV_32F) ** 2))


def streaky(frame):
    """How much more alike neighbours in a row are than neighbours in a column, outside."""
    air = hu(frame)[:8]
    return np.mean(np.diff(air, axis=0) ** 2) / np.mean(np.diff(air, axis=1) ** 2)


def gas(frame):
    """Air inside the body that is not lung, per image."""
    dark = (hu(frame) < -600).astype(np.uint8)
    _, labels = cv2.connectedComponents(dark)
    return np.mean((labels > 0) & (labels != labels[0, 0]) & (frame.mask == 0))


def under(frame):
    """Share of pixels in the lowest rows that hold something."""
    return np.mean(hu(frame)[-12:] > -900)


ALL = tuple(range(1, 11))


@pytest.mark.parametrize(
    ("name", "low", "high", "base", "slices", "measure"),
    [
        ("fat", 4, 40, CLEAN, (MIDDLE,), fat),
        ("lung_hu", -900, -700, CLEAN, (MIDDLE,), lambda f: 1000 + np.median(lung_hu(f))),
        ("dependent", 0, 200, CLEAN, (MIDDLE,), behind_minus_front),
        ("vessels", 0, 2, CLEAN, (MIDDLE,), dense),
        ("texture", 0, 2, replace(CLEAN, vessels=0), (MIDDLE,), lambda f: lung_hu(f).std()),
        ("contrast_share", 0, 1, CLEAN, (MIDDLE,), lambda f: np.mean(hu(f)[20:40, 24:40] > 90)),
        ("effusion", 1, 0, CLEAN, (8,), lambda f: f.mask.mean()),
        ("effusion_depth", 80, 10, replace(CLEAN, effusion=1), (8,), lambda f: f.mask.mean()),
        ("consolidation", 0, 1, replace(CLEAN, vessels=0), ALL, dense),
        ("nodules", 0, 20, replace(CLEAN, vessels=0), ALL, dense),
        ("nodule_radius", 3, 20, replace(CLEAN, vessels=0, nodules=10), ALL, dense),
        ("gas", 0, 1, CLEAN, (10, 11), gas),
        ("table", 0, 1, CLEAN, (MIDDLE,), under),
        ("circle", 0, 1, CLEAN, (MIDDLE,), lambda f: np.mean(f.image == 0)),
        ("slice_thickness", 0, 20, replace(CLEAN, vessels=0), (9,), mixed),
        ("blur", 3, 0, CLEAN, (MIDDLE,), rough),
        ("noise", 0, 60, CLEAN, (MIDDLE,), rough),
        ("streaks", 0, 3, replace(CLEAN, noise=15), (1,), streaky),
    ],
)
def test_each_parameter_moves_what_it_names(name, low, high, base, slices, measure):
    n = 2 if slices == ALL else 6
    less, more = (
        np.mean([measure(f) for f in frames(replace(base, **{name: value}), n, slices)])
        for value in (low, high)
    )
    assert more > less + 0.05 * abs(less)


def test_size_spread_makes_large_and_small_patients():
    same, spread = (
        [admit(1, k, SMALL, replace(CLEAN, size_spread=s)).chest.height for k in range(6)]
        for s in (0, 0.2)
    )
    assert len(set(same)) == 1
    assert np.std(np.log(spread)) > 0.08


def test_a_global_threshold_fails():
    """Air outside the body is as dark as lung; grey levels alone do not tell them apart."""
    scores = {}
    for frame in sample():
        truth, values = frame.mask > 0, hu(frame)
        grey = np.clip((values + 1350) / 1500 * 255, 0, 255).astype(np.uint8)
        level, dark = cv2.threshold(grey, 0, 1, cv2.THRESH_OTSU + cv2.THRESH_BINARY_INV)
        scores.setdefault("below -400 HU", []).append(dice(values < -400, truth))
        scores.setdefault("Otsu", []).append(dice(dark > 0, truth))
        band = (values > -950) & (values < -400)
        scores.setdefault("-950 to -400 HU", []).append(dice(band, truth))
    band = np.mean(scores.pop("-950 to -400 HU"))
    assert max(np.mean(s) for s in scores.values()) < 0.6
    assert band < 0.7  # even with a second threshold against the air outside


def test_the_card_fits_what_is_written(tmp_path):
    entry = card("phantom-lung")
    assert entry.generator in PHANTOMS
    folder = write_phantom(entry.generator, tmp_path / "twin", 6, 0, SMALL, entry.decoding.values)
    image = read_image(folder / entry.images / "p000_f05.png")
    mask = read_image(folder / entry.masks / "p000_f05.png")
    lung = (image.astype(float) + entry.offset)[mask == 255]
    assert image.dtype == np.uint16
    assert set(np.unique(mask)) == {0, 255}
    assert -950 < np.median(lung) < -700
    centre, width = entry.window
    assert abs(np.median(lung) - centre) < width / 2


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"effusion": 1.5}, "LungParameters: effusion is 1.5; give 0 to 1"),
        ({"lung_hu": 0}, "lung_hu is 0; give -950 to -500"),
        ({"slices_per_patient": 0}, "slices_per_patient is 0"),
        ({"noise": -1}, "noise is -1"),
    ],
)
def test_bad_parameters_are_named(fields, message):
    with pytest.raises(ValueError, match=message):
        LungParameters(**fields)
