"""What makes z of noise: classes whose pictures vary otherwise draw z otherwise.

A linear regression on y leaves the classes one mean of z, not one spread: men vary in beard, women
in hair. z = noise (A + y B), y the number that says the class.

Source: ours; two Gaussians in the place of the paper's one uniform density.
"""

import torch
from torch import Tensor

SPREAD = 3**-0.5  # of noise on [-1, 1]
FEWEST = 2  # pictures of a class, to have a spread


def unmixed(latent: int) -> Tensor:
    """A and B, (2, latent, latent), that leave noise as it is."""
    same = torch.eye(latent)
    return torch.stack([same, torch.zeros_like(same)])


def mix(z: Tensor, label: Tensor, reach: float) -> Tensor:
    """A and B, (2, latent, latent), of pictures; no change, if there is one class only.

    A class has the covariance of its pictures, and of all as of `latent` pictures more: of few
    alone it would be flat.

    Args:
        z: of pictures, (N, latent).
        label: the number of y that says their class, standardised, (N,).
        reach: of noise on [-1, 1], as a share of that of the z of real pictures.
    """
    latent = z.shape[1]
    if not len(z) or label.min() == label.max():
        return unmixed(latent)
    upper = label > (label.min() + label.max()) / 2  # (N,)
    if min(upper.sum(), (~upper).sum()) < FEWEST:
        return unmixed(latent)
    both = torch.cov(z.T)  # (latent, latent)
    roots = []
    for some in (~upper, upper):
        n = int(some.sum())
        covariance = (n * torch.cov(z[some].T) + latent * both) / (n + latent)
        powers, axes = torch.linalg.eigh(covariance)
        root = axes * powers.clamp(min=0).sqrt() @ axes.T  # (latent, latent)
        roots.append(root * reach / SPREAD)
    low, high = label[~upper].mean(), label[upper].mean()
    slope = (roots[1] - roots[0]) / (high - low)
    return torch.stack([roots[0] - low * slope, slope])
