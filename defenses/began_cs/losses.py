"""Losses of a conditional BEGAN-CS, and its balance.

Source: Shirai and Whitehill, CVPR-W 2019, sections 4.1 and 4.2; Berthelot, Schumm, Metz,
arXiv:1703.10717 (balance, convergence); Chang et al., ECCV 2018 (constraint).
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Balance(NamedTuple):
    """Keeps the errors of real and generated pictures in a ratio.

    Attributes:
        gamma: target ratio, generated to real: lower is sharper, higher is more varied.
        rate: of k, the weight of the error of generated pictures that the discriminator raises.
    """

    gamma: float
    rate: float

    def updated(self, k: Tensor, real: Tensor, made: Tensor) -> Tensor:
        """The next k.

        Differs from it: kept within 0 and 1, as BEGAN does; the paper prints no clip.
        """
        return (k + self.rate * (self.gamma * real - made)).clamp(0, 1)

    def measure(self, real: Tensor, made: Tensor) -> Tensor:
        """BEGAN's measure of convergence, M; lower is better."""
        return real + (self.gamma * real - made).abs()


def error(images: Tensor, rebuilt: Tensor, power: int) -> Tensor:
    """L(v) = |v - D(v)|^power, the mean over pictures and pixels."""
    return (images - rebuilt).abs().pow(power).mean()


def constraint(z: Tensor, code: Tensor) -> Tensor:
    """L_C = |z - Enc(G(z))|, the mean over codes and their numbers; the paper names no norm."""
    return (z - code).abs().mean()


def label_error(labels: Tensor, predicted: Tensor) -> Tensor:
    """L_MSE, the mean over the known labels; a missing one is nan."""
    known = ~labels.isnan()
    squares = (labels.nan_to_num() - predicted).square() * known
    return squares.sum() / known.sum().clamp(min=1)


def real_or_made(logits: Tensor, *, real: bool) -> Tensor:
    """A plain GAN's cross-entropy of logits, (N,), in nats."""
    target = torch.full_like(logits, float(real))
    return functional.binary_cross_entropy_with_logits(logits, target)
