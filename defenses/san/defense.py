"""The semi-adversarial network."""

from dataclasses import dataclass

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.nn.attacker import GREY
from bench.registry import register
from defenses.san.autoencoder_defense import AutoencoderDefense
from defenses.san.prototype_defense import NONE

AUTHORS_NET = ("8+12+256+128", 3, 2, False, 1)  # widths, kernel, pool, skip, n_colours
AUTHORS_PX = 224


@register("san")
@dataclass(frozen=True)
class SAN(AutoencoderDefense):
    """Moves a face towards the other gender's prototype, and keeps what a matcher needs.

    An autoencoder first learns to reproduce the picture (J_D). Then it learns to keep the answer of
    a frozen gender classifier on SM, to change it on OP (J_G), and to keep a frozen matcher's
    embedding (J_M). Both are trained on the defender's people, and are not used for evaluation.
    With `attribute` it hides another label; of more than two classes, OP is the one half of all
    classes further on.

    Source: Mirjalili, Raschka, Namboodiri, Ross, "Semi-Adversarial Networks", ICB 2018,
    arXiv:1712.00321 [mirjalili2018san], and their released code (preset `released`: its loss, rate,
    epochs and mirroring; `brief`: its loss alone, for fewer steps).
    Differs from it: gender is estimated by the defender's classifier, not read from a label (field
    `gender`); prototypes are warped to each face only with `aligned`, by five landmarks unless the
    data set has more (`landmarks`), and by a similarity unless `warp=piecewise`; the auxiliary
    networks are small and learn from the defender's people (`matcher_weights` takes the authors'
    VGG-Face, `classifier_weights` their gender network); AdamW with a cosine instead of Adam,
    unless `adam`; terms are means over a batch; the best epoch on held-out people is kept; no
    random crop. With `mirror`, aligned prototypes are mirrored with the picture, which the code
    does not do; Adam's moments start anew in the epoch that adds J_M. `quick` adds its change to
    the picture, starts from the fixed pattern, keeps OP's embedding, is trained against `vgg` with
    augmented pictures, and multiplies the change by 1.2 (`strength`).
    """

    autoencoder: str = field("", about="NAME: the authors' release, $BENCH_WEIGHTS/NAME.pt")
    sha256: str = field("", about="SHA-256 of that file")
    size: int = field(AUTHORS_PX, about="side of its pictures, px; others are refused")

    def __post_init__(self) -> None:
        if self.autoencoder and self.gender != "estimated":  # then nothing asks a classifier
            for name, value in (("classifier", NONE), ("classifier_weights", "")):
                object.__setattr__(self, name, value)
            object.__setattr__(self, "classifier_sha256", "")
        super().__post_init__()
        built = (self.widths, self.kernel, self.pool, self.skip, self.n_colours)
        if self.autoencoder and built != AUTHORS_NET:
            raise ValueError(
                f"expected widths, kernel, pool, skip, n_colours {AUTHORS_NET} of the release, got "
                f"{built}; leave these fields out"
            )

    @property
    def is_given(self) -> bool:
        """Whether the autoencoder was trained elsewhere."""
        return bool(self.autoencoder)

    @classmethod
    def published_as(cls, state: Weights) -> str:
        """The fields for the authors' autoencoder or gender network, or for VGG-Face."""
        from bench.nn.weights import backbone_of
        from defenses.san.nets import published_state

        if kind := backbone_of(state):
            part = "classifier" if kind == GREY else "matcher"
            return f"{part}={kind},{part}_weights={{name}},{part}_sha256={{sha256}}"
        published_state(state)
        return f"autoencoder={{name}},sha256={{sha256}},size={AUTHORS_PX}"

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The prototypes (K + 1, 3, H, W), the defender's classifier, and the autoencoder."""
        if self.autoencoder and (side := faces.images.shape[-1]) != self.size:
            raise ValueError(
                f"expected pictures of {self.size} px, for which {self.autoencoder} was made, got "
                f"{side} px; use data with size={self.size}"
            )
        shown = self.labelled(faces)
        return self.fit_networks(shown, self.points(shown, context), context)

    def pretrained(self) -> Weights:
        """The authors' network, if `autoencoder` names its file."""
        from bench.nn.weights import published
        from defenses.san.nets import published_state

        if not self.autoencoder:
            return {}
        return published_state(published(self.autoencoder, self.sha256))

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures moved towards their prototypes; note: the assumed class."""
        assumed = self.assumed_class(faces, weights, context)
        points = self.points(faces, context)
        images = self.moved(faces.images, points, assumed, weights, context.device)
        return Release(images, {self.note: assumed})
