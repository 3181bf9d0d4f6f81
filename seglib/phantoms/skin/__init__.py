"""Phantom skin lesions: synthetic dermoscopy with exact masks."""

from seglib.phantoms.skin.difficulty import SkinParameters
from seglib.phantoms.skin.scene import make_frame, make_frames

__all__ = ["SkinParameters", "make_frame", "make_frames"]
