"""Noise on pictures, so that what is learned from them does not hang on single pixels."""

import torch
from torch import Tensor


def hazed(
    images: Tensor, haze: float, generator: torch.Generator, *, uneven: bool = False
) -> Tensor:
    """Pictures, (N, C, H, W), with noise of that spread; `uneven`: each of its own, from 0 to that.

    Source: gradients of networks that learned so show what they look for (Kaur, Cohen, Lipton,
    arXiv:1910.08640), so that a generator that follows them draws it.
    """
    if not haze:
        return images
    # uneven: (N, 1, 1, 1)
    spread = haze * torch.rand(len(images), 1, 1, 1, generator=generator) if uneven else haze
    return images + (spread * torch.randn(images.shape, generator=generator)).to(images.device)
