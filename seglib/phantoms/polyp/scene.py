"""Phantom polyps: synthetic colonoscopy frames with exact masks.

A camera with its own lamp looks into a bent, folded tube (:mod:`.mucosa`); polyps grow on its
wall (:mod:`.lesion`, :mod:`.rendering`); the instrument adds its window, glare, dirt and blur
(:mod:`.endoscope`). How hard it all is stands in :class:`~.difficulty.PolypParameters`.
All frames of a patient share wall, polyps, colours and instrument.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from seglib.phantoms.canvas import Frame, quota, stream
from seglib.phantoms.polyp import endoscope
from seglib.phantoms.polyp.difficulty import PolypParameters
from seglib.phantoms.polyp.lesion import Lesion
from seglib.phantoms.polyp.mucosa import View, look
from seglib.phantoms.polyp.patient import Patient, admit
from seglib.phantoms.polyp.rendering import Pose, paint, render


@dataclass(frozen=True)
class Scene:
    """What lies before the lens: radiance (H, W, 3), facing and wetness (H, W), polyps (H, W)."""

    radiance: np.ndarray
    facing: np.ndarray
    wet: np.ndarray
    polyps: np.ndarray


def _pose(
    rng: np.random.Generator, lesion: Lesion, view: View, who: Patient, p: PolypParameters
) -> Pose:
    """Choose where a polyp stands: the best lit of a few places, farther in when it is large."""
    height, width = view.light.shape
    share = np.clip(lesion.share * np.exp(p.zoom * rng.normal()), p.smallest, p.largest)
    free = 0.33 * (1 - 0.9 * np.sqrt(share / 0.6))
    rows = (0.5 + free * rng.uniform(-1, 1, 8)) * height
    columns = (0.5 + free * rng.uniform(-1, 1, 8)) * width
    at = (rows.astype(int), columns.astype(int))
    oddness = np.abs(np.log(view.light[at] / np.median(view.light)))
    best = int(np.argmin(oddness + 10.0 * ~who.visible[at]))
    return Pose(
        row=float(rows[best]),
        column=float(columns[best]),
        area=float(share * height * width),
        turn=float(rng.uniform(0, 2 * np.pi)),
        squash=float(rng.uniform(0.62, 1.0)),
    )


def make_frame(
    seed: int,
    patient: int,
    frame: int,
    size: tuple[int, int] = (224, 288),
    parameters: PolypParameters | None = None,
) -> Frame:
    """Make one frame; it depends on its arguments alone.

    Parameters
    ----------
    seed, patient, frame : int
        Which frame, each >= 0.
    size : (int, int)
        Height and width in pixels about which patients vary.
    parameters : PolypParameters, optional
        Difficulty; the calibrated default if None.

    Returns
    -------
    Frame
        With an empty mask in ``parameters.empty_share`` of the frames. Black borders and the
        inset picture are never inside the mask.
    """
    p = parameters or PolypParameters()
    who = admit(seed, patient, tuple(size), p)
    scene = _scene(who, (seed, patient, frame), p)
    image = _record(scene, who, stream(seed, patient, frame, 3), p)
    if who.inset is not None:
        endoscope.inset(image, stream(seed, patient), who.inset)
    if who.overlay:
        endoscope.text(image, stream(seed, patient, frame, 4))
    group = f"p{patient:03d}"
    mask = (scene.polyps & who.visible).astype(np.uint8)
    return Frame(f"{group}_f{frame:02d}", group, image, mask)


def _scene(who: Patient, key: tuple[int, int, int], p: PolypParameters) -> Scene:
    """Put wall, dirt and polyps before the lens."""
    shape = who.view.shape
    view = look(who.wall, stream(*key, 0), shape)
    light, facing = view.light, view.facing
    blood = view.vessels[..., None] * np.float32([0.12, 0.45, 0.38])
    radiance = light[..., None] * who.wall.albedo * np.exp(view.mottle)[..., None] * (1 - blood)
    soil, place = stream(*key, 1), stream(*key, 2)
    if soil.random() < p.debris:
        cover, colour = endoscope.dirt(soil, shape, soil.uniform(0.02, 0.15))
        radiance += (light[..., None] * colour - radiance) * cover[..., None]
    polyps, wet = np.zeros(shape, bool), np.zeros(shape, np.float32)
    for lesion in () if _is_empty(key, p) else who.lesions:
        pose = _pose(place, lesion, view, who, p)
        polyp = render(lesion, pose, shape, p.edge_softness)
        radiance = paint(radiance, light, polyp, lesion, pose, who.wall)
        facing = facing + (polyp.facing - facing) * polyp.cover
        polyps |= polyp.inside
        wet[polyp.inside] = 0.15
    return Scene(radiance, facing, wet, polyps)


def _is_empty(key: tuple[int, int, int], p: PolypParameters) -> bool:
    """Whether a frame shows no polyp."""
    seed, patient, frame = key
    return quota(seed, patient * p.frames_per_patient + frame) < p.empty_share


def _record(scene: Scene, who: Patient, rng: np.random.Generator, p: PolypParameters) -> np.ndarray:
    """Return what the instrument makes of the scene: (H, W, 3) uint8."""
    exposure, defocus, foam, move, grade = rng.normal(0, 0.10), *rng.random(4)
    shots = rng.spawn(4)
    shine = endoscope.glare(shots[0], scene.facing, scene.wet, p.specular)[..., None]
    target = who.brightness**2.2 * np.exp(exposure)
    middle = float(np.median(scene.radiance[who.view].mean(axis=1)))
    exposed = 1 - np.exp(scene.radiance * (who.lamp * np.float32(np.log(1 - target) / middle)))
    if foam < p.bubbles:
        exposed += endoscope.bubbles(shots[1], shine.shape[:2])[..., None] * (0.2 + exposed)
    exposed = np.clip(exposed, 0, 1) * (1 - shine) + shine
    blur = (0.3 + 0.7 * defocus) * p.blur
    seen = endoscope.smear(exposed, shots[2], blur, bool(move < p.motion))
    edge = cv2.GaussianBlur(who.view.astype(np.float32), (0, 0), 0.7)[..., None]
    picture = 255 * np.clip(seen, 0, 1) ** np.float32(1 / 2.2)
    quality = p.jpeg_quality + grade * max(95 - p.jpeg_quality, 0)
    return endoscope.sensor(picture, edge, shots[3], p.noise, int(quality))


def make_frames(
    n: int, seed: int, size: tuple[int, int], parameters: PolypParameters | None = None
) -> Iterator[Frame]:
    """Yield the first ``n`` frames, patient by patient; arguments as for :func:`make_frame`."""
    p = parameters or PolypParameters()
    for i in range(n):
        yield make_frame(seed, *divmod(i, p.frames_per_patient), size, p)
