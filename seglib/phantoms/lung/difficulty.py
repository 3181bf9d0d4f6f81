"""How hard are the phantom lungs? Every difficulty is a number with a unit and a range."""

from dataclasses import dataclass

from seglib.phantoms.ranges import check_ranges

RANGES = {
    "slices_per_patient": (1, 200), "beyond": (0, 0.5), "size_spread": (0, 0.2), "fat": (2, 60),
    "lung_hu": (-950, -500), "dependent": (0, 300), "vessels": (0, 2), "texture": (0, 2),
    "contrast_share": (0, 1), "effusion": (0, 1), "effusion_depth": (5, 80),
    "consolidation": (0, 1), "nodules": (0, 20), "nodule_radius": (2, 20), "gas": (0, 1),
    "table": (0, 1), "circle": (0, 1), "slice_thickness": (0, 20), "blur": (0, 5),
    "noise": (0, 200), "streaks": (0, 4),
}  # fmt: skip


@dataclass(frozen=True)
class LungParameters:
    """Every difficulty of the phantom lungs.

    Attributes
    ----------
    slices_per_patient : int, 1 to 200
        Axial slices of one patient, evenly spaced from above the apex to below the base.
    beyond : float, share of the lungs' height, 0 to 0.5
        How far the scan goes on above and below the lungs; these slices have empty masks.
    size_spread : float, 0 to 0.2
        Spread (log) of width, depth and height of the chest from patient to patient.
    fat : float, mm, 2 to 60
        About the median thickness of the fat under the skin.
    lung_hu : float, HU, -950 to -500
        Mean of the lung's tissue.
    dependent : float, HU, 0 to 300
        How much denser the lung is at the back than at the front.
    vessels : float, 0 to 2
        Width of the vessels inside the lungs; 1 typical, 0 none.
    texture : float, 0 to 2
        Unevenness of the lung's tissue; 1 typical, 0 none.
    contrast_share : float, 0 to 1
        Share of patients whose blood is bright with iodine.
    effusion, consolidation : float, 0 to 1
        Share of patients with fluid beside a lung, and with airless lung.
    effusion_depth : float, mm, 5 to 80
        Greatest depth of the fluid.
    nodules : float, 0 to 20
        Mean number of nodules of a patient.
    nodule_radius : float, mm, 2 to 20
        Radius of the largest.
    gas : float, 0 to 1
        Share of patients with gas in stomach and bowel under the diaphragm.
    table, circle : float, 0 to 1
        Share of patients on a visible table, and of those whose picture is a disc.
    slice_thickness : float, mm, 0 to 20
        Height over which the scanner averages; the mask is that of the slice's middle.
    blur : float, pixels, 0 to 5
        Sharpness of the scanner within the slice (sigma).
    noise : float, HU, 0 to 200
        Noise (about its standard deviation).
    streaks : float, 0 to 4
        Extra noise along the line between the shoulders; 1 typical, 0 none.
    """

    slices_per_patient: int = 12
    beyond: float = 0.07
    size_spread: float = 0.06
    fat: float = 16.0
    lung_hu: float = -860.0
    dependent: float = 90.0
    vessels: float = 1.0
    texture: float = 1.0
    contrast_share: float = 0.5
    effusion: float = 0.25
    effusion_depth: float = 35.0
    consolidation: float = 0.25
    nodules: float = 1.5
    nodule_radius: float = 11.0
    gas: float = 0.7
    table: float = 0.9
    circle: float = 0.4
    slice_thickness: float = 6.0
    blur: float = 0.5
    noise: float = 22.0
    streaks: float = 1.0

    def __post_init__(self) -> None:
        """Check every value against its range.

        Raises
        ------
        ValueError
            Naming the parameter, its value and its range.
        """
        check_ranges(self, RANGES)
