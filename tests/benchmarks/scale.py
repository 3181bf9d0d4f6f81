"""What would more images and more machines cost? A page from measured rates and a stated model.

A script, not a test; the last part of ``make bench``, which takes the training rate of the first,
:mod:`tests.benchmarks.side_by_side`. It needs the extra `audit`. From the course folder:

    python -m tests.benchmarks.scale figures/benchmarks     # images of SEGLIB_DATASET
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pandas as pd

from seglib.caching import build_cache
from seglib.course import settings
from seglib.datasets import load
from seglib.figures.tables import as_markdown
from seglib.files import write_atomic
from seglib.loading import CachedDataset
from seglib.models import build_model
from seglib.recipes import Recipe
from seglib.transforms import train_transform
from tests.benchmarks.side_by_side import machine
from tests.benchmarks.ways.student import Files

SIZE, IMAGES, SHARD = 256, 256, 64  # px; images that are read; images in a shard
JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95]

# Throughput of a DGX A100 (8 GPUs of 80 GB): 2D nnU-Net, 192 x 160 px, mixed precision, 64 images
# a GPU; NVIDIA DeepLearningExamples, PyTorch/Segmentation/nnUNet, README, training performance.
PUBLISHED = {1: 856.34, 8: 5667.14}  # images/s


def together(rate: float, machines: int, batch: int, exchanged: float, bandwidth: float) -> float:
    """Images/s of machines that train one network, each with a batch of its own.

    A step takes one machine ``batch / rate`` seconds. Then all gradients are summed over a ring:
    each machine sends ``2 (1 - 1/M)`` times their bytes (Patarasuk & Yuan 2009,
    doi:10.1016/j.jpdc.2008.09.002). The exchange is taken to wait for the step, so this is the
    slower end; latencies and stragglers are left out.

    Parameters
    ----------
    rate
        Images/s of one machine.
    machines, batch
        How many there are, and the images of one of them in a step.
    exchanged, bandwidth
        Bytes of the gradients, and bytes/s that a machine can send.
    """
    exchange = 2 * (1 - 1 / machines) * exchanged / bandwidth
    return machines * batch / (batch / rate + exchange)


def duration(seconds: float) -> str:
    """A time in the largest unit that it fills."""
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{1000 * seconds:.0f} ms"


def write_shards(images: np.ndarray, masks: np.ndarray, folder: Path) -> list[str]:
    """Tar files of JPEGs and PNGs at working size, in the order of the arrays."""
    import webdataset as wds  # only here, and below

    pattern = str(folder / "shard-%05d.tar")
    with wds.ShardWriter(pattern, maxcount=SHARD, verbose=0) as writer:
        for row, (image, mask) in enumerate(zip(images, masks, strict=True)):
            jpg = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), JPEG)[1]
            png = cv2.imencode(".png", mask)[1]
            case = {"__key__": f"{row:08d}", "jpg": jpg.tobytes(), "png": png.tobytes()}
            writer.write(case)
    return sorted(str(path) for path in folder.glob("*.tar"))


def stream(shards: list[str], seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Images ``(S, S, 3)`` and masks ``(S, S)`` from shards, shuffled as they come."""
    import webdataset as wds

    def decode(case: dict) -> tuple[np.ndarray, np.ndarray]:
        """Pixels of one case."""
        jpg, png = (np.frombuffer(case[kind], np.uint8) for kind in ("jpg", "png"))
        image = cv2.cvtColor(cv2.imdecode(jpg, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        return image, cv2.imdecode(png, cv2.IMREAD_GRAYSCALE)

    read = wds.WebDataset(shards, shardshuffle=len(shards), seed=seed, empty_check=False)
    return iter(read.shuffle(SHARD, seed=seed).map(decode))


def timed(items: Iterator) -> float:
    """Items a second."""
    begun, number = time.perf_counter(), sum(1 for _ in items)
    return number / (time.perf_counter() - begun)


def sources(dataset: str) -> pd.DataFrame:
    """Images/s that one core prepares and augments, and kB an image takes, by where it lies."""
    cv2.setNumThreads(1)
    cases, transform = load(dataset), train_transform("full")
    cases = cases.iloc[np.arange(IMAGES) % len(cases)].assign(case=np.arange(IMAGES).astype(str))
    with tempfile.TemporaryDirectory() as folder:
        cache = build_cache(cases, SIZE, Path(folder))
        shards = write_shards(cache.images, cache.masks, Path(folder))
        files = Files(cases, SIZE, transform)
        cached = CachedDataset(cache, np.arange(IMAGES), transform)
        rates = [
            timed(files[row] for row in range(IMAGES)),
            timed(cached[row, row] for row in range(IMAGES)),
            timed(transform(image=image, mask=mask) for image, mask in stream(shards, seed=0)),
        ]
        each = [
            sum(path.stat().st_size for path in (*cases["image"], *cases["mask"])),
            cache.images.nbytes + cache.masks.nbytes,
            sum(Path(path).stat().st_size for path in shards),
        ]
    names = ["files as they came", f"cache, {SIZE} px", f"WebDataset shards, {SIZE} px"]
    return pd.DataFrame({"rate": rates, "kB": np.array(each) / IMAGES / 1000}, index=names)


def times(rates: dict[str, float]) -> pd.DataFrame:
    """How long one pass over 1000, 100 000 and 10 million images takes."""
    numbers = {"1000 images": 1e3, "100 000": 1e5, "10 million": 1e7}
    table = {"images/s": {name: f"{rate:.1f}" for name, rate in rates.items()}}
    table |= {
        title: {name: duration(n / rate) for name, rate in rates.items()}
        for title, n in numbers.items()
    }
    return pd.DataFrame(table)


def training(bench: pd.DataFrame) -> tuple[dict[str, float], float]:
    """Images/s of one to 64 devices, and MB of the gradients."""
    ours = bench[(bench["part"] == "training") & (bench["way"] == "seglib")]
    network = build_model(Recipe(name="bench", dataset="own", size=SIZE))
    gradients = 4 * sum(weight.numel() for weight in network.parameters())
    rate = float((ours["images"] / ours["seconds"]).median())
    rates = {"this machine, measured": rate}
    for n in (8, 64):
        rates[f"{n} of them, 10 Gbit/s, modelled"] = together(rate, n, 8, gradients, 1.25e9)
    rates |= {f"{n} × A100, published, not measured here": r for n, r in PUBLISHED.items()}
    eight = together(PUBLISHED[8], 8, 8 * 64, gradients, 25e9)
    return rates | {"64 × A100, 200 Gbit/s a machine, modelled from 8": eight}, gradients / 1e6


def feeding(dataset: str) -> pd.DataFrame:
    """The table of :func:`sources` in words."""
    read = sources(dataset)
    return pd.DataFrame(
        {
            "images/s a core": read["rate"].map("{:.0f}".format),
            "cores for one A100": np.ceil(PUBLISHED[1] / read["rate"]).map("{:.0f}".format),
            "kB an image": read["kB"].map("{:.0f}".format),
            "10 million images, TB": (read["kB"] / 100).map("{:.2f}".format),
        }
    )


def main(out: str) -> None:
    """Write ``scale.md``."""
    dataset = settings().dataset
    rates, megabytes = training(pd.read_csv(Path(out) / "side_by_side.csv"))
    text = f"""# What more images and more machines would cost

{date.today()}, {machine()}

Training: U-Net, ResNet-34, {SIZE} px, {megabytes:.0f} MB of gradients, 8 images a step and machine;
its rate is that of `side_by_side.csv`. No GPU was measured here: the published rates are those of
another network on smaller images (2D nnU-Net, 192 x 160 px, 64 images a GPU; NVIDIA
DeepLearningExamples). The model: a step, then the gradients over a ring, nothing overlapped. Each
machine keeps its own batch, so the batch of a step grows with them, and the learning rate has to be
chosen anew. The time is that of one pass over the images; a training makes many, fewer the more
images there are.

{as_markdown(times(rates))}

Feeding it: {IMAGES} images of {dataset}, read once and augmented, on one core, with files that the
system may hold in memory. A cache lies on a disk that the training can map; shards are read in
order, so they may lie in an object store.

{as_markdown(feeding(dataset))}
"""
    write_atomic(Path(out) / "scale.md", text)
    print(text)


if __name__ == "__main__":
    main(sys.argv[1])
