"""The game of generator and discriminator, in one pass where the released loop makes several.

An iteration is two steps of the generator, on a fresh batch and fresh people each, and one of the
discriminator: on real pictures and on those that the generator has just made. Before the game the
discriminator may learn classes, then encoder and decoder to make pictures that are like others.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py.
Differs from it: the discriminator's made pictures are those of the generator's last step, where
they are made anew in inference mode; its two updates, on real and on made, are one. What comes
before the game, the comparison of pixels, the reading of codes, and weights and statistics that are
means are ours; the released settings leave them out.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bench.nn.checkpoint import Stateful
from bench.nn.inputs import Pictures
from bench.nn.training import autocast
from defenses.pprl_vgan.losses import heads, kl, of_discriminator, of_generator, softened
from defenses.pprl_vgan.nets import Decoder, Discriminator, Encoder, Form, Verdict
from defenses.pprl_vgan.optimizers import lower, optimizer, set_rate
from defenses.pprl_vgan.pupils import Pupils
from defenses.pprl_vgan.recipe import Recipe

FIGURES = (  # of the game
    "kl", "real", "person", "utility", "reading",  # the generator's losses, nats
    "error",  # of what it makes from pictures to be like, 0..2
    "person_made", "utility_made",  # how often the discriminator's heads name what was wanted
    "variety",  # of made pictures, as a share of real ones'
    "d_real", "d_person", "d_utility", "d_fake",  # the discriminator's losses, nats
    "person_known", "utility_known",  # how often its heads are right about real pictures
)  # fmt: skip
Figures = Mapping[str, Tensor]  # a number each
Step = Callable[[int, int], Figures]  # of the step's number, and how many there will be


class Made(NamedTuple):
    """What encoder and decoder make of pictures.

    Attributes:
        images: in [-1, 1], (N, 3, H, W).
        codes: as drawn, (N, latent).
        divergence: of the codes' distributions from the standard normal, nats, (N,).
    """

    images: Tensor
    codes: Tensor
    divergence: Tensor


class Shown(NamedTuple):
    """What a step of the generator leaves: pictures with what they should show, and figures."""

    images: Tensor
    person: Tensor
    utility: Tensor
    figures: Figures


class Game:
    """Three networks with their optimizers and data; `epoch` moves it on.

    Attributes:
        n_done: epochs so far, those before the game included.
        history: means of FIGURES, epoch by epoch of the game.
    """

    def __init__(
        self, pupils: Pupils, form: Form, recipe: Recipe, generator: torch.Generator, device: str
    ) -> None:
        self.pupils, self.form, self.recipe, self.generator = pupils, form, recipe, generator
        self.device = torch.device(device)
        self.encoder, self.decoder = Encoder(form), Decoder(form)
        self.discriminator = Discriminator(form)
        self.reader = nn.Linear(form.latent, form.n_classes)  # of what the code says
        for net in (self.encoder, self.decoder, self.discriminator, self.reader):
            net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.kept = nn.ModuleList([self.encoder, self.decoder])
        mean = get_ema_multi_avg_fn(recipe.average)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.kept, multi_avg_fn=mean)
        learning = [*self.kept.parameters(), *self.reader.parameters()]
        self.maker = optimizer(learning, recipe.lr, recipe)
        self.judge = optimizer([*self.discriminator.parameters()], recipe.d_lr, recipe)
        self.views = Pictures(recipe.shift, recipe.flip)
        whole_batches = max(1, len(pupils.images) // recipe.batch)
        self.n_iterations = recipe.iterations or whole_batches  # of an epoch
        self.n_done = 0
        self.history: list[list[float]] = []

    @property
    def parts(self) -> dict[str, Stateful]:
        """All that learns."""
        names = ("encoder", "decoder", "discriminator", "reader", "average", "maker", "judge")
        return {name: getattr(self, name) for name in names}

    def epoch(self) -> Mapping[str, float]:
        """Moves on by an epoch: of classes, then of rebuilding, then of the game.

        Returns:
            means of its figures by name; those of the game are FIGURES.
        """
        recipe, number = self.recipe, self.n_done
        phases = (
            (self._class, recipe.warmup),
            (self._rebuild, recipe.rebuild),
            (self._play, recipe.epochs),
        )
        for step, n_epochs in phases:
            if number < n_epochs:
                told = self._means(step, number, n_epochs)
                break
            number -= n_epochs
        self.n_done += 1
        if self.n_done == recipe.warmup and recipe.pooled:  # the encoder sees as its judge does
            self.encoder.body.load_state_dict(self.discriminator.body.state_dict())
        if self.n_done > recipe.warmup + recipe.rebuild:
            self.history.append([told[name] for name in FIGURES])
        return told

    def settle(self) -> None:
        """Encoder and decoder as the recipe keeps them: means of weights, statistics of their own.

        What training leaves is where the last batches pulled; batch norm's statistics are those of
        few batches, of networks that still moved.
        """
        if self.recipe.average:
            for last, mean in zip(self.kept.parameters(), self.average.parameters(), strict=True):
                last.data.copy_(mean)
        for part in self.kept.modules():
            if isinstance(part, nn.BatchNorm2d) and self.recipe.settle:
                part.reset_running_stats()
                part.momentum = None  # a mean over all batches
        with torch.no_grad():
            for _ in range(self.recipe.settle):
                images, own, _ = self._batch()
                self._made(images, self._wanted(own))

    def _means(self, step: Step, number: int, n_epochs: int) -> Mapping[str, float]:
        """Means of the figures of an epoch's steps; number: of the epoch, among so many."""
        n = self.n_iterations
        found = [
            {name: value.detach() for name, value in step(i, n_epochs * n).items()}
            for i in range(number * n, (number + 1) * n)
        ]
        return {name: float(torch.stack([f[name] for f in found]).mean()) for name in found[0]}

    def _class(self, number: int, n: int) -> Figures:
        """A step in which the discriminator learns who and what."""
        set_rate(self.judge, self.recipe.d_lr * 2 * (1 - number / n))
        images, person, utility = self._batch()
        verdict = self._judged(images)
        terms = heads(verdict, torch.ones_like(verdict.real), person, utility)
        lower(self.judge, self.recipe.d_person * terms[1] + self.recipe.d_utility * terms[2])
        told = {"d_person": terms[1], "d_utility": terms[2]}
        return {**told, **_right("known", verdict, person, utility)}

    def _rebuild(self, number: int, n: int) -> Figures:
        """A step in which encoder and decoder learn without the discriminator."""
        images, own, utility = self._batch()
        person = self._wanted(own)
        made = self._made(images, person)
        divergence, reading = made.divergence.mean(), self._reading(made, utility)
        error = self._error(made, images, person, utility)
        recipe = self.recipe
        loss = recipe.w_kl * divergence + recipe.w_read * reading + recipe.w_alone * error
        lower(self.maker, loss)
        return {"kl": divergence, "reading": reading, "error": error}

    def _play(self, number: int, n: int) -> Figures:
        """An iteration of the game, the number-th of n."""
        rate = 1 / (1 + self.recipe.decay * number)
        if self.recipe.anneal:
            rate *= min(1.0, 2 - 2 * number / n)
        set_rate(self.maker, self.recipe.lr * rate)
        set_rate(self.judge, self.recipe.d_lr * rate)
        self._fool()
        shown = self._fool()
        return {**shown.figures, **self._discern(shown)}

    def _fool(self) -> Shown:
        """A step of the generator."""
        images, own, utility = self._batch()
        person = self._wanted(own)
        self.discriminator.requires_grad_(False)  # its gradients would be made in vain
        made = self._made(images, person)
        verdict = self._judged(self._seen(made.images))
        terms = heads(verdict, torch.ones_like(verdict.real), person, utility)
        recipe, none = self.recipe, torch.zeros((), device=self.device)
        reading = self._reading(made, utility) if recipe.w_read else none
        error = self._error(made, images, person, utility) if recipe.w_rebuild else none
        loss = of_generator(made.divergence, terms, recipe.shares)
        lower(self.maker, loss + recipe.w_read * reading + recipe.w_rebuild * error)
        if recipe.average:
            self.average.update_parameters(self.kept)
        self.discriminator.requires_grad_(True)
        shown = made.images.detach()
        figures = {
            "kl": made.divergence.mean(),
            "reading": reading,
            "error": error,
            **dict(zip(("real", "person", "utility"), terms, strict=True)),
            **_right("made", verdict, person, utility),
            "variety": _variety(shown) / _variety(images),
        }
        return Shown(shown, person, utility, figures)

    def _discern(self, shown: Shown) -> Figures:
        """A step of the discriminator."""
        images, person, utility = self._batch()
        known, fake = self._judged(images), self._judged(self._seen(shown.images))
        n = len(images)
        of_known = heads(known, softened(n, self.device, real=True), person, utility)
        of_fake = heads(fake, softened(n, self.device, real=False), shown.person, shown.utility)
        loss = of_discriminator(
            of_known, of_fake, self.recipe.d_shares, fakes_teach=self.recipe.fakes_teach
        )
        lower(self.judge, loss)
        names = ("d_real", "d_person", "d_utility", "d_fake")
        figures = dict(zip(names, [*of_known, of_fake[0]], strict=True))
        return {**figures, **_right("known", known, person, utility)}

    def _batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Different pictures, moved and mirrored; who it is, and what they show."""
        images, person, utility = self.pupils.drawn(self.recipe.batch, self.generator)
        return self._seen(images), person, utility

    def _wanted(self, own: Tensor) -> Tensor:
        """Whom pictures of these people shall show, (N,): the first their own, others anybody."""
        person = torch.randint(0, self.form.n_people, (len(own),), generator=self.generator)
        person = person.to(self.device)
        n_own = self._n_own(len(own))
        person[:n_own] = own[:n_own]
        return person

    def _n_own(self, n: int) -> int:
        """How many of n pictures show their own person."""
        return int(self.recipe.own * n)

    def _made(self, images: Tensor, person: Tensor) -> Made:
        """Each picture shown as a person, by a code drawn."""
        with autocast(self.device):
            mean, logvar = (moment.float() for moment in self.encoder(images))
            codes = mean + torch.randn_like(mean) * self.encoder.spread(logvar)
            made = self.decoder(codes, person)
        return Made(made.float(), codes, kl(mean, logvar))

    def _reading(self, made: Made, utility: Tensor) -> Tensor:
        """How badly the utility is read off the codes, nats."""
        return functional.cross_entropy(self.reader(made.codes), utility)

    def _error(self, made: Made, images: Tensor, person: Tensor, utility: Tensor) -> Tensor:
        """Mean error of pictures of the own person from the source, of others from their peers.

        Sources are moved as the encoder sees them; peers are upright, as releases should be.
        """
        n_own = self._n_own(len(images))
        peers = self.pupils.peers(person[n_own:], utility[n_own:], self.generator)
        return (made.images - torch.cat([images[:n_own], peers])).abs().mean()

    def _judged(self, images: Tensor) -> Verdict:
        """What the discriminator says."""
        with autocast(self.device):
            verdict = self.discriminator(images)
        return Verdict(*(logits.float() for logits in verdict))

    def _seen(self, images: Tensor) -> Tensor:
        """The pictures moved and mirrored at random; gradients pass."""
        if not (self.views.shift or self.views.flip):
            return images
        moved = self.views.moved(images, self.generator)
        return moved.contiguous(memory_format=torch.channels_last)


def _variety(images: Tensor) -> Tensor:
    """How much pictures differ from one another, at every fourth pixel each way."""
    return images[:, :, ::4, ::4].std(dim=0).mean()


def _right(which: str, verdict: Verdict, person: Tensor, utility: Tensor) -> Figures:
    """How often the heads name person and utility."""
    pairs = {"person": (verdict.person, person), "utility": (verdict.utility, utility)}
    return {
        f"{head}_{which}": (logits.argmax(dim=1) == truth).float().mean()
        for head, (logits, truth) in pairs.items()
    }
