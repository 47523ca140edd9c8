"""The game of generator and discriminator.

An iteration is a step of the discriminator, one of the generator on the same noise and one of k.

Source: Shirai and Whitehill, CVPR-W 2019, section 4; order of steps: released BEGAN-CS.
Differs from it: the default begins from eigenfaces, first trains both networks to rebuild pictures
(`warm_up`), and lets the defender's regressor, which learned before, see y in what is made, too.
"""

import copy
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bench.api import Context, Weights
from bench.nn.checkpoint import Checkpoint, Stateful
from bench.nn.inputs import Pictures, scaled
from bench.nn.seeding import seeded
from bench.nn.state import restored, state_of
from bench.nn.training import autocast
from defenses.began_cs.basis import N_NUMBERS, Basis, set_linear
from defenses.began_cs.estimator import varied
from defenses.began_cs.haze import hazed
from defenses.began_cs.labels import Pupils
from defenses.began_cs.losses import constraint, error, real_or_made, told
from defenses.began_cs.mix import mix
from defenses.began_cs.nets import Code, Discriminator, Form, Generator, Regressor
from defenses.began_cs.recipe import Recipe

N_LOOKS = 20  # in a training: figures and a checkpoint each
FLAT = 0.2  # of the variety of real pictures: made ones with less are all alike
BLUR = 0.1  # share of a drawn z that is added to a real one's while it warms up
FIGURES = (  # of a look, in the order of `Game`
    "real", "made",  # L of either
    "constraint",  # L_C
    "labels_real", "labels_made",  # errors of y, in units of its variance
    "k", "measure",  # of the balance; 0 for a plain GAN
    "variety",  # of made pictures, as a share of real ones'
)  # fmt: skip


def trained(
    pupils: Pupils, form: Form, recipe: Recipe, estimator: Weights, context: Context
) -> Weights:
    """The generator as `generator.*`, and how it went.

    Args:
        pupils: what is learned from.
        form: of the networks.
        recipe: the fields.
        estimator: the state of a Regressor.
        context: randomness, device and folder of checkpoints.

    Returns:
        the state with `history`, (looks, figures), in the order of FIGURES, and `collapsed`, 1 if
        its last pictures are all alike.
    """
    with seeded(context.rng, context.device) as generator:
        game = Game(pupils, form, recipe, generator, context.device)
        game.begin(estimator)
        _play(game, Checkpoint(context.scratch, generator, **game.parts), context)
    history = np.array(game.history, np.float32)
    collapsed = history[-1, FIGURES.index("variety")] < FLAT
    if collapsed:
        context.log("it collapsed: all that it makes looks alike; try another seed")
    return {
        **{f"generator.{name}": array for name, array in state_of(game.mean).items()},
        "history": history,
        "collapsed": np.array([collapsed], np.int64),
    }


def _play(game: "Game", checkpoint: Checkpoint, context: Context) -> None:
    """To the end, from where a killed training was left."""
    recipe, facts = game.recipe, checkpoint.resumed()
    warmed = facts["warmed"] if facts else 0
    if facts:
        game.history, game.k = list(facts["history"]), facts["k"].to(game.device)
    for number, start, end in _looks(warmed, recipe.rebuild):
        missed = game.warm_up(start, end)
        checkpoint.keep({"warmed": number, "history": [], "k": game.k.cpu()})
        context.log(f"before the game, step {end} of {recipe.rebuild}: error {missed:.3f}")
        warmed = number
    for _, start, end in _looks(len(game.history), recipe.steps):
        game.history.append(game.moved(start, end).tolist())
        checkpoint.keep({"warmed": warmed, "history": game.history, "k": game.k.cpu()})
        shown = zip(FIGURES, game.history[-1], strict=True)
        figures = ", ".join(f"{name} {value:.3f}" for name, value in shown)
        context.log(f"step {end} of {recipe.steps}: {figures}")
        context.progress(end / recipe.steps)


def _looks(done: int, n_steps: int) -> Iterator[tuple[int, int, int]]:
    """After which look how many are done, and from which step to which it goes."""
    n_looks = min(N_LOOKS, n_steps)
    for look in range(done, n_looks):
        yield look + 1, look * n_steps // n_looks, (look + 1) * n_steps // n_looks


class Batch(NamedTuple):
    """Pictures in [-1, 1], (N, C, H, W); y, (N, D), nan where missing; z, (N, latent)."""

    images: Tensor
    labels: Tensor
    z: Tensor

    @property
    def wanted(self) -> Tensor:
        """What the generator is told of y: the mean, where it is missing."""
        return self.labels.nan_to_num()


class Game:
    """Two networks with their optimizers and data; `moved` plays on."""

    def __init__(
        self, pupils: Pupils, form: Form, recipe: Recipe, generator: torch.Generator, device: str
    ) -> None:
        self.pupils, self.form, self.recipe, self.generator = pupils, form, recipe, generator
        self.device = torch.device(device)
        self.plain = recipe.objective == "gan"
        self.maker, self.judge = Generator(form), Discriminator(form, rebuilds=not self.plain)
        for net in (self.maker, self.judge):
            net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.maker_steps, self.judge_steps = (
            torch.optim.Adam(net.parameters(), lr, betas=(recipe.beta1, recipe.beta2), fused=True)
            for net, lr in ((self.maker, recipe.lr), (self.judge, recipe.d_lr))
        )
        self.mean = copy.deepcopy(self.maker).requires_grad_(False)
        self.moves = Pictures(recipe.shift)
        self.k = torch.zeros((), device=self.device)
        self.history: list[list[float]] = []  # means of FIGURES, look by look

    @property
    def parts(self) -> dict[str, Stateful]:
        """All that learns."""
        names = ("maker", "judge", "mean", "maker_steps", "judge_steps")
        return {name: getattr(self, name) for name in names}

    def begin(self, estimator: Weights) -> None:
        """Sets the linear maps and what z is mixed by; that regressor will see what is made."""
        recipe, form = self.recipe, self.form
        self.estimator = restored(Regressor(form), estimator, str(self.device))
        self.estimator.requires_grad_(False)
        if not (recipe.linear or recipe.rebuild or recipe.w_rebuild or form.apart >= 0):
            return
        index = torch.randperm(len(self.pupils.images), generator=self.generator)
        index = index[: N_NUMBERS // form.pixels].to(self.device)
        images, labels = self.pupils.batch(index, self.generator)
        images = scaled(self._moved(images))
        self.basis = Basis.of(images, labels, form.latent, recipe.reach)
        if recipe.linear:
            set_linear(self.maker, self.judge, self.basis, images, labels)
        if form.apart >= 0:
            known = ~labels[:, form.apart].isnan()  # (N,)
            z = self.basis.z(images, labels.nan_to_num())[known]
            self.maker.mix.copy_(mix(z, labels[known, form.apart], recipe.reach))
        self.mean.load_state_dict(self.maker.state_dict())

    def warm_up(self, start: int, end: int) -> float:
        """Autoencoder and generator rebuild pictures, and the predictor learns y.

        Returns:
            the generator's mean error in the steps from one to another.
        """
        recipe, n_steps, found = self.recipe, self.recipe.rebuild, []
        for step in range(start, end):
            self._set_rates(min(1.0, (step + 1) / 20, 2 - 2 * step / n_steps))
            batch = self._batch()
            known, ends = self._judged(batch.images)
            missed = loss = self._rebuilt(batch, BLUR * batch.z)
            if not self.plain:
                loss = loss + self._missed(batch.images, ends)
            loss = loss + recipe.d_labels * told(batch.labels, known.labels)
            _step(loss, self.maker_steps, self.judge_steps)
            found.append(missed.detach())
        self.mean.load_state_dict(self.maker.state_dict())
        return float(torch.stack(found).mean())

    def moved(self, start: int, end: int) -> Tensor:
        """Plays the steps from one to another; the means of FIGURES."""
        found = []
        for step in range(start, end):
            falling = 2 - 2 * step / self.recipe.steps if self.recipe.anneal else 1.0
            self._set_rates(min(1.0, falling))
            found.append(self._iterate())
        return torch.stack(found).mean(dim=0).cpu()

    def _iterate(self) -> Tensor:
        batch = self._batch()
        with autocast(self.device):
            made = self.maker(batch.z, batch.wanted)
        made = self._moved(made.float())
        judged = self._discern(batch, made.detach())
        fooled = self._fool(batch, made)
        self._average()
        measure = torch.zeros_like(self.k)
        if not self.plain:
            self.k = self.recipe.balance.moved(self.k, judged[0], judged[1])
            measure = self.recipe.balance.measure(judged[0], judged[1])
        variety = made.detach().std(dim=0).mean() / batch.images.std(dim=0).mean()
        return torch.stack([*judged, fooled, self.k, measure, variety])

    def _discern(self, batch: Batch, made: Tensor) -> list[Tensor]:
        """A step of the discriminator; its losses."""
        recipe = self.recipe
        (known, known_ends), (seen, seen_ends) = (self._judged(p) for p in (batch.images, made))
        real = self._error(batch.images, known_ends, real=True)
        fake = self._error(made, seen_ends, real=False)
        constrained = constraint(batch.z, seen.z)
        labels = told(batch.labels, known.labels)
        loss = real + (fake if self.plain else -self.k * fake) + recipe.alpha * constrained
        _step(loss + recipe.d_labels * labels, self.judge_steps)
        return [part.detach() for part in (real, fake, constrained, labels)]

    def _fool(self, batch: Batch, made: Tensor) -> Tensor:
        """A step of the generator; the error of y in what it made."""
        recipe = self.recipe
        self.judge.requires_grad_(False)  # its gradients would be made in vain
        seen, ends = self._judged(made)
        labels = told(batch.labels, seen.labels)
        loss = self._error(made, ends, real=True) + recipe.w_labels * labels
        if recipe.w_estimator:
            loss = loss + recipe.w_estimator * told(batch.labels, self._estimated(made))
        if recipe.w_rebuild:
            loss = loss + recipe.w_rebuild * self._rebuilt(batch, 0.0)
        _step(loss, self.maker_steps)
        self.judge.requires_grad_(True)
        return labels.detach()

    @torch.no_grad()
    def _average(self) -> None:
        """The mean generator moves towards the last one."""
        pairs = zip(self.mean.parameters(), self.maker.parameters(), strict=True)
        for mean, last in pairs:
            mean.lerp_(last, 1 - self.recipe.average)

    def _rebuilt(self, batch: Batch, luck: Tensor | float) -> Tensor:
        """How badly the generator rebuilds pictures from their z, to which luck is added."""
        z = self.basis.z(batch.images, batch.wanted) + luck
        with autocast(self.device):
            made = self.maker(z, batch.wanted)
        return self._missed(batch.images, made)

    def _judged(self, images: Tensor) -> tuple[Code, Tensor]:
        shown = hazed(images, self.recipe.haze, self.generator)
        with autocast(self.device):
            code, ends = self.judge(shown)
        return Code(*(part.float() for part in code)), ends.float()

    def _estimated(self, made: Tensor) -> Tensor:
        """y, as the regressor sees it in pictures that are relit and hazed anew."""
        shown = varied(made, self.recipe.estimator_haze, self.generator)
        with autocast(self.device):
            found: Tensor = self.estimator(shown)
        return found.float()

    def _error(self, images: Tensor, ends: Tensor, *, real: bool) -> Tensor:
        """L: how badly an autoencoder rebuilds pictures, or a plain GAN's cross-entropy."""
        if self.plain:
            return real_or_made(ends, real=real)
        return self._missed(images, ends)

    def _missed(self, images: Tensor, rebuilt: Tensor) -> Tensor:
        return error(images, rebuilt.float(), self.recipe.power)

    def _batch(self) -> Batch:
        n = min(self.recipe.batch, len(self.pupils.images))
        index = torch.randperm(len(self.pupils.images), generator=self.generator)[:n]
        images, labels = self.pupils.batch(index.to(self.device), self.generator)
        noise = 2 * torch.rand(n, self.form.latent, generator=self.generator) - 1
        z = self.maker.drawn(noise.to(self.device), labels.nan_to_num())
        return Batch(scaled(self._moved(images)), labels, z)

    def _moved(self, images: Tensor) -> Tensor:
        """Pictures moved by chance, real or made: what is made must not hang on single pixels."""
        return self.moves.moved(images, self.generator) if self.moves.shift else images

    def _set_rates(self, share: float) -> None:
        """The rates are so much of the recipe's."""
        rates = (self.maker_steps, self.recipe.lr), (self.judge_steps, self.recipe.d_lr)
        for optimizer, lr in rates:
            for group in optimizer.param_groups:
                group["lr"] = lr * share


def _step(loss: Tensor, *optimizers: torch.optim.Optimizer) -> None:
    for optimizer in optimizers:
        optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    for optimizer in optimizers:
        optimizer.step()
