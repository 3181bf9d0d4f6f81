"""Pieces of work, each on one thread."""

import time
from threading import Barrier, get_ident

import pytest
import torch

from seglib.parallel import on_all_threads

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _three_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(before)


def test_results_come_in_the_order_of_the_pieces():
    def slow_at_first(piece: int) -> int:
        time.sleep(0.05 if piece == 0 else 0)
        return piece * 2

    assert list(on_all_threads(slow_at_first, range(9), CPU)) == list(range(0, 18, 2))
    assert list(on_all_threads(slow_at_first, [], CPU)) == []


def test_every_piece_has_one_thread_and_the_caller_keeps_its_own():
    seen = list(on_all_threads(lambda _: (torch.get_num_threads(), get_ident()), range(20), CPU))
    assert {threads for threads, _ in seen} == {1}
    assert get_ident() not in {ident for _, ident in seen}
    assert torch.get_num_threads() == 3


def test_as_many_pieces_run_at_once_as_there_are_threads():
    all_three = Barrier(3, timeout=10)

    def meets_the_others(_: int) -> int:
        all_three.wait()
        return get_ident()

    assert len(set(on_all_threads(meets_the_others, range(6), CPU))) == 3


def test_no_more_is_begun_than_one_piece_beyond_the_threads():
    begun = []
    results = on_all_threads(begun.append, range(20), CPU)
    next(results)
    results.close()
    assert len(begun) <= 4
    assert torch.get_num_threads() == 3


def test_what_a_piece_raises_reaches_the_caller():
    with pytest.raises(ZeroDivisionError):
        list(on_all_threads(lambda piece: 1 / piece, [1, 0, 2], CPU))
    assert torch.get_num_threads() == 3


def test_apples_gpu_is_used_by_one_thread():
    def slow(_: int) -> int:
        time.sleep(0.02)
        return get_ident()

    assert len(set(on_all_threads(slow, range(6), torch.device("mps")))) == 1
