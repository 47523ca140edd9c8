"""Several semi-adversarial networks, one of which makes each release."""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.nn.state import with_prefix, without_prefix
from bench.registry import register
from defenses.san.autoencoder_defense import BRIEF, QUICK, RELEASED, AutoencoderDefense

SHARE = 0.8  # of the defender's people that each member learns from
MIN_PEOPLE = 4  # per member: two to train on, two to hold out


@register("san_ensemble")
@dataclass(frozen=True)
class SANEnsemble(AutoencoderDefense):
    """Trains diverse networks, so that one fools a classifier that none was trained against.

    Each learns from a different sample of people, against one of the classifiers in turn.

    Source: Mirjalili, Raschka, Ross, BTAS 2018, arXiv:1807.11936 [mirjalili2018ensemble].
    Differs from it: members differ in people and in classifiers' architectures, not in skin tones;
    the defender's own classifiers choose the most effective member.
    """

    presets: ClassVar = {
        **{"released": RELEASED, "brief": BRIEF},
        "quick": {**QUICK, "classifier": "vgg+resnet+timm/test_resnet"},
    }

    n: int = field(3, about="number of members", within="[2, 100]")
    member: str = field(
        "drawn", about="choice per picture", at="protect", among=("drawn", "effective")
    )

    @property
    def discloses(self) -> frozenset[str]:  # type: ignore[override]  # a field decides
        """As of one network, and the member."""
        return super().discloses | {"member"}

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The weights of each member, `member0.*`, ..., and the prototypes of all people."""
        from defenses.san.prototypes import fitted_prototypes

        faces = self.labelled(faces)
        points, identity = self.points(faces, context), faces.labels["identity"]
        label, device = faces.labels[self.attribute], context.device
        found = {**fitted_prototypes(faces.images, label, points, self.warp, device)}
        people = np.unique(identity)
        for name, classifier in self._members().items():
            some = context.rng.permutation(people)[: max(MIN_PEOPLE, round(SHARE * len(people)))]
            index = np.flatnonzero(np.isin(identity, some))
            theirs = None if points is None else points[index]
            member = replace(self, classifier=classifier)
            found |= with_prefix(name, member.fit_networks(faces.pick(index), theirs, context))
        return found

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Each picture, moved by one member; notes: the member and the assumed class."""
        assumed = self.assumed_class(faces, weights, context)
        images, points = faces.images, self.points(faces, context)
        releases = (
            self.moved(images, points, assumed, learned, context.device)
            for _, learned in self.classifiers(weights)
        )
        moved, each = np.stack([*releases]), np.arange(len(faces))  # (n, N, 3, H, W)
        if self.member == "drawn":
            n_classes = len(weights["prototypes"]) - 1
            drawn = [self._drawn(rng, n_classes) for rng in context.row_rngs]
            chosen = np.array(drawn, np.int64)
        else:
            scores = np.stack([self.class_scores(images, weights, context) for images in moved])
            chosen = scores[:, each, assumed].argmin(axis=0)  # of (n, N)
        return Release(moved[chosen, each], {self.note: assumed, "member": chosen})

    def _drawn(self, rng: np.random.Generator, n_classes: int) -> int:
        """A member; each reading of `row_rngs` starts again, so what came before is drawn again."""
        if self.gender == "random":
            rng.integers(n_classes)  # the assumed class
        return int(rng.integers(self.n))

    def classifiers(self, weights: Weights) -> list[tuple[str, Weights]]:
        """The pairs of all members."""
        return [(kind, without_prefix(name, weights)) for name, kind in self._members().items()]

    def _members(self) -> dict[str, str]:
        """Names of the members, with the classifier that each is trained against."""
        kinds = self.classifier.split("+")
        return {f"member{number}": kinds[number % len(kinds)] for number in range(self.n)}
