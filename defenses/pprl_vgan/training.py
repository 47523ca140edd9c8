"""The game of generator and discriminator, in one pass where the released loop makes several.

An iteration is two steps of the generator, on a fresh batch and fresh people each, and one of the
discriminator: on real pictures and on those that the generator has just made.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py.
Differs from it: the discriminator's made pictures are those of the generator's last step, where
they are made anew in inference mode; its two updates, on real and on made, are one.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import Parameter

from bench.api import Context, Weights
from bench.nn.checkpoint import Checkpoint, Stateful
from bench.nn.inputs import Pictures, scaled
from bench.nn.seeding import seeded
from bench.nn.state import state_of
from bench.nn.training import autocast
from defenses.pprl_vgan.losses import heads, kl, of_discriminator, of_generator, softened
from defenses.pprl_vgan.nets import Decoder, Discriminator, Encoder, Form, Verdict
from defenses.pprl_vgan.recipe import Recipe

N_KEPT = 20  # checkpoints of a training
OWN = 4  # of as many pictures one shows its own person where it is compared with its source
REBUILT = 5.0  # weight of the mean error of rebuilt pictures while it warms up
FLAT = 0.2  # of the variety of real pictures: made ones with less have no structure
FIGURES = (  # of an epoch, in the order of `Game`
    "kl", "real", "person", "utility",  # the generator's losses, nats
    "person_made", "utility_made",  # how often the discriminator's heads name what was wanted
    "variety",  # of made pictures, as a share of real ones'
    "d_real", "d_person", "d_utility", "d_fake",  # the discriminator's losses, nats
    "person_known", "utility_known",  # how often its heads are right about real pictures
)  # fmt: skip


class Pupils(NamedTuple):
    """What is learned from, on the device.

    Attributes:
        images: uint8, (N, 3, H, W).
        person, utility: int64, (N,).
    """

    images: Tensor
    person: Tensor
    utility: Tensor


def trained(pupils: Pupils, form: Form, recipe: Recipe, context: Context) -> Weights:
    """Encoder and decoder as `encoder.*` and `decoder.*`, and how it went.

    Where no structure shows after `recipe.patience` epochs it begins anew, as the authors advise.

    Returns:
        the state with `history`, (epochs, figures), in the order of FIGURES; `restarts`, how often
        it began anew; `collapsed`, 1 if the last attempt, too, shows no structure.
    """
    for attempt in range(recipe.restarts + 1):
        with seeded(context.rng, context.device) as generator:
            game = Game(pupils, form, recipe, generator, context.device)
            folder = context.scratch / f"attempt-{attempt}"
            folder.mkdir(exist_ok=True)
            collapsed = _played(game, Checkpoint(folder, generator, **game.parts), context)
        if not collapsed:
            break
        which = f"attempt {attempt + 1} of {recipe.restarts + 1}"
        context.log(f"{which} shows no structure after {len(game.history)} epochs")
    return {
        **{f"encoder.{name}": array for name, array in state_of(game.encoder).items()},
        **{f"decoder.{name}": array for name, array in state_of(game.decoder).items()},
        "history": np.array(game.history, np.float32),
        "restarts": np.array([attempt]),
        "collapsed": np.array([collapsed], np.int64),
    }


def _played(game: "Game", checkpoint: Checkpoint, context: Context) -> bool:
    """Whether the game, played to its end, collapsed; it ends as soon as that shows."""
    recipe = game.recipe
    facts = checkpoint.resumed()
    if facts:
        game.history = list(facts["history"])
    else:
        game.warm_up()
    while len(game.history) < recipe.epochs and not _collapsed(game):
        game.history.append(game.epoch().tolist())
        n = len(game.history)
        if n % max(1, recipe.epochs // N_KEPT) == 0:
            checkpoint.keep({"history": game.history})
            told = zip(FIGURES, game.history[-1], strict=True)
            shown = ", ".join(f"{name} {value:.2f}" for name, value in told)
            context.log(f"epoch {n} of {recipe.epochs}: {shown}")
        context.progress(n / recipe.epochs)
    return _collapsed(game)


def _collapsed(game: "Game") -> bool:
    """No structure shows: pictures are alike, or nobody's."""
    if len(game.history) < game.recipe.patience:
        return False
    told = dict(zip(FIGURES, game.history[-1], strict=True))
    return told["variety"] < FLAT or told["person_made"] < 2 / game.form.n_people


class Made(NamedTuple):
    """What a step of the generator leaves: pictures with what they should show, and figures."""

    images: Tensor
    person: Tensor
    utility: Tensor
    figures: Tensor


class Game:
    """Three networks with their optimizers and data; `epoch` moves it on."""

    def __init__(
        self, pupils: Pupils, form: Form, recipe: Recipe, generator: torch.Generator, device: str
    ) -> None:
        self.pupils, self.form, self.recipe, self.generator = pupils, form, recipe, generator
        self.device = torch.device(device)
        self.encoder, self.decoder = Encoder(form), Decoder(form)
        self.discriminator = Discriminator(form)
        for net in (self.encoder, self.decoder, self.discriminator):
            net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        made_by = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.maker = _optimizer(made_by, recipe.lr, recipe)
        self.judge = _optimizer([*self.discriminator.parameters()], recipe.d_lr, recipe)
        self.views = Pictures(recipe.shift, recipe.flip)
        self.n_iterations = max(1, len(pupils.images) // recipe.batch)  # of an epoch
        self.history: list[list[float]] = []  # means of FIGURES, epoch by epoch

    @property
    def parts(self) -> dict[str, Stateful]:
        """All that learns."""
        names = ("encoder", "decoder", "discriminator", "maker", "judge")
        return {name: getattr(self, name) for name in names}

    def warm_up(self) -> None:
        """The discriminator learns who and what; the encoder sees as it does, and rebuilds."""
        n_steps = self.recipe.warmup * self.n_iterations
        for step in range(n_steps):
            _set_rate(self.judge, self.recipe.d_lr * 2 * (1 - step / n_steps))
            images, person, utility = self._batch()
            with autocast(self.device):
                verdict = _floats(self.discriminator(images))
            terms = heads(verdict, torch.ones_like(verdict.real), person, utility)
            _step(self.judge, self.recipe.d_person * terms[1] + self.recipe.d_utility * terms[2])
        if n_steps and self.recipe.pooled:
            self.encoder.body.load_state_dict(self.discriminator.body.state_dict())
        for _ in range(self.recipe.rebuild * self.n_iterations):
            images, person, _ = self._batch()
            codes, divergence = self._coded(images)
            with autocast(self.device):
                rebuilt = self.decoder(codes, person)
            error = (rebuilt.float() - images).abs().mean()
            _step(self.maker, REBUILT * error + self.recipe.w_kl * divergence.mean())

    def epoch(self) -> Tensor:
        """Moves on by as many iterations as there are whole batches; the means of FIGURES."""
        found = []
        for number in range(self.n_iterations):
            self._set_rates(len(self.history) * self.n_iterations + number)
            self._fool()
            made = self._fool()
            found.append(torch.cat([made.figures, self._discern(made)]))
        return torch.stack(found).mean(dim=0).cpu()

    def _set_rates(self, iteration: int) -> None:
        recipe = self.recipe
        rate = 1 / (1 + recipe.decay * iteration)
        if recipe.anneal:
            rate *= min(1.0, 2 - 2 * iteration / (recipe.epochs * self.n_iterations))
        _set_rate(self.maker, recipe.lr * rate)
        _set_rate(self.judge, recipe.d_lr * rate)

    def _fool(self) -> Made:
        """A step of the generator."""
        images, own, utility = self._batch()
        person = torch.randint(0, self.form.n_people, (len(images),), generator=self.generator)
        person = person.to(self.device)
        n_own = len(images) // OWN if self.recipe.w_rebuild else 0
        person[:n_own] = own[:n_own]
        codes, divergence = self._coded(images)
        self.discriminator.requires_grad_(False)  # its gradients would be made in vain
        with autocast(self.device):
            made = self.decoder(codes, person)
            verdict = _floats(self.discriminator(self._seen(made)))
        terms = heads(verdict, torch.ones_like(verdict.real), person, utility)
        loss = of_generator(divergence, terms, self.recipe.shares)
        if n_own:
            error = (made[:n_own].float() - images[:n_own]).abs().mean()
            loss = loss + self.recipe.w_rebuild * error
        _step(self.maker, loss)
        self.discriminator.requires_grad_(True)
        made = made.detach().float()
        variety = made.std(dim=0).mean() / images.std(dim=0).mean()
        parts = [divergence.mean()[None], terms, *_right(verdict, person, utility), variety[None]]
        return Made(made, person, utility, torch.cat(parts).detach())

    def _discern(self, made: Made) -> Tensor:
        """A step of the discriminator."""
        images, person, utility = self._batch()
        with autocast(self.device):
            known = _floats(self.discriminator(images))
            fake = _floats(self.discriminator(self._seen(made.images)))
        n = len(images)
        of_known = heads(known, softened(n, self.device, real=True), person, utility)
        of_fake = heads(fake, softened(n, self.device, real=False), made.person, made.utility)
        loss = of_discriminator(
            of_known, of_fake, self.recipe.d_shares, fakes_teach=self.recipe.fakes_teach
        )
        _step(self.judge, loss)
        return torch.cat([of_known, of_fake[:1], *_right(known, person, utility)]).detach()

    def _batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Other pictures than those of the same batch, in [-1, 1]; who it is, and what."""
        n = min(self.recipe.batch, len(self.pupils.images))
        index = torch.randperm(len(self.pupils.images), generator=self.generator)[:n]
        index = index.to(self.device)
        images = self._seen(scaled(self.pupils.images[index]))
        return images, self.pupils.person[index], self.pupils.utility[index]

    def _seen(self, images: Tensor) -> Tensor:
        """The pictures moved and mirrored at random; gradients pass."""
        if not (self.views.shift or self.views.flip):
            return images
        moved = self.views.moved(images, self.generator)
        return moved.contiguous(memory_format=torch.channels_last)

    def _coded(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Codes, (N, latent), drawn from what the encoder says, and their divergences, (N,)."""
        with autocast(self.device):
            mean, logvar = (moment.float() for moment in self.encoder(images))
        noise = torch.randn_like(mean) * self.encoder.spread(logvar)
        return mean + noise, kl(mean, logvar)


def _optimizer(parameters: Sequence[Parameter], lr: float, recipe: Recipe) -> torch.optim.Optimizer:
    if recipe.optimizer == "adam":
        return torch.optim.Adam(parameters, lr, betas=(0.5, 0.99), fused=True)
    return torch.optim.RMSprop(parameters, lr, alpha=0.9, eps=1e-8, foreach=True)  # as Keras does


def _set_rate(optimizer: torch.optim.Optimizer, lr: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = lr


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _floats(verdict: Verdict) -> Verdict:
    return Verdict(*(logits.float() for logits in verdict))


def _right(verdict: Verdict, person: Tensor, utility: Tensor) -> list[Tensor]:
    """How often the heads name person and utility, (1,) each."""
    pairs = ((verdict.person, person), (verdict.utility, utility))
    return [(logits.argmax(dim=1) == truth).float().mean()[None] for logits, truth in pairs]
