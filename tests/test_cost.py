import pytest
import torch
from torch import nn

from seglib.cost import cost


def network():
    return nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 1, 1))


def test_a_small_network_by_hand():
    found = cost(network(), size=16)
    assert found["parameters"] == (3 * 9 * 4 + 4) + (4 + 1)
    assert found["macs"] == 16 * 16 * (3 * 9 * 4 + 4)
    # Kept for the backward pass: the input, and the ReLU's output, which both neighbours share.
    assert found["memory_mb"] == pytest.approx(16 * 16 * (3 + 4) * 4 / 1e6)
    assert found["latency_ms"] > 0


def test_work_and_memory_grow_with_the_area():
    small, large = cost(network(), 16), cost(network(), 32)
    assert large["parameters"] == small["parameters"]
    assert large["macs"] == 4 * small["macs"]
    assert large["memory_mb"] == pytest.approx(4 * small["memory_mb"])


@pytest.mark.parametrize("training", [True, False])
def test_the_network_is_left_as_it_was(training):
    model = nn.Sequential(nn.Conv2d(3, 2, 1), nn.BatchNorm2d(2)).train(training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    cost(model, 8)
    assert model.training is training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(p.grad is None for p in model.parameters())
