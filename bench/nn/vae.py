"""The divergence of variational autoencoders.

Source: Kingma and Welling, ICLR 2014, arXiv:1312.6114.
"""

from torch import Tensor


def kl(mean: Tensor, logvar: Tensor) -> Tensor:
    """KL divergence of codes with these moments, (N, D), from the standard normal, (N,), nats."""
    return -0.5 * (1 + logvar - mean.square() - logvar.exp()).sum(dim=1)
