"""A defense with a known leak, to calibrate verdicts."""

from dataclasses import dataclass

from bench.api import Context, Defense, Weights, field
from bench.faces import Faces, Release
from bench.registry import register


@register("partial")
@dataclass(frozen=True)
class Partial(Defense):
    """Gives out some pictures as they are, at random, and grey noise in place of all others.

    With share 0 a release is drawn without the picture. An attacker tells two pictures apart if it
    sees either of them, so it keeps 1 - (1 - share)^2 of its separability
    (bench.metrics.separability): 10 % at share 0.0513, 30 % at share 0.1633; a little less where
    noise moves its scores.

    Source: ours.
    """

    share: float = field(
        0.0, about="probability that a picture is given out", at="protect", within="[0, 1]"
    )
    spread: float = field(
        30.0, about="standard deviation of the noise, levels", at="protect", within="[0, 1e3]"
    )

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Pictures, or noise."""
        images = faces.images.copy()
        for i in range(len(faces)):
            rng = context.row_rngs[i]
            if rng.random() >= self.share:
                noise = 128 + self.spread * rng.standard_normal(images.shape[2:])
                images[i] = noise.clip(0, 255)  # (3, H, W)
        return Release(images)
