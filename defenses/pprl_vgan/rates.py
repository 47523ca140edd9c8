"""Optimizers and learning rates.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py (with `released`). The others are ours.
"""

from collections.abc import Sequence

import torch
from torch import nn

DECAY = 1e-6  # of the released rates, per update


def optimizer(
    parameters: Sequence[nn.Parameter], lr: float, *, released: bool
) -> torch.optim.Optimizer:
    """RMSprop as in Keras, or Adam."""
    if released:
        return torch.optim.RMSprop(parameters, lr, alpha=0.9, eps=1e-8, foreach=True)
    return torch.optim.Adam(parameters, lr, betas=(0.5, 0.99), fused=True)


def released_rate(number: int, n: int) -> float:
    """The factor of rates at a step of n: Keras counts updates, of which a step has two."""
    return 1 / (1 + DECAY * 2 * number)


def falling(number: int, n: int) -> float:
    """From twice the rate to 0."""
    return 2 * (1 - number / n)


def falling_late(number: int, n: int) -> float:
    """The rate, which falls to 0 over the second half."""
    return min(1.0, falling(number, n))
