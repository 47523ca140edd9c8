"""The plugin; networks are imported where they are used."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.api import SAMPLES, Context, Weights, field
from bench.faces import Faces, Images, Labels, Release, missing
from bench.registry import register
from defenses.pprl_vgan.train_config import PRESETS, Presets, TrainConfig

POLICIES = ("random", "fixed", "same-utility", "never-own")

Ids = NDArray[np.int64]
Codes = NDArray[np.float32]


@register("pprl_vgan")
@dataclass(frozen=True)
class PPRLVGAN(TrainConfig):
    """Shows the face of another person, c, with the expression of the picture.

    The encoder of a VAE maps a picture to a random code; the decoder makes a picture from the code
    and a person c that the defender chooses. Both learn against a discriminator that knows the
    defender's people: the picture must look real, show c, and have the source's expression. As c
    gives the identity, the code does not need it.

    c is one of the defender's people; `notes["c"]` is that person's identity label. The attacker of
    scenario I names c: its accuracy is near chance by construction, which is no evidence.

    Source: Chen, Konrad, Ishwar, CVPR-W 2018 (arXiv:1803.07100) [chen2018pprl]; released train.py,
    first release (FERG) and last (MUG).
    Differs from it: see also nets.py and adversarial_training.py. The discriminator is updated
    after the generator, on the fakes of the generator's last step; the authors update it before, on
    new fakes, made from the real pictures of that update. `ferg` and `mug` have the
    released settings, with the sigmoid of the log-variance (`bounded`) and MUG's error in the
    spread (`squared`), which the default fixes, and with Keras' initial weights, padding, optimizer
    and decay of rates (`released`). The default learns in a minute, from a thousand pictures of 32
    px, and `faces` in an hour, from 3,000 of 64 px, what the released settings learn in hours:
    networks are narrower; encoder and discriminator have the blocks of the authors' identifier; the
    discriminator learns people and expressions first (`warmup`), and the encoder starts from its
    blocks. Half of the generated pictures show their own person and are compared with their sources
    (`w_rebuild`), which the authors do not do. In the others, a guide must find the utility label
    (`w_guide`): a network that learned it before (`guide_steps`), because some of what satisfies
    the discriminator alone is visible to no other network. The code is trained to hold that label
    (`w_read`); the discriminator sees pictures mirrored and shifted (`augment`); the optimizer is
    Adam; running means of the weights are kept (`average`), with new statistics of batch norm.
    An attacker on codes may get the mean or both moments (`code`), where the authors give their MLP
    one sample, and several releases of a picture (`draws` and `queries` of a threat); nothing is
    chosen on test pictures.
    """

    hides = frozenset({"identity"})
    discloses = frozenset({"c"})
    replaces: ClassVar[Mapping[str, str]] = {"identity": "c"}
    presets: ClassVar[Presets] = PRESETS

    policy: str = field(
        "random", about="choice of c; never-own reads identity", at="protect", among=POLICIES
    )
    person: int = field(0, about="c with policy=fixed: index of a person", at="protect")
    code: str = field(
        "sample", about="released moments", at="protect", among=("sample", "mean", "both")
    )

    @property
    def keeps(self) -> frozenset[str]:  # type: ignore[override]
        """The utility label."""
        return frozenset({self.utility})

    @property
    def reads_to_protect(self) -> tuple[str, ...]:
        """The label that the policy reads."""
        return {"same-utility": (self.utility,), "never-own": ("identity",)}.get(self.policy, ())

    def fit(self, faces: Faces, context: Context) -> Weights:
        """What `trained` returns, and the people.

        `people`, int64 (n_people,): the identity label of each possible c; `showing`, int64
        (n_people, n_classes): pictures of each person per utility class; `samples`, uint8
        (n_classes, 1 + n_people, 3, H, W): a picture of each class, then each person showing it.

        Raises:
            ValueError: if the pictures are not square with a side of 32, 64 or 128 px, or show
                fewer than two people or classes.
        """
        import torch

        from bench.nn.classifier import to_device
        from bench.nn.inputs import side_of
        from defenses.pprl_vgan.nets import SIZES_PX
        from defenses.pprl_vgan.sampling import TrainingSet
        from defenses.pprl_vgan.training import guided, trained

        identity, utility = (np.asarray(faces.labels[k], np.int64) for k in self.reads_to_fit)
        known = ~missing(identity) & ~missing(utility)
        people, person = np.unique(identity[known], return_inverse=True)
        images, utility = faces.images[known], utility[known]
        classes, first = np.unique(utility, return_index=True)
        side_of(images, SIZES_PX)  # raises unless the side is one of these
        n_people = len(people)
        if min(n_people, len(classes)) < 2:
            raise ValueError(
                f"expected two people and two classes of {self.utility} or more, got {n_people} "
                f"people and {len(classes)} classes; use more data"
            )
        showing = np.zeros((n_people, int(classes.max()) + 1), np.int64)
        np.add.at(showing, (person, utility), 1)
        labels = torch.from_numpy(person), torch.from_numpy(utility)
        data = TrainingSet(to_device(context.device, images), *labels)

        def samples(state: Weights) -> Images:
            return _samples(images[first], n_people, state, context.device)

        guide = guided(images, utility, self, context)
        weights = trained(data, self, guide, context, lambda state: context.show(samples(state)))
        return {**weights, "people": people, "showing": showing, SAMPLES: samples(weights)}

    def protect(self, faces: Faces, weights: Weights, context: Context) -> Release:
        """Each picture with the face of a person c; note: `c`, that person's identity label."""
        from defenses.pprl_vgan.nets import moments

        mean, spread = moments(faces.images, weights, context.device)
        noise, share = _drawn(context, mean.shape[1])
        choices = zip(self._choices(faces, weights), share, strict=True)
        person = np.array([people[int(x * len(people))] for people, x in choices], np.int64)
        images = self.decode(mean + spread * noise, {"person": person}, weights, context)
        return Release(images, {"c": weights["people"][person]})

    def encode(self, faces: Faces, weights: Weights, context: Context) -> Codes:
        """The code that `protect` draws, its mean, or mean and log-variance: (N, latent or twice).

        The log-variance is twice the logarithm of the spread, also with `squared`.
        """
        from defenses.pprl_vgan.nets import moments

        mean, spread = moments(faces.images, weights, context.device)
        if self.code == "mean":
            return mean
        if self.code == "both":
            return np.concatenate([mean, 2 * np.log(spread)], axis=1)  # (N, 2*latent)
        return mean + spread * _drawn(context, mean.shape[1])[0]

    def decode(self, codes: Codes, condition: Labels, weights: Weights, context: Context) -> Images:
        """Pictures of codes, (N, latent or twice), as the defender's people `person`, (N,).

        If codes hold both moments, it uses the mean.

        Raises:
            ValueError: if a person is not one of the defender's.
        """
        from defenses.pprl_vgan.nets import NetConfig, decoded

        config = NetConfig.of(weights)
        person = np.asarray(condition["person"], np.int64)
        if len(person) and not 0 <= person.min() <= person.max() < config.n_people:
            raise ValueError(
                f"expected person from 0 to {config.n_people - 1} (the people in training), got "
                f"{person.min()} to {person.max()}"
            )
        return decoded(codes[:, : config.latent], person, weights, context.device)

    def _choices(self, faces: Faces, weights: Weights) -> Iterator[Ids]:
        """For each picture, the people that the policy allows."""
        all_people = np.arange(len(weights["people"]))
        if self.policy == "random":
            return iter([all_people] * len(faces))
        if self.policy == "fixed":
            return iter([np.array([self.person])] * len(faces))
        own = np.asarray(faces.labels[self.reads_to_protect[0]], np.int64)  # (N,)
        if self.policy == "never-own":
            return (all_people[weights["people"] != label] for label in own)
        shows = weights["showing"] > 0  # (n_people, n_classes)
        return (all_people[shows[:, label]] if label >= 0 else all_people for label in own)


def _drawn(context: Context, latent: int) -> tuple[Codes, NDArray[np.float64]]:
    """For each picture, normal noise, (N, latent), and a number in [0, 1), (N,).

    Both are drawn together, because reading `row_rngs` again restarts the streams.
    """
    pairs = [(rng.standard_normal(latent), rng.random()) for rng in context.row_rngs]
    return np.array([noise for noise, _ in pairs], np.float32), np.array([x for _, x in pairs])


def _samples(shown: Images, n_people: int, weights: Weights, device: str) -> Images:
    """Each picture, then all people with its mean code, (N, 1 + n_people, 3, H, W)."""
    from defenses.pprl_vgan.nets import decoded, moments

    codes = np.repeat(moments(shown, weights, device)[0], n_people, axis=0)
    made = decoded(codes, np.tile(np.arange(n_people), len(shown)), weights, device)
    made = made.reshape(len(shown), n_people, *shown.shape[1:])
    return np.concatenate([shown[:, None], made], axis=1)
