"""Randomness of torch, which takes no generator for dropout and initialisation."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def seeded(rng: np.random.Generator, device: str) -> Iterator[torch.Generator]:
    """Seeds torch from `rng` inside the block and puts its state back after it.

    Args:
        rng: one number is drawn from it.
        device: the device whose state is also kept.

    Yields:
        a generator on the CPU, for what takes one.
    """
    seed = int(rng.integers(2**63))
    devices = [torch.device(device)] if device != "cpu" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield torch.Generator().manual_seed(seed)
