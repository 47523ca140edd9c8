"""Low frequencies: a defense that learns nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from bench import Context, Defense, Faces, Release, Weights, field, register


@register("low_pass")
@dataclass(frozen=True)
class LowPass(Defense):
    """Keeps the lowest frequencies of a picture, with noise.

    Source: ours (of a published method: author, venue, year; then `Differs from it: ...`).
    """

    # What it promises. Other targets are measured as well, and marked `not-promised`.
    hides = frozenset({"identity"})
    keeps = frozenset({"expression"})

    # at="protect": only `protect` reads it (and `encode`); another value needs no new fit.
    k: int = field(6, about="frequencies kept, each way", at="protect", within="[1, 1024]")
    noise: float = field(
        0.02, about="standard deviation, of the range 0 to 1", at="protect", within="[0, 1]"
    )

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Pictures, (N, 3, H, W): uint8, or floats in 0..1 as here."""
        codes = self._codes(faces, context)  # (N, 3, k, k)
        images = idctn(codes, s=faces.images.shape[2:], axes=(2, 3), norm="forward")
        return Release(np.clip(images, 0, 1))

    def _codes(self, faces: Faces, context: Context) -> NDArray[np.float32]:
        """Noisy low frequencies, (N, 3, k, k), in units of the range 0 to 1."""
        frequencies = dctn(faces.images / 255, axes=(2, 3), norm="forward")  # (N, 3, H, W)
        low = frequencies[:, :, : self.k, : self.k]
        # A generator for each picture: what a picture gets does not depend on those beside it.
        noise = [rng.normal(0, self.noise, low.shape[1:]) for rng in context.row_rngs]
        return np.asarray(low + np.stack(noise), np.float32)
