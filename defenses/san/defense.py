"""The semi-adversarial network."""

from dataclasses import dataclass

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.registry import register
from defenses.san.autoencoder_defense import AutoencoderDefense
from defenses.san.prototype_defense import GENDER_NOTE

AUTHORS_NET = ("8+12+256+128", 3, 2, False, 1)  # widths, kernel, pool, skip, n_colours


@register("san")
@dataclass(frozen=True)
class SAN(AutoencoderDefense):
    """Moves a face towards the other gender's prototype, and keeps what a matcher needs.

    An autoencoder first learns to reproduce the picture (J_D). Then it learns to keep the answer of
    a frozen gender classifier on SM, to change it on OP (J_G), and to keep a frozen matcher's
    embedding (J_M). Both are trained on the defender's people, and are not used for evaluation.

    Source: Mirjalili, Raschka, Namboodiri, Ross, "Semi-Adversarial Networks", ICB 2018,
    arXiv:1712.00321 [mirjalili2018san], and their released code (preset `released`).
    Differs from it: gender is estimated by the defender's classifier, not read from a label (field
    `gender`); prototypes are warped to each face, by five landmarks, only with `aligned`; the
    auxiliary networks are small and learn from the defender's people; the authors use VGG-Face
    (`matcher_weights` takes facenet's); AdamW with a cosine instead of Adam; terms are means over a
    batch; the best epoch on held-out people is kept. `quick` adds its change to the picture, starts
    from the fixed pattern, keeps OP's embedding, is trained against `vgg` with augmented pictures,
    and multiplies the change by 1.2 (`strength`).
    """

    autoencoder: str = field("", about="NAME: the authors' release, $BENCH_WEIGHTS/NAME.pt")
    sha256: str = field("", about="SHA-256 of that file")

    def __post_init__(self) -> None:
        super().__post_init__()
        built = (self.widths, self.kernel, self.pool, self.skip, self.n_colours)
        if self.autoencoder and built != AUTHORS_NET:
            raise ValueError(
                f"expected widths, kernel, pool, skip, n_colours {AUTHORS_NET} of the release, got "
                f"{built}; leave these fields out"
            )

    @classmethod
    def published_as(cls, state: Weights) -> str:
        """The field for the authors' release."""
        from defenses.san.nets import published_state

        published_state(state)
        return "autoencoder"

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The prototypes (3, 3, H, W), the defender's classifier, and the autoencoder."""
        return self.fit_networks(faces, self.points(faces.images, context), context)

    def pretrained(self) -> Weights:
        """The authors' network, if `autoencoder` names its file."""
        from bench.nn.weights import published
        from defenses.san.nets import published_state

        if not self.autoencoder:
            return {}
        return published_state(published(self.autoencoder, self.sha256))

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures moved towards their prototypes; note: the assumed gender."""
        gender = self.assumed_gender(faces, weights, context)
        points = self.points(faces.images, context)
        images = self.moved(faces.images, points, gender, weights, context.device)
        return Release(images, {GENDER_NOTE: gender})
