"""Pictures/s of a full iteration (one step of the discriminator, two of the generator).

Beside it the released loop, typed plainly: float32, channels first, a pass for each thing. Both
run in one process, by turns, and `speedup` is of their processor times: other load on the machine
slows both.
"""

import time

import numpy as np
import pytest
import torch

from bench.api import Defense
from bench.nn.vae import kl
from bench.registry import make
from bench.spec import Spec
from defenses.pprl_vgan.adversarial_training import AdversarialTraining
from defenses.pprl_vgan.losses import discriminator_loss, generator_loss, head_terms, smoothed
from defenses.pprl_vgan.nets import Decoder, Discriminator, Encoder
from defenses.pprl_vgan.sampling import TrainingSet

CPU = torch.device("cpu")
N_TURNS = 2


@pytest.fixture(autouse=True)
def one_core():
    """As the pool's processes run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


class Plain:
    """The released loop."""

    def __init__(self, data, net_config, config):
        self.data, self.net_config, self.config = data, net_config, config
        self.encoder, self.decoder = Encoder(net_config), Decoder(net_config)
        self.discriminator = Discriminator(net_config)
        made_by = [*self.encoder.parameters(), *self.decoder.parameters()]
        self.maker = torch.optim.RMSprop(made_by, config.lr, foreach=False)
        self.judge = torch.optim.RMSprop(
            self.discriminator.parameters(), config.d_lr, foreach=False
        )

    def batch(self):
        index = torch.randperm(len(self.data.images))[: self.config.batch]
        images = self.data.images[index].float().sub(127.5).div(127.5)
        person = torch.randint(0, self.net_config.n_people, (len(index),))
        return images, self.data.person[index], self.data.utility[index], person

    def made(self, images, person):
        mean, logvar = self.encoder(images)
        code = mean + torch.randn_like(mean) * self.encoder.spread(logvar)
        return self.decoder(code, person), kl(mean, logvar)

    def learn(self, images, person, utility, *, real):
        targets = smoothed(len(images), CPU, real=real)
        terms = head_terms(self.discriminator(images), targets, person, utility)
        none = torch.zeros(3)
        pair = (terms, none) if real else (none, terms)
        parts = (self.config.d_real, self.config.d_person, self.config.d_utility)
        weights = torch.tensor(parts)
        loss = discriminator_loss(*pair, weights, fakes_teach=self.config.fakes_teach)
        self.judge.zero_grad()
        loss.backward()
        self.judge.step()

    def iterate(self):
        images, own, utility, person = self.batch()
        with torch.no_grad():
            made = self.made(images, person)[0]
        self.learn(images, own, utility, real=True)
        self.learn(made, person, utility, real=False)
        parts = (self.config.w_real, self.config.w_person, self.config.w_utility)
        weights = torch.tensor(parts)
        for _ in range(2):
            images, _, utility, person = self.batch()
            made, divergence = self.made(images, person)
            terms = head_terms(self.discriminator(made), torch.ones(len(made)), person, utility)
            self.maker.zero_grad()
            generator_loss(divergence, terms, self.config.w_kl, weights).backward()
            self.maker.step()


@pytest.mark.parametrize(
    ("preset", "size_px"), [("quick", 32), ("quick", 64), ("ferg", 64), ("mug", 64)]
)
def test_a_full_iteration(benchmark, preset, size_px):
    batch = 16  # of any preset: the rates per picture hardly depend on it
    alike = {"warmup": 0, "iterations": 1, "augment": False}
    alike |= {"w_read": 0.0, "w_rebuild": 0.0, "average": 0.0}  # the plain loop's work
    spec = Spec("pprl_vgan", preset, (("batch", batch), *alike.items()))
    config = make(Defense, spec)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (batch, 3, size_px, size_px)).astype(np.uint8)
    labels = (torch.from_numpy(rng.integers(0, n, batch)) for n in (8, 7))
    data = TrainingSet(torch.from_numpy(images), *labels)
    training = AdversarialTraining(data, config, torch.Generator().manual_seed(0))
    plain, seconds = Plain(data, training.net_config, config), {"ours": [], "plain": []}
    for _ in range(1 + N_TURNS):
        for name, step in (("ours", training.epoch), ("plain", plain.iterate)):
            start = time.process_time()
            step()
            seconds[name].append(time.process_time() - start)
    benchmark.pedantic(training.epoch, rounds=1)
    ours, simple = (min(times[1:]) for times in seconds.values())
    benchmark.extra_info["pictures_per_s"] = round(batch / ours, 1)
    benchmark.extra_info["plain_pictures_per_s"] = round(batch / simple, 1)
    benchmark.extra_info["speedup"] = round(simple / ours, 2)
