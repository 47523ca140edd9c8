"""What the networks are shown, and the statistics that they end with."""

import numpy as np
import pytest
import torch
from torch import nn

from bench.api import Defense
from bench.registry import make
from bench.spec import Spec
from defenses.pprl_vgan.game import Game, Pupils

N = 40


def game(**fields):
    small = {"width": 4, "decoder_width": 4, "latent": 8, "batch": 16, "shift": 0.0, "flip": False}
    recipe = make(Defense, Spec("pprl_vgan", "quick", tuple({**small, **fields}.items())))
    rng = np.random.default_rng(0)
    images = torch.from_numpy(rng.integers(0, 256, (N, 3, 32, 32)).astype(np.uint8))
    pupils = Pupils(images, torch.arange(N) % 4, torch.arange(N) % 3)
    torch.manual_seed(0)
    return Game(pupils, recipe.form(32, 4, 3), recipe, torch.Generator().manual_seed(0), "cpu")


@pytest.mark.parametrize(("iterations", "wanted"), [(0, N // 16), (7, 7)])
def test_small_data_get_as_many_steps_if_iterations_are_counted(iterations, wanted):
    assert game(iterations=iterations).n_iterations == wanted


def test_a_share_shows_its_own_person_where_that_is_compared():
    own = torch.full((1000,), 2)
    assert game(own=0.5)._wanted(own)[:500].tolist() == [2] * 500
    others = game(w_rebuild=0.0)._wanted(own)
    for person in range(4):
        assert abs((others == person).float().mean() - 0.25) < 0.06  # 4 standard deviations


def test_the_discriminator_sees_noise():
    seen = []
    noisy = game(noise=0.5)
    noisy.discriminator.register_forward_pre_hook(lambda net, given: seen.append(given[0]))
    noisy._judged(torch.zeros(8, 3, 32, 32))
    assert abs(seen[0].std() - 0.5) < 0.01
    assert seen[0].mean().abs() < 0.02


def test_settled_statistics_are_means_over_batches():
    """Of the first norm, whose input a hook sees; the encoder has moved since the first batches."""
    playing = game(settle=3)
    playing.epoch()
    norm = next(part for part in playing.encoder.modules() if isinstance(part, nn.BatchNorm2d))
    seen = []
    norm.register_forward_pre_hook(lambda net, given: seen.append(given[0].float()))
    playing.settle()
    means = torch.stack([batch.mean(dim=(0, 2, 3)) for batch in seen])  # (batches, channels)
    variances = torch.stack([batch.var(dim=(0, 2, 3)) for batch in seen])
    assert len(seen) == 3
    assert torch.allclose(norm.running_mean, means.mean(dim=0), atol=1e-4)
    assert torch.allclose(norm.running_var, variances.mean(dim=0), atol=1e-4)


def test_as_released_statistics_are_those_that_training_leaves():
    playing = game(settle=0)
    before = {k: v.clone() for k, v in playing.encoder.state_dict().items()}
    playing.settle()
    after = playing.encoder.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("preset", ["ferg", "mug"])
def test_the_released_settings_leave_out_what_is_ours(preset):
    recipe = make(Defense, Spec("pprl_vgan", preset))
    ours = ("warmup", "rebuild", "w_rebuild", "iterations", "noise", "settle", "shift", "flip")
    assert not any(getattr(recipe, name) for name in (*ours, "anneal", "pooled"))
    assert sum(recipe.shares) == pytest.approx(1)  # as released
    assert (recipe.d_shares, recipe.lr, recipe.batch) == ((0.25, 0.5, 0.25), 3e-4, 256)
