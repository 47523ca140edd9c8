"""Noise on pictures, so that what is learned from them does not hang on single pixels."""

import torch
from torch import Tensor


def hazed(images: Tensor, haze: float, generator: torch.Generator) -> Tensor:
    """Pictures with noise of that spread.

    Source: gradients of networks that learned so show what they look for (Kaur, Cohen, Lipton,
    arXiv:1910.08640), so that a generator that follows them draws it.
    """
    if not haze:
        return images
    return images + haze * torch.randn(images.shape, generator=generator).to(images.device)
