"""Targets, comparisons, and the weights and statistics that are kept."""

import numpy as np
import pytest
import torch
from torch import nn

from bench.api import Defense
from bench.nn.guide import Guide
from bench.nn.inputs import scaled
from bench.registry import make
from bench.spec import Spec
from defenses.pprl_vgan import rates
from defenses.pprl_vgan.adversarial_training import N_SETTLING, AdversarialTraining
from defenses.pprl_vgan.sampling import TrainingSet

N = 40


def training(*, guided=False, **fields):
    small = {"width": 4, "decoder_width": 4, "latent": 8, "batch": 16, "augment": False}
    config = make(Defense, Spec("pprl_vgan", "quick", tuple({**small, **fields}.items())))
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (N, 3, 32, 32)).astype(np.uint8))
    data = TrainingSet(images, torch.arange(N) % 4, torch.arange(N) % 3)
    guide = Guide(3, 32).eval().requires_grad_(False) if guided else None
    torch.manual_seed(0)
    return AdversarialTraining(data, config, torch.Generator().manual_seed(0), guide)


@pytest.mark.parametrize(("iterations", "wanted"), [(0, N // 16), (7, 7)])
def test_the_number_of_steps_is_given_or_that_of_whole_batches(iterations, wanted):
    assert training(iterations=iterations).n_iterations == wanted


@pytest.mark.parametrize("w_rebuild", [0.0, 4.0])
def test_half_of_the_pictures_show_their_own_person_and_are_compared(monkeypatch, w_rebuild):
    """The guide is asked about the others; without a weight nothing is compared."""
    begun, n_own = training(guided=True, warmup=0, iterations=1, w_rebuild=w_rebuild), 8
    calls = {"_generated": [], "_guided": []}
    for name, seen in calls.items():
        usual = getattr(begun, name)
        called = lambda *args, seen=seen, usual=usual: seen.append(args) or usual(*args)  # noqa: E731
        monkeypatch.setattr(begun, name, called)
    figures = begun.epoch()
    assert (figures["error"] > 0) == (w_rebuild > 0)
    assert [len(made) for made, _ in calls["_guided"]] == 2 * [16 - n_own * (w_rebuild > 0)]
    person, whole = begun.sampler.data.person, scaled(begun.sampler.data.images)
    for images, target in calls["_generated"]:
        source = [int((whole == image).flatten(1).all(dim=1).nonzero()) for image in images]
        own = target == person[source]
        assert own[:n_own].all() == (w_rebuild > 0)
        assert not own[n_own:].all()


def test_settled_statistics_are_means_over_batches():
    """Of the first norm, whose input a hook sees, and of the networks that are kept: the means."""
    begun = training(warmup=0, iterations=1)
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
    assert len(seen) == N_SETTLING
    assert torch.allclose(norm.running_mean, means.mean(dim=0), atol=1e-4)
    assert torch.allclose(norm.running_var, variances.mean(dim=0), atol=1e-4)


def test_running_means_of_weights_are_kept():
    """After two iterations of two steps: the mean moves by a tenth of the way at each step."""
    begun = training(warmup=0, iterations=2, average=0.9)
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
    begun = training(warmup=0, iterations=1, w_read=w_read)
    before = begun.reader.weight.clone()
    begun.epoch()
    assert torch.equal(before, begun.reader.weight) == (w_read == 0)


@pytest.mark.parametrize("w_guide", [0.0, 1.0])
def test_the_guide_teaches_the_generator_the_utility_label_and_learns_nothing(w_guide):
    begun = training(warmup=0, iterations=1, guided=True, w_guide=w_guide)
    before = {name: value.clone() for name, value in begun.guide.state_dict().items()}
    figures = begun.epoch()
    alone = training(warmup=0, iterations=1)  # seeds torch again
    alone.epoch()
    same = torch.equal(begun.decoder.dense.weight, alone.decoder.dense.weight)
    assert same == (w_guide == 0)
    assert figures["guided"] > 0
    after = begun.guide.state_dict()  # means of its batch norms, too
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_reading_trains_the_encoder():
    begun = training()
    drawn = begun.sampler.draw()
    made = begun._generated(begun.sampler.pictures(drawn), drawn.person)
    begun._reading(made, drawn.utility).backward()
    assert begun.encoder.mean.weight.grad.abs().sum() > 0


def test_without_running_means_nothing_changes_after_training():
    begun = training(average=0.0)
    before = {k: v.clone() for k, v in begun.encoder.state_dict().items()}
    begun.settle()
    after = begun.encoder.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


def keras_rate(lr, decay, n_updates):
    """Keras 2.0: the initial rate, divided by 1 + decay * the optimizer's updates before this."""
    return lr / (1.0 + decay * n_updates)


def test_released_rates_fall_with_updates_of_which_an_iteration_has_two(monkeypatch):
    monkeypatch.setattr(rates, "DECAY", 0.25)
    begun = training(warmup=0, released=True, iterations=3, epochs=3)
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
    begun = training(warmup=0, iterations=1, released=True)
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
    assert (config.lr, config.d_lr, rates.DECAY) == (3e-4, 3e-4, 1e-6)
    begun = training(released=config.released)
    for optimizer in (begun.g_optimizer, begun.d_optimizer):
        assert isinstance(optimizer, torch.optim.RMSprop)
        assert (optimizer.defaults["alpha"], optimizer.defaults["eps"]) == (0.9, 1e-8)


@pytest.mark.parametrize("preset", ["ferg", "mug"])
def test_the_released_settings_leave_out_what_is_ours(preset):
    config = make(Defense, Spec("pprl_vgan", preset))
    ours = "warmup guide_steps w_guide w_rebuild w_read average augment"
    assert not any(getattr(config, name) for name in (*ours.split(), "iterations"))
    weights = config.w_kl + config.w_real + config.w_person + config.w_utility
    assert weights == pytest.approx(1)  # as released
    assert (config.d_real, config.d_person, config.d_utility) == (0.25, 0.5, 0.25)
