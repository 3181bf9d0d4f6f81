"""What does a network cost? Its size, its arithmetic, its time and its memory."""

from __future__ import annotations

import time
from statistics import median

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.utils.flop_counter import FlopCounterMode

REPEATS = 20


@torch.inference_mode()
def _latency(network: nn.Module, image: Tensor) -> float:
    """Median seconds of a forward pass after three that warm up."""
    seconds = []
    for _ in range(3 + REPEATS):
        start = time.perf_counter()
        network(image)
        if image.device.type != "cpu":
            torch.accelerator.synchronize(image.device)
        seconds.append(time.perf_counter() - start)
    return median(seconds[3:])


def kept_bytes(network: nn.Module, image: Tensor) -> int:
    """Bytes that a forward pass keeps for the backward pass, the weights not counted.

    Under autocast the copies of the weights in half precision are.

    Parameters
    ----------
    network
        In the mode in which it is to be measured.
    image
        One batch, ``(N, 3, S, S)``.
    """
    weights = {p.untyped_storage().data_ptr() for p in network.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        """Note the storage of a tensor that is kept for the backward pass."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor.detach()

    with torch.enable_grad(), saved_tensors_hooks(keep, lambda tensor: tensor):
        output = network(image)
    del output  # alive until here, so that no address was used twice
    return sum(kept.values())


def cost(network: nn.Module, size: int) -> dict[str, float]:
    """Measure a network on one RGB image, float32, where its weights are.

    Parameters
    ----------
    network
        Any network that takes ``(1, 3, size, size)``. It is left in the mode it came in.
    size
        Side of the input, px.

    Returns
    -------
    dict
        ``parameters``; ``macs``: multiply-adds of convolutions and matrix products, half of
        what PyTorch's flop counter says; ``latency_ms``: median of 20 passes after warm-up, for
        this machine and its present load only; ``memory_mb``: activations that training keeps
        for one image (1 MB = 10^6 bytes), weights and optimiser not counted. Only the
        latency depends on the machine.
    """
    was_training, weight = network.training, next(network.parameters())
    network.eval()
    try:
        image = torch.zeros(1, 3, size, size, device=weight.device, dtype=weight.dtype)
        image = image.contiguous(memory_format=torch.channels_last)  # as inference runs it
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            network(image)
        return {
            "parameters": sum(p.numel() for p in network.parameters()),
            "macs": counter.get_total_flops() // 2,
            "latency_ms": _latency(network, image) * 1e3,
            "memory_mb": kept_bytes(network, image) / 1e6,
        }
    finally:
        network.train(was_training)
