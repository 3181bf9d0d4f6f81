"""Recipes for polyps in colonoscopy."""

from __future__ import annotations

from seglib.recipes.experiment import Recipe, Stage

_BCE = Stage(
    epochs=100, lr=1e-3, loss="bce", optimiser="adam", schedule="constant", weight_decay=0.0
)
_DICE = Stage(
    epochs=20, lr=1e-4, loss="dice", optimiser="adam", schedule="constant", weight_decay=0.0
)

RECIPES = (
    (
        Recipe(
            name="polyp",
            dataset="hyper-kvasir",
            encoder="plain",
            size=128,
            augmentation="none",
            stages=(_BCE, _DICE),
        ),
        "Student project on HyperKvasir: 128 px, U-Net of four encoder and four decoder blocks, "
        "100 epochs of BCE with Adam at 1e-3, then Dice loss at 1e-4. Not published, hence ours: "
        "the length of stage 2, the batch size, the split.",
    ),
    (
        Recipe(
            name="polyp-modern",
            dataset="kvasir-seg",
            encoder="resnet18",
            size=224,
            paste=0.5,
            ema=0.995,
            stages=(
                Stage(epochs=111, loss="bce_image_dice", batch_size=8, scale=0.6),
                Stage(epochs=39, lr=5e-4, loss="bce_image_dice", batch_size=8),
            ),
        ),
        "This course: ResNet-18 encoder, AdamW with one cycle, BCE + Dice per image, running mean "
        "of the weights, full augmentation and pasted polyps; first on images of the published "
        "size, then on larger ones, for about an hour on two cores.",
    ),
    (
        Recipe(
            name="polyp-quick",
            dataset="phantom-polyp",
            encoder="resnet18",
            size=96,
            augmentation="flips",
            ema=0.95,
            stages=(
                Stage(epochs=5, lr=3e-3, loss="bce_image_dice", batch_size=8, scale=2 / 3),
                Stage(epochs=2, lr=1.5e-3, loss="bce_image_dice", batch_size=8),
            ),
        ),
        "This course: minutes on synthetic polyps.",
    ),
)
