"""What PPRL-VGAN lowers, in nats.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from defenses.pprl_vgan.nets import Verdict

SOFTNESS = 0.1  # the discriminator's real-or-fake targets lie this near to 1 and 0


class Shares(NamedTuple):
    """Weights of the terms of the generator's loss."""

    kl: float
    real: float
    person: float
    utility: float


def kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """Divergence of each code's distribution from the standard normal, (N,).

    Args:
        mean: (N, D).
        logvar: (N, D).
    """
    return -0.5 * (1 + logvar - mean.square() - logvar.exp()).sum(dim=1)


def heads(verdict: Verdict, real: Tensor, person: Tensor, utility: Tensor) -> Tensor:
    """Cross-entropies of the three heads, means over the pictures, (3,).

    Args:
        verdict: of N pictures.
        real: wanted probabilities of being real, (N,).
        person: wanted classes, (N,).
        utility: likewise.
    """
    return torch.stack(
        [
            functional.binary_cross_entropy_with_logits(verdict.real, real),
            functional.cross_entropy(verdict.person, person),
            functional.cross_entropy(verdict.utility, utility),
        ]
    )


def of_generator(divergence: Tensor, terms: Tensor, shares: Shares) -> Tensor:
    """The generator's loss, a number.

    Args:
        divergence: of each code, (N,).
        terms: cross-entropies of the heads, (3,), for being real, the person wanted and what the
            source shows.
        shares: of the terms.
    """
    return shares.kl * divergence.mean() + terms @ terms.new_tensor(shares[1:])


def of_discriminator(
    real: Tensor, fake: Tensor, weights: tuple[float, float, float], *, fakes_teach: bool
) -> Tensor:
    """The discriminator's loss, a number.

    Args:
        real: cross-entropies of the heads on real pictures, (3,).
        fake: the same on made ones.
        weights: of the heads.
        fakes_teach: as released for FERG, made pictures teach all heads, with these weights. As
            released for MUG, they teach to be told from real ones alone, with weight 1.
    """
    weighing = real.new_tensor(weights)
    return weighing @ real + (weighing @ fake if fakes_teach else fake[0])


def softened(n: int, device: torch.device, *, real: bool) -> Tensor:
    """Targets of the real-or-fake head: uniform in [0.9, 1] for real, [0, 0.1] for made, (n,)."""
    away = SOFTNESS * torch.rand(n, device=device)
    return 1 - away if real else away
