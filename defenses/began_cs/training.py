"""Adversarial training.

An iteration is one step of the discriminator, of the generator on the same noise, and of k.

Source: Shirai and Whitehill, CVPR-W 2019, section 4; Berthelot, Schumm, Metz, arXiv:1703.10717
(balance, convergence); Chang et al., ECCV 2018 (constraint); released BEGAN-CS (order of steps).
Differs from it: by default the generator also learns from real pictures (Larsen et al., ICML 2016,
arXiv:1512.09300), and first from these alone (`warm_up`): an encoder, which only training needs,
finds their z, and the generator rebuilds them from z and y. A divergence (Kingma and Welling,
arXiv:1312.6114) keeps such z near drawn z, which is uniform in [-1, 1]: both have mean 0 and the
spread `Z_STD`. Rebuilt and real pictures must agree in pixels and in what the defender's regressor
of y, fitted before, sees in them, which is eyes and mouths; it sees them moved, relit and noisy
(Athalye et al., ICML 2018, arXiv:1707.07397), or the generator draws what no other network takes
for a face. k follows the errors before the steps (the released BEGAN-CS: those after).
"""

import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context, Weights
from bench.nn.captured import capturable, captured, set_rate
from bench.nn.checkpoint import Checkpoint, Epoch, Parts
from bench.nn.guide import MAX_NOISE_STD, Guide, map_error
from bench.nn.state import restored, state_of
from bench.nn.training import autocast, optimize, seeded
from bench.nn.vae import kl
from defenses.began_cs.estimator import label_error
from defenses.began_cs.losses import balanced, constraint, convergence, gan_loss, pixel_error
from defenses.began_cs.nets import Code, Discriminator, Encoder, Generator
from defenses.began_cs.sampling import AUGMENTATION, Drawn, Sampler, TrainingSet
from defenses.began_cs.train_config import TrainConfig

N_REPORTS = 20  # of figures, per training
MIN_VARIETY = 0.2  # of real pictures' variety; with less, training has collapsed
Z_STD = 3**-0.5  # of drawn z, which is uniform in [-1, 1]
FIGURES = (  # of adversarial training
    "real", "made",  # L of real and of generated pictures
    "constraint",  # L_C
    "labels_real", "labels_made",  # errors of y, in units of its variance
    "k", "measure",  # of the balance; 0 for a plain GAN
    "variety",  # of generated pictures, as a share of real ones'
)  # fmt: skip


Show = Callable[[Weights], None]


def trained(
    data: TrainingSet, config: TrainConfig, weights: Weights, context: Context, show: Show
) -> Weights:
    """The trained state, `generator.*`; `weights` hold the frozen Guide, `estimator.*`.

    With it come `history`, (reports, figures), in the order of FIGURES, and `collapsed`, 1 if the
    last pictures all look alike. `show` takes the generator's state about once a minute.
    """
    with seeded(context.rng, context.device) as rng:
        training = AdversarialTraining(data, config, rng, graphs=context.graphs)
        training.initialize(weights)
        _run(training, Checkpoint(context.scratch, rng, training.parts), context, show)
    history = np.array(training.history, np.float32)
    collapsed = history[-1, FIGURES.index("variety")] < MIN_VARIETY
    if collapsed:
        context.log("training collapsed: generated pictures all look alike; try another seed")
    return {
        **state_of(training.mean, "generator"),
        "history": history,
        "collapsed": np.array([collapsed], np.int64),
    }


def _run(
    training: "AdversarialTraining", checkpoint: Checkpoint, context: Context, show: Show
) -> None:
    """Trains to the end, from the last checkpoint if there is one."""
    config, facts = training.config, checkpoint.load()
    warmed = facts["warmed"] if facts else 0
    if facts:
        training.history, training.k = list(facts["history"]), facts["k"].to(training.device)

    def save() -> None:
        facts = {"warmed": warmed, "history": training.history, "k": training.k}
        checkpoint.save_if_due(facts, lambda: show(state_of(training.mean, "generator")))

    for number, start, end in _reports(warmed, config.rebuild):
        error = training.warm_up(start, end, save)
        context.log(f"warm-up step {end} of {config.rebuild}: error {error:.3f}")
        warmed = number
    for _, start, end in _reports(len(training.history), config.steps):
        training.history.append(training.advance(start, end, save).tolist())
        shown = zip(FIGURES, training.history[-1], strict=True)
        figures = ", ".join(f"{name} {value:.3f}" for name, value in shown)
        context.log(f"step {end} of {config.steps}: {figures}")
        context.progress(end / config.steps)


def _reports(done: int, n_steps: int) -> Iterator[tuple[int, int, int]]:
    """For each remaining report, its number and its range of steps."""
    n = min(N_REPORTS, n_steps)
    for number in range(done, n):
        yield number + 1, number * n_steps // n, (number + 1) * n_steps // n


class Batch(NamedTuple):
    """Pictures in [-1, 1]; y, (N, D), nan if missing; `filled`, y with 0, the mean, there."""

    images: Tensor
    labels: Tensor
    filled: Tensor


def _seen(changes: Tensor, *pictures: Tensor) -> list[Tensor]:
    """Pictures in [-1, 1], all moved, relit and noisy alike, as the estimator has seen others."""
    moves, light = changes[:, :3], changes[:, 3:]
    std = MAX_NOISE_STD * torch.rand(len(changes), 1, 1, 1, device=changes.device)
    noise = std * torch.randn_like(pictures[0])
    moved = (AUGMENTATION.shift_and_flip(images, moves) for images in pictures)
    return [AUGMENTATION.warp_and_relight(images, light) + noise for images in moved]


class AdversarialTraining:
    """Networks with optimizers and data; `mean`, the generator's running mean, is saved."""

    def __init__(
        self, data: TrainingSet, config: TrainConfig, rng: torch.Generator, *, graphs: bool = False
    ) -> None:
        self.config, self.device = config, data.images.device
        self.sampler, self.current = Sampler(data, config, rng), Epoch(rng, self.device)
        self.net_config = net_config = config.net_config(data.images.shape[-1])
        self.plain = config.objective == "gan"
        self.generator = Generator(net_config)
        self.encoder = Encoder(2 * net_config.latent, net_config)  # of real pictures' z
        self.discriminator = Discriminator(net_config, rebuilds=not self.plain)
        learning = [nn.ModuleList([self.generator, self.encoder]), self.discriminator]
        for net in learning:
            net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        betas = (config.beta1, config.beta2)
        self.g_optimizer, self.d_optimizer = (
            torch.optim.Adam(net.parameters(), lr, betas=betas, fused=True)
            for net, lr in zip(learning, (config.lr, config.d_lr), strict=True)
        )
        capturable(self.g_optimizer, self.d_optimizer)
        self.mean = copy.deepcopy(self.generator).requires_grad_(False)
        self.k = torch.zeros((), device=self.device)
        self.history: list[list[float]] = []  # means of FIGURES, report by report
        self.warm, self.iterate = (
            captured(step, self.device, graphs=graphs) for step in (self._warm, self._iterate)
        )

    @property
    def parts(self) -> Parts:
        """Everything that training changes."""
        names = "generator encoder discriminator mean g_optimizer d_optimizer current"
        return {name: getattr(self, name) for name in names.split()}

    def initialize(self, weights: Weights) -> None:
        """Restores the frozen `estimator.*`."""
        guide = Guide(self.net_config.labels, self.net_config.size_px)
        net = restored(guide, weights, str(self.device), "estimator")
        self.estimator = net.requires_grad_(False)

    def warm_up(self, start: int, end: int, save: Callable[[], None] = lambda: None) -> float:
        """Trains all networks on real pictures alone; returns the mean error of pixels.

        As `advance`, it goes on where it was resumed, and calls `save` after each step.
        """
        for step, drawn in self.current.left(lambda: self.sampler.steps(start, end)):
            self._set_rates(min(1.0, (step + 1) / 20, 2 - 2 * step / self.config.rebuild))
            self.current.figures.append(self.warm(*drawn))
            save()
        self.mean.load_state_dict(self.generator.state_dict())
        return float(torch.stack(self.current.end()).mean())

    def advance(self, start: int, end: int, save: Callable[[], None] = lambda: None) -> Tensor:
        """Runs iterations of adversarial training; returns the means of FIGURES."""
        for step, drawn in self.current.left(lambda: self.sampler.steps(start, end)):
            falling = 2 - 2 * step / self.config.steps if self.config.anneal else 1.0
            self._set_rates(min(1.0, falling))
            self.current.figures.append(self.iterate(*drawn))
            save()
        return torch.stack(self.current.end()).mean(dim=0).cpu()

    def _warm(self, *tensors: Tensor) -> Tensor:
        """One step of the warm-up; returns the error of pixels."""
        config, drawn = self.config, Drawn(*tensors)
        batch = self._batch(drawn)
        real, ends = self._discriminate(batch.images)
        error, loss = self._rebuilt(batch, drawn)
        if not self.plain:
            loss = loss + self._error(batch.images, ends, real=True)
        loss = loss + config.d_labels * label_error(batch.labels, real.labels)
        optimize(loss, self.g_optimizer, self.d_optimizer)
        return error.detach()

    def _iterate(self, *tensors: Tensor) -> Tensor:
        """One iteration; returns FIGURES."""
        drawn = Drawn(*tensors)
        batch = self._batch(drawn)
        with autocast(self.device):
            made = self.generator(drawn.z, batch.filled)
        made = made.float()
        losses = self._discriminator_step(batch, made.detach(), drawn)
        labels = self._generator_step(batch, made, drawn)
        nets = (self.mean, self.generator)
        means, last = ([weights.data for weights in net.parameters()] for net in nets)
        torch._foreach_lerp_(means, last, 1 - self.config.average)
        measure = torch.zeros_like(self.k)
        if not self.plain:
            gamma, rate = self.config.gamma, self.config.lambda_k
            self.k.copy_(balanced(self.k, losses[0], losses[1], gamma, rate))
            measure = convergence(losses[0], losses[1], gamma)
        variety = made.detach().std(dim=0).mean() / batch.images.std(dim=0).mean()
        return torch.stack([*losses, labels, self.k, measure, variety])

    def _discriminator_step(self, batch: Batch, made: Tensor, drawn: Drawn) -> list[Tensor]:
        """One step; returns the losses."""
        real, real_ends = self._discriminate(batch.images)
        fake, fake_ends = self._discriminate(made)
        of_real = self._error(batch.images, real_ends, real=True)
        of_made = self._error(made, fake_ends, real=False)
        constrained = constraint(drawn.z, fake.z)
        labels = label_error(batch.labels, real.labels)
        loss = of_real + (of_made if self.plain else -self.k * of_made)
        loss = loss + self.config.alpha * constrained + self.config.d_labels * labels
        optimize(loss, self.d_optimizer)
        return [part.detach() for part in (of_real, of_made, constrained, labels)]

    def _generator_step(self, batch: Batch, made: Tensor, drawn: Drawn) -> Tensor:
        """One step; returns the error of y in generated pictures."""
        config = self.config
        self.discriminator.requires_grad_(False)  # it does not learn here
        fake, ends = self._discriminate(made)
        labels = label_error(batch.labels, fake.labels)
        loss = self._error(made, ends, real=True) + config.w_labels * labels
        if config.w_estimator:
            with autocast(self.device):
                (seen,) = _seen(drawn.changes, made)
                found = self.estimator(seen).float()
            loss = loss + config.w_estimator * label_error(batch.labels, found)
        if config.w_rebuild:
            loss = loss + self._rebuilt(batch, drawn)[1]
        optimize(loss, self.g_optimizer)
        self.discriminator.requires_grad_(True)
        return labels.detach()

    def _rebuilt(self, batch: Batch, drawn: Drawn) -> tuple[Tensor, Tensor]:
        """The error of rebuilt pictures' pixels, 0..2, and their whole loss."""
        config = self.config
        with autocast(self.device):
            mean, spread = (half.float() for half in self.encoder(batch.images)[1].chunk(2, dim=1))
            logvar = functional.logsigmoid(spread)
            z = Z_STD * (mean + drawn.noise * (logvar / 2).exp())
            made = self.generator(z, batch.filled).float()
            found, wanted = map(self.estimator.maps, _seen(drawn.changes, made, batch.images))
        error = pixel_error(batch.images, made, 1)
        loss = error + config.w_maps * map_error(found, wanted)
        return error, config.w_rebuild * (loss + config.w_kl * kl(mean, logvar).mean())

    def _discriminate(self, images: Tensor) -> tuple[Code, Tensor]:
        """The discriminator's code and output for pictures."""
        with autocast(self.device):
            code, ends = self.discriminator(images)
        return Code(*(part.float() for part in code)), ends.float()

    def _error(self, images: Tensor, ends: Tensor, *, real: bool) -> Tensor:
        """L: an autoencoder's error, or a plain GAN's cross-entropy."""
        if self.plain:
            return gan_loss(ends, real=real)
        return pixel_error(images, ends, self.config.power, self.config.norm)

    def _batch(self, drawn: Drawn) -> Batch:
        images, labels = self.sampler.pictures(drawn)
        return Batch(images, labels, labels.nan_to_num())

    def _set_rates(self, share: float) -> None:
        set_rate(self.g_optimizer, self.config.lr * share)
        set_rate(self.d_optimizer, self.config.d_lr * share)
