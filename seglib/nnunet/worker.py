"""What runs in nnU-Net's own process? ``python -m seglib.nnunet.worker JOB``, the task on stdin.

The only module that steers nnU-Net, through the functions that its own commands call.
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from seglib.display import read_stored
from seglib.files import rename
from seglib.hardware import choose_precision, cuda_or_cpu
from seglib.nnunet.plan import CONFIGURATION, build_network
from seglib.nnunet.raw import DATASET, channels_first

# nnU-Net's own names: processes for its other work, and for augmentation.
PROCESSES, AUGMENTERS = "nnUNet_def_n_proc", "nnUNet_n_proc_DA"
WORTH_COMPILING = 2500  # steps, ten of nnU-Net's epochs: compiling its network takes minutes
SPACING = (999, 1, 1)  # what nnU-Net's reader of 2D pictures says of every picture


def plan(task: dict) -> None:
    """Fingerprint, plan and preprocess the data set in ``nnUNet_raw``.

    The task says how many ``cases`` and ``pixels`` that are. nnU-Net draws 100 million pixels from
    the objects, with replacement; of a smaller data set, more than there are tell nothing new and
    fill gigabytes.
    """
    from nnunetv2.experiment_planning import plan_and_preprocess_api as api

    class Fingerprint(api.DatasetFingerprintExtractor):
        """Draws no more pixels than there are."""

        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)
            drawn = self.num_foreground_voxels_for_intensitystats
            self.num_foreground_voxels_for_intensitystats = min(drawn, task["pixels"])

    # A process takes seconds to start, which a handful of cases is not worth.
    number, processes = int(DATASET[7:10]), min(int(os.environ[PROCESSES]), task["cases"] // 50 + 1)
    api.extract_fingerprint_dataset(number, Fingerprint, processes)
    api.plan_experiments([number])
    api.preprocess([number], configurations=(CONFIGURATION,), num_processes=(processes,))


def train(task: dict) -> None:
    """Train one fold of ``task`` and write what it learnt to its file ``learnt``."""
    from nnunetv2.run.run_training import get_trainer_from_args, maybe_load_checkpoint

    if torch.cuda.is_available():
        torch.backends.cudnn.benchmark = True  # as nnU-Net's own command does
        if task["epochs"] * task["iterations"] < WORTH_COMPILING:
            os.environ.setdefault("nnUNet_compile", "f")
    else:
        os.environ[AUGMENTERS] = "0"  # augment in this process: the seed decides
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(task["seed"])
    trainer = get_trainer_from_args(
        DATASET, CONFIGURATION, task["fold"], continue_training=True, device=cuda_or_cpu()
    )
    trainer.num_epochs = task["epochs"]
    trainer.num_iterations_per_epoch = task["iterations"]
    trainer.num_val_iterations_per_epoch = task["val_iterations"]
    trainer.save_every = 1  # so that an interrupted training loses one epoch at most
    trainer.save_checkpoint = _atomic(trainer.save_checkpoint)
    trainer.logger.plot_progress_png = lambda folder: None  # seconds an epoch; we draw our own
    maybe_load_checkpoint(trainer, continue_training=True, validation_only=False)
    with _precision():
        trainer.run_training()
    final = Path(trainer.output_folder) / "checkpoint_final.pth"
    learnt = _learnt(torch.load(final, map_location="cpu", weights_only=False))
    _atomic(partial(torch.save, learnt))(task["learnt"])
    for file in final.parent.glob("checkpoint_*.pth"):  # optimiser and all, for resuming only
        file.unlink()


def _atomic(save: Callable[[str], None]) -> Callable[[str], None]:
    """Save under another name first: a process killed while writing leaves no half checkpoint."""

    def whole(name: str) -> None:
        """Save under `name`, whole or not at all."""
        save(f"{name}.part")
        rename(f"{name}.part", name)

    return whole


def _learnt(checkpoint: dict) -> dict:
    """Weights, mirrored axes and history of nnU-Net's checkpoint, as plain as can be."""
    log = checkpoint["logging"]
    ends, starts = log["epoch_end_timestamps"], log["epoch_start_timestamps"]
    columns = {"train_loss": "train_losses", "val_loss": "val_losses", "val_dice": "mean_fg_dice"}
    history = {ours: [float(v) for v in log[own]] for ours, own in columns.items()}
    history["lr"] = [float(rate) for rate in log["lrs"]]
    history["seconds"] = [float(b - a) for a, b in zip(starts, ends, strict=True)]
    axes = [int(axis) for axis in checkpoint["inference_allowed_mirroring_axes"] or ()]
    return {"weights": checkpoint["network_weights"], "mirror": axes, "history": history}


def predict(task: dict) -> None:
    """Write the probabilities of each of ``images`` to ``folder``: ``0.npy``, ``1.npy``, and on.

    ``storage`` is that of the card: the network has learnt from stored values.
    """
    from nnunetv2.inference.predict_from_raw_data import nnUNetPredictor
    from nnunetv2.utilities.plans_handling.plans_handler import PlansManager

    saved = torch.load(task["checkpoint"], map_location="cpu", weights_only=True)
    plans = PlansManager(saved["plans"])
    predictor = nnUNetPredictor(
        use_mirroring=task["flips"] and bool(saved["mirror"]),
        device=cuda_or_cpu(),
        allow_tqdm=False,
    )
    predictor.manual_initialization(
        build_network(saved),
        plans,
        plans.get_configuration(CONFIGURATION),
        list(saved["state_dict"].values()),
        saved["facts"],
        "nnUNetTrainer",
        tuple(saved["mirror"]),
    )
    for number, path in enumerate(tqdm(task["images"])):
        image = channels_first(read_stored(path, task["storage"]))
        if len(image) != len(saved["facts"]["channel_names"]):
            raise ValueError(f"{path} has {len(image)} channel(s), unlike the training images")
        with _precision():
            _, seen = predictor.predict_single_npy_array(
                image, {"spacing": SPACING}, save_or_return_probabilities=True
            )
        kept = seen[1, 0] if len(seen) == 2 else seen[:, 0]
        np.save(Path(task["folder"]) / f"{number}.npy", kept.astype(np.float32))


def _precision() -> torch.autocast:
    """bf16 where a processor multiplies it in hardware; on a GPU nnU-Net chooses by itself.

    Nothing is cached: a training is one long context here, and cached weights would stay those of
    its first step.
    """
    where = cuda_or_cpu()
    half = where.type == "cpu" and choose_precision("auto", where) == "bf16-mixed"
    return torch.autocast("cpu", torch.bfloat16, enabled=half, cache_enabled=False)


JOBS: dict[str, Callable[[dict], None]] = {"plan": plan, "train": train, "predict": predict}

if __name__ == "__main__":
    JOBS[sys.argv[1]](json.load(sys.stdin))
