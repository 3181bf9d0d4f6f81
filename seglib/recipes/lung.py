"""Recipes for lungs in CT and X-ray."""

from __future__ import annotations

from seglib.recipes.experiment import Recipe, Stage

_PUBLISHED = Stage(
    epochs=10, lr=1e-3, loss="bce", optimiser="adam", schedule="constant", weight_decay=0.0
)

RECIPES = (
    (
        Recipe(
            name="lung",
            dataset="finding-lungs",
            encoder="plain",
            size=256,
            augmentation="geometric",
            stages=(_PUBLISHED,),
        ),
        "Student project on chest CT (Finding and Measuring Lungs): 256 px, 80/20, rotations, "
        "flips and zooms, U-Net, 10 epochs of BCE with Adam at 1e-3, batch 16. The 20 % are our "
        "test set; an eighth of the 80 % validates. Images are normalised as everywhere in this "
        "course, not divided by 255. Not published, hence ours: angles and factors.",
    ),
    (
        Recipe(
            name="lung-modern",
            dataset="lung-ct",
            encoder="resnet18",
            size=192,
            augmentation="upright",
            ema=0.99,
            stages=(
                Stage(epochs=20, loss="bce_image_dice", batch_size=8, scale=0.75),
                Stage(epochs=12, lr=5e-4, loss="bce_image_dice", batch_size=8),
            ),
        ),
        "This course: ResNet-18 encoder, AdamW with one cycle, BCE + Dice per image, running mean "
        "of the weights, no mirroring, since lungs come upright; half of the published pixels, "
        "three times the epochs. 192 px were chosen over 128 on validation X-rays; the CT "
        "copy of 64 px has no use for them.",
    ),
    (
        Recipe(
            name="lung-quick",
            dataset="phantom-lung",
            encoder="resnet18",
            size=96,
            augmentation="upright",
            ema=0.95,
            stages=(
                Stage(epochs=7, lr=3e-3, loss="bce_image_dice", batch_size=8, scale=2 / 3),
                Stage(epochs=3, lr=1.5e-3, loss="bce_image_dice", batch_size=8),
            ),
        ),
        "This course: minutes on synthetic chest CT.",
    ),
)
