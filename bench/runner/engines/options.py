"""Chooses the engine of a run."""

from collections.abc import Sequence
from pathlib import Path

from bench.processes import n_cores
from bench.runner.engines.pool import PoolEngine
from bench.runner.step import Engine


def engine_for(device: str, workers: int, plugins: Sequence[Path]) -> Engine:
    """The engine for these options."""
    return PoolEngine(n_processes(device, workers), device, tuple(plugins))


def n_processes(device: str, workers: int) -> int:
    """How many processes run: `workers`, or if that is 0 one per core, or one on a GPU."""
    return workers or (n_cores() if device == "cpu" else 1)
