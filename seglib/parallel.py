"""How do all cores take part in work that comes in pieces?"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

Piece = TypeVar("Piece")
Done = TypeVar("Done")


def on_all_threads(
    work: Callable[[Piece], Done], pieces: Iterable[Piece], where: torch.device
) -> Iterator[Done]:
    """What `work` makes of each piece, in their order, as many at once as torch has threads.

    Each piece has one thread for itself. Two that share the layers of a network wait for each
    other after every one of them. One piece more than there are threads is begun ahead of what
    was taken; whoever stops early waits for those.

    On Apple's GPU (`where`), which takes commands of one thread only, one piece follows the other.
    """
    threads, coming = torch.get_num_threads(), deque()
    at_once = 1 if where.type == "mps" else threads
    pool = ThreadPoolExecutor(at_once, initializer=torch.set_num_threads, initargs=(1,))
    try:
        for piece in pieces:
            coming.append(pool.submit(work, piece))
            if len(coming) > at_once:
                yield coming.popleft().result()
        while coming:
            yield coming.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(threads)  # what a worker sets, threads to come would have, too
