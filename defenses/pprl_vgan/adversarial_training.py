"""The steps of training.

First the discriminator may learn classes alone. An iteration of adversarial training is two steps
of the generator, each on a new batch and new target people, and one step of the discriminator, on
real pictures and on those of the generator's last step.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py.
Differs from it: the authors make new fakes for the discriminator, in inference mode, from its real
pictures. They update it before the generator, on real and then on fake pictures; `released` has
both updates, after the generator's; else it is updated once, on both. The first phase, the
comparison of pictures of the own person with their sources, the utility label found in codes, the
guide, which is frozen and finds it in pictures, and the means of weights and of statistics are
ours; the released settings turn them off.
"""

import copy
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.nn.captured import capturable, captured, set_rate
from bench.nn.checkpoint import Epoch, Parts
from bench.nn.guide import Guide
from bench.nn.training import autocast, optimize
from bench.nn.vae import kl
from defenses.pprl_vgan.losses import (
    accuracy,
    discriminator_loss,
    generator_loss,
    head_terms,
    smoothed,
    variety,
)
from defenses.pprl_vgan.nets import Generated, Logits, networks
from defenses.pprl_vgan.rates import falling, falling_late, optimizer, released_rate
from defenses.pprl_vgan.sampling import Drawn, Draws, Sampler, TrainingSet
from defenses.pprl_vgan.train_config import TrainConfig

N_SETTLING = 20  # batches for the final statistics of batch norm
FIGURES = (  # of adversarial training
    "kl", "real", "person", "utility", "reading",  # the generator's losses, nats
    "guided",  # the same, of the guide, in pictures that are not compared with their source
    "error",  # of pictures of the own person, in pixels
    "person_made", "utility_made",  # accuracy of the discriminator's heads on generated pictures
    "variety",  # of generated pictures, as a share of real ones'
    "d_real", "d_person", "d_utility", "d_fake",  # the discriminator's losses, nats
    "person_known", "utility_known",  # accuracy of its heads on real pictures
)  # fmt: skip
Figures = Mapping[str, Tensor]  # scalars by name
Step = Callable[..., Figures]  # from what is drawn for it
Rate = Callable[[int, int], float]  # factor of both learning rates at a step of so many


class Phase(NamedTuple):
    """Epochs of one kind of step."""

    n_epochs: int
    rate: Rate
    step: Callable[..., Tensor]  # figures, (F,), from the tensors that are drawn for it
    draws: Draws
    figures: Sequence[str]  # their names


class AdversarialTraining:
    """Three networks with their optimizers and data, and a frozen guide."""

    def __init__(
        self,
        data: TrainingSet,
        config: TrainConfig,
        rng: torch.Generator,
        guide: Guide | None = None,
        *,
        graphs: bool = False,
    ) -> None:
        self.config, self.device, self.guide = config, data.images.device, guide
        self.sampler = Sampler(data, config, rng)
        n_people, n_classes = int(data.person.max()) + 1, int(data.utility.max()) + 1
        net_config = config.net_config(data.images.shape[-1], n_people, n_classes)
        self.net_config = net_config
        self.encoder, self.decoder, self.discriminator = networks(net_config)
        self.reader = nn.Linear(net_config.latent, net_config.n_classes)  # finds the utility label
        for net in (self.encoder, self.decoder, self.discriminator, self.reader):
            net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.kept = nn.ModuleList([self.encoder, self.decoder])
        self.average = copy.deepcopy(self.kept).requires_grad_(False)  # running means of weights
        learning = nn.ModuleList([self.kept, self.reader]), self.discriminator
        self.g_optimizer, self.d_optimizer = (
            optimizer([*net.parameters()], lr, released=config.released)
            for net, lr in zip(learning, (config.lr, config.d_lr), strict=True)
        )
        capturable(self.g_optimizer, self.d_optimizer)
        of_generator = (config.w_real, config.w_person, config.w_utility)
        weights = (of_generator, (config.d_real, config.d_person, config.d_utility))
        self.g_weights, self.d_weights = torch.tensor(weights, device=self.device)  # (2, 3)
        self.n_iterations = config.iterations or max(1, len(data.images) // config.batch)
        self.n_done, self.current = 0, Epoch(rng, self.device)  # finished epochs, of all phases
        self.history: list[list[float]] = []  # means of FIGURES per epoch of adversarial training
        self.following = False  # whether the running means have begun
        self.phases = self._phases(graphs=graphs)

    @property
    def parts(self) -> Parts:
        """Everything that training changes."""
        names = "encoder decoder discriminator reader average g_optimizer d_optimizer current"
        return {name: getattr(self, name) for name in names.split()}

    def epoch(self, save: Callable[[], None] = lambda: None) -> Mapping[str, float]:
        """Trains one epoch, or the rest of it; returns the means of its figures.

        It calls `save` after each step.
        """
        config, number = self.config, self.n_done
        self.following = bool(self.history or self.current.figures)
        for phase in self.phases:
            if number < phase.n_epochs:
                means = self._means(phase, number, save)
                break
            number -= phase.n_epochs
        self.n_done += 1
        if self.n_done == config.warmup and not config.released:
            # the encoder starts from its blocks
            self.encoder.body.load_state_dict(self.discriminator.body.state_dict())
        if self.n_done > config.warmup:
            self.history.append([means[name] for name in FIGURES])
        return means

    def settle(self) -> None:
        """Replaces the weights by running means, if any, with new statistics of batch norm."""
        if not self.config.average:
            return
        for last, mean in zip(self.kept.parameters(), self.average.parameters(), strict=True):
            last.data.copy_(mean)
        norms = [part for part in self.kept.modules() if isinstance(part, nn.BatchNorm2d)]
        for norm in norms:
            norm.reset_running_stats()
        steps = self.sampler.steps([partial(self.sampler.draw, shows=True)], N_SETTLING)
        with torch.no_grad():
            for number, (drawn,) in enumerate(steps):
                for norm in norms:
                    norm.momentum = 1 / (1 + number)  # the mean over all batches
                self._generated(self.sampler.pictures(drawn), drawn.person)

    def _phases(self, *, graphs: bool) -> Sequence[Phase]:
        config, draw = self.config, self.sampler.draw
        made = partial(draw, shows=True, moves=True)
        of_classes = ("d_person", "d_utility", "person_known", "utility_known")
        drawn = [made, made, partial(draw, moves=True)]
        rate = released_rate if config.released else falling_late
        kinds: Sequence[tuple[int, Rate, Step, Draws, Sequence[str]]] = [
            (config.warmup, falling, self._class_step, [draw], of_classes),
            (config.epochs, rate, self._iterate, drawn, FIGURES),
        ]
        steps = (partial(_stacked, step, names) for _, _, step, _, names in kinds)
        replayed = (captured(step, self.device, graphs=graphs) for step in steps)
        return [
            Phase(n_epochs, rate, step, draws, names)
            for (n_epochs, rate, _, draws, names), step in zip(kinds, replayed, strict=True)
        ]

    def _means(self, phase: Phase, number: int, save: Callable[[], None]) -> Mapping[str, float]:
        """Runs the steps of an epoch; returns the means of their figures."""
        n = self.n_iterations
        steps = self.current.left(lambda: self.sampler.steps(phase.draws, n))
        for i, drawn in enumerate(steps, number * n + len(self.current.figures)):
            rate = phase.rate(i, phase.n_epochs * n)
            set_rate(self.g_optimizer, self.config.lr * rate)
            set_rate(self.d_optimizer, self.config.d_lr * rate)
            self.current.figures.append(phase.step(*chain(*drawn)))
            save()
        found = torch.stack(self.current.end(), dim=1)  # (F, steps)
        means = torch.stack([values.mean() for values in found])
        return dict(zip(phase.figures, means.tolist(), strict=True))

    def _class_step(self, drawn: Drawn) -> Figures:
        """One step of the discriminator alone, on classes."""
        logits = self._logits(self.sampler.pictures(drawn))
        terms = head_terms(logits, torch.ones_like(logits.real), drawn.person, drawn.utility)
        loss = self.config.d_person * terms[1] + self.config.d_utility * terms[2]
        optimize(loss, self.d_optimizer)
        figures = {"d_person": terms[1], "d_utility": terms[2]}
        return {**figures, **accuracy("known", logits, drawn)}

    def _iterate(self, *drawn: Drawn) -> Figures:
        """One iteration of adversarial training."""
        *shown, real = drawn
        for made_for in shown:
            figures, fakes = self._generator_step(made_for)
            self._follow()
        return {**figures, **self._discriminator_step(real, fakes, shown[-1])}

    def _generator_step(self, drawn: Drawn) -> tuple[Figures, Tensor]:
        """One step; returns figures, and generated pictures."""
        config, images = self.config, self.sampler.pictures(drawn)
        self.discriminator.requires_grad_(False)  # it does not learn here
        made = self._generated(images, drawn.person)
        logits = self._logits(self.sampler.augmented(made.images, drawn.made_moves))
        terms = head_terms(logits, torch.ones_like(logits.real), drawn.person, drawn.utility)
        n_own = self.sampler.n_own(len(images))
        reading = self._reading(made, drawn.utility)
        guided = self._guided(made.images[n_own:], drawn.utility[n_own:])
        own = made.images[:n_own], images[:n_own]
        error = functional.l1_loss(*own) if n_own else torch.zeros((), device=self.device)
        loss = generator_loss(made.divergence, terms, config.w_kl, self.g_weights)
        loss = loss + config.w_read * reading + config.w_guide * guided
        optimize(loss + config.w_rebuild * error, self.g_optimizer)
        self.discriminator.requires_grad_(True)
        shown = made.images.detach()
        figures = {"kl": made.divergence.mean(), "reading": reading, "guided": guided}
        figures |= dict(zip(("real", "person", "utility"), terms, strict=True))
        figures |= {"error": error, **accuracy("made", logits, drawn)}
        figures["variety"] = variety(shown) / variety(images)
        return figures, shown

    def _discriminator_step(self, drawn: Drawn, fakes: Tensor, shown: Drawn) -> Figures:
        """One step, on real pictures and on fakes, which were generated for `shown`."""
        real = self._logits(self.sampler.pictures(drawn))
        judged = self.sampler.augmented(fakes, drawn.made_moves)
        fake = self._logits(judged)
        one, zero = (smoothed(len(fakes), self.device, real=known) for known in (True, False))
        of_real = head_terms(real, one, drawn.person, drawn.utility)
        if self.config.released:  # an update on real pictures, then one on fakes
            optimize(self.d_weights @ of_real, self.d_optimizer)
            of_real, fake = of_real.detach(), self._logits(judged)
        of_fake = head_terms(fake, zero, shown.person, shown.utility)
        teach = self.config.fakes_teach
        loss = discriminator_loss(of_real, of_fake, self.d_weights, fakes_teach=teach)
        optimize(loss, self.d_optimizer)
        names = ("d_real", "d_person", "d_utility", "d_fake")
        figures = dict(zip(names, [*of_real, of_fake[0]], strict=True))
        return {**figures, **accuracy("known", real, drawn)}

    def _follow(self) -> None:
        """Moves the running means of weights towards the weights; the first time, all the way."""
        share, self.following = 1 - self.config.average if self.following else 1.0, True
        nets = (self.average, self.kept)
        means, last = ([weights.data for weights in net.parameters()] for net in nets)
        torch._foreach_lerp_(means, last, share)

    def _generated(self, images: Tensor, person: Tensor) -> Generated:
        """The pictures shown as the people, from random codes."""
        with autocast(self.device):
            mean, logvar = (moment.float() for moment in self.encoder(images))
            codes = mean + torch.randn_like(mean) * self.encoder.spread(logvar)
            made = self.decoder(codes, person)
        return Generated(made.float(), codes, kl(mean, logvar))

    def _reading(self, made: Generated, utility: Tensor) -> Tensor:
        """Cross-entropy of the utility label that the reader finds in the codes, in nats."""
        return functional.cross_entropy(self.reader(made.codes), utility)

    def _guided(self, made: Tensor, utility: Tensor) -> Tensor:
        """Cross-entropy of the utility label that the guide finds in pictures, in nats."""
        if self.guide is None:
            return torch.zeros((), device=self.device)
        with autocast(self.device):
            logits = self.guide(made)
        return functional.cross_entropy(logits.float(), utility)

    def _logits(self, images: Tensor) -> Logits:
        with autocast(self.device):
            logits = self.discriminator(images)
        return Logits(*(head.float() for head in logits))


def _stacked(step: Step, names: Sequence[str], *tensors: Tensor) -> Tensor:
    """The figures of a step, (F,), from the tensors that were drawn for it."""
    n = len(Drawn._fields)
    figures = step(*(Drawn(*tensors[i : i + n]) for i in range(0, len(tensors), n)))
    return torch.stack([figures[name].detach() for name in names])
