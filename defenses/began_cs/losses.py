"""Losses of a conditional BEGAN-CS, and the balance of real and generated errors.

Source: Shirai and Whitehill, CVPR-W 2019, sections 4.1 and 4.2; Berthelot, Schumm, Metz,
arXiv:1703.10717 (balance, convergence); Chang et al., ECCV 2018 (constraint).
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class Balance(NamedTuple):
    """Keeps the ratio of the errors of generated and real pictures at gamma, by updates of k.

    A lower gamma gives sharper pictures, a higher one more varied ones. k is the weight of the
    error of generated pictures, which the discriminator maximizes.
    """

    gamma: float
    rate: float

    def updated(self, k: Tensor, real: Tensor, made: Tensor) -> Tensor:
        """The next k.

        Differs from it: clipped to 0..1, as in BEGAN; the paper does not mention it.
        """
        return (k + self.rate * (self.gamma * real - made)).clamp(0, 1)

    def measure(self, real: Tensor, made: Tensor) -> Tensor:
        """BEGAN's measure of convergence, M; lower is better."""
        return real + (self.gamma * real - made).abs()


def pixel_error(images: Tensor, rebuilt: Tensor, power: int) -> Tensor:
    """L(v) = |v - D(v)|^power, averaged over pictures and pixels."""
    return (images - rebuilt).abs().pow(power).mean()


def constraint(z: Tensor, code: Tensor) -> Tensor:
    """L_C = |z - Enc(G(z))|, averaged over pictures and dimensions; the paper names no norm."""
    return (z - code).abs().mean()


def label_error(labels: Tensor, predicted: Tensor) -> Tensor:
    """L_MSE, averaged over the known labels; a missing one is nan."""
    known = ~labels.isnan()
    squares = (labels.nan_to_num() - predicted).square() * known
    return squares.sum() / known.sum().clamp(min=1)


def gan_loss(logits: Tensor, *, real: bool) -> Tensor:
    """The cross-entropy of a plain GAN, of logits, (N,), in nats."""
    target = torch.full_like(logits, float(real))
    return functional.binary_cross_entropy_with_logits(logits, target)
