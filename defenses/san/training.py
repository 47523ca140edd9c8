"""Training in two stages: pixels, then classes and matching against frozen networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context, Weights
from bench.data.alignment import Points
from bench.faces import Faces
from bench.nn.attacker import GREY
from bench.nn.classifier import outputs, to_device
from bench.nn.estimation import Split, split_by_person
from bench.nn.state import with_prefix
from bench.nn.training import Objective, Schedule, autocast, trained
from bench.nn.transfers import moved
from bench.nn.weights import published_backbone
from defenses.san import auxiliary
from defenses.san.autoencoder_defense import AutoencoderDefense
from defenses.san.nets import scaled
from defenses.san.prototype_defense import NONE
from defenses.san.prototypes import Prototypes, fitted_prototypes, opposite, prototypes_for

N_SHOWN = 8  # pictures of samples


class Frozen(NamedTuple):
    """The auxiliary networks, which are no longer trained."""

    classifiers: Sequence[nn.Module]
    matcher: nn.Module | None = None  # None: J_M does not count


@dataclass(frozen=True)
class Adam(Schedule):
    """Adam at one rate: AdamW without decay of weights."""

    weight_decay: float = 0.0

    def rate(self, step: int, n_steps: int) -> float:
        """The learning rate."""
        return self.lr


class Batches:
    """Batches of the defender's N pictures, with classes and prototypes, on the device.

    Index N + i is the mirror image of picture i.
    """

    def __init__(
        self,
        faces: Faces,
        split: Split,
        prototypes: Prototypes,
        fields: AutoencoderDefense,
        device: str,
    ) -> None:
        self.images, self.n_colours = to_device(device, faces.images), fields.n_colours  # bytes
        self.label = to_device(device, faces.labels[fields.attribute]).long()
        self.prototypes, self.mirror = prototypes, fields.mirror
        self.train, self.valid = torch.from_numpy(split.train), to_device(device, split.valid)

    def own(self, index: Tensor) -> Tensor:
        """The classes of the pictures at `index`, (B,)."""
        return self.label[index % len(self.label)]

    def pictures(self, index: Tensor) -> Tensor:
        """The pictures at `index`, (B, n_colours, H, W), 0..1."""
        return self._turned(scaled(self.images[index % len(self.images)], self.n_colours), index)

    def batch(self, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The autoencoder's inputs: pictures, and prototypes of own and of opposite classes.

        Prototypes are mirrored with the picture if they are aligned to it.
        """
        pair = self.prototypes.pairs("OP", self.own(index), index % len(self.images))
        if self.prototypes.warps is not None:
            pair = self._turned(pair[0], index), self._turned(pair[1], index)
        return self.pictures(index), *pair

    def _turned(self, pictures: Tensor, index: Tensor) -> Tensor:
        """The pictures, (B, C, H, W), mirrored where the index says so."""
        if not self.mirror:
            return pictures
        return torch.where(
            (index < len(self.images))[:, None, None, None], pictures, pictures.flip(-1)
        )


class SANObjective(Objective):
    """The loss of the second stage, with the defense's fields; without `frozen`, of the first."""

    solved = 0.0

    def __init__(
        self, data: Batches, fields: AutoencoderDefense, frozen: Frozen | None = None
    ) -> None:
        self.data, self.train, self.fields, self.frozen = data, data.train, fields, frozen
        if frozen:
            for net in filter(None, (*frozen.classifiers, frozen.matcher)):
                net.requires_grad_(False)
            self.features = self._features(frozen.matcher)
        parts, generator = torch.split(data.valid.cpu(), 128), torch.Generator().manual_seed(0)
        drawn = [(part, *self.draw(len(part), generator)) for part in parts]
        self.valid_parts = list(moved(drawn, data.valid.device))

    def _features(self, matcher: nn.Module | None) -> Tensor:
        """Embeddings of the pictures, (N, D), and of their mirror images; computed once."""

        def prepare(images: Tensor, _: Tensor | None) -> Tensor:
            return _inputs(scaled(images, self.data.n_colours))

        def mirrored(images: Tensor, _: Tensor | None) -> Tensor:
            return prepare(images.flip(-1), None)

        if matcher is None:
            return torch.empty(0)
        views = (prepare, mirrored)[: 1 + self.data.mirror]
        made = torch.cat([outputs(matcher, self.data.images, view) for view in views])
        return functional.normalize(made, dim=1)

    def batches(self, size: int, generator: torch.Generator) -> Sequence[Tensor]:
        """Indices of one epoch; with `mirror`, half of them of mirror images."""
        parts, n = super().batches(size, generator), len(self.data.images)
        if not self.data.mirror:
            return parts
        return [part + n * (torch.rand(len(part), generator=generator) < 0.5) for part in parts]

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
        total = fields.gender_weight * gender
        if self.frozen.matcher is not None:
            embedded = self._embedded(self.frozen.matcher, *both.chunk(2))
            matching = matching_term(embedded, self.features[index])
            total = total + fields.matching_weight * matching
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
                kept, moved = classifier(both).float().chunk(2)  # (B, K) each
            losses.append(gender_term(self.fields.aim, kept, moved, self.data.own(index)))
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

    def show(self, net: nn.Module, context: Context) -> None:
        """Pictures of held-out people, with SM and with OP, (3, 8, 3, H, W)."""
        shown, was_training = self.data.batch(self.data.valid[:N_SHOWN]), net.training
        net.eval()
        with torch.inference_mode():
            rows = torch.stack([shown[0], *net(*shown)])  # (3, N, n_colours, H, W), 0..1
        net.train(was_training)
        context.show((rows * 255).round().byte().expand(-1, -1, 3, -1, -1).cpu().numpy())


def fitted_networks(
    fields: AutoencoderDefense, faces: Faces, points: Points | None, context: Context
) -> Weights:
    """Prototypes, classifiers and autoencoder, fitted in this order."""
    state = fields.pretrained()  # before any training: the file may be missing
    device, label, split = context.device, faces.labels[fields.attribute], auxiliary.NOBODY
    found = fitted_prototypes(faces.images, label, points, fields.warp, device)
    if fields.learns_of_people:
        split = split_by_person(faces.labels["identity"], context, auxiliary.N_HELD)
    found = {**found, **_classifiers(fields, faces, split, len(found["prototypes"]) - 1, context)}
    if not fields.is_given:
        size_px = faces.images.shape[-1]
        nets = auxiliary.classifier_nets(fields.classifier, found, size_px, device)
        frozen = Frozen(nets, auxiliary.matcher(fields, faces, split, context))
        data = Batches(
            faces, split, prototypes_for(points, found, fields.warp, device), fields, device
        )
        for steps, stage in _stages(fields, len(split.train), frozen):
            objective = partial(SANObjective, data, fields, stage)
            kind = Adam if fields.adam else Schedule
            schedule = kind(fields.lr, fields.batch, steps, rounds=1)
            state = trained(fields.net, objective, schedule, context, state or None)
    return {**found, **with_prefix("autoencoder", state)}


def _classifiers(
    fields: AutoencoderDefense, faces: Faces, split: Split, n_classes: int, context: Context
) -> Weights:
    """The states of the classifiers: none, the authors', or fitted ones."""
    if fields.classifier == NONE:
        return {}
    if fields.classifier_weights:
        named = (fields.classifier_weights, fields.classifier_sha256)
        return with_prefix("classifier0", published_backbone(GREY, *named))
    return auxiliary.classifiers(fields, faces, split, n_classes, context)


def _stages(
    fields: AutoencoderDefense, n_train: int, frozen: Frozen
) -> list[tuple[int, Frozen | None]]:
    """Steps of the stages, and the networks that each is trained against."""
    n_batches = -(-n_train // fields.batch) - (n_train % fields.batch == 1)  # as training.batches
    before = min(fields.match_from - 1, fields.epochs)
    after, unmatched = fields.epochs - before, Frozen(frozen.classifiers)
    second = [(before * n_batches, unmatched), (after * n_batches, frozen)]
    stages = [(fields.pixel_steps, None), *(second if fields.epochs else [(fields.steps, frozen)])]
    return [stage for stage in stages if stage[0]]


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

    `own` and `other` are the classifier's logits for SM and OP, (B, K) each. OP should look like
    the opposite class (aim `flip`; 1 - y of two) or like all classes equally (`even`).
    """
    kept = functional.cross_entropy(own, gender)
    if aim == "flip":
        return kept + functional.cross_entropy(other, opposite(gender, own.shape[1]))
    return kept - functional.log_softmax(other, dim=1).mean()


def matching_term(embedded: Tensor, original: Tensor) -> Tensor:
    """J_M: squared distance of embeddings, (B, D), summed over D."""
    return torch.sum((embedded - original) ** 2, dim=1).mean()


def _inputs(release: Tensor) -> Tensor:
    """A release as input of the auxiliary networks, (B, 3, H, W) in [-1, 1]."""
    colours = release.expand(-1, 3, -1, -1)  # three equal channels if it is grey
    return (2 * colours - 1).contiguous(memory_format=torch.channels_last)
