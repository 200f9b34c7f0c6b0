"""Work in processes of its own, in order: for what keeps a processor busy and needs no database. Plain Python."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

WORKERS_MOST = 8
AHEAD = 2
"""Jobs for each process that are under way or wait with their result: bounds the memory."""

J = TypeVar("J", bound=tuple[Any, ...])
R = TypeVar("R")


class Pool:
    """Processes that run functions of modules; without any, the work is done where it is asked for."""

    def __init__(self, executor: ProcessPoolExecutor | None, workers: int) -> None:
        self._executor = executor
        self.workers = workers

    def ordered(self, function: Callable[..., R], jobs: Iterable[J]) -> Iterator[tuple[J, R]]:
        """Each job with what `function(*job)` made of it, in their order; jobs are taken a few ahead."""
        if self._executor is None:
            for job in jobs:
                yield job, function(*job)
            return
        waiting: deque[tuple[J, Future[R]]] = deque()
        try:
            for job in jobs:
                waiting.append((job, self._executor.submit(function, *job)))
                if len(waiting) > AHEAD * self.workers:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


@contextmanager
def pool(*, worth_it: bool) -> Iterator[Pool]:
    """A pool of one process a processor (8 at most); none where it isn't worth their start, or there is one processor."""
    workers = min(len(os.sched_getaffinity(0)), WORKERS_MOST)
    if not worth_it or workers < 2:
        yield Pool(None, 0)
        return
    executor = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent)
    try:
        yield Pool(executor, workers)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _end_with_parent() -> None:
    """A process whose parent was killed would wait for work for ever: each holds the other end of its own queue."""
    Thread(target=_watch, daemon=True).start()


def _watch() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
