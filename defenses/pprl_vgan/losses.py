"""Losses of PPRL-VGAN, in nats, and other figures of its training.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py.
"""

import torch
from torch import Tensor
from torch.nn import functional

from defenses.pprl_vgan.nets import Logits
from defenses.pprl_vgan.sampling import Drawn

SMOOTHING = 0.1  # largest difference of the targets for real and fake from 1 and 0


def head_terms(logits: Logits, real: Tensor, person: Tensor, utility: Tensor) -> Tensor:
    """Cross-entropies of the three heads, (3,), averaged over N pictures.

    The targets, (N,) each, are the probability of being real and two classes.
    """
    of_real = functional.binary_cross_entropy_with_logits(logits.real, real)
    classes = (logits.person, person), (logits.utility, utility)
    return torch.stack([of_real, *(functional.cross_entropy(*pair) for pair in classes)])


def generator_loss(divergence: Tensor, terms: Tensor, w_kl: float, weights: Tensor) -> Tensor:
    """The generator's loss, a scalar, from the codes' divergence, (N,), and the heads' terms, (3,).

    The targets of the terms are real, the target person, and the source's utility label.
    """
    return w_kl * divergence.mean() + terms @ weights


def discriminator_loss(real: Tensor, fake: Tensor, weights: Tensor, *, fakes_teach: bool) -> Tensor:
    """The discriminator's loss, a scalar, from the heads' terms on real and fake pictures, (3,).

    With `fakes_teach` (release for FERG) fakes train all heads, with the same weights; without it
    (release for MUG) they train only the first, with weight 1.
    """
    return weights @ real + (weights @ fake if fakes_teach else fake[0])


def smoothed(n: int, device: torch.device, *, real: bool) -> Tensor:
    """Smoothed targets of the first head, (n,): in [0.9, 1] for real, [0, 0.1] for fake."""
    away = SMOOTHING * torch.rand(n, device=device)
    return 1 - away if real else away


def variety(images: Tensor) -> Tensor:
    """Standard deviation over pictures, averaged over every fourth pixel in each direction."""
    return images[:, :, ::4, ::4].std(dim=0).mean()


def accuracy(which: str, logits: Logits, drawn: Drawn) -> dict[str, Tensor]:
    """Accuracy of the class heads, by figure."""
    pairs = {"person": (logits.person, drawn.person), "utility": (logits.utility, drawn.utility)}
    return {
        f"{head}_{which}": (scores.argmax(dim=1) == truth).float().mean()
        for head, (scores, truth) in pairs.items()
    }
