"""Eigenfaces of what y does not say: where the networks begin."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from defenses.began_cs.mix import SPREAD
from defenses.began_cs.nets import Decoder, Discriminator, Generator

N_NUMBERS = 2**24  # pixels of pictures at most: more would change nothing that can be seen
FLAT = 1e-4  # of the pictures' spread: an axis below is rounding error


class Basis(NamedTuple):
    """A linear generator, picture = mean + y told + z axes, and the z of real pictures.

    Attributes:
        mean: a picture, flat, (P,).
        told: what each number of y does to it, (D, P).
        axes: what each number of z does to it, (latent, P), orthogonal.

    Source: Turk and Pentland, Journal of Cognitive Neuroscience 3(1), 1991 (eigenfaces); here of
    what a linear regression on y leaves over, so that z and y say different things.
    """

    mean: Tensor
    told: Tensor
    axes: Tensor

    @classmethod
    def of(cls, images: Tensor, labels: Tensor, latent: int, reach: float) -> "Basis":
        """The basis of pictures.

        Args:
            images: in [-1, 1], (N, C, H, W).
            labels: standardised y, (N, D); nan where one is missing.
            latent: numbers in z; where there are fewer pictures the last do nothing.
            reach: of noise on [-1, 1], as a share of that of the z of real pictures; below 1 these
                lie further out than pictures that are made.
        """
        from sklearn.decomposition import PCA  # here: it is slow to import

        flat, y = images.flatten(1).cpu().numpy(), labels.nan_to_num().cpu().numpy()
        known = np.concatenate([np.ones((len(y), 1), y.dtype), y], axis=1)
        said = np.linalg.lstsq(known, flat, rcond=None)[0]  # (1 + D, P)
        rest = flat - known @ said
        n_axes = min(latent, *rest.shape)
        pca = PCA(max(1, n_axes), svd_solver="randomized", random_state=0).fit(rest)
        axes = np.zeros((latent, flat.shape[1]), np.float32)
        spread = np.sqrt(pca.explained_variance_)[:, None]
        spread[spread < FLAT * np.linalg.norm(flat.std(axis=0))] = 0
        axes[:n_axes] = (pca.components_ * spread * reach / SPREAD)[:n_axes]
        parts = (said[0], said[1:], axes)
        return cls(*(torch.from_numpy(p.astype(np.float32)).to(images.device) for p in parts))

    def z(self, images: Tensor, labels: Tensor) -> Tensor:
        """The z of pictures, (N, C, H, W), that show y, (N, D), all known; (N, latent)."""
        return (images.flatten(1) - self.mean - labels @ self.told) @ self.inverse.T

    @property
    def inverse(self) -> Tensor:
        """From pictures, less mean and y, to z: (latent, P)."""
        return self.axes / self.axes.square().sum(dim=1, keepdim=True).clamp(min=1e-12)


def set_linear(
    maker: Generator, judge: Discriminator, basis: Basis, images: Tensor, labels: Tensor
) -> None:
    """Sets the fixed linear maps of the generator and of the autoencoder.

    Args:
        maker: it makes eigenfaces of z and y.
        judge: its code is z, as if y were the mean, nothing of y (`split`), and eigenfaces of what
            z leaves over (`spare`).
        basis: of the pictures.
        images: in [-1, 1], (N, C, H, W).
        labels: standardised y, (N, D).
    """
    form = judge.form
    rest = images.flatten(1) - basis.mean  # (N, P)
    rest = (rest - rest @ basis.inverse.T @ basis.axes).view_as(images)
    spare = Basis.of(rest, labels[:, :0], form.spare, 1.0)
    mean = basis.mean + spare.mean
    none = torch.zeros_like(basis.told)[: form.split * form.labels]
    axes = torch.cat([basis.axes, none, spare.axes])  # (code, P)
    inverse = torch.cat([basis.inverse, none, spare.inverse])  # (code, P)
    told = torch.cat([basis.axes, basis.told])  # of z and y, (latent + D, P)
    end = judge.end.linear if isinstance(judge.end, Decoder) else None
    for linear, weight, start in (
        (maker.decoder.linear, told.T, basis.mean),
        (judge.encoder.linear, inverse, -inverse @ mean),
        (end, axes.T, mean),
    ):
        if linear is not None:
            linear.set(weight, start)
