"""What does this machine compute fast?"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version

import torch

_LIGHTNING = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}
_HALF = {"bf16-mixed": torch.bfloat16, "16-mixed": torch.float16}


def choose_precision(wanted: str = "auto", where: torch.device | None = None) -> str:
    """Lightning's name for the precision of a run.

    ``auto`` takes bf16 mixed precision where the processor or the GPU multiplies bf16 matrices
    in hardware; without that support it is slower than float32, not faster.

    Parameters
    ----------
    wanted
        ``auto``, ``32``, ``bf16`` or ``16``.
    where
        What computes; :func:`device` if not given.
    """
    kind = (where or device()).type
    if wanted != "auto":
        # float16 was made for GPUs: a processor emulates it, slower than float32.
        return _LIGHTNING["32" if (wanted, kind) == ("16", "cpu") else wanted]
    if kind == "cuda":
        return (
            "bf16-mixed" if torch.cuda.is_bf16_supported(including_emulation=False) else "16-mixed"
        )
    if kind == "mps":
        return "32-true"
    able = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return "bf16-mixed" if able.get("avx512_bf16") or able.get("amx_bf16") else "32-true"


def device() -> torch.device:
    """Where networks run: the first GPU if there is one, else the CPU."""
    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def cores() -> int:
    """Cores that this process may use; a queue may grant it fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cuda_or_cpu() -> torch.device:
    """Where nnU-Net computes: the first CUDA GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@contextmanager
def repeatable() -> Iterator[None]:
    """Let a CUDA GPU add in one order where torch knows how, and warn where not; then as before.

    It costs time: bilinear enlarging, as in DeepLabV3+, is then put together from smaller steps.
    """
    was = torch.are_deterministic_algorithms_enabled()
    warned = torch.is_deterministic_algorithms_warn_only_enabled()
    if torch.cuda.is_available():
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # torch asks for it
        torch.utils.deterministic.fill_uninitialized_memory = False  # nobody reads that
        torch.use_deterministic_algorithms(True, warn_only=True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was, warn_only=warned)


def half_precision(wanted: str, where: torch.device) -> torch.dtype | None:
    """The type that autocast rounds to in this precision on `where`, or ``None`` for float32.

    `wanted` is that of :func:`choose_precision`.
    """
    return _HALF.get(choose_precision(wanted, where))


def environment(precision: str = "auto", where: torch.device | None = None) -> dict[str, str | int]:
    """Versions and hardware that a run's numbers depend on, for ``environment.json``.

    `precision` is what its recipe wants and `where` what computes, see :func:`choose_precision`.
    """
    where = where or device()
    packages = ("torch", "lightning", "segmentation-models-pytorch", "albumentations", "numpy")
    name = torch.cuda.get_device_name() if where.type == "cuda" else platform.machine()
    return {
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
        "device": f"{where.type} ({name})",
        "threads": torch.get_num_threads(),
        "precision": choose_precision(precision, where),
    }
