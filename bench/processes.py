"""Processes of this machine that work side by side, each with one thread."""

import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection
from multiprocessing.context import SpawnContext, SpawnProcess
from types import FrameType, ModuleType
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
HIDDEN = ("BENCH_DATA",)  # from processes, in which plugins run; see `revealed`
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",  # sums over several threads round otherwise
    # glibc gives the memory of large tensors back at once and takes it again page by page, which
    # costs up to a third of a training step; up to 1 GiB is kept.
    "MALLOC_MMAP_THRESHOLD_": str(1 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    # what a killed process leaves is removed without a word
    "PYTHONWARNINGS": "ignore:resource_tracker",
}


def n_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on every system
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class _Process(SpawnProcess):  # a forked process cannot use a GPU
    def terminate(self) -> None:
        """Ends it by KILL: it sends on TERM."""
        self.kill()


class _Context(SpawnContext):
    Process = _Process


class Pool(ProcessPoolExecutor):
    """Processes that end with this one; each calls `start(*arguments)` first.

    They send on INT and TERM if this process handles them: whoever stops one stops all. They have
    neither this process's arguments, nor the variables that tell where data lie.
    """

    def __init__(
        self, n_processes: int, start: Callable[..., None] | None = None, *arguments: object
    ) -> None:
        os.environ.update(ENVIRONMENT)  # processes that are spawned inherit it
        self._handled = [each for each in _SIGNALS if callable(signal.getsignal(each))]
        super().__init__(
            n_processes, _Context(), _start, (self._handled, hidden(), start, arguments)
        )

    def submit(self, task: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """As its base does; a process that starts inherits that signals wait until it is ready."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self._handled)
        known = {name: os.environ.pop(name) for name in HIDDEN if name in os.environ}
        # A process would import the program of this one, which starts a run again if it has no
        # `if __name__ == "__main__"`; none of it is needed.
        main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
        try:
            return super().submit(task, *args, **kwargs)
        finally:
            sys.modules["__main__"] = main
            os.environ.update(known)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def stop(self) -> None:
        """Ends the processes, whatever they do."""
        for each in multiprocessing.active_children():
            if isinstance(each, _Process):
                each.kill()
        self.shutdown(cancel_futures=True)

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        """Waits for what was submitted; after an exception, stops it."""
        self.shutdown() if kind is None else self.stop()


_known: dict[str, str] = {}  # what is hidden from this process's plugins


def hidden() -> dict[str, str]:
    """The variables of this process that plugins in its processes do not see."""
    return {name: os.environ[name] for name in HIDDEN if name in os.environ}


def hide(variables: Mapping[str, str]) -> None:
    """Hides these variables from the plugins of this process."""
    _known.update(variables)
    for name in HIDDEN:
        os.environ.pop(name, None)


@contextmanager
def revealed() -> Iterator[None]:
    """Sets the variables that were hidden from this process; for data sets, which need them."""
    before = {name for name in _known if name in os.environ}
    os.environ.update(_known)
    try:
        yield
    finally:
        for name in _known.keys() - before:
            del os.environ[name]


def _start(
    handled: Iterable[signal.Signals],
    known: dict[str, str],
    start: Callable[..., None] | None,
    arguments: tuple[object, ...],
) -> None:
    hide(known)
    warnings.filterwarnings("ignore", message="not read: ")  # the parent has said so
    warnings.formatwarning = lambda message, *_, **__: f"bench: {message}\n"
    del sys.argv[1:]
    for each in handled:
        signal.signal(each, _send_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, handled)
    for end in (_end_with_parent, _end_with_main_thread):
        threading.Thread(target=end, daemon=True).start()
    if start:
        start(*arguments)


def _send_on(number: int, frame: FrameType | None) -> None:
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid and parent.is_alive():
        os.kill(parent.pid, number)


def _end_with_parent() -> None:
    """Ends this process when its parent is gone: no process may survive a killed parent."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _end_with_main_thread() -> None:
    """Ends this process when its work is done, although a plugin's thread may go on."""
    threading.main_thread().join()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
