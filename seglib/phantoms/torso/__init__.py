"""A synthetic torso in CT: anatomy in three dimensions, seen in thick axial slices.

A patient (:mod:`.person`) is drawn once; each slice paints layers of him in millimetres and HU
(:mod:`.layer`): first the walls (:mod:`.trunk`), then the organs in order of precedence, each in
the room that is left (:mod:`.organs`, :mod:`.kidney`, :mod:`.bowel`), and last what the scanner
adds (:mod:`.scanner`). Position: x towards the patient's left, which is the right of the
picture; y towards the back; z towards the feet, from the dome of the liver at 0.
"""

from seglib.phantoms.torso.difficulty import TorsoParameters
from seglib.phantoms.torso.layer import FIELD_MM
from seglib.phantoms.torso.person import Person, admit
from seglib.phantoms.torso.scanner import OFFSET, level_of, record, scan

__all__ = [
    "FIELD_MM",
    "OFFSET",
    "Person",
    "TorsoParameters",
    "admit",
    "level_of",
    "record",
    "scan",
]
