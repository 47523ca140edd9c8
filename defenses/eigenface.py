"""Projection on eigenfaces: the simplest defense with a code."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, LatentDefense, Learned, Weights, field
from bench.faces import Faces, Release
from bench.registry import register


@register("eigenface")
@dataclass(frozen=True)
class Eigenface(Learned, LatentDefense):
    """Keeps the first principal components of a picture; the code is their coefficients.

    Source: Turk and Pentland, Journal of Cognitive Neuroscience 3(1), 1991 [turk1991eigenfaces].
    """

    k: int = field(16, about="number of components", within="[1, 1e5]")

    def fit(self, faces: Faces, context: Context) -> Weights:
        """Mean (D,) and components (k, D) of the defender's pictures in 0..1, D = 3*H*W."""
        from sklearn.decomposition import PCA  # here: it is slow to import

        n, size = len(faces), faces.images[0].size
        if self.k > min(n, size):
            raise ValueError(f"expected k <= min(pictures, values) = {min(n, size)}, got {self.k}")
        seed = int(context.rng.integers(2**31))
        pca = PCA(self.k, svd_solver="randomized", random_state=seed).fit(_flat(faces))
        components = np.ascontiguousarray(pca.components_, np.float32)
        return {"mean": pca.mean_.astype(np.float32), "components": components}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Pictures reconstructed from their codes."""
        codes = self.encode(faces, weights, context)
        flat = codes @ weights["components"] + weights["mean"]  # (N, D)
        return Release(np.clip(flat, 0, 1).reshape(faces.images.shape))

    def encode(self, faces: Faces, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Coefficients, (N, k)."""
        codes: NDArray[np.float32] = (_flat(faces) - weights["mean"]) @ weights["components"].T
        return codes.astype(np.float32)


def _flat(faces: Faces) -> NDArray[np.float32]:
    return faces.images.reshape(len(faces), -1).astype(np.float32) / np.float32(255)  # (N, D)
