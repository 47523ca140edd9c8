"""Losses of conditional BEGAN-CS, and the balance of its discriminator.

Source: Berthelot, Schumm, Metz, arXiv:1703.10717; Shirai and Whitehill, CVPR-W 2019, section 4.1.
"""

import torch
from torch import Tensor
from torch.nn import functional


def balanced(k: Tensor, real: Tensor, made: Tensor, gamma: float, rate: float) -> Tensor:
    """The next k, the weight of the error of generated pictures, clipped to 0..1 as in BEGAN.

    It keeps the ratio of the errors of generated and real pictures at gamma: a lower gamma gives
    sharper pictures, a higher one more varied ones. The paper does not mention the clipping.
    """
    return (k + rate * (gamma * real - made)).clamp(0, 1)


def convergence(real: Tensor, made: Tensor, gamma: float) -> Tensor:
    """BEGAN's measure of convergence, M; lower is better."""
    return real + (gamma * real - made).abs()


def pixel_error(images: Tensor, rebuilt: Tensor, power: int, norm: str = "mean") -> Tensor:
    """L(v) = |v - D(v)|^power, averaged over pictures, and over pixels or summed (`sum`).

    With `batch`, the root of the sum over all pictures, divided by their number.
    """
    mean = (functional.l1_loss if power == 1 else functional.mse_loss)(rebuilt, images)
    if norm == "batch":
        return (mean * images.numel()).sqrt() / len(images)
    return mean * images[0].numel() if norm == "sum" else mean


def constraint(z: Tensor, code: Tensor) -> Tensor:
    """L_C = |z - Enc(G(z))|, averaged over pictures and dimensions; the paper names no norm."""
    return (z - code).abs().mean()


def gan_loss(logits: Tensor, *, real: bool) -> Tensor:
    """The cross-entropy of a plain GAN, of logits, (N,), in nats."""
    target = torch.full_like(logits, float(real))
    return functional.binary_cross_entropy_with_logits(logits, target)
