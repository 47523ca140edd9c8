"""What a PPRL-VGAN learns from."""

from dataclasses import dataclass

import torch
from torch import Tensor

from bench.nn.inputs import scaled


@dataclass(frozen=True)
class Pupils:
    """Pictures with who it is and what they show, on the device.

    Attributes:
        images: uint8, (N, 3, H, W).
        person, utility: int64, (N,).
    """

    images: Tensor
    person: Tensor
    utility: Tensor

    def drawn(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """At most n different pictures, in [-1, 1]; who it is, and what they show."""
        index = torch.randperm(len(self.images), generator=generator)[:n]
        index = index.to(self.images.device)
        return scaled(self.images[index]), self.person[index], self.utility[index]

    def peers(self, person: Tensor, utility: Tensor, generator: torch.Generator) -> Tensor:
        """For each person and class, (n,), a picture of that person that shows it, in [-1, 1].

        Any of them; where a person never shows it, any of that person.
        """
        likeness = 2 * (person[:, None] == self.person) + (utility[:, None] == self.utility)
        luck = torch.rand(likeness.shape, generator=generator).to(likeness.device)  # (n, N)
        return scaled(self.images[(likeness + luck).argmax(dim=1)])
