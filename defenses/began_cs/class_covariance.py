"""Samples z with a class-dependent covariance.

A linear regression on y gives each class its mean of z, but all classes the same covariance. That
of men and women also differs (beard, hair): z = noise (A + y B), where y is the class.

Source: ours; two Gaussians instead of the paper's one uniform density.
"""

import torch
from torch import Tensor

NOISE_STD = 3**-0.5  # of uniform noise on [-1, 1]
MIN_PICTURES = 2  # of a class with a covariance of its own


def identity_maps(latent: int) -> Tensor:
    """A and B, (2, latent, latent), that leave noise as it is."""
    same = torch.eye(latent)
    return torch.stack([same, torch.zeros_like(same)])


def class_maps(z: Tensor, label: Tensor, reach: float) -> Tensor:
    """A and B, (2, latent, latent), from pictures' z, (N, latent), and standardised label, (N,).

    The covariance of a class is shrunk towards that of all pictures, which counts as `latent`
    pictures: that of few pictures is singular. If there is one class, the maps are identity maps.
    `reach` is the spread of generated z, relative to that of real pictures.
    """
    latent = z.shape[1]
    if not len(z) or label.min() == label.max():
        return identity_maps(latent)
    upper = label > (label.min() + label.max()) / 2  # (N,)
    if min(upper.sum(), (~upper).sum()) < MIN_PICTURES:
        return identity_maps(latent)
    pooled = torch.cov(z.T)  # (latent, latent)
    roots = []
    for member in (~upper, upper):
        n = int(member.sum())
        covariance = (n * torch.cov(z[member].T) + latent * pooled) / (n + latent)
        powers, axes = torch.linalg.eigh(covariance)
        root = axes * powers.clamp(min=0).sqrt() @ axes.T  # (latent, latent)
        roots.append(root * reach / NOISE_STD)
    low, high = label[~upper].mean(), label[upper].mean()
    slope = (roots[1] - roots[0]) / (high - low)
    return torch.stack([roots[0] - low * slope, slope])
