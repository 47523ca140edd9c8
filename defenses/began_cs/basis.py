"""Eigenfaces of what y does not explain, to initialise the networks."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from defenses.began_cs.class_covariance import NOISE_STD
from defenses.began_cs.nets import Decoder, Discriminator, Generator

MAX_NUMBERS = 2**24  # pixels in all pictures, at most; more make no visible difference
MIN_SPREAD = 1e-4  # of the pictures' spread; an axis with less is a rounding error


class Basis(NamedTuple):
    """A linear generator, picture = mean + y y_axes + z axes.

    Source: Turk and Pentland, Journal of Cognitive Neuroscience 3(1), 1991 (eigenfaces).
    Differs from it: of residuals of a linear regression on y, so z and y are uncorrelated.
    """

    mean: Tensor  # a picture, flat, (P,)
    y_axes: Tensor  # the effect of each number of y, (D, P)
    axes: Tensor  # the effect of each number of z, (latent, P), orthogonal
    inverse: Tensor  # the map from pictures, minus mean and y, to z, (latent, P)

    @classmethod
    def of(cls, images: Tensor, labels: Tensor, latent: int, reach: float) -> "Basis":
        """The basis of pictures in [-1, 1], (N, C, H, W), with standardised y, (N, D).

        With fewer than `latent` pictures the last numbers of z have no effect. `reach` is the
        spread of noise on [-1, 1], relative to real pictures' z.
        """
        from sklearn.decomposition import PCA  # slow to import

        flat, y = images.flatten(1).cpu().numpy(), labels.nan_to_num().cpu().numpy()
        design = np.concatenate([np.ones((len(y), 1), y.dtype), y], axis=1)
        effect = np.linalg.lstsq(design, flat, rcond=None)[0]  # (1 + D, P)
        residual = flat - design @ effect
        n_axes = min(latent, *residual.shape)
        pca = PCA(max(1, n_axes), svd_solver="randomized", random_state=0).fit(residual)
        axes = np.zeros((latent, flat.shape[1]), np.float32)
        spread = np.sqrt(pca.explained_variance_)[:, None]
        spread[spread < MIN_SPREAD * np.linalg.norm(flat.std(axis=0))] = 0
        axes[:n_axes] = (pca.components_ * spread * reach / NOISE_STD)[:n_axes]
        parts = (effect[0], effect[1:], axes)
        mean, y_axes, z_axes = (
            torch.from_numpy(p.astype(np.float32)).to(images.device) for p in parts
        )
        squares = z_axes.square().sum(dim=1, keepdim=True)  # (latent, 1)
        return cls(mean, y_axes, z_axes, z_axes / squares.clamp(min=1e-12))

    def z(self, images: Tensor, labels: Tensor) -> Tensor:
        """The z of pictures, (N, C, H, W), with y, (N, D), all known; (N, latent)."""
        return (images.flatten(1) - self.mean - labels @ self.y_axes) @ self.inverse.T


def set_linear(
    generator: Generator, discriminator: Discriminator, basis: Basis, images: Tensor, labels: Tensor
) -> None:
    """Sets the fixed linear maps of both networks from the basis of the pictures.

    The generator makes eigenfaces of z and y. The discriminator's code is z at the mean y, zeros
    for y (`split`), and coefficients of eigenfaces of what z does not explain (`spare`).
    """
    config = discriminator.config
    residual = images.flatten(1) - basis.mean  # (N, P)
    residual = (residual - residual @ basis.inverse.T @ basis.axes).view_as(images)
    spare = Basis.of(residual, labels[:, :0], config.spare, 1.0)
    mean = basis.mean + spare.mean
    zeros = torch.zeros_like(basis.y_axes)[: config.split * config.labels]
    axes = torch.cat([basis.axes, zeros, spare.axes])  # (code, P)
    inverse = torch.cat([basis.inverse, zeros, spare.inverse])  # (code, P)
    both = torch.cat([basis.axes, basis.y_axes])  # of z and y, (latent + D, P)
    end = discriminator.end.linear if isinstance(discriminator.end, Decoder) else None
    for linear, weight, bias in (
        (generator.decoder.linear, both.T, basis.mean),
        (discriminator.encoder.linear, inverse, -inverse @ mean),
        (end, axes.T, mean),
    ):
        if linear is not None:
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
