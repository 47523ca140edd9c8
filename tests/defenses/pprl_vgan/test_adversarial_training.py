"""Targets, comparisons, and the weights and statistics that are kept."""

import numpy as np
import pytest
import torch
from torch import nn

from bench.api import Defense
from bench.registry import make
from bench.spec import Spec
from defenses.pprl_vgan.adversarial_training import AdversarialTraining, Generated
from defenses.pprl_vgan.sampling import TrainingSet

N = 40


def training(**fields):
    small = {"width": 4, "decoder_width": 4, "latent": 8, "batch": 16, "shift": 0.0, "flip": False}
    config = make(Defense, Spec("pprl_vgan", "quick", tuple({**small, **fields}.items())))
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (N, 3, 32, 32)).astype(np.uint8))
    data = TrainingSet(images, torch.arange(N) % 4, torch.arange(N) % 3)
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    return AdversarialTraining(data, config, rng)


@pytest.mark.parametrize(("iterations", "wanted"), [(0, N // 16), (7, 7)])
def test_the_number_of_steps_is_given_or_that_of_whole_batches(iterations, wanted):
    assert training(iterations=iterations).n_iterations == wanted


def test_only_pictures_of_the_own_person_are_compared_with_their_source():
    """All sources are black, all peers white: an error of 2 where black is compared with white."""
    begun = training(own=0.25)
    sampler = begun.sampler
    white = torch.full((N, 3, 32, 32), 255, dtype=torch.uint8)
    sampler.data = sampler.data._replace(images=white)
    black = torch.full((16, 3, 32, 32), -1.0)
    made = Generated(black, torch.zeros(16, 8), torch.zeros(16))
    assert begun._error(made, black, sampler.draw(compares=True).peers).item() == 0.75 * 2


def test_settled_statistics_are_means_over_batches():
    """Of the first norm, whose input a hook sees, and of the networks that are kept: the means."""
    begun = training(settle=3, warmup=0, rebuild=0, iterations=1)
    begun.epoch()
    norm = next(part for part in begun.encoder.modules() if isinstance(part, nn.BatchNorm2d))
    seen = []
    pairs = list(zip(begun.kept.parameters(), begun.average.parameters(), strict=True))

    def look(net, given):
        assert all(torch.equal(last, mean) for last, mean in pairs)
        seen.append(given[0].float())

    norm.register_forward_pre_hook(look)
    begun.settle()
    means = torch.stack([batch.mean(dim=(0, 2, 3)) for batch in seen])  # (batches, channels)
    variances = torch.stack([batch.var(dim=(0, 2, 3)) for batch in seen])
    assert len(seen) == 3
    assert torch.allclose(norm.running_mean, means.mean(dim=0), atol=1e-4)
    assert torch.allclose(norm.running_var, variances.mean(dim=0), atol=1e-4)


def test_running_means_of_weights_are_kept():
    """After two iterations of two steps: the mean moves by a tenth of the way at each step."""
    begun = training(warmup=0, rebuild=0, iterations=2, average=0.9, settle=0)
    weight, passed = begun.decoder.dense.weight, []
    begun.g_optimizer.register_step_post_hook(lambda *_: passed.append(weight.detach().clone()))
    begun.epoch()
    mean, *others = passed
    for step in others:
        mean = 0.9 * mean + 0.1 * step
    begun.settle()
    assert len(passed) == 4
    assert torch.allclose(weight, mean, atol=1e-6)
    assert not torch.allclose(weight, passed[-1], atol=1e-6)


@pytest.mark.parametrize("w_read", [0.0, 1.0])
def test_codes_are_read_if_that_has_a_weight(w_read):
    begun = training(warmup=0, rebuild=0, iterations=1, w_read=w_read)
    before = begun.reader.weight.clone()
    begun.epoch()
    assert torch.equal(before, begun.reader.weight) == (w_read == 0)


def test_reading_trains_the_encoder():
    begun = training()
    drawn = begun.sampler.draw()
    made = begun._generated(begun.sampler.pictures(drawn), drawn.person)
    begun._reading(made, drawn.utility).backward()
    assert begun.encoder.mean.weight.grad.abs().sum() > 0


def test_without_settling_nothing_changes_after_training():
    begun = training(settle=0)
    before = {k: v.clone() for k, v in begun.encoder.state_dict().items()}
    begun.settle()
    after = begun.encoder.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def keras_rate(lr, decay, n_updates):
    """Keras 2.0: the initial rate, divided by 1 + decay * the optimizer's updates before this."""
    return lr / (1.0 + decay * n_updates)


def test_released_rates_fall_with_updates_of_which_an_iteration_has_two():
    fields = {"iterations": 3, "epochs": 3, "decay": 0.25, "anneal": False}
    begun = training(warmup=0, rebuild=0, released=True, **fields)
    counts = {"g": 0, "d": 0}
    for name, optimizer in (("g", begun.g_optimizer), ("d", begun.d_optimizer)):
        optimizer.register_step_post_hook(
            lambda *_, name=name: counts.update({name: counts[name] + 1})
        )
    for n in (3, 6):
        begun.epoch()
        assert counts == {"g": 2 * n, "d": 2 * n}
        last = keras_rate(2e-3, 0.25, counts["g"] - 2)  # when the last iteration began
        for optimizer in (begun.g_optimizer, begun.d_optimizer):
            assert float(optimizer.param_groups[0]["lr"]) == pytest.approx(last)


def test_released_fakes_have_an_update_of_their_own():
    """They do not teach classes, so the second update has no gradient of the class heads."""
    begun = training(warmup=0, rebuild=0, iterations=1, released=True)
    heads, updates = (begun.discriminator.person, begun.discriminator.utility), []
    begun.d_optimizer.register_step_pre_hook(
        lambda *_: updates.append([bool(head.bias.grad.any()) for head in heads])
    )
    begun.epoch()
    assert updates == [[True, True], [False, False]]


@pytest.mark.parametrize(
    ("preset", "epochs", "fakes_teach", "weights"),
    [("ferg", 400, True, (0.108, 0.6, 0.29)), ("mug", 300, False, (0.078, 0.8, 0.12))],
)
def test_the_released_schedules(preset, epochs, fakes_teach, weights):
    config = make(Defense, Spec("pprl_vgan", preset))
    assert (config.epochs, config.batch, config.iterations) == (epochs, 256, 0)
    assert (config.w_real, config.w_person, config.w_utility) == weights
    assert (config.w_kl, config.fakes_teach, config.released) == (0.002, fakes_teach, True)
    rates = (config.optimizer, config.lr, config.d_lr, config.decay)
    assert rates == ("rmsprop", 3e-4, 3e-4, 1e-6)


@pytest.mark.parametrize("preset", ["ferg", "mug"])
def test_the_released_settings_leave_out_what_is_ours(preset):
    config = make(Defense, Spec("pprl_vgan", preset))
    ours = "warmup rebuild w_rebuild own w_read average iterations settle shift flip anneal pooled"
    assert not any(getattr(config, name) for name in ours.split())
    weights = config.w_kl + config.w_real + config.w_person + config.w_utility
    assert weights == pytest.approx(1)  # as released
    assert (config.d_real, config.d_person, config.d_utility) == (0.25, 0.5, 0.25)
