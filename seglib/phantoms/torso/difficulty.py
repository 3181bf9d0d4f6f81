"""How hard is a body to read in CT? What every phantom of the torso shares."""

from dataclasses import dataclass
from typing import ClassVar

from seglib.phantoms.ranges import check_ranges


@dataclass(frozen=True)
class TorsoParameters:
    """Difficulties of body and scanner; each task adds its own.

    Attributes
    ----------
    frames_per_patient : int, 1 to 60
        Slices of one patient, from top to bottom.
    fat : float, mm, 0 to 45
        Mean thickness of the fat under the skin.
    gap : float, mm, 0 to 15
        Largest fat between neighbouring organs; 0: they touch in every patient.
    irregularity : float, 0 to 1.4
        Deviation of the organs from smooth shapes; 1 typical.
    crowding : float, 0 to 2
        Number of small bowel loops; 1 typical.
    gas : float, 0 to 1
        Share of bowel loops with gas (large bowel more, small bowel less often).
    oral_contrast : float, 0 to 1
        Share of patients whose bowel holds contrast medium, as bright as bone.
    single_kidney_share : float, 0 to 1
        Share of patients with one kidney.
    likeness : float, 0 to 3
        Spread of a tissue's density from patient to patient, in 7 HU.
    thickness : float, mm, 0 to 20
        Thickness of a slice; what lies within it is averaged.
    blur : float, mm, 0 to 8
        Blur of the scanner (sigma).
    noise : float, HU, 0 to 100
        Standard deviation of the noise.
    """

    RANGES: ClassVar[dict[str, tuple[float, float]]] = {
        "frames_per_patient": (1, 60), "fat": (0, 45), "gap": (0, 15), "irregularity": (0, 1.4),
        "crowding": (0, 2), "gas": (0, 1), "oral_contrast": (0, 1), "single_kidney_share": (0, 1),
        "likeness": (0, 3), "thickness": (0, 20), "blur": (0, 8), "noise": (0, 100),
    }  # fmt: skip

    frames_per_patient: int = 6
    fat: float = 16.0
    gap: float = 5.0
    irregularity: float = 1.0
    crowding: float = 1.0
    gas: float = 0.4
    oral_contrast: float = 0.3
    single_kidney_share: float = 0.1
    likeness: float = 1.0
    thickness: float = 5.0
    blur: float = 1.2
    noise: float = 14.0

    def __post_init__(self) -> None:
        """Check every value against its range.

        Raises
        ------
        ValueError
            Naming the parameter, its value and its range.
        """
        check_ranges(self, self.RANGES)
