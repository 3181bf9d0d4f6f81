"""Precision, cores and order of sums follow the hardware."""

import os

import pytest
import torch

from seglib.hardware import choose_precision, cores, environment, half_precision, repeatable


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        ({"avx512_bf16": True}, "bf16-mixed"),
        ({"amx_bf16": True}, "bf16-mixed"),
        ({"avx512_bf16": False, "amx_bf16": False}, "32-true"),
        ({}, "32-true"),
    ],
)
def test_cpu_takes_bf16_only_where_it_is_fast(monkeypatch, capabilities, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert choose_precision() == expected


@pytest.mark.parametrize(("bf16", "expected"), [(True, "bf16-mixed"), (False, "16-mixed")])
def test_gpu_takes_half_precision(monkeypatch, bf16, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: bf16)
    assert choose_precision() == expected


def test_a_stated_precision_is_taken_as_stated():
    assert choose_precision("32") == "32-true"


def test_a_processor_asked_for_float16_computes_and_tells_float32():
    assert choose_precision("16", torch.device("cpu")) == "32-true"
    assert choose_precision("16", torch.device("cuda")) == "16-mixed"
    assert environment("16", torch.device("cpu"))["precision"] == "32-true"


def test_the_environment_names_what_numbers_depend_on():
    assert {"python", "torch", "lightning", "device", "threads", "precision"} <= set(environment())


def test_the_cores_are_those_that_the_process_may_use(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5}, raising=False)
    assert cores() == 2
    monkeypatch.delattr(os, "sched_getaffinity")
    assert cores() == (os.cpu_count() or 1)


def test_on_a_gpu_repeatable_sums_are_asked_for_and_the_setting_before_comes_back(monkeypatch):
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", "")
    monkeypatch.setattr(torch.utils.deterministic, "fill_uninitialized_memory", True)
    for there in (False, True):
        monkeypatch.setattr(torch.cuda, "is_available", lambda there=there: there)
        with pytest.raises(KeyError), repeatable():
            assert torch.are_deterministic_algorithms_enabled() is there
            assert torch.is_deterministic_algorithms_warn_only_enabled() is there
            raise KeyError
        assert not torch.are_deterministic_algorithms_enabled()


def test_half_precision_of_a_place():
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert half_precision("32", cpu) is half_precision("32", gpu) is None
    assert half_precision("bf16", cpu) is torch.bfloat16
    assert half_precision("16", gpu) is torch.float16
    assert half_precision("16", cpu) is None


def test_a_processor_beside_a_gpu_is_asked_what_it_can_do_itself(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **_: True)
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict, raising=False)
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert half_precision("auto", cpu) is None
    assert half_precision("auto", gpu) is torch.bfloat16
    assert environment("auto", cpu)["device"].startswith("cpu")
