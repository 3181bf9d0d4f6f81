"""What does a synthetic twin of a clinical task look like?

Phantoms stand in for data that cannot travel with the course, and answer what no real data
can: how does a score fall with size, contrast or noise? One room per task; this page is
the register and the writer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm.auto import tqdm

from seglib.files import new_folder
from seglib.names import nearest
from seglib.phantoms import abdomen, lung, polyp, skin, stone
from seglib.phantoms.abdomen import AbdomenParameters
from seglib.phantoms.canvas import Frame
from seglib.phantoms.lung import LungParameters
from seglib.phantoms.polyp import PolypParameters, make_frame
from seglib.phantoms.skin import SkinParameters
from seglib.phantoms.stone import StoneParameters

__all__ = [
    "PHANTOMS",
    "Frame",
    "LungParameters",
    "PolypParameters",
    "SkinParameters",
    "AbdomenParameters",
    "StoneParameters",
    "make_frame",
    "make_phantom",
    "write_phantom",
]


@dataclass(frozen=True)
class Phantom:
    """One entry of the register.

    Attributes
    ----------
    frames
        ``frames(n, seed, size, parameters)`` yields :class:`Frame` after :class:`Frame`.
    size
        Height and width of its images, px, unless told otherwise.
    """

    frames: Callable[..., Iterator[Frame]]
    size: tuple[int, int]


PHANTOMS = {
    "phantom-polyp": Phantom(polyp.make_frames, (224, 288)),
    "phantom-skin-lesion": Phantom(skin.make_frames, (192, 256)),
    "phantom-lung": Phantom(lung.make_frames, (128, 128)),
    "phantom-kidney-stone": Phantom(stone.make_frames, (192, 192)),
    "phantom-abdominal-organs": Phantom(abdomen.make_frames, (192, 192)),
}


def make_phantom(
    name: str,
    n: int,
    seed: int = 0,
    size: tuple[int, int] | None = None,
    parameters: object | None = None,
) -> Iterator[Frame]:
    """Make the first ``n`` frames of a phantom data set, one at a time.

    Frame ``i`` depends on ``seed`` and ``i`` alone: a short set is the beginning of a long one.

    Parameters
    ----------
    name : str
        One of ``PHANTOMS``.
    n : int
        Number of frames, >= 0.
    seed : int
        Another seed, another data set; >= 0.
    size : (int, int), optional
        Height and width in pixels about which the patients' images vary; each >= 32.
    parameters : optional
        Difficulty, such as :class:`PolypParameters`; the calibrated default if None.

    Returns
    -------
    iterator of Frame
        Image and mask of class indices; some masks are empty.

    Raises
    ------
    ValueError
        If the name is unknown, or ``n``, ``seed`` or ``size`` is out of range.
    """
    phantom = PHANTOMS[nearest(name, PHANTOMS, "phantom")]
    if n < 0 or seed < 0:
        raise ValueError(f"make_phantom: n is {n} and seed is {seed}; neither may be negative.")
    size = tuple(size or phantom.size)
    if min(size) < 32:
        raise ValueError(f"make_phantom: size is {size}; give at least 32 by 32 pixels.")
    return phantom.frames(n, seed, size, parameters)


def write_phantom(
    name: str,
    folder: Path | str,
    n: int,
    seed: int = 0,
    size: tuple[int, int] | None = None,
    values: tuple[int, ...] = (0, 255),
) -> Path:
    """Write a phantom data set to disk, whole or not at all.

    ``folder`` gets ``images/p003_f02.png`` and ``masks/p003_f02.png``. All is written beside it
    and moved into place at the end, so an interrupted run leaves nothing behind and two
    processes may do it at once: the first to finish wins.

    Parameters
    ----------
    name, n, seed, size
        As for :func:`make_phantom`.
    folder : Path
        The data set's folder. One that already holds images and masks is left as it is.
    values : tuple of int
        Grey value of each class in the mask files, 0 to 255.

    Returns
    -------
    Path
        ``folder``.

    Raises
    ------
    ValueError
        As for :func:`make_phantom`, and if ``folder`` holds something else.
    """
    folder = Path(folder)
    frames = make_phantom(name, n, seed, size)
    if _is_written(folder, name):
        return folder
    grey = np.array(values, dtype=np.uint8)
    try:
        with new_folder(folder) as draft:
            for part in ("images", "masks"):
                (draft / part).mkdir()
            for frame in tqdm(frames, total=n, desc=f"making {name}", unit="frame", leave=False):
                _write_png(draft / "images" / f"{frame.case}.png", frame.image)
                _write_png(draft / "masks" / f"{frame.case}.png", grey[frame.mask])
    except (OSError, ValueError):
        if not (folder / "masks").is_dir():  # else another process was faster
            raise
    return folder


def _is_written(folder: Path, name: str) -> bool:
    if (folder / "images").is_dir() and (folder / "masks").is_dir():
        return True
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ValueError(
            f"{folder} holds something else than {name}; move it away or choose another folder."
        )
    return False


def _write_png(path: Path, pixels: np.ndarray) -> None:
    """Write RGB or grey pixels; OpenCV wants blue first."""
    path.write_bytes(cv2.imencode(".png", pixels[..., ::-1] if pixels.ndim == 3 else pixels)[1])
