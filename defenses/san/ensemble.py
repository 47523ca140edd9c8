"""Several semi-adversarial networks, of which one answers."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.api import Context, Weights, field
from bench.faces import Faces, Images, Release
from bench.registry import register
from defenses.san.auxiliary import part, restored_classifiers, said, under
from defenses.san.family import TAKEN_FOR, check
from defenses.san.network import Network

SHARE = 0.8  # of the defender's people that a member learns from
FEWEST = 4  # of them: two are held out, two are told apart


@register("san_ensemble")
@dataclass(frozen=True)
class SANEnsemble(Network):
    """Trains diverse networks, so that one of them fools a classifier that none of them met.

    Each learns from other people, against one of the classifiers in turn.

    Source: Mirjalili, Raschka, Ross, BTAS 2018, arXiv:1807.11936.
    Differs from it: diversity is of people and of classifiers' architectures, not of skin tones;
    the most effective member is found by the defender's own classifiers.
    """

    discloses = Network.discloses | {"member"}
    presets: ClassVar = {
        **Network.presets,
        "quick": {**Network.presets["quick"], "classifier": "vgg+resnet+timm/test_resnet"},
    }

    n: int = field(3, about="members")
    member: str = field(
        "drawn", about="per picture: `drawn`, or the most `effective`", at="protect"
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check("member", self.member, ("drawn", "effective"))
        if self.n < 2:
            raise ValueError(f"an ensemble has 2 members or more, got n={self.n}; else take san")

    def fit(self, faces: Faces, context: Context) -> Weights:
        """What each member learned, under `member0`, ...; and the prototypes of all people."""
        points = self.points(faces.images, context)
        found = {**self.averages(faces, points, context)}
        people = np.unique(faces.labels["identity"])
        for number, name in enumerate(self._members()):
            some = context.rng.permutation(people)[: max(FEWEST, round(SHARE * len(people)))]
            rows = np.flatnonzero(np.isin(faces.labels["identity"], some))
            theirs = None if points is None else points[rows]
            learned = self.learned(faces.pick(rows), theirs, context, self._against(number))
            found |= under(name, learned)
        return found

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures by one member each; it and the gender each was taken for are noted."""
        gender = self.taken_for(faces, weights, context)
        points = self.points(faces.images, context)
        moved = np.stack(
            [
                self.moved(faces.images, points, gender, part(weights, name), context)
                for name in self._members()
            ]
        )  # (n, N, 3, H, W)
        if self.member == "drawn":
            chosen = np.array([rng.integers(self.n) for rng in context.row_rngs], np.int64)
        else:
            answers = [self.answers(images, weights, context) for images in moved]
            own = np.stack([some[np.arange(len(gender)), gender] for some in answers])  # (n, N)
            chosen = own.argmin(axis=0)
        images = moved[chosen, np.arange(len(faces))]
        return Release(images, {TAKEN_FOR: gender, "member": chosen})

    def answers(self, images: Images, weights: Weights, context: Context) -> NDArray[np.float32]:
        """Mean log-probabilities of the genders by the classifiers of all members, (N, 2)."""
        nets = [
            net
            for number, name in enumerate(self._members())
            for net in restored_classifiers(
                self._against(number), part(weights, name), images.shape[-1], context.device
            )
        ]
        return said(nets, images, context.device)

    def _members(self) -> list[str]:
        return [f"member{number}" for number in range(self.n)]

    def _against(self, number: int) -> str:
        """The classifier that a member is trained against."""
        names = self.classifier.split("+")
        return names[number % len(names)]
