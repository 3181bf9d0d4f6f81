"""How hard are the phantom skin lesions? Every difficulty is a number with a unit and a range."""

from dataclasses import dataclass

from seglib.phantoms.ranges import check_ranges

RANGES = {
    "frames_per_patient": (1, 100),
    "smallest": (0.002, 0.7), "largest": (0.002, 0.7), "typical": (0.002, 0.7),
    "empty_share": (0, 1), "pale_share": (0, 1),
    "contrast": (0, 2), "structure": (0, 2), "colours": (0, 2), "irregularity": (0, 2),
    "edge_softness": (0.5, 30), "lightest": (0, 1), "darkest": (0, 1), "mottle": (0, 2),
    "freckles": (0, 4), "hair": (0, 1), "hair_density": (0, 4), "ruler": (0, 1), "ink": (0, 1),
    "patch": (0, 1), "bubbles": (0, 1), "specular": (0, 4), "frame": (0, 1), "shading": (0, 2),
    "blur": (0, 10), "noise": (0, 50), "jpeg_quality": (10, 100), "size_variation": (0, 0.5),
}  # fmt: skip


@dataclass(frozen=True)
class SkinParameters:
    """Every difficulty of the phantom skin lesions.

    Attributes
    ----------
    frames_per_patient : int, 1 to 100
        Images of one patient; the same lesion under other poses.
    smallest, largest, typical : float, share of the image, 0.002 to 0.7
        Range of a lesion's area, and about its median.
    empty_share : float, 0 to 1
        Share of images without a lesion; freckles, hair and ink remain.
    pale_share : float, 0 to 1
        Share of lesions that are nearly skin-coloured.
    contrast : float, 0 to 2
        Amount of pigment and blood in the lesion; 1 typical, 0 none.
    structure : float, 0 to 2
        Strength of pigment network and globules; 1 typical, 0 none.
    colours : float, 0 to 2
        Strength of blotches, blue-grey veil and white regression; 1 typical, 0 one colour.
    irregularity : float, 0 to 2
        Deviation of the outline from an ellipse; 1 typical.
    edge_softness : float, pixels, 0.5 to 30
        Width over which pigment fades at the outline, where it is typical; along one outline it
        varies from a quarter to twice as much.
    lightest, darkest : float, 0 to 1
        Range of the skin's melanin: 0 is very light skin, 1 very dark skin.
    mottle : float, 0 to 2
        Strength of redness, lines and pores of the skin; 1 typical.
    freckles : float, 0 to 4
        Density of freckles and small naevi that are not the lesion; 1 typical.
    hair : float, 0 to 1
        Share of patients with hair on the lesion's site.
    hair_density : float, 0 to 4
        Number of hairs where there are any; 1 typical.
    ruler, ink, patch : float, 0 to 1
        Share of images with ruler ticks, surgical ink, and a coloured calibration patch.
    bubbles : float, 0 to 1
        Share of images with air bubbles in the gel.
    specular : float, 0 to 4
        Density of the glare; 1 typical, 0 none.
    frame : float, 0 to 1
        Share of patients seen through a round opening in a black frame.
    shading : float, 0 to 2
        Darkening towards the corners and from side to side, and uneven colour; 1 typical.
    blur : float, pixels, 0 to 10
        Largest defocus (sigma).
    noise : float, grey levels, 0 to 50
        Sensor noise (about its standard deviation).
    jpeg_quality : int, 10 to 100
        Lowest JPEG quality the camera used.
    size_variation : float, 0 to 0.5
        Largest relative change of height and width from patient to patient.
    """

    frames_per_patient: int = 2
    smallest: float = 0.01
    largest: float = 0.55
    typical: float = 0.1
    empty_share: float = 0.03
    pale_share: float = 0.25
    contrast: float = 1.0
    structure: float = 1.0
    colours: float = 1.0
    irregularity: float = 1.0
    edge_softness: float = 9.0
    lightest: float = 0.0
    darkest: float = 0.9
    mottle: float = 1.0
    freckles: float = 1.0
    hair: float = 0.45
    hair_density: float = 1.0
    ruler: float = 0.35
    ink: float = 0.15
    patch: float = 0.1
    bubbles: float = 0.2
    specular: float = 1.0
    frame: float = 0.2
    shading: float = 1.0
    blur: float = 0.9
    noise: float = 2.5
    jpeg_quality: int = 75
    size_variation: float = 0.06

    def __post_init__(self) -> None:
        """Check every value against its range.

        Raises
        ------
        ValueError
            Naming the parameter, its value and its range.
        """
        check_ranges(self, RANGES)
        if not self.smallest <= self.typical <= self.largest:
            raise ValueError(
                f"SkinParameters: typical is {self.typical}; it must lie between smallest "
                f"({self.smallest}) and largest ({self.largest})."
            )
        if self.lightest > self.darkest:
            raise ValueError(
                f"SkinParameters: lightest is {self.lightest} and darkest {self.darkest}; "
                "lightest is the smaller one."
            )
