"""The phantom skin lesions are exact, repeatable, and as hard as their parameters say."""

from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np
import pytest

from seglib.cards import card
from seglib.phantoms import PHANTOMS, SkinParameters, make_phantom, write_phantom
from seglib.phantoms.canvas import stream
from seglib.phantoms.skin import make_frame, scene
from seglib.phantoms.skin.complexion import SPECTRA

SMALL = (96, 128)
PLAIN = SkinParameters(
    empty_share=0, pale_share=0, hair=0, ruler=0, ink=0, patch=0, bubbles=0, specular=0, frame=0,
    freckles=0,
)  # fmt: skip
QUIET = replace(PLAIN, noise=0, blur=0, jpeg_quality=100, smallest=0.06, largest=0.2, typical=0.1)
STILL = replace(QUIET, empty_share=1, mottle=0)


@lru_cache
def sample():
    """Images of thirty patients at the default size."""
    return tuple(make_phantom("phantom-skin-lesion", 60))


def frames(parameters, n=4, size=SMALL):
    """One image of each of ``n`` patients."""
    return [make_frame(1, patient, 0, size, parameters) for patient in range(n)]


def dice(a, b):
    total = a.sum() + b.sum()
    return 1.0 if total == 0 else 2 * (a & b).sum() / total


def lab(frame):
    return cv2.cvtColor(frame.image, cv2.COLOR_RGB2LAB).astype(np.float32)


def grown(mask, width):
    return cv2.dilate(mask.astype(np.uint8), np.ones((2 * width + 1,) * 2, np.uint8)) > 0


def core(frame, width=3):
    return ~grown(frame.mask == 0, width)


def test_a_frame_depends_on_seed_and_number_alone():
    long = list(make_phantom("phantom-skin-lesion", 5, 3, SMALL))
    scene.admit.cache_clear()
    alone = make_frame(3, 2, 0, SMALL)
    assert [f.case for f in long] == ["p000_f00", "p000_f01", "p001_f00", "p001_f01", "p002_f00"]
    assert (alone.case, alone.group) == (long[4].case, "p002")
    assert (alone.image == long[4].image).all()
    assert (alone.mask == long[4].mask).all()
    other = make_frame(4, 2, 0, SMALL)
    assert other.image.shape != alone.image.shape or (other.image != alone.image).any()


def test_images_have_the_promised_types_and_sizes():
    for frame in sample():
        assert frame.image.dtype == np.uint8 == frame.mask.dtype
        assert frame.image.shape == (*frame.mask.shape, 3)
        assert set(np.unique(frame.mask)) <= {0, 1}
        assert abs(frame.mask.shape[0] / 192 - 1) < 0.07
        assert abs(frame.mask.shape[1] / 256 - 1) < 0.07
    assert len({f.mask.shape for f in sample()}) > 10
    assert {f.mask.shape for f in frames(replace(PLAIN, size_variation=0), 2, (50, 70))} == {
        (50, 70)
    }


def test_both_images_of_a_patient_show_the_same_skin():
    tones = np.array([np.median(lab(f).reshape(-1, 3), axis=0) for f in sample()])
    pairs = tones.reshape(-1, 2, 3)
    within = np.linalg.norm(pairs[:, 0] - pairs[:, 1], axis=1).mean()
    between = np.linalg.norm(tones[:-2:2] - tones[2::2], axis=1).mean()
    assert within < 0.5 * between


def test_the_mask_is_where_the_lesion_was_painted():
    """The same skin with and without its lesion differs in the mask and nowhere else."""
    bold = replace(PLAIN, contrast=2, edge_softness=0.5)
    for patient in range(6):
        who = scene.admit(1, patient, SMALL, bold)
        pose = scene._pose(stream(1, patient, 0, 0), who)
        drawn = scene.draw(who.lesion, pose, who.shape, bold.edge_softness)
        bare = replace(drawn, density=0 * drawn.density, scar=0 * drawn.scar)
        shown, empty = (scene._lit(who, d, stream(1, patient, 0, 1)) for d in (drawn, bare))
        change = np.abs(shown / empty - 1).max(axis=2)
        assert (make_frame(1, patient, 0, SMALL, bold).mask == drawn.inside).all()
        assert (change[~grown(drawn.inside, 1)] == 0).all()
        assert np.mean(change[~grown(~drawn.inside, 1)] > 0.02) > 0.98


def test_half_of_the_pigment_has_faded_at_the_outline():
    who = scene.admit(1, 0, SMALL, PLAIN)
    even = replace(who.lesion, pigment=np.ones_like(who.lesion.pigment), core=0.0)
    drawn = scene.draw(even, scene.Pose(48, 64, 22, 0.3), SMALL, 8)
    share = drawn.density / SPECTRA.sum(axis=0)
    certain = np.abs(share[..., 0] - 0.5) > 1e-4
    assert ((share[..., 0] > 0.5) == drawn.inside)[certain].all()
    assert share.max() == pytest.approx(1, abs=1e-5)


def test_what_a_frame_or_a_patch_hides_is_not_in_the_mask():
    huge = replace(QUIET, smallest=0.6, largest=0.6, typical=0.6, frame=1, contrast=0.5)
    open_ = frames(replace(huge, frame=0), 6)
    for framed, whole in zip(frames(huge, 6), open_, strict=True):
        black = framed.image.max(axis=2) < 6
        assert not (framed.mask.astype(bool) & black).any()
        assert framed.mask.sum() <= whole.mask.sum()
    patched = frames(replace(huge, frame=0, patch=1), 6)
    assert sum(f.mask.sum() for f in patched) < sum(f.mask.sum() for f in open_)


def test_sizes_run_from_tiny_to_huge():
    for size in (0.01, 0.05, 0.2):
        wanted = replace(PLAIN, smallest=size, largest=size, typical=size)
        shares = [f.mask.mean() for f in frames(wanted, 6)]
        assert np.median(shares) == pytest.approx(size, rel=0.25)
    spread = [f.mask.mean() for f in sample() if f.mask.any()]
    assert min(spread) < 0.03
    assert max(spread) > 0.3
    assert 0.05 < np.median(spread) < 0.15


def test_empty_share_is_the_share_of_empty_masks():
    some = replace(PLAIN, empty_share=0.3)
    empty = [not f.mask.any() for f in make_phantom("phantom-skin-lesion", 20, 0, SMALL, some)]
    assert np.mean(empty) == pytest.approx(0.3, abs=0.06)
    assert all(f.mask.any() for f in frames(PLAIN, 8))


def step_at_edge(frame):
    mask = frame.mask > 0
    colour, ring = lab(frame), grown(mask, 12) & ~grown(mask, 4)
    return np.linalg.norm(colour[core(frame)].mean(axis=0) - colour[ring].mean(axis=0))


def fine(frame):
    """Fine variation of brightness inside the lesion."""
    light = lab(frame)[..., 0]
    return np.std((light - cv2.GaussianBlur(light, (0, 0), 2))[core(frame)])


def variegation(frame):
    """Slow variation of colour inside the lesion."""
    return cv2.GaussianBlur(lab(frame), (0, 0), 1.5)[core(frame, 4)].std(axis=0).mean()


def sharpness(frame):
    grey = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.mean(cv2.Laplacian(grey, cv2.CV_32F) ** 2))


def contour_length(frame):
    contours, _ = cv2.findContours(frame.mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    return sum(cv2.arcLength(c, True) for c in contours) / np.sqrt(frame.mask.sum())


def brightness(frame):
    return float(np.median(frame.image))


def falling_light(frame):
    light = lab(frame)[..., 0]
    corners = np.r_[light[:9, :9].ravel(), light[-9:, -9:].ravel(), light[:9, -9:].ravel()]
    return np.median(light) - corners.mean()


def vivid(frame):
    """Share of pixels far more or otherwise coloured than skin."""
    hue = lab(frame)[..., 1:] - 128
    typical = np.median(hue.reshape(-1, 2), axis=0)
    return np.mean(np.linalg.norm(hue - typical, axis=2) > 25)


def violet(frame):
    """Share of pixels bluer than skin ever is."""
    hue = lab(frame)[..., 2]
    return np.mean(hue < np.median(hue) - 8)


@pytest.mark.parametrize(
    ("name", "low", "high", "base", "measure"),
    [
        ("contrast", 0, 2, QUIET, step_at_edge),
        ("pale_share", 1, 0, QUIET, step_at_edge),
        ("structure", 0, 2, QUIET, fine),
        ("colours", 0, 2, QUIET, variegation),
        ("irregularity", 0, 2, QUIET, contour_length),
        ("edge_softness", 30, 0.5, replace(QUIET, mottle=0, structure=0), sharpness),
        ("lightest", 1, 0, replace(STILL, darkest=1), brightness),
        ("darkest", 1, 0, STILL, brightness),
        ("mottle", 0, 2, STILL, sharpness),
        ("freckles", 0, 4, STILL, sharpness),
        ("hair", 0, 1, STILL, sharpness),
        ("hair_density", 0.3, 4, replace(STILL, hair=1), sharpness),
        ("ruler", 0, 1, STILL, sharpness),
        ("ink", 0, 1, replace(STILL, lightest=0.2, darkest=0.4), violet),
        ("patch", 0, 1, replace(STILL, lightest=0.2, darkest=0.4), vivid),
        ("bubbles", 0, 1, STILL, sharpness),
        ("specular", 0, 4, STILL, lambda f: np.mean(f.image.min(axis=2) > 215)),
        ("frame", 0, 1, STILL, lambda f: np.mean(f.image.max(axis=2) < 10)),
        ("shading", 0, 2, STILL, falling_light),
        ("blur", 5, 0, replace(STILL, noise=0, hair=1), sharpness),
        ("noise", 0, 10, STILL, sharpness),
        ("jpeg_quality", 10, 100, replace(STILL, noise=5), sharpness),
    ],
)
def test_each_parameter_moves_what_it_names(name, low, high, base, measure):
    less, more = (
        np.mean([measure(f) for f in frames(replace(base, **{name: value}), 6)])
        for value in (low, high)
    )
    assert more > less + 0.05 * abs(less)


def test_size_variation_spreads_the_sizes():
    sizes = [f.mask.shape[0] for f in frames(replace(PLAIN, size_variation=0.5), 8)]
    assert 1.3 < max(sizes) / min(sizes) < 3


def test_frames_per_patient_groups_the_images():
    three = replace(PLAIN, frames_per_patient=3)
    groups = [f.group for f in make_phantom("phantom-skin-lesion", 7, 0, (32, 40), three)]
    assert groups == ["p000"] * 3 + ["p001"] * 3 + ["p002"]


def test_skin_runs_from_light_to_dark():
    light, dark = (
        np.mean([brightness(f) for f in frames(replace(STILL, lightest=t, darkest=t), 6)])
        for t in (0, 1)
    )
    assert light > 150
    assert dark < 110
    tones = [brightness(f) for f in sample()]
    assert max(tones) - min(tones) > 80


def test_thresholds_fail():
    scores = {}
    for frame in sample():
        truth = frame.mask > 0
        smooth = cv2.GaussianBlur(frame.image, (0, 0), 2)
        colour, hsv = (cv2.cvtColor(smooth, c) for c in (cv2.COLOR_RGB2LAB, cv2.COLOR_RGB2HSV))
        channels = {
            "grey": cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY),
            "red": smooth[..., 0],
            "green": smooth[..., 1],
            "blue": smooth[..., 2],
            "a*": colour[..., 1],
            "b*": colour[..., 2],
            "saturation": hsv[..., 1],
        }
        view = frame.image.max(axis=2) > 40
        for name, channel in channels.items():
            for where, part in (("all", np.ones_like(view)), ("view", view)):
                level, _ = cv2.threshold(channel[part][:, None], 0, 1, cv2.THRESH_OTSU)
                above = channel > level
                scores.setdefault((name, where, ">"), []).append(dice(above & part, truth))
                scores.setdefault((name, where, "<="), []).append(dice(~above & part, truth))
    assert max(np.mean(s) for s in scores.values()) < 0.6


def test_the_card_fits_what_is_written(tmp_path):
    entry = card("phantom-skin-lesion")
    assert entry.generator in PHANTOMS
    folder = write_phantom(entry.generator, tmp_path / "twin", 2, 0, SMALL, entry.decoding.values)
    names = sorted(p.name for p in (folder / entry.images).iterdir())
    assert names == ["p000_f00.png", "p000_f01.png"]
    mask = cv2.imread(str(folder / entry.masks / names[0]), cv2.IMREAD_UNCHANGED)
    assert set(np.unique(mask)) == {0, 255}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"hair": 1.5}, "SkinParameters: hair is 1.5; give 0 to 1"),
        ({"noise": -3}, "noise is -3"),
        ({"edge_softness": 0}, "edge_softness is 0"),
        ({"typical": 0.6}, "typical is 0.6; it must lie between"),
        ({"lightest": 0.8, "darkest": 0.2}, "lightest is 0.8 and darkest 0.2"),
    ],
)
def test_bad_parameters_are_named(fields, message):
    with pytest.raises(ValueError, match=message):
        SkinParameters(**fields)
