"""Recipes for kidney stones in computed tomography."""

from __future__ import annotations

from seglib.recipes.experiment import Recipe, Stage

_PUBLISHED = Stage(
    epochs=50,
    lr=1e-3,
    loss="bce_dice",
    optimiser="adam",
    schedule="constant",
    batch_size=8,
    weight_decay=0.0,
)

RECIPES = (
    (
        Recipe(
            name="kidney-stone",
            dataset="kidney-stone",
            encoder="plain",
            size=256,
            augmentation="none",
            stages=(_PUBLISHED,),
        ),
        "Student project on CT slices with stones of 3 to 755 px: U-Net, 80/20, BCE + Dice. The 20 "
        "% are our test set; an eighth of the 80 % validates, since choosing the epoch on the test "
        "set would flatter it. Not published, hence ours: size, epochs, learning rate, batch.",
    ),
    (
        Recipe(
            name="kidney-stone-modern",
            dataset="kidney-stone",
            encoder="resnet18",
            size=256,
            augmentation="geometric",
            ema=0.99,
            stages=(
                Stage(epochs=20, loss="bce_image_dice", batch_size=8, scale=0.75),
                Stage(epochs=14, lr=5e-4, loss="bce_image_dice", batch_size=8),
            ),
        ),
        "This course: the same size and batch, with ResNet-18 encoder, AdamW with one cycle, Dice "
        "per image, running mean of the weights, mirrored, turned and scaled; in fewer epochs, "
        "most of them on smaller images.",
    ),
    (
        Recipe(
            name="kidney-stone-quick",
            dataset="phantom-kidney-stone",
            encoder="resnet18",
            size=128,
            augmentation="flips",
            ema=0.95,
            stages=(
                Stage(epochs=8, lr=2e-3, loss="bce_image_dice", batch_size=8, scale=0.75),
                Stage(epochs=3, lr=1e-3, loss="bce_image_dice", batch_size=8),
            ),
        ),
        "This course: minutes on synthetic CT slices; 128 px, because a stone is a few pixels.",
    ),
)
