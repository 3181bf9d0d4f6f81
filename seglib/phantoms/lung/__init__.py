"""Phantom lungs: synthetic axial chest CT with exact masks."""

from seglib.phantoms.lung.difficulty import LungParameters
from seglib.phantoms.lung.scene import make_frame, make_frames

__all__ = ["LungParameters", "make_frame", "make_frames"]
