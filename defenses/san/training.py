"""Training in two stages: pixels, then gender and matching against frozen networks."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context, Weights
from bench.data.alignment import Points
from bench.faces import Faces
from bench.nn.classifier import outputs, to_device
from bench.nn.state import with_prefix
from bench.nn.training import Objective, Schedule, autocast, trained
from bench.nn.transfers import moved
from defenses.san import auxiliary
from defenses.san.autoencoder_defense import AutoencoderDefense
from defenses.san.auxiliary import Split
from defenses.san.gender_prototypes import Prototypes, fitted_prototypes, prototypes_for
from defenses.san.nets import scaled


class Frozen(NamedTuple):
    """The auxiliary networks, which are no longer trained."""

    classifiers: Sequence[nn.Module]
    matcher: nn.Module


class Batches:
    """Batches of the defender's pictures, with gender and prototypes, on the device."""

    def __init__(
        self, faces: Faces, split: Split, prototypes: Prototypes, n_colours: int, device: str
    ) -> None:
        self.images, self.n_colours = to_device(device, faces.images), n_colours  # bytes
        self.gender = to_device(device, faces.labels["gender"]).long()
        self.prototypes = prototypes
        self.train, self.valid = torch.from_numpy(split.train), to_device(device, split.valid)

    def pictures(self, index: Tensor) -> Tensor:
        """The pictures at `index`, (B, n_colours, H, W), 0..1."""
        return scaled(self.images[index], self.n_colours)

    def batch(self, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The autoencoder's inputs: pictures, and prototypes of the own and of the other gender."""
        return self.pictures(index), *self.prototypes.pairs("OP", self.gender[index], index)


class SANObjective(Objective):
    """The loss of the second stage, with the defense's fields; without `frozen`, of the first."""

    solved = 0.0

    def __init__(
        self, data: Batches, fields: AutoencoderDefense, frozen: Frozen | None = None
    ) -> None:
        self.data, self.train, self.fields, self.frozen = data, data.train, fields, frozen
        if frozen:
            for net in (*frozen.classifiers, frozen.matcher):
                net.requires_grad_(False)
            # The original pictures do not change, so their features are computed once.
            made = outputs(frozen.matcher, data.images, self._prepare)
            self.features = functional.normalize(made, dim=1)  # (N, D)
        parts, generator = torch.split(data.valid.cpu(), 128), torch.Generator().manual_seed(0)
        drawn = [(part, *self.draw(len(part), generator)) for part in parts]
        self.valid_parts = list(moved(drawn, data.valid.device))

    def _prepare(self, images: Tensor, _: Tensor | None) -> Tensor:
        return _inputs(scaled(images, self.data.n_colours))

    def draw(self, n: int, generator: torch.Generator) -> Sequence[Tensor]:
        """Those of the classifiers' pictures, SM and OP, if they are varied."""
        if not (self.fields.varied and self.frozen):
            return ()
        return (auxiliary.AUGMENTATION.draw_rest(2 * n, generator),)

    def loss(self, net: nn.Module, index: Tensor, *drawn: Tensor) -> Tensor:
        """The weighted sum of the terms."""
        with autocast(index.device):
            own, other = net(*self.data.batch(index))  # SM and OP, (B, n_colours, H, W), 0..1
        if self.frozen is None:
            return self._pixels(own, other, index)
        both = torch.cat([_inputs(release) for release in (own, other)])
        gender, fields = self._gender(both, index, *drawn), self.fields
        embedded = self._embedded(self.frozen.matcher, *both.chunk(2))
        matching = matching_term(embedded, self.features[index])
        total = fields.gender_weight * gender + fields.matching_weight * matching
        if not fields.pixel_weight:
            return total
        return total + fields.pixel_weight * self._pixels(own, other, index)

    def _embedded(self, matcher: nn.Module, own: Tensor, other: Tensor) -> Tensor:
        """The embedding, (B, D), of `SM` (paper) or `OP`, or the `mean` of both (released code)."""
        seen = {"SM": [own], "OP": [other], "mean": [own, other]}[self.fields.matched]
        with autocast(own.device):
            made = matcher(torch.cat(seen)).float()
        return functional.normalize(made, dim=1).view(len(seen), len(own), -1).mean(dim=0)

    def _gender(self, both: Tensor, index: Tensor, *drawn: Tensor) -> Tensor:
        """J_G, averaged over the classifiers."""
        for numbers in drawn:
            both = auxiliary.AUGMENTATION.warp_and_relight(both, numbers)
        losses = []
        for classifier in self.frozen.classifiers if self.frozen else ():
            with autocast(index.device):
                kept, moved = classifier(both).float().chunk(2)  # (B, 2) each
            losses.append(gender_term(self.fields.aim, kept, moved, self.data.gender[index]))
        return torch.stack(losses).mean()

    def _pixels(self, own: Tensor, other: Tensor, index: Tensor) -> Tensor:
        """J_D of the release whose embedding is kept."""
        release = other if self.fields.matched == "OP" else own
        return pixel_term(self.fields.pixel_loss, release, self.data.pictures(index))

    def valid_loss(self, net: nn.Module) -> float:
        """The loss on held-out people."""
        net.eval()
        with torch.inference_mode():
            losses = [self.loss(net, *part) * len(part[0]) for part in self.valid_parts]
        return float(torch.stack(losses).sum()) / len(self.data.valid)


def fitted_networks(
    fields: AutoencoderDefense, faces: Faces, points: Points | None, context: Context
) -> Weights:
    """Prototypes, classifiers and autoencoder, fitted in this order."""
    names, device = fields.classifier, context.device
    prototypes = fitted_prototypes(faces, points, device)
    split = auxiliary.split_by_person(faces.labels["identity"], context)
    classifiers = auxiliary.gender_classifiers(names, faces, split, fields.auxiliary_steps, context)
    state = fields.pretrained()
    if not state:
        nets = auxiliary.classifier_nets(names, classifiers, faces.images.shape[-1], device)
        frozen = Frozen(nets, auxiliary.matcher(fields, faces, split, context))
        placed = prototypes_for(points, prototypes, device)
        data = Batches(faces, split, placed, fields.n_colours, device)
        for steps, stage in ((fields.pixel_steps, None), (fields.steps, frozen)):
            objective = partial(SANObjective, data, fields, stage)
            schedule = Schedule(fields.lr, fields.batch, steps, rounds=1)
            state = trained(fields.net, objective, schedule, context, state or None)
    return {**prototypes, **classifiers, **with_prefix("autoencoder", state)}


def pixel_term(kind: str, release: Tensor, picture: Tensor) -> Tensor:
    """J_D: difference of release and picture, (B, n_colours, H, W), 0..1, averaged over pixels.

    Kinds: `squared`: slides; `entropy`: report of the Keras version; `absolute`: released code.
    """
    if kind == "squared":
        return functional.mse_loss(release, picture)
    if kind == "absolute":
        return functional.l1_loss(release, picture)
    return functional.binary_cross_entropy(release, picture)


def gender_term(aim: str, own: Tensor, other: Tensor, gender: Tensor) -> Tensor:
    """J_G = S(y, f(SM)) + S(1 - y, f(OP)), S the cross-entropy, in nats; y is the gender, (B,).

    `own` and `other` are the classifier's logits for SM and OP, (B, 2) each. OP should look like
    the other gender (aim `flip`) or like both genders equally (`even`).
    """
    kept = functional.cross_entropy(own, gender)
    if aim == "flip":
        return kept + functional.cross_entropy(other, 1 - gender)
    return kept - functional.log_softmax(other, dim=1).mean()


def matching_term(embedded: Tensor, original: Tensor) -> Tensor:
    """J_M: squared distance of embeddings, (B, D), summed over D."""
    return torch.sum((embedded - original) ** 2, dim=1).mean()


def _inputs(release: Tensor) -> Tensor:
    """A release as input of the auxiliary networks, (B, 3, H, W) in [-1, 1]."""
    colours = release.expand(-1, 3, -1, -1)  # three equal channels if it is grey
    return (2 * colours - 1).contiguous(memory_format=torch.channels_last)
