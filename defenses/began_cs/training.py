"""Adversarial training.

An iteration is one step of the discriminator, of the generator on the same noise, and of k.

Source: Shirai and Whitehill, CVPR-W 2019, section 4; Berthelot, Schumm, Metz, arXiv:1703.10717
(balance, convergence); Chang et al., ECCV 2018 (constraint); released BEGAN-CS (order of steps).
Differs from it: the default starts from eigenfaces, first trains both networks to rebuild pictures
(`warm_up`), and adds the error of the y that the defender's regressor, fitted before, estimates. k
follows the errors before the steps (the released BEGAN-CS: those after).
"""

import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bench.api import Context, Weights
from bench.nn.captured import capturable, captured, set_rate
from bench.nn.checkpoint import Checkpoint, Epoch, Parts
from bench.nn.state import restored, state_of
from bench.nn.training import autocast, optimize, seeded
from defenses.began_cs.basis import MAX_NUMBERS, Basis, set_linear
from defenses.began_cs.class_covariance import class_maps
from defenses.began_cs.estimator import label_error
from defenses.began_cs.losses import balanced, constraint, convergence, gan_loss, pixel_error
from defenses.began_cs.nets import AttributeNet, Code, Discriminator, Generator
from defenses.began_cs.sampling import Drawn, Sampler, TrainingSet, noisy, varied
from defenses.began_cs.train_config import TrainConfig

N_REPORTS = 20  # of figures, per training
MIN_VARIETY = 0.2  # of real pictures' variety; with less, training has collapsed
NOISE = 0.1  # share of random z that the warm-up adds to a real picture's z
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
    """The trained state, `generator.*`; `weights` hold the frozen AttributeNet, `estimator.*`.

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
    """Pictures in [-1, 1]; y, (N, D), nan if missing; `filled`, y with 0 there; z, (N, latent)."""

    images: Tensor
    labels: Tensor
    filled: Tensor
    z: Tensor


class AdversarialTraining:
    """Two networks with optimizers and data; `mean`, the generator's running mean, is saved."""

    def __init__(
        self, data: TrainingSet, config: TrainConfig, rng: torch.Generator, *, graphs: bool = False
    ) -> None:
        self.config, self.device = config, data.images.device
        self.sampler, self.current = Sampler(data, config, rng), Epoch(rng, self.device)
        self.net_config = net_config = config.net_config(data.images.shape[-1])
        self.plain = config.objective == "gan"
        self.generator = Generator(net_config)
        self.discriminator = Discriminator(net_config, rebuilds=not self.plain)
        for net in (self.generator, self.discriminator):
            net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        betas = (config.beta1, config.beta2)
        self.g_optimizer, self.d_optimizer = (
            torch.optim.Adam(net.parameters(), lr, betas=betas, fused=True)
            for net, lr in ((self.generator, config.lr), (self.discriminator, config.d_lr))
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
        names = ("generator", "discriminator", "mean", "g_optimizer", "d_optimizer", "current")
        return {name: getattr(self, name) for name in names}

    def initialize(self, weights: Weights) -> None:
        """Restores `estimator.*`; sets the linear maps and the covariance of z."""
        config, net_config, net = self.config, self.net_config, AttributeNet(self.net_config)
        self.estimator = restored(net, weights, str(self.device), "estimator").requires_grad_(False)
        split = net_config.class_split
        if not (config.linear or config.rebuild or config.w_rebuild or split >= 0):
            return
        images, labels = self.sampler.sample(MAX_NUMBERS // net_config.pixels)
        self.basis = Basis.of(images, labels, net_config.latent, config.reach)
        if config.linear:
            set_linear(self.generator, self.discriminator, self.basis, images, labels)
        if split >= 0:
            known = ~labels[:, split].isnan()  # (N,)
            z = self.basis.z(images, labels.nan_to_num())[known]
            self.generator.mix.copy_(class_maps(z, labels[known, split], config.reach))
        self.mean.load_state_dict(self.generator.state_dict())

    def warm_up(self, start: int, end: int, save: Callable[[], None] = lambda: None) -> float:
        """Trains both networks to rebuild pictures, and the predictor; returns the mean error.

        As `advance`, it goes on where it was resumed, and calls `save` after each step.
        """
        for step, drawn in self.current.left(lambda: self.sampler.steps(start, end, warm_up=True)):
            self._set_rates(min(1.0, (step + 1) / 20, 2 - 2 * step / self.config.rebuild))
            self.current.figures.append(self.warm(*drawn))
            save()
        self.mean.load_state_dict(self.generator.state_dict())
        return float(torch.stack(self.current.end()).mean())

    def advance(self, start: int, end: int, save: Callable[[], None] = lambda: None) -> Tensor:
        """Runs iterations of adversarial training; returns the means of FIGURES."""
        for step, drawn in self.current.left(lambda: self.sampler.steps(start, end, warm_up=False)):
            falling = 2 - 2 * step / self.config.steps if self.config.anneal else 1.0
            self._set_rates(min(1.0, falling))
            self.current.figures.append(self.iterate(*drawn))
            save()
        return torch.stack(self.current.end()).mean(dim=0).cpu()

    def _warm(self, *tensors: Tensor) -> Tensor:
        """One step of the warm-up; returns the error."""
        config, drawn = self.config, Drawn(*tensors)
        batch = self._batch(drawn)
        real, ends = self._discriminate(batch.images, drawn.real_noise)
        error = loss = self._rebuilt(batch, NOISE * batch.z)
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
            made = self.generator(batch.z, batch.filled)
        made = self.sampler.shifted(made.float(), drawn.made_moves)
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
        real, real_ends = self._discriminate(batch.images, drawn.real_noise)
        fake, fake_ends = self._discriminate(made, drawn.made_noise)
        of_real = self._error(batch.images, real_ends, real=True)
        of_made = self._error(made, fake_ends, real=False)
        constrained = constraint(batch.z, fake.z)
        labels = label_error(batch.labels, real.labels)
        loss = of_real + (of_made if self.plain else -self.k * of_made)
        loss = loss + self.config.alpha * constrained + self.config.d_labels * labels
        optimize(loss, self.d_optimizer)
        return [part.detach() for part in (of_real, of_made, constrained, labels)]

    def _generator_step(self, batch: Batch, made: Tensor, drawn: Drawn) -> Tensor:
        """One step; returns the error of y in generated pictures."""
        config = self.config
        self.discriminator.requires_grad_(False)  # it does not learn here
        fake, ends = self._discriminate(made, drawn.judged_noise)
        labels = label_error(batch.labels, fake.labels)
        loss = self._error(made, ends, real=True) + config.w_labels * labels
        if config.w_estimator:
            shown = varied(made, drawn.light, drawn.estimator_noise)
            with autocast(self.device):
                found = self.estimator(shown)
            loss = loss + config.w_estimator * label_error(batch.labels, found.float())
        if config.w_rebuild:
            loss = loss + config.w_rebuild * self._rebuilt(batch, 0.0)
        optimize(loss, self.g_optimizer)
        self.discriminator.requires_grad_(True)
        return labels.detach()

    def _rebuilt(self, batch: Batch, noise: Tensor | float) -> Tensor:
        """The error of pictures that the generator makes from real z plus noise."""
        z = self.basis.z(batch.images, batch.filled) + noise
        with autocast(self.device):
            made = self.generator(z, batch.filled)
        return pixel_error(batch.images, made.float(), self.config.power, self.config.norm)

    def _discriminate(self, images: Tensor, noise: Tensor) -> tuple[Code, Tensor]:
        """The discriminator's code and output for pictures with noise."""
        images = noisy(images, noise)
        with autocast(self.device):
            code, ends = self.discriminator(images)
        return Code(*(part.float() for part in code)), ends.float()

    def _error(self, images: Tensor, ends: Tensor, *, real: bool) -> Tensor:
        """L: an autoencoder's error, or a plain GAN's cross-entropy."""
        if self.plain:
            return gan_loss(ends, real=real)
        return pixel_error(images, ends, self.config.power, self.config.norm)

    def _batch(self, drawn: Drawn) -> Batch:
        images, labels = self.sampler.pictures(drawn.picture, drawn.mirror, drawn.moves)
        filled = labels.nan_to_num()  # the mean, where a label is missing
        return Batch(images, labels, filled, self.generator.z_from_noise(drawn.z_noise, filled))

    def _set_rates(self, share: float) -> None:
        set_rate(self.g_optimizer, self.config.lr * share)
        set_rate(self.d_optimizer, self.config.d_lr * share)
