"""Recipes for skin lesions in dermoscopy."""

from __future__ import annotations

from seglib.recipes.experiment import Recipe, Stage

_PUBLISHED = Stage(
    epochs=50,
    lr=1e-3,
    loss="bce",
    optimiser="adam",
    schedule="constant",
    batch_size=8,
    weight_decay=0.0,
)

RECIPES = (
    (
        Recipe(
            name="skin-lesion",
            dataset="isic2018",
            encoder="plain",
            size=128,
            augmentation="geometric",
            stages=(_PUBLISHED,),
        ),
        "Student project on ISIC dermoscopy: 128 or 256 px, flips, rotations and scaling, three "
        "splits, 50 epochs, batch 8, learning rate 1e-3. Not published, hence ours: loss, "
        "optimiser, shares of the split, angles and factors.",
    ),
    (
        Recipe(
            name="skin-lesion-modern",
            dataset="isic2018",
            encoder="resnet18",
            size=128,
            ema=0.99,
            stages=(
                Stage(epochs=30, loss="bce_image_dice", batch_size=8, scale=0.75),
                Stage(epochs=12, lr=5e-4, loss="bce_image_dice", batch_size=8),
            ),
        ),
        "This course: the published size and batch in fewer epochs, most of them on smaller "
        "images, with ResNet-18 encoder, AdamW with one cycle, BCE + Dice per image, running mean "
        "of the weights, full augmentation.",
    ),
    (
        Recipe(
            name="skin-lesion-quick",
            dataset="phantom-skin-lesion",
            encoder="resnet18",
            size=96,
            ema=0.98,
            stages=(Stage(epochs=20, lr=2e-3, loss="bce_image_dice", batch_size=8),),
        ),
        "This course: minutes on synthetic skin lesions.",
    ),
)
