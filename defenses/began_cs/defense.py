"""The defense."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from bench.api import SAMPLES, Context, Weights, field
from bench.faces import ESTIMATED, Array, Faces, Images, Release
from bench.nn.classifier import on
from bench.nn.state import form_arrays, form_of, restored
from bench.registry import register
from bench.spec import Value
from defenses.began_cs import estimator
from defenses.began_cs.labels import Pupils, Scale, Vectors, vectors
from defenses.began_cs.nets import SIZES_PX, Form, Generator
from defenses.began_cs.recipe import BEGAN_CS, PAPER, Recipe
from defenses.began_cs.training import trained

ATTRIBUTES = ("estimated", "label")
AT_ONCE = 256  # pictures
N_SHOWN = 8  # pictures in a row of the samples
LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


@register("began_cs")
@dataclass(frozen=True)
class BEGANCS(Recipe):
    """Shows a face that nobody has, made of y and of noise alone.

    y are ten attributes (pose, action units, gender). The generator learns against an autoencoder
    that rebuilds real pictures well and made ones badly, in a balance; made pictures must be
    encoded as the noise they were made of, and a predictor of y must see in them what was wanted.

    At protection y is estimated by a regressor of the defender's. No pixel reaches the release:
    whatever it gives away of a picture, y does. y is the code, and `notes["y"]`.

    Source: Shirai and Whitehill, "Privacy-Preserving Annotation of Face Images through
    Attribute-Preserving Face Synthesis", CVPR-W 2019 (preset `paper`; `began_cs` has alpha and
    gamma of Chang et al., ECCV 2018, which the paper's look like a swap of).
    Differs from it: see also nets.py, losses.py and training.py. The paper leaves open widths,
    lambda_k, batch, epochs, norms and weights of the errors; y comes of its own regressor, and
    networks take it standardised. The default learns in a minute and a half, from hundreds of
    pictures of 32 px. What serves y: the frozen regressor, beside the predictor, says what it sees
    in made pictures (`w_estimator`), relit and through noise (`estimator_haze`), so that eyes and
    mouths convince it, not patterns; the encoder has the blocks of an identifier (`pooled`), and
    the predictor reads what these say; it sees pictures through noise (`haze`), moved and mirrored
    (`shift`, `mirror`); z is drawn as people of a class have it (`apart`); rates fall (`anneal`);
    classes of y are estimated as 0 or 1. What serves the picture: networks add to a fixed linear
    map, eigenfaces of what y leaves over (`linear`, basis.py), and the generator goes on rebuilding
    real pictures from the z these have there (`rebuild`, `w_rebuild`, `reach`); the code has
    numbers that no noise asks for (`spare`); the generator's running mean is kept.
    """

    hides = frozenset({"identity"})
    discloses = frozenset({"y"})
    presets: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "quick": {},
        "paper": PAPER,
        "began_cs": BEGAN_CS,
    }

    attributes: str = field("estimated", about="y, or read from a `label`", at="protect")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.attributes not in ATTRIBUTES:
            raise ValueError(f"attributes is one of {ATTRIBUTES}, got {self.attributes!r}")

    @property
    def keeps(self) -> frozenset[str]:  # type: ignore[override]
        """What y says, and the expressions that action units make."""
        return frozenset({*self.names, "expression"})

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """The labels of y, if it is read."""
        return self.names if self.attributes == "label" else ()

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The networks, and what `protect` must know of y.

        Returns:
            `generator.*`, `estimator.*`, `form.*` (see Form), `scale.*` (see Scale), what `trained`
            tells, and
            `classes`, int64 (D,): 1 where a label of y has two classes;
            `samples`, uint8 (2 + D, 8, 3, H, W): pictures, surrogates of these, and of each number
            of y from 0 to 1.

        Raises:
            ValueError: if the pictures are not square with a side of 32, 64 or 128 px, or a label
                is missing in all of them.
        """
        form, y = self._form_for(faces.images), vectors(faces.labels, self.names)
        if absent := [
            n for n, column in zip(self.names, y.T, strict=True) if np.isnan(column).all()
        ]:
            raise ValueError(
                f"no picture has the labels {absent}; leave them out (began_cs:labels=...), or "
                "give data that have them"
            )
        turned = np.isin(self.names, self.mirror.split("+"))
        scale = Scale.of(y, turned)
        weights = {**form_arrays(form), **scale.arrays}
        weights |= {"classes": np.array([_is_class(faces.labels[n]) for n in self.names])}
        pupils = self._pupils(_coloured(faces.images, form.colours), y, scale, context.device)
        found = estimator.fitted(form, pupils, self.estimator_haze, self.schedule, context)
        weights |= {f"estimator.{name}": array for name, array in found.items()}
        weights |= trained(pupils, form, self, found, context)
        return {**weights, SAMPLES: self._samples(faces.images, weights, context)}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """A surrogate of each picture, with `y` and the classes that were estimated."""
        y, latent = self.encode(faces, weights, context), form_of(Form, weights).latent
        noise = np.array([rng.uniform(-1, 1, latent) for rng in context.row_rngs], np.float32)
        images = self.decode(y, {"noise": noise}, weights, context)
        notes: dict[str, Array] = {"y": y}
        if self.attributes == "estimated":
            classes = np.flatnonzero(weights["classes"])
            notes |= {ESTIMATED + self.names[i]: y[:, i].astype(np.int64) for i in classes}
        return Release(images, notes)

    def encode(self, faces: Faces, weights: Weights, context: Context) -> Vectors:
        """The pictures' y, (N, D), 0..1; where a label is missing, it is estimated.

        A class is estimated as 0 or 1: a face between the two would belong to neither.
        """
        y = self._seen(faces.images, weights, context)
        if self.attributes == "estimated":
            return y
        read = vectors(faces.labels, self.names)
        return np.where(np.isnan(read), y, read)

    def decode(
        self,
        codes: Vectors,
        condition: Mapping[str, NDArray[Any]],
        weights: Weights,
        context: Context,
    ) -> Images:
        """Surrogates with these y.

        Args:
            codes: y, (N, D), 0..1.
            condition: `noise`, which z is made of, (N, latent), -1..1.
            weights: of `fit`.
            context: names the device.
        """
        net = restored(
            Generator(form_of(Form, weights)), _part(weights, "generator."), context.device
        )
        y, noise = Scale.kept(weights).standard(codes), np.asarray(condition["noise"], np.float32)
        parts = [[on(context.device, c) for c in _chunks(array)] for array in (noise, y)]
        with torch.inference_mode():
            made = torch.cat([net(net.drawn(n, y), y).cpu() for n, y in zip(*parts, strict=True)])
        levels = (made * 127.5 + 127.5).round().clamp(0, 255).to(torch.uint8)
        shape = (len(levels), 3, *levels.shape[2:])
        return np.ascontiguousarray(levels.expand(shape).numpy())

    def _form_for(self, images: Images) -> Form:
        """The networks' form, if they take such pictures."""
        height, width = images.shape[2:]
        if height != width or width not in SIZES_PX:
            raise ValueError(
                f"BEGAN-CS takes pictures with a side of {SIZES_PX} px, got {height}x{width}; "
                "give the data another size"
            )
        return self.form(width)

    def _pupils(self, images: Images, y: Vectors, scale: Scale, device: str) -> Pupils:
        """What is learned from."""
        turned = on(device, scale.turned) if self.mirror else None
        return Pupils(on(device, images), on(device, scale.standard(y)), turned)

    def _seen(self, images: Images, weights: Weights, context: Context) -> Vectors:
        """What the regressor sees, (N, D)."""
        form, scale = form_of(Form, weights), Scale.kept(weights)
        shown, kept = _coloured(images, form.colours), _part(weights, "estimator.")
        y = estimator.estimated(form, shown, scale, kept, context.device)
        return np.where(weights["classes"] == 1, np.round(y), y)

    def _samples(self, images: Images, weights: Weights, context: Context) -> Images:
        """Pictures, their surrogates, and what each number of y does to a face."""
        spread = np.linspace(0, len(images) - 1, N_SHOWN).astype(int)
        shown = images[spread]
        form, n = form_of(Form, weights), len(shown)
        y = self._seen(shown, weights, context)
        mean = np.tile(Scale.kept(weights).mean, (form.labels, n, 1))  # (D, n, D)
        for i, row in enumerate(mean):
            row[:, i] = np.linspace(0, 1, n)
        drawn = context.rng.uniform(-1, 1, (n, form.latent))
        one = np.tile(drawn[:1], (form.labels * n, 1))
        noise = np.concatenate([drawn, one]).astype(np.float32)
        made = self.decode(np.concatenate([y, *mean]), {"noise": noise}, weights, context)
        return np.concatenate([shown, made]).reshape(form.labels + 2, n, *shown.shape[1:])


def _coloured(images: Images, colours: int) -> Images:
    """Pictures, (N, colours, H, W): all three, or their luma."""
    if colours == 3:
        return images
    grey = np.einsum("nchw,c->nhw", images.astype(np.float32), LUMA)
    levels: Images = np.rint(grey).astype(np.uint8)
    return levels[:, None]  # (N, 1, H, W)


def _is_class(label: Array) -> int:
    return int(np.issubdtype(label.dtype, np.integer))


def _part(weights: Weights, name: str) -> Weights:
    """The arrays of one network."""
    return {k.removeprefix(name): v for k, v in weights.items() if k.startswith(name)}


def _chunks(array: Array) -> list[Array]:
    return [array[start : start + AT_ONCE] for start in range(0, len(array), AT_ONCE)]
