"""The defense."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from bench.api import SAMPLES, Context, Weights, field
from bench.faces import Array, Faces, Images, Release, missing
from bench.nn.classifier import on
from bench.nn.inputs import scaled
from bench.nn.state import form_arrays, form_of, restored
from bench.registry import register
from bench.spec import Value
from defenses.pprl_vgan.nets import SIZES_PX, Decoder, Encoder, Form
from defenses.pprl_vgan.pupils import Pupils
from defenses.pprl_vgan.recipe import FERG, MUG, Recipe
from defenses.pprl_vgan.training import trained

POLICIES = ("random", "fixed", "same-utility", "never-own")
CODES = ("sample", "mean", "both")
AT_ONCE = 256  # pictures

Ids = NDArray[np.int64]
Codes = NDArray[np.float32]


@register("pprl_vgan")
@dataclass(frozen=True)
class PPRLVGAN(Recipe):
    """Shows another person's face, c, with the expression of the picture.

    The encoder of a VAE says what the picture shows as a random code; the decoder makes a picture
    of the code and of a person c whom the defender chooses. A discriminator that knows the
    defender's people makes both see to it that the picture is real, is c, and shows the source's
    expression. As c supplies the identity, the code need not carry it.

    c is one of the people that it was fitted to; `notes["c"]` is that person's identity label. The
    attacker of scenario I names c: that it is near chance is by construction, no evidence.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 (arXiv:1803.07100); released train.py, first release
    (FERG) and last (MUG).
    Differs from it: see also nets.py and game.py. `ferg` and `mug` take the released settings;
    with them come the log-variance's sigmoid (`bounded`) and MUG's slip in the spread (`squared`),
    which the default mends. The default learns in a minute, from a thousand pictures of 32 px,
    what the released settings learn in hours: it is narrower; encoder and discriminator have the
    blocks of the authors' identifier (`pooled`); the discriminator learns people and expressions
    first (`warmup`) and the encoder begins with its blocks; before the game (`rebuild`) and in it
    (`w_rebuild`) pixels are compared, which the authors never do: a share of what is made (`own`)
    shows its own person and is to be like its source, the rest like another picture of c that
    shows the same, so that comparing teaches expressions and faces, and nothing of the source; the
    code is made to say the expression (`w_read`); the discriminator sees pictures mirrored and
    moved; it takes Adam; what is kept are means of the last steps' weights (`average`), with batch
    norm's statistics taken anew (`settle`).
    An attacker of codes may get the mean or both moments (`code`), where the authors give their MLP
    one sample, and several releases of a picture (the threats' `draws` and `queries`); nothing is
    chosen on test pictures.
    """

    hides = frozenset({"identity"})
    discloses = frozenset({"c"})
    imposes: ClassVar[Mapping[str, str]] = {"identity": "c"}
    presets: ClassVar[Mapping[str, Mapping[str, Value]]] = {
        "quick": {},
        "ferg": FERG,
        "mug": MUG,
    }

    policy: str = field(
        "random",
        about="c is `random`, `fixed` to `person`, of people who show the `same-utility`, or "
        "`never-own`, which reads who it is",
        at="protect",
    )
    person: int = field(0, about="c of the policy `fixed`: a number of the people", at="protect")
    code: str = field("sample", about="given out as code: sample, mean, or both", at="protect")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.policy not in POLICIES or self.code not in CODES:
            raise ValueError(
                f"policy is one of {POLICIES} and code of {CODES}, got {self.policy!r} and "
                f"{self.code!r}"
            )

    @property
    def keeps(self) -> frozenset[str]:  # type: ignore[override]
        """What it was told to keep."""
        return frozenset({self.utility})

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """What the policy reads."""
        return {"same-utility": (self.utility,), "never-own": ("identity",)}.get(self.policy, ())

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The networks, and what `protect` must know of the people.

        Returns:
            `encoder.*`, `decoder.*`, `form.*` (see Form), what `trained` tells, and
            `people`, int64 (n_people,): the identity label of each number that c may be;
            `showing`, int64 (n_people, n_classes): pictures of each person per utility class;
            `samples`, uint8 (n_classes, 1 + n_people, 3, H, W): a picture of each class, then
            each person with what it shows.

        Raises:
            ValueError: if the pictures are not square with a side of 32, 64 or 128 px, or show
                fewer than two people or classes.
        """
        identity, utility = (np.asarray(faces.labels[k], np.int64) for k in self.reads_to_fit)
        known = ~missing(identity) & ~missing(utility)
        people, person = np.unique(identity[known], return_inverse=True)
        images, utility = faces.images[known], utility[known]
        form = self._form_for(images, people, utility)
        showing = np.zeros((form.n_people, form.n_classes), np.int64)
        np.add.at(showing, (person, utility), 1)
        pupils = Pupils(*(on(context.device, part) for part in (images, person, utility)))
        weights = {**form_arrays(form), **trained(pupils, form, self, context)}
        shown = np.unique(utility, return_index=True)[1]
        samples = _samples(images[shown], form.n_people, weights, context.device)
        return {**weights, "people": people, "showing": showing, SAMPLES: samples}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Each picture with the face of a person c, and `c`, that person's identity label."""
        noise, luck = _drawn(context, form_of(Form, weights).latent)
        mean, spread = _moments(faces.images, weights, context.device)
        choices = zip(self._may_be(faces, weights), luck, strict=True)
        person = np.array([may[int(share * len(may))] for may, share in choices], np.int64)
        images = self.decode(mean + spread * noise, {"person": person}, weights, context)
        return Release(images, {"c": weights["people"][person]})

    def encode(self, faces: Faces, weights: Weights, context: Context) -> Codes:
        """The code that `protect` draws, its mean, or mean and log-variance: (N, latent or twice).

        The spread's logarithm stands for the log-variance: twice as much, unless `squared`.
        """
        mean, spread = _moments(faces.images, weights, context.device)
        if self.code == "mean":
            return mean
        if self.code == "both":
            return np.concatenate([mean, 2 * np.log(spread)], axis=1)  # (N, 2*latent)
        return mean + spread * _drawn(context, mean.shape[1])[0]

    def decode(
        self,
        codes: Codes,
        condition: Mapping[str, NDArray[Any]],
        weights: Weights,
        context: Context,
    ) -> Images:
        """Pictures of codes; of both moments it takes the mean.

        Args:
            codes: (N, latent) or (N, 2 * latent).
            condition: `person`, integers, (N,): which of the defender's people each one shows.
            weights: of `fit`.
            context: names the device.

        Raises:
            ValueError: if a person is none of the defender's.
        """
        form = form_of(Form, weights)
        person = np.asarray(condition["person"], np.int64)
        if len(person) and not 0 <= person.min() <= person.max() < form.n_people:
            raise ValueError(
                f"person is 0 to {form.n_people - 1}, the people that it was fitted to, got "
                f"{person.min()} to {person.max()}"
            )
        return _decoded(codes[:, : form.latent], person, weights, context.device)

    def _may_be(self, faces: Faces, weights: Weights) -> Iterator[Ids]:
        """The people that each picture may be shown as, by the policy."""
        everybody = np.arange(len(weights["people"]))
        if self.policy == "random":
            return iter([everybody] * len(faces))
        if self.policy == "fixed":
            return iter([np.array([self.person])] * len(faces))
        own = np.asarray(faces.labels[self.reads_to_protect[0]], np.int64)  # (N,)
        if self.policy == "never-own":
            return (everybody[weights["people"] != label] for label in own)
        shows = weights["showing"] > 0  # (n_people, n_classes)
        return (everybody[shows[:, label]] if label >= 0 else everybody for label in own)

    def _form_for(self, images: Images, people: Ids, utility: Ids) -> Form:
        """The networks' form, if the pictures can be learned from."""
        height, width = images.shape[2:]
        if height != width or width not in SIZES_PX:
            raise ValueError(
                f"PPRL-VGAN takes pictures with a side of {SIZES_PX} px, got {height}x{width}; "
                "give the data another size"
            )
        if min(len(people), len(np.unique(utility))) < 2:
            raise ValueError(
                f"it wants two people and two classes of {self.utility} or more, got "
                f"{len(people)} people; give it more data"
            )
        return self.form(width, len(people), int(utility.max()) + 1)


def _drawn(context: Context, latent: int) -> tuple[Codes, NDArray[np.float64]]:
    """Of each picture's luck: normal noise, (N, latent), and a number in [0, 1), (N,).

    In one go: every look at `row_rngs` begins the same stream anew.
    """
    luck = [(rng.standard_normal(latent), rng.random()) for rng in context.row_rngs]
    return np.array([noise for noise, _ in luck], np.float32), np.array([u for _, u in luck])


def _moments(images: Images, weights: Weights, device: str) -> tuple[Codes, Codes]:
    """Mean and spread of the codes, (N, latent) each, in float32: batches change nothing."""
    net = restored(Encoder(form_of(Form, weights)), _part(weights, "encoder."), device)
    found = []
    with torch.inference_mode():
        for chunk in _chunks(images):
            mean, logvar = net(scaled(on(device, chunk)))
            found.append((mean.cpu(), net.spread(logvar).cpu()))
    mean, spread = (torch.cat(part).numpy() for part in zip(*found, strict=True))
    return mean, spread


def _samples(shown: Images, n_people: int, weights: Weights, device: str) -> Images:
    """The pictures, each followed by everybody with its mean code, (N, 1 + n_people, 3, H, W)."""
    codes = np.repeat(_moments(shown, weights, device)[0], n_people, axis=0)
    made = _decoded(codes, np.tile(np.arange(n_people), len(shown)), weights, device)
    made = made.reshape(len(shown), n_people, *shown.shape[1:])
    return np.concatenate([shown[:, None], made], axis=1)


def _decoded(codes: Codes, person: Ids, weights: Weights, device: str) -> Images:
    """Pictures of codes, (N, latent), and people, (N,)."""
    net = restored(Decoder(form_of(Form, weights)), _part(weights, "decoder."), device)
    given = zip(_chunks(codes), _chunks(person), strict=True)
    with torch.inference_mode():
        made = [net(*(on(device, part) for part in pair)).cpu() for pair in given]
    levels = (torch.cat(made) * 127.5 + 127.5).round().clamp(0, 255)
    return np.ascontiguousarray(levels.to(torch.uint8).numpy())


def _part(weights: Weights, prefix: str) -> Weights:
    """The arrays of one network."""
    return {k.removeprefix(prefix): v for k, v in weights.items() if k.startswith(prefix)}


def _chunks(array: Array) -> list[Array]:
    return [array[start : start + AT_ONCE] for start in range(0, len(array), AT_ONCE)]
