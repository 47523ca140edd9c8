"""Two stages: first the picture itself, then gender and matching against frozen networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.faces import Faces
from bench.nn.classifier import on, outputs, shuffled
from bench.nn.training import autocast
from defenses.san.alignment import Prototypes
from defenses.san.auxiliary import CHANGES, Deal
from defenses.san.losses import gender_term, matching_term, pixel_term
from defenses.san.pictures import scaled


@dataclass(frozen=True)
class Terms:
    """What the second stage lowers: the sum of three terms.

    Attributes:
        gender, matching, pixels: their weights.
        aim: what the classifier should say of OP (losses.gender_term).
        matched: whose embedding stays near that of the picture (losses.matching_term).
        pixel_loss: see losses.pixel_term; also of the first stage.
        varied: classifiers see releases turned, resized and relit by chance.
    """

    gender: float
    matching: float
    pixels: float
    aim: str
    matched: str
    pixel_loss: str
    varied: bool


class Frozen(NamedTuple):
    """The auxiliary networks, which do not learn any more."""

    classifiers: Sequence[nn.Module]
    matcher: nn.Module

    def embedded(self, inputs: Tensor) -> Tensor:
        """Unit vectors of pictures in [-1, 1], (B, D)."""
        return functional.normalize(self.matcher(inputs).float(), dim=1)


class Material:
    """The defender's pictures on the device, with all that does not change while it trains."""

    def __init__(self, faces: Faces, prototypes: Prototypes, n_colours: int, device: str) -> None:
        self.shown = scaled(on(device, faces.images), n_colours)  # (N, n_colours, H, W), 0..1
        self.gender = on(device, faces.labels["gender"]).long()
        self.prototypes = prototypes

    def outputs(self, net: nn.Module, index: Tensor) -> tuple[Tensor, Tensor]:
        """Releases SM and OP, (B, n_colours, H, W), 0..1."""
        own, other = self.prototypes.joined("OP", self.gender, index)
        return net(self.shown[index], own, other)  # type: ignore[no-any-return]

    def inputs(self, made: Tensor) -> Tensor:
        """What the auxiliary networks see of a release, (B, 3, H, W) in [-1, 1]."""
        colours = made.expand(-1, 3, -1, -1)  # of a grey one, three times the same
        return (2 * colours - 1).contiguous(memory_format=torch.channels_last)


class Stage:
    """The objective of one stage; of the first, where there are no frozen networks."""

    solved = 0.0
    blank = False

    def __init__(
        self, material: Material, deal: Deal, terms: Terms, frozen: Frozen | None = None
    ) -> None:
        self.material, self.terms, self.frozen = material, terms, frozen
        for one in (*frozen.classifiers, frozen.matcher) if frozen else ():
            one.requires_grad_(False)
        device = material.shown.device
        self.train, self.valid = (torch.from_numpy(rows).to(device) for rows in deal)
        if frozen:  # nothing changes the originals, so their features are computed once
            made = outputs(frozen.matcher, material.inputs(material.shown), lambda x, _: x)
            self.features = functional.normalize(made, dim=1)  # (N, D)

    def parameters(self) -> Sequence[nn.Parameter]:
        """None beside the network."""
        return ()

    def batches(self, size: int, generator: torch.Generator) -> list[Tensor]:
        """Indices of the defender's pictures in random order."""
        parts = shuffled(len(self.train), size, generator)
        return [self.train[part.to(self.train.device)] for part in parts]

    def loss(self, net: nn.Module, index: Tensor, generator: torch.Generator) -> Tensor:
        """The weighted sum of the terms."""
        with autocast(index.device):
            own, other = self.material.outputs(net, index)
        if self.frozen is None:
            return self._pixels(own, other, index)
        both = torch.cat([self.material.inputs(out) for out in (own, other)])
        gender = self._gender(both, index, generator)
        with autocast(index.device):
            kept, moved = self.frozen.embedded(both).chunk(2)  # (B, D) each
        terms = self.terms
        matching = matching_term(terms.matched, kept, moved, self.features[index])
        total = terms.gender * gender + terms.matching * matching
        return total + terms.pixels * self._pixels(own, other, index) if terms.pixels else total

    def _gender(self, both: Tensor, index: Tensor, generator: torch.Generator) -> Tensor:
        """J_G, the mean over the classifiers."""
        if self.terms.varied:
            both = CHANGES.changed(both, generator)
        losses = []
        for classifier in self.frozen.classifiers if self.frozen else ():
            with autocast(index.device):
                kept, moved = classifier(both).float().chunk(2)  # (B, 2) each
            losses.append(gender_term(kept, moved, self.material.gender[index], self.terms.aim))
        return torch.stack(losses).mean()

    def _pixels(self, own: Tensor, other: Tensor, index: Tensor) -> Tensor:
        """J_D, of the release whose embedding is kept."""
        shown = other if self.terms.matched == "OP" else own
        return pixel_term(self.terms.pixel_loss, shown, self.material.shown[index])

    def valid_loss(self, net: nn.Module) -> float:
        """The same on people that it does not train on."""
        net.eval()
        with torch.inference_mode():
            parts = torch.split(self.valid, 128)
            generator = torch.Generator().manual_seed(0)
            losses = [self.loss(net, part, generator) * len(part) for part in parts]
        return float(torch.stack(losses).sum()) / len(self.valid)
