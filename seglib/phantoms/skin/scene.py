"""Phantom skin lesions: synthetic dermoscopy with exact masks.

Skin (:mod:`.complexion`) and lesion (:mod:`.lesion`, :mod:`.pigment`) are densities of pigment and
blood that thin the light; hair, ink and other things lie on them (:mod:`.clutter`); the instrument
adds its lamp, frame and camera (:mod:`.dermatoscope`). How hard it all is stands in
:class:`~.difficulty.SkinParameters`.

The mask is what lies inside the lesion's outline, where half of the pigment has faded. Hair, ink,
ruler and bubbles do not cut it; the black frame and a calibration patch, which hide it, do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from seglib.phantoms.canvas import Frame, pixel_grid, quota, ramp, stream
from seglib.phantoms.skin import clutter, dermatoscope
from seglib.phantoms.skin.clutter import Coat, grow_coat
from seglib.phantoms.skin.complexion import SPECTRA, Skin, grow_skin, surface
from seglib.phantoms.skin.dermatoscope import Dermatoscope, choose_dermatoscope
from seglib.phantoms.skin.difficulty import SkinParameters
from seglib.phantoms.skin.lesion import Lesion, at, grow_lesion, level


@dataclass(frozen=True)
class Patient:
    """What all images of a patient share; ``coat`` is None on hairless sites."""

    shape: tuple[int, int]
    skin: Skin
    lesion: Lesion
    coat: Coat | None
    tool: Dermatoscope


@dataclass(frozen=True)
class Pose:
    """How one image sees the lesion: centre (px), radius (px), turn (rad)."""

    row: float
    column: float
    radius: float
    turn: float


@lru_cache(maxsize=2)
def admit(seed: int, patient: int, size: tuple[int, int], p: SkinParameters) -> Patient:
    """Return patient number ``patient`` of a data set; images are about ``size``."""
    # A stream for each part: a parameter moves what it names and nothing else.
    body, mole, fur, tool = (stream(seed, patient, k) for k in range(4))
    tone = p.lightest + (p.darkest - p.lightest) * body.random()
    shape = tuple(round(s * (1 + p.size_variation * body.uniform(-1, 1))) for s in size)
    span = np.log(p.largest / p.smallest)
    mean = np.clip(np.log(p.typical / p.smallest) / max(span, 1e-9) - 0.02, 0.05, 0.95)
    share = p.smallest * np.exp(span * mole.beta(4 * mean, 4 * (1 - mean)))
    pale = bool(mole.random() < p.pale_share)
    has_hair = fur.random() < p.hair
    return Patient(
        shape=shape,
        skin=grow_skin(body, float(tone), p.mottle, p.freckles),
        lesion=grow_lesion(mole, float(share), pale, p),
        coat=grow_coat(fur, p.hair_density, tone) if has_hair else None,
        tool=choose_dermatoscope(tool, p.frame, p.shading, tone),
    )


def _pose(rng: np.random.Generator, who: Patient) -> Pose:
    """Choose where the lesion stands: about the middle, the more so when it is large."""
    height, width = who.shape
    y, x = np.float32(np.mgrid[-2:2:81j, -2:2:81j])
    own = float((level(who.lesion, x, y) > 0).mean()) * 16
    share = who.lesion.share * np.exp(rng.normal(0, 0.12))
    free = 0.17 * (1 - 0.8 * np.sqrt(min(share, 0.6) / 0.6))
    row, column = 0.5 + np.clip(free * rng.normal(size=2), -0.36, 0.36)
    radius = np.sqrt(share * height * width / own)
    return Pose(row * height, column * width, float(radius), float(rng.uniform(0, 2 * np.pi)))


@dataclass(frozen=True)
class Drawn:
    """The lesion as one image sees it: mask (H, W) bool, optical density (H, W, 3), scar (H, W)."""

    inside: np.ndarray
    density: np.ndarray
    scar: np.ndarray


def draw(lesion: Lesion, pose: Pose, shape: tuple[int, int], softness: float) -> Drawn:
    """Draw a lesion in an image of ``shape``; its edge is about ``softness`` pixels wide."""
    rows, columns = pixel_grid(shape)
    dx, dy = (columns - pose.column) / pose.radius, (rows - pose.row) / pose.radius
    c, s = np.cos(pose.turn), np.sin(pose.turn)
    x, y = (c * dx + s * dy).astype(np.float32), (c * dy - s * dx).astype(np.float32)
    height = level(lesion, x, y)
    width = softness * at(lesion.fade, x, y) / np.float32(pose.radius)
    cover = np.clip(0.5 + height / width, 0, 1)[..., None]
    fall = 1 - np.float32(lesion.core) * (1 - ramp(height, -0.2, 0.75))
    pigment = at(lesion.pigment, x, y) * (cover * cover * (3 - 2 * cover))
    return Drawn(height > 0, (fall[..., None] * pigment[..., :3]) @ SPECTRA, pigment[..., 3])


def make_frame(
    seed: int,
    patient: int,
    frame: int,
    size: tuple[int, int] = (192, 256),
    parameters: SkinParameters | None = None,
) -> Frame:
    """Make one image; it depends on its arguments alone.

    Parameters
    ----------
    seed, patient, frame : int
        Which image, each >= 0.
    size : (int, int)
        Height and width in pixels about which patients vary.
    parameters : SkinParameters, optional
        Difficulty; the calibrated default if None.

    Returns
    -------
    Frame
        RGB; with an empty mask in ``parameters.empty_share`` of the images.
    """
    p = parameters or SkinParameters()
    who = admit(seed, patient, tuple(size), p)
    key = (seed, patient, frame)
    pose = _pose(stream(*key, 0), who)
    drawn = draw(who.lesion, pose, who.shape, p.edge_softness)
    if quota(seed, patient * p.frames_per_patient + frame) < p.empty_share:
        drawn = Drawn(*(np.zeros_like(part) for part in (drawn.inside, drawn.density, drawn.scar)))
    radiance, seen = _cluttered(_lit(who, drawn, stream(*key, 1)), who, pose, key, p)
    group = f"p{patient:03d}"
    return Frame(
        case=f"{group}_f{frame:02d}",
        group=group,
        image=_recorded(radiance, who, stream(*key, 7), p),
        mask=(drawn.inside & (seen > 0)).astype(np.uint8),
    )


def _lit(who: Patient, drawn: Drawn, rng: np.random.Generator) -> np.ndarray:
    """Return the light that skin and lesion send back: (H, W, 3) float32."""
    pigment, relief = surface(who.skin, rng, who.shape)
    bare = who.skin.reflectance * np.exp(relief[..., None] - pigment @ SPECTRA)
    scar = drawn.scar[..., None]
    pale = who.skin.reflectance ** np.float32(0.7) * np.float32(0.95)
    skin = bare * np.exp(-drawn.density)
    return (skin * (1 - scar) + pale * scar) * dermatoscope.light(who.tool, who.shape)


def _cluttered(
    radiance: np.ndarray, who: Patient, pose: Pose, key: tuple[int, int, int], p: SkinParameters
) -> tuple[np.ndarray, np.ndarray]:
    """Lay things on the skin; return radiance, and (H, W) that is > 0 where skin is seen."""
    shape, lamp = who.shape, dermatoscope.light(who.tool, who.shape)
    marks, fur, gauge, air, card = (stream(*key, k) for k in range(2, 7))
    seen = dermatoscope.rim(who.tool, shape)
    centre = pose.row, pose.column
    if marks.random() < p.ink:
        stain = clutter.ink(marks, shape, centre, pose.radius)
        radiance = radiance * np.exp(-stain[..., None] * clutter.INK)
    if who.coat is not None:
        strand = clutter.hairs(who.coat, fur, shape)[..., None] * np.float32(0.92)
        radiance = radiance * (1 - strand) + strand * who.coat.colour * lamp
    if card.random() < p.patch:
        level, colour = clutter.patch(card, shape, centre)
        cover = np.clip(0.5 + level, 0, 1)[..., None]
        radiance = radiance * (1 - cover) + cover * colour * lamp
        seen = np.minimum(seen, -level)
    if gauge.random() < p.ruler:
        radiance = radiance * (1 - 0.9 * clutter.ruler(gauge, shape)[..., None])
    if air.random() < p.bubbles:
        radiance = radiance * np.exp(clutter.bubbles(air, shape))[..., None]
    return radiance, seen


def _recorded(
    radiance: np.ndarray, who: Patient, rng: np.random.Generator, p: SkinParameters
) -> np.ndarray:
    """Return what the instrument makes of ``radiance`` (H, W, 3): uint8."""
    exposure = who.tool.exposure**2.2 * np.exp(rng.normal(0, 0.08))
    aim = who.tool.balance * np.float32(exposure / who.skin.reflectance.mean())
    shine = dermatoscope.glare(rng, who.shape, p.specular)[..., None]
    picture = np.clip(radiance * aim, 0, 1) * (1 - shine) + shine
    picture *= np.clip(dermatoscope.rim(who.tool, who.shape) + 0.5, 0, 1)[..., None]
    quality = p.jpeg_quality + rng.random() * max(95 - p.jpeg_quality, 0)
    blur = rng.uniform(0.3, 1) * p.blur
    return dermatoscope.photograph(picture, rng, blur, p.noise, int(quality))


def make_frames(
    n: int, seed: int, size: tuple[int, int], parameters: SkinParameters | None = None
) -> Iterator[Frame]:
    """Yield the first ``n`` images, patient by patient; arguments as for :func:`make_frame`."""
    p = parameters or SkinParameters()
    for i in range(n):
        yield make_frame(seed, *divmod(i, p.frames_per_patient), size, p)
