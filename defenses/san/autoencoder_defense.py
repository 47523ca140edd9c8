"""The base class of defenses with autoencoders: fields, training, releases."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from bench.api import Context, Weights, field
from bench.data.alignment import Points
from bench.faces import Faces, Images
from bench.nn.attacker import GREY, LOSSES, PUBLISHED_WIDTHS
from bench.nn.published.catalogue import JUDGES, missing
from bench.nn.state import restored
from bench.spec import Value
from defenses.san.prototype_defense import NONE, Classes, PrototypeDefense

if TYPE_CHECKING:
    from torch import Tensor

    from defenses.san.nets import Autoencoder

BRIEF: Mapping[str, Value] = {  # L1 in both stages, 8 times the matcher's sum over a batch of 8
    **{"pixel_loss": "absolute", "pixel_weight": 1.0},
    **{"matched": "mean", "matching_weight": 64.0},
}
RELEASED: Mapping[str, Value] = {  # the authors' main.py
    **{**BRIEF, "pixel_steps": 0, "epochs": 20, "match_from": 6},
    **{"adam": True, "lr": 2e-4, "batch": 8, "mirror": True},
}
QUICK: Mapping[str, Value] = {  # for small pictures: trains in a minute on one core
    **{"classifier": "vgg", "widths": "16+32+64+32", "n_colours": 3, "skip": True},
    **{"pattern": 5.0, "strength": 1.2, "matched": "OP", "varied": True},
    **{"gender_weight": 3.0, "matching_weight": 60.0, "pixel_weight": 2.0},
    **{"lr": 3e-3, "batch": 32, "pixel_steps": 1, "steps": 300},
}


@dataclass(frozen=True)
class AutoencoderDefense(PrototypeDefense):
    """A semi-adversarial network; the defaults are the paper's."""

    presets: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        **{"released": RELEASED, "brief": BRIEF, "quick": QUICK}
    }

    strength: float = field(1.0, about="multiplies the change of each logit", at="protect")
    n_colours: int = field(1, about="1: grey releases, as the authors'", among=(1, 3))
    widths: str = field("8+12+256+128", about="filters of the four convolutions")
    kernel: int = field(3, about="side of the convolutions, px", within="[1, 64]")
    pool: int = field(2, about="factor of each of two poolings; 1: no pooling", within="[1, 8]")
    skip: bool = field(False, about="add the change to the picture, which keeps detail")
    pattern: float = field(0.0, about="strength of the fixed pattern that training starts from")
    matcher: str = field("resnet", about="backbone of the auxiliary matcher, or a judge, unchanged")
    matcher_weights: str = field(
        "", about="NAME: $BENCH_WEIGHTS/NAME.pt, unchanged (`facenet`, `vggface`)"
    )
    matcher_sha256: str = field("", about="SHA-256 of that file")
    matcher_loss: str = field("margin", about="that the matcher learns by", among=LOSSES)
    classifier_weights: str = field(
        "", about="NAME: the authors' gender network, $BENCH_WEIGHTS/NAME.pt (`san-grey`)"
    )
    classifier_sha256: str = field("", about="SHA-256 of that file")
    gender_weight: float = field(1.0, about="weight of J_G in the second stage")
    matching_weight: float = field(1.0, about="weight of J_M in the second stage")
    pixel_weight: float = field(0.0, about="weight of J_D in the second stage; 0 in the paper")
    aim: str = field(
        "flip", about="OP looks like the opposite class, or any", among=("flip", "even")
    )
    matched: str = field("SM", about="release whose embedding is kept", among=("SM", "OP", "mean"))
    pixel_loss: str = field(
        "squared", about="kind of J_D", among=("squared", "entropy", "absolute")
    )
    varied: bool = field(False, about="classifiers see releases warped and relit")
    lr: float = field(2e-4, about="highest learning rate", within="(0, 10]")
    batch: int = field(8, about="pictures per step", within="[1, 65536]")
    pixel_steps: int = field(5000, about="steps of the first stage", within="[0, 1e6]")
    steps: int = field(20000, about="steps of the second stage", within="[1, 1e6]")
    epochs: int = field(0, about="epochs of the second stage, instead of steps", within="[0, 1e6]")
    match_from: int = field(1, about="first of the epochs that have J_M", within="[1, 1e6]")
    mirror: bool = field(False, about="mirror half of the training pictures")
    adam: bool = field(False, about="Adam at a constant rate, not AdamW with a cosine")

    def __post_init__(self) -> None:
        if self.matcher_weights and self.matcher not in PUBLISHED_WIDTHS:
            names = " or ".join(PUBLISHED_WIDTHS)
            raise ValueError(f"expected matcher={names} with weights, got {self.matcher}")
        if self.classifier_weights and (self.classifier, self.attribute) != (GREY, "gender"):
            raise ValueError(
                f"expected classifier={GREY} for gender with its weights, got {self.classifier} "
                f"for {self.attribute}"
            )
        if self.classifier == NONE and not self.is_given:
            raise ValueError(f"expected a classifier to train against, got {NONE}")
        if self.pattern and not self.skip:
            raise ValueError(f"expected skip=true with pattern={self.pattern}, got skip=false")

    @property
    def is_given(self) -> bool:
        """Whether the autoencoder was trained elsewhere."""
        return False

    @property
    def learns_of_people(self) -> bool:
        """Whether networks are fitted, which takes people to hold out."""
        fits_classifier = self.classifier != NONE and not self.classifier_weights
        return fits_classifier or not self.is_given

    @property
    def needs_identities(self) -> bool:
        """Whether a matcher is fitted, which takes several pictures of a person."""
        return not (self.is_given or self.matcher_weights or self.matcher in JUDGES)

    @property
    def not_installed(self) -> str:
        """How to get its published matcher; empty if it is installed, or needs none."""
        return missing(self.matcher) if self.matcher in JUDGES else ""

    def fit_networks(self, faces: Faces, points: Points | None, context: Context) -> Weights:
        """The prototypes, the defender's classifiers and the autoencoder."""
        from defenses.san.training import fitted_networks

        return fitted_networks(self, faces, points, context)

    def pretrained(self) -> Weights:
        """The state of an autoencoder trained elsewhere; empty if it is to be trained."""
        return {}

    def net(self) -> "Autoencoder":
        """The untrained network."""
        from defenses.san.nets import Autoencoder

        return Autoencoder(
            [int(width) for width in self.widths.split("+")],
            self.kernel,
            self.pool,
            skip=self.skip,
            pattern=self.pattern,
            n_colours=self.n_colours,
        )

    def moved(
        self, images: Images, points: Points | None, own: Classes, weights: Weights, device: str
    ) -> Images:
        """The pictures, bytes (N, 3, H, W), moved towards their prototypes; own classes, (N,).

        The side must be a multiple of the square of `pool`.
        """
        from bench.nn.classifier import exact_outputs
        from defenses.san.nets import scaled, strengthened
        from defenses.san.prototypes import prototypes_for

        net = restored(self.net(), weights, device, "autoencoder")
        prototypes = prototypes_for(points, weights, self.warp, device)

        def released(pictures: "Tensor", assumed: "Tensor", index: "Tensor") -> "Tensor":
            shown = scaled(pictures, self.n_colours)
            _, moved = net(shown, *prototypes.pairs(self.prototype, assumed, index))
            moved = strengthened(shown, moved, self.strength)
            return (moved * 255).round().byte().expand(-1, 3, -1, -1)

        return exact_outputs(released, device, images, own, np.arange(len(images))).numpy()
