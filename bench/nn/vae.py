"""Losses of variational autoencoders.

Source: Kingma and Welling, ICLR 2014, arXiv:1312.6114; Hou, Shen, Sun, Qiu, WACV 2017,
arXiv:1610.00291 (`map_error`).
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL divergence of codes with these moments, (N, D), from the standard normal, (N,), nats."""
    return -0.5 * (1 + logvar - mean.square() - logvar.exp()).sum(dim=1)


def map_error(found: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """Mean absolute differences of a network's maps, as shares of the wanted ones, added up."""
    pairs = zip(found, wanted, strict=True)
    return torch.stack([(a - b).abs().mean() / b.abs().mean() for a, b in pairs]).sum()
