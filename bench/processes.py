"""Processes of this machine that work side by side, each with one thread."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection

_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # sums over several threads round otherwise
    # glibc gives the memory of large tensors back at once and takes it again page by page, which
    # costs up to a third of a training step; up to 1 GiB is kept.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
}


def n_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def process_pool(
    n_processes: int, start: Callable[..., None] | None = None, *arguments: object
) -> ProcessPoolExecutor:
    """Processes that end with this one; each calls `start(*arguments)` first."""
    os.environ.update(_ENVIRONMENT)  # processes that are spawned inherit it
    spawn = multiprocessing.get_context("spawn")  # a forked process cannot use a GPU
    return ProcessPoolExecutor(n_processes, spawn, _start, (start, arguments))


def _start(start: Callable[..., None] | None, arguments: tuple[object, ...]) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if start:
        start(*arguments)


def _end_with_parent() -> None:
    """Ends this process when its parent is gone: no process may survive a killed parent."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
