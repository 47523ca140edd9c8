"""Chooses the engine of a run."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from bench.nn.device import device_named
from bench.processes import n_cores
from bench.runner.engines.local import LocalEngine
from bench.runner.engines.pool import PoolEngine
from bench.runner.engines.ray import RayEngine
from bench.runner.step import Engine

EngineName = Literal["local", "pool", "ray"]


def engine_of(
    device: str,
    workers: int,
    plugins: Sequence[Path] | None = None,
    name: EngineName = "pool",
    address: str = "local",
) -> Engine:
    """The engine for these options; the address is that of a Ray cluster.

    Raises:
        ValueError: if the device is not available, or others choose it.
    """
    if name == "ray":  # machines of a cluster have other devices
        if device not in ("auto", "cpu", "cuda"):
            raise ValueError(
                f"expected --device auto, cpu or cuda with --engine ray, got {device!r}"
            )
        return RayEngine(address, device, workers, tuple(plugins or ()))
    device = device_named(device)
    if name == "local":
        return LocalEngine(device)
    devices = () if device == "cpu" else _devices(device, workers)
    n_host = n_cores() if devices else workers or n_cores()
    return PoolEngine(n_host, devices, tuple(plugins or ()))


def n_gpu_workers(n_processors: int, memory_mb: int, gpus_mb: Sequence[int]) -> int:
    """How many processes share the GPUs: what cores and memory allow, at least 4.

    Small networks wait for their process to launch the next operation (docs/gpu.md), so a GPU
    serves several; half the cores are left to stages that need no GPU.
    """
    fitting = sum(min(8, mb // 10_000) for mb in gpus_mb)
    return max(4, min(n_processors // 2, memory_mb // 4_000, fitting))


def _devices(device: str, workers: int) -> tuple[str, ...]:
    """The device of each process that has one: `cuda` is all GPUs in turn, `cuda:1` the second."""
    if not device.startswith("cuda"):
        return (device,) * (workers or 1)
    import torch

    number = torch.device(device).index
    numbers = range(torch.cuda.device_count()) if number is None else [number]
    gpus_mb = [torch.cuda.get_device_properties(each).total_memory >> 20 for each in numbers]
    memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    n = workers or n_gpu_workers(n_cores(), memory_mb, gpus_mb)
    return tuple(f"cuda:{numbers[each % len(numbers)]}" for each in range(n))
