"""The plugin; networks are imported where they are used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from bench.api import SAMPLES, Context, Weights, field
from bench.described import y_of
from bench.faces import ESTIMATED, Faces, Images, Labels
from bench.nn.state import config_arrays, with_prefix
from bench.registry import register
from bench.spec import Value
from defenses.began_cs.labels import Scale, Vectors, vectors
from defenses.began_cs.train_config import PRESETS, Presets, TrainConfig

N_SHOWN = 8  # pictures in each row of the samples


@register("began_cs")
@dataclass(frozen=True)
class BEGANCS(TrainConfig):
    """Replaces a face by one that is generated only from its attributes y and from noise.

    y are attributes, by default ten (pose, action units, gender). The generator learns against an
    autoencoder, which learns to rebuild real pictures well and generated ones badly, at a fixed
    ratio of both errors. The autoencoder's code of a generated picture must equal its noise, and a
    predictor must find y in it. To protect a picture, the defender's own regressor estimates y. No
    pixel is released: the release reveals only y, rounded to 5 bits, which is the code and
    `notes["y"]`.

    Source: Shirai and Whitehill, "Privacy-Preserving Annotation of Face Images through
    Attribute-Preserving Face Synthesis", CVPR-W 2019 [shirai2019annotation] (preset `paper`;
    `began_cs` has alpha and gamma of Chang et al., ECCV 2018 [chang2018began], which the paper
    seems to have swapped).
    Differs from it: see also nets.py and training.py. The paper does not state widths, lambda_k,
    batch, epochs and the norm of the constraint: they are those of the released BEGAN-CS. Its L is
    |v - D(v)|^2: here the sum over pixels of squares, averaged over pictures (the released
    BEGAN-CS: the root of that sum over the batch, over its size; preset `began_cs`). So L is
    thousands of times larger than the constraint and the errors of y, and k moves as much faster.
    Its y is in 0..1: the default standardises it, and `paper` only subtracts its mean, which a bias
    undoes. y comes from our own regressor, fitted on pictures that are shifted, relit and noisy;
    classes of y are estimated as 0 or 1. By default the networks are narrow (`backbone`), and the
    generator also learns from real pictures, and first from these alone (`rebuild`, `w_rebuild`,
    `w_maps`, `w_kl`; training.py): the papers' objective alone draws no faces in an hour on two
    cores. Rates fall (`anneal`), and the generator's running mean is kept (`average`).
    """

    hides = frozenset({"identity"})
    discloses = frozenset({"y"})
    gone: ClassVar[Mapping[str, Value]] = {"depth": 1}
    presets: ClassVar[Presets] = PRESETS

    attributes: str = field(
        "estimated", about="source of y", at="protect", among=("estimated", "label")
    )

    @property
    def keeps(self) -> frozenset[str]:  # type: ignore[override]
        """The labels of y, and expression, which follows from action units."""
        return frozenset({*self.names, "expression"})

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """The labels of y, with `attributes=label`."""
        return self.names if self.attributes == "label" else ()

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The networks, what `trained` returns, and `config.*`, `scale.*` of NetConfig and Scale.

        Also `classes`, int64 (D,): 1 where a label of y has two classes; `samples`, uint8
        (2 + D, 8, 3, H, W): pictures, their surrogates, and surrogates where one number of y goes
        from 0 to 1.

        Raises:
            ValueError: if the pictures are not square with a side of 32, 64 or 128 px, or a label
                is missing in all pictures.
        """
        from bench.nn.classifier import to_device
        from bench.nn.inputs import side_of
        from defenses.began_cs import estimator, training
        from defenses.began_cs.nets import SIZES_PX
        from defenses.began_cs.sampling import TrainingSet

        net_config = self.net_config(side_of(faces.images, SIZES_PX))
        y = vectors(faces.labels, self.names)
        absent = [n for n, column in zip(self.names, y.T, strict=True) if np.isnan(column).all()]
        if absent:
            raise ValueError(
                f"expected pictures with the labels in y, got none with {absent}; leave these out "
                "(began_cs:labels=...), or use other data"
            )
        scale = Scale.of(y, standardize=self.standardize)
        images = estimator.in_colours(faces.images, net_config.colours)
        data = TrainingSet(
            *(to_device(context.device, array) for array in (images, scale.standard(y)))
        )
        classes = [np.issubdtype(faces.labels[name].dtype, np.integer) for name in self.names]
        weights = {**config_arrays(net_config), **scale.arrays, "classes": np.array(classes, int)}
        weights |= with_prefix("estimator", estimator.fitted(data, self, context))

        def show(state: Weights) -> None:
            own = replace(context, training_rng=np.random.default_rng(0))  # not the training's
            context.show(self._samples(faces.images, {**weights, **state}, own))

        weights |= training.trained(data, self, weights, context, show)
        return {**weights, SAMPLES: self._samples(faces.images, weights, context)}

    def describe(self, faces: Faces, weights: Weights, context: Context) -> Vectors:
        """The pictures' y, (N, D), 0..1; a missing label is estimated.

        Classes are estimated as 0 or 1, because a face in between would belong to neither.
        """
        from defenses.began_cs.estimator import estimated

        y = estimated(faces.images, weights, context.device)
        if self.attributes == "estimated":
            return y
        read = vectors(faces.labels, self.names)
        return np.where(np.isnan(read), y, read)

    def render(self, y: Vectors, weights: Weights, context: Context) -> Images:
        """A surrogate with each y."""
        from defenses.began_cs.nets import NetConfig

        latent = NetConfig.of(weights).latent
        noise = np.array([rng.uniform(-1, 1, latent) for rng in context.row_rngs], np.float32)
        return self.decode(y, {"noise": noise}, weights, context)

    def notes(self, faces: Faces, y: Vectors, weights: Weights, context: Context) -> Labels:
        """The estimated classes."""
        if self.attributes == "label":
            return {}
        classes = np.flatnonzero(weights["classes"])
        return {ESTIMATED + self.names[i]: y[:, i].astype(np.int64) for i in classes}

    def encode(self, faces: Faces, weights: Weights, context: Context) -> Vectors:
        """The y that is rendered, (N, D)."""
        return y_of(self, faces, weights, context)

    def decode(
        self, codes: Vectors, condition: Labels, weights: Weights, context: Context
    ) -> Images:
        """Surrogates with y, (N, D), 0..1, and the condition `noise`, (N, latent), -1..1."""
        from defenses.began_cs.nets import surrogates

        noise = np.asarray(condition["noise"], np.float32)
        return surrogates(weights, noise, Scale.stored(weights).standard(codes), context.device)

    def _samples(self, images: Images, weights: Weights, context: Context) -> Images:
        """Pictures, their surrogates, and the effect of each number of y."""
        from defenses.began_cs.estimator import estimated

        shown = images[np.linspace(0, len(images) - 1, N_SHOWN).astype(int)]
        y = estimated(shown, weights, context.device)
        n_labels = len(self.names)
        mean = np.tile(Scale.stored(weights).mean, (n_labels, N_SHOWN, 1))  # (D, n, D)
        for i, row in enumerate(mean):
            row[:, i] = np.linspace(0, 1, N_SHOWN)
        drawn = context.rng.uniform(-1, 1, (N_SHOWN, self.latent))
        same = np.tile(drawn[:1], (n_labels * N_SHOWN, 1))
        noise = np.concatenate([drawn, same]).astype(np.float32)
        made = self.decode(np.concatenate([y, *mean]), {"noise": noise}, weights, context)
        return np.concatenate([shown, made]).reshape(n_labels + 2, N_SHOWN, *shown.shape[1:])
