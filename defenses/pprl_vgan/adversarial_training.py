"""The steps of training.

First the discriminator learns classes, then encoder and decoder learn to rebuild pictures; both
phases are optional. An iteration of adversarial training is two steps of the generator, each on
a new batch and new target people, and one step of the discriminator, on real pictures and on those
of the generator's last step.

Source: Chen, Konrad, Ishwar, CVPR-W 2018; released train.py.
Differs from it: the authors make new fakes for the discriminator, in inference mode, and update it
twice, on real and on fake. The first two phases, the comparison of pixels, the utility label found
in codes, and the means of weights and of statistics are ours; the released settings turn them
off.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from bench.nn.checkpoint import Parts
from bench.nn.inputs import Augmentation, scaled
from bench.nn.training import autocast, optimize, set_rate
from defenses.pprl_vgan.losses import discriminator_loss, generator_loss, head_terms, kl, smoothed
from defenses.pprl_vgan.nets import Decoder, Discriminator, Encoder, Logits
from defenses.pprl_vgan.train_config import TrainConfig

FIGURES = (  # of adversarial training
    "kl", "real", "person", "utility", "reading",  # the generator's losses, nats
    "error",  # pixel error from real pictures, 0..2
    "person_made", "utility_made",  # accuracy of the discriminator's heads on generated pictures
    "variety",  # of generated pictures, as a share of real ones'
    "d_real", "d_person", "d_utility", "d_fake",  # the discriminator's losses, nats
    "person_known", "utility_known",  # accuracy of its heads on real pictures
)  # fmt: skip
Figures = Mapping[str, Tensor]  # scalars by name
Step = Callable[[int, int], Figures]  # from the index of the step and the number of steps


class TrainingSet(NamedTuple):
    """Pictures, uint8 (N, 3, H, W), with person and utility label, int64 (N,), on the device."""

    images: Tensor
    person: Tensor
    utility: Tensor

    def sample(self, n: int, rng: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """At most n different pictures, in [-1, 1], with person and utility label."""
        index = torch.randperm(len(self.images), generator=rng)[:n].to(self.images.device)
        return scaled(self.images[index]), self.person[index], self.utility[index]

    def peers(self, person: Tensor, utility: Tensor, rng: torch.Generator) -> Tensor:
        """For each person and label, (n,), a random picture with both, in [-1, 1].

        If a person has no picture with the label, another random picture of that person.
        """
        likeness = 2 * (person[:, None] == self.person) + (utility[:, None] == self.utility)
        noise = torch.rand(likeness.shape, generator=rng).to(likeness.device)  # (n, N)
        return scaled(self.images[(likeness + noise).argmax(dim=1)])


class Generated(NamedTuple):
    """Pictures in [-1, 1], (N, 3, H, W), their codes, (N, latent), and divergence, (N,)."""

    images: Tensor
    codes: Tensor
    divergence: Tensor


class AdversarialTraining:
    """Three networks with their optimizers and data."""

    def __init__(self, data: TrainingSet, config: TrainConfig, rng: torch.Generator) -> None:
        self.data, self.config, self.rng, self.device = data, config, rng, data.images.device
        n_people, n_classes = int(data.person.max()) + 1, int(data.utility.max()) + 1
        net_config = config.net_config(data.images.shape[-1], n_people, n_classes)
        self.net_config = net_config
        self.encoder, self.decoder = Encoder(net_config), Decoder(net_config)
        self.discriminator = Discriminator(net_config)
        self.reader = nn.Linear(net_config.latent, net_config.n_classes)  # finds the utility label
        for net in (self.encoder, self.decoder, self.discriminator, self.reader):
            net.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.kept = nn.ModuleList([self.encoder, self.decoder])
        mean = get_ema_multi_avg_fn(config.average)  # type: ignore[no-untyped-call]
        self.average = AveragedModel(self.kept, multi_avg_fn=mean)
        learning = [*self.kept.parameters(), *self.reader.parameters()]
        self.g_optimizer = _optimizer(learning, config.lr, config.optimizer)
        learning = [*self.discriminator.parameters()]
        self.d_optimizer = _optimizer(learning, config.d_lr, config.optimizer)
        self.augmentation = Augmentation(config.shift, config.flip)
        self.n_iterations = config.iterations or max(1, len(data.images) // config.batch)
        self.n_done = 0  # finished epochs, of all phases
        self.history: list[list[float]] = []  # means of FIGURES per epoch of adversarial training

    @property
    def parts(self) -> Parts:
        """Everything that training changes."""
        names = "encoder decoder discriminator reader average g_optimizer d_optimizer"
        return {name: getattr(self, name) for name in names.split()}

    def epoch(self) -> Mapping[str, float]:
        """Trains one epoch of the current phase; returns the means of its figures."""
        config, number = self.config, self.n_done
        steps = (self._class_step, self._rebuild_step, self._iterate)
        phases = (config.warmup, config.rebuild, config.epochs)
        for step, n_epochs in zip(steps, phases, strict=True):
            if number < n_epochs:
                means = self._means(step, number, n_epochs)
                break
            number -= n_epochs
        self.n_done += 1
        if self.n_done == config.warmup and config.pooled:  # the encoder starts from its blocks
            self.encoder.body.load_state_dict(self.discriminator.body.state_dict())
        if self.n_done > config.warmup + config.rebuild:
            self.history.append([means[name] for name in FIGURES])
        return means

    def settle(self) -> None:
        """Replaces the weights by their running means and computes batch norm statistics again.

        The statistics of training depend on its last batches and on changing weights.
        """
        if self.config.average:
            for last, mean in zip(self.kept.parameters(), self.average.parameters(), strict=True):
                last.data.copy_(mean)
        for part in self.kept.modules():
            if isinstance(part, nn.BatchNorm2d) and self.config.settle:
                part.reset_running_stats()
                part.momentum = None  # the mean over all batches
        with torch.no_grad():
            for _ in range(self.config.settle):
                images, own, _ = self._batch()
                self._generated(images, self._target(own))

    def _means(self, step: Step, number: int, n_epochs: int) -> Mapping[str, float]:
        """Runs the steps of an epoch; returns the means of their figures."""
        n = self.n_iterations
        found = [
            {name: value.detach() for name, value in step(i, n_epochs * n).items()}
            for i in range(number * n, (number + 1) * n)
        ]
        return {name: float(torch.stack([f[name] for f in found]).mean()) for name in found[0]}

    def _class_step(self, number: int, n: int) -> Figures:
        """One step of the discriminator alone, on classes."""
        set_rate(self.d_optimizer, self.config.d_lr * 2 * (1 - number / n))
        images, person, utility = self._batch()
        logits = self._logits(images)
        terms = head_terms(logits, torch.ones_like(logits.real), person, utility)
        loss = self.config.d_person * terms[1] + self.config.d_utility * terms[2]
        optimize(loss, self.d_optimizer)
        figures = {"d_person": terms[1], "d_utility": terms[2]}
        return {**figures, **_accuracy("known", logits, person, utility)}

    def _rebuild_step(self, number: int, n: int) -> Figures:
        """One step of encoder and decoder alone."""
        images, own, utility = self._batch()
        person = self._target(own)
        made = self._generated(images, person)
        divergence, reading = made.divergence.mean(), self._reading(made, utility)
        error = self._error(made, images, person, utility)
        config = self.config
        loss = config.w_kl * divergence + config.w_read * reading + config.w_alone * error
        optimize(loss, self.g_optimizer)
        return {"kl": divergence, "reading": reading, "error": error}

    def _iterate(self, number: int, n: int) -> Figures:
        """One iteration of adversarial training."""
        rate = 1 / (1 + self.config.decay * number)
        if self.config.anneal:
            rate *= min(1.0, 2 - 2 * number / n)
        set_rate(self.g_optimizer, self.config.lr * rate)
        set_rate(self.d_optimizer, self.config.d_lr * rate)
        self._generator_step()
        figures, *shown = self._generator_step()
        return {**figures, **self._discriminator_step(*shown)}

    def _generator_step(self) -> tuple[Figures, Tensor, Tensor, Tensor]:
        """One step; returns figures, and pictures with their target person and utility label."""
        images, own, utility = self._batch()
        person = self._target(own)
        self.discriminator.requires_grad_(False)  # it does not learn here
        made = self._generated(images, person)
        logits = self._logits(self._augmented(made.images))
        terms = head_terms(logits, torch.ones_like(logits.real), person, utility)
        config, zero = self.config, torch.zeros((), device=self.device)
        reading = self._reading(made, utility) if config.w_read else zero
        error = self._error(made, images, person, utility) if config.w_rebuild else zero
        weights = (config.w_real, config.w_person, config.w_utility)
        loss = generator_loss(made.divergence, terms, config.w_kl, weights)
        optimize(loss + config.w_read * reading + config.w_rebuild * error, self.g_optimizer)
        if config.average:
            self.average.update_parameters(self.kept)
        self.discriminator.requires_grad_(True)
        shown = made.images.detach()
        figures = {"kl": made.divergence.mean(), "reading": reading, "error": error}
        figures |= dict(zip(("real", "person", "utility"), terms, strict=True))
        figures |= _accuracy("made", logits, person, utility)
        figures["variety"] = _variety(shown) / _variety(images)
        return figures, shown, person, utility

    def _discriminator_step(self, fakes: Tensor, target: Tensor, shown: Tensor) -> Figures:
        """One step; fakes are generated pictures with target person and utility label."""
        images, person, utility = self._batch()
        real, fake = self._logits(images), self._logits(self._augmented(fakes))
        n, config = len(images), self.config
        of_real = head_terms(real, smoothed(n, self.device, real=True), person, utility)
        of_fake = head_terms(fake, smoothed(n, self.device, real=False), target, shown)
        weights = (config.d_real, config.d_person, config.d_utility)
        loss = discriminator_loss(of_real, of_fake, weights, fakes_teach=config.fakes_teach)
        optimize(loss, self.d_optimizer)
        names = ("d_real", "d_person", "d_utility", "d_fake")
        figures = dict(zip(names, [*of_real, of_fake[0]], strict=True))
        return {**figures, **_accuracy("known", real, person, utility)}

    def _batch(self) -> tuple[Tensor, Tensor, Tensor]:
        """Different pictures, augmented, with person and utility label."""
        images, person, utility = self.data.sample(self.config.batch, self.rng)
        return self._augmented(images), person, utility

    def _target(self, own: Tensor) -> Tensor:
        """The people to show, (N,): the picture's own for a share `own`, then random ones."""
        person = torch.randint(0, self.net_config.n_people, (len(own),), generator=self.rng)
        person = person.to(self.device)
        n_own = int(self.config.own * len(own))
        person[:n_own] = own[:n_own]
        return person

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

    def _error(self, made: Generated, images: Tensor, person: Tensor, utility: Tensor) -> Tensor:
        """Pixel error: of the own person's pictures from their sources, of others from peers.

        Sources are augmented, as for the encoder; peers are not, as releases should look.
        """
        n_own = int(self.config.own * len(images))
        peers = self.data.peers(person[n_own:], utility[n_own:], self.rng)
        return (made.images - torch.cat([images[:n_own], peers])).abs().mean()

    def _logits(self, images: Tensor) -> Logits:
        with autocast(self.device):
            logits = self.discriminator(images)
        return Logits(*(head.float() for head in logits))

    def _augmented(self, images: Tensor) -> Tensor:
        """The pictures shifted and mirrored at random; differentiable."""
        if not (self.config.shift or self.config.flip):
            return images
        moved = self.augmentation.shift_and_flip(images, self.rng)
        return moved.contiguous(memory_format=torch.channels_last)


def _optimizer(parameters: Sequence[nn.Parameter], lr: float, name: str) -> torch.optim.Optimizer:
    if name == "adam":
        return torch.optim.Adam(parameters, lr, betas=(0.5, 0.99), fused=True)
    return torch.optim.RMSprop(parameters, lr, alpha=0.9, eps=1e-8, foreach=True)  # as in Keras


def _variety(images: Tensor) -> Tensor:
    """Standard deviation over pictures, averaged over every fourth pixel in each direction."""
    return images[:, :, ::4, ::4].std(dim=0).mean()


def _accuracy(which: str, logits: Logits, person: Tensor, utility: Tensor) -> Figures:
    """Accuracy of the class heads, by figure."""
    pairs = {"person": (logits.person, person), "utility": (logits.utility, utility)}
    return {
        f"{head}_{which}": (scores.argmax(dim=1) == truth).float().mean()
        for head, (scores, truth) in pairs.items()
    }
