"""The semi-adversarial network."""

from dataclasses import dataclass

from bench.api import Context, Weights, field
from bench.faces import Faces, Release
from bench.nn.weights import published
from bench.registry import register
from defenses.san.family import TAKEN_FOR
from defenses.san.nets import published_state
from defenses.san.network import Network

AUTHORS_NET = ("8+12+256+128", 3, 2, False, 1)  # widths, kernel, pool, skip, n_colours


@register("san")
@dataclass(frozen=True)
class SAN(Network):
    """Moves a face towards the other gender's prototype, and keeps what a matcher needs.

    An autoencoder learns first to give the picture back (J_D), then that a frozen gender classifier
    keeps its answer on SM and changes it on OP (J_G), while a frozen matcher's embedding stays
    (J_M). Both are of the defender's people only, and never judge.

    Source: Mirjalili, Raschka, Namboodiri, Ross, "Semi-Adversarial Networks", ICB 2018,
    arXiv:1712.00321, and their released code (preset `released`).
    Differs from it: gender is estimated by the defender's classifier, not read from a label (field
    `gender`); prototypes are warped to each face, by five landmarks, only if asked (`aligned`); the
    auxiliary networks are small and learn from the defender's people, where the authors take
    VGG-Face (`matcher_weights` takes facenet's); AdamW with a cosine for Adam; terms are means over
    a batch; the best epoch on held-out people is kept. `quick` adds its change to the picture,
    begins as the fixed pattern, keeps OP's embedding, fools a plain network that sees pictures
    turned and relit, and goes 1.2 times as far as it was trained to (`strength`).
    """

    autoencoder: str = field("", about="the authors' release: NAME of $BENCH_WEIGHTS/NAME.pt")
    sha256: str = field("", about="of that file")

    def __post_init__(self) -> None:
        super().__post_init__()
        built = (self.widths, self.kernel, self.pool, self.skip, self.n_colours)
        if self.autoencoder and built != AUTHORS_NET:
            raise ValueError(
                f"the release has widths, kernel, pool, skip, n_colours {AUTHORS_NET}, not {built}"
            )

    @classmethod
    def published_as(cls, state: Weights) -> str:
        """Where the authors' release goes, if it is that."""
        published_state(state)
        return "autoencoder"

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The prototypes (3, 3, H, W), the defender's classifier, and the autoencoder."""
        return self.learned(faces, self.points(faces.images, context), context)

    def given(self) -> Weights:
        """The authors' network, if its file is named."""
        if not self.autoencoder:
            return {}
        return published_state(published(self.autoencoder, self.sha256))

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """The pictures towards their prototypes; which gender each was taken for is noted."""
        gender = self.taken_for(faces, weights, context)
        points = self.points(faces.images, context)
        images = self.moved(faces.images, points, gender, weights, context)
        return Release(images, {TAKEN_FOR: gender})
