"""A black bar or box over a part of the face."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.api import Context, Defense, Weights, field
from bench.faces import Faces, Release
from bench.registry import register

REGIONS: Mapping[str, tuple[float, float, float, float]] = {  # top, bottom, left, right
    "eyes": (0.32, 0.52, 0.0, 1.0),
    "mouth": (0.62, 0.84, 0.2, 0.8),
    "face": (0.2, 0.9, 0.2, 0.8),
}


@register("mask")
@dataclass(frozen=True)
class Mask(Defense):
    """Blackens a fixed region.

    Source: Newton, Sweeney, Malin, IEEE TKDE 17(2), 2005 [newton2005deidentifying] (bars over the
        eyes, attacked there).
    Differs from it: the region is the same in every picture, not detected.
    """

    region: str = field("eyes", about="hidden region", at="protect", among=REGIONS)

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures with a black region."""
        height, width = faces.images.shape[2:]
        top, bottom, left, right = REGIONS[self.region]
        rows = slice(round(top * height), round(bottom * height))
        columns = slice(round(left * width), round(right * width))
        images = faces.images.copy()
        images[..., rows, columns] = 0
        return Release(images)
