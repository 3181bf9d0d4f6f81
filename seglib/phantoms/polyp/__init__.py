"""Phantom polyps: synthetic colonoscopy frames with exact masks."""

from seglib.phantoms.polyp.difficulty import PolypParameters
from seglib.phantoms.polyp.scene import make_frame, make_frames

__all__ = ["PolypParameters", "make_frame", "make_frames"]
