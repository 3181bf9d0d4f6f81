"""Recipes for abdominal organs in CT and MR."""

from __future__ import annotations

from seglib.recipes.experiment import Recipe, Stage

_PRETRAINING = Stage(
    epochs=30, lr=1e-3, loss="dice_focal", schedule="cosine", batch_size=32, accumulate=16
)
_FINE_TUNING = Stage(epochs=10, lr=5e-5, loss="dice_focal", schedule="cosine", batch_size=64)

RECIPES = (
    (
        Recipe(
            name="abdominal-organs",
            dataset="rsna-abdomen",
            encoder="mobilenetv3-large",
            size=512,
            augmentation="distortion",
            stages=(_PRETRAINING, _FINE_TUNING),
            fractions=(0.8, 0.1, 0.1),
        ),
        "Student project on RSNA abdominal CT: U-Net with MobileNetV3-Large, 512 px, grey in three "
        "channels, 90/10, batch 32 x 16, AdamW at 1e-3 with cosine for 30 epochs, then 5e-5 for 10 "
        "epochs with batch 64, half Dice and half focal, mixed precision. The 10 % are our test "
        "set, and as much of the 90 % validates. Not published, hence ours: no pretrained "
        "weights, weight decay, no accumulation and again cosine in the second stage.",
    ),
    (
        Recipe(
            name="abdominal-organs-modern",
            dataset="chaos-mr",
            encoder="resnet18",
            size=160,
            augmentation="upright",
            ema=0.99,
            stages=(
                Stage(epochs=50, loss="bce_image_dice", batch_size=8, scale=0.8),
                Stage(epochs=12, lr=5e-4, loss="bce_image_dice", batch_size=8),
            ),
            fractions=(0.65, 0.15, 0.2),
        ),
        "This course: fewer and smaller pixels than published and more epochs, with ResNet-18 "
        "encoder, AdamW with one cycle, cross-entropy + Dice per image, running mean of the "
        "weights, and no mirroring, which would swap left and right. Shares for 20 patients: with "
        "less than .15 a single one might validate.",
    ),
    (
        Recipe(
            name="abdominal-organs-quick",
            dataset="phantom-abdominal-organs",
            encoder="resnet18",
            size=128,
            augmentation="upright",
            ema=0.95,
            stages=(
                Stage(epochs=10, lr=3e-3, loss="bce_image_dice", batch_size=8, scale=0.75),
                Stage(epochs=5, lr=1e-3, loss="bce_image_dice", batch_size=8),
            ),
        ),
        "This course: minutes on synthetic abdomens.",
    ),
)
