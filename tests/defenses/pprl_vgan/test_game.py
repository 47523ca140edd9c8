"""What the networks are shown and compared with, and what they end with."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from bench.api import Defense
from bench.registry import make
from bench.spec import Spec
from defenses.pprl_vgan.game import Game, Made
from defenses.pprl_vgan.pupils import Pupils

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


def test_a_share_shows_its_own_person():
    own = torch.full((1000,), 2)
    assert game(own=0.5)._wanted(own)[:500].tolist() == [2] * 500
    others = game(own=0.0)._wanted(own)
    for person in range(4):
        assert abs((others == person).float().mean() - 0.25) < 0.06  # 4 standard deviations


def test_peers_show_the_person_and_the_class_wanted():
    """Of pictures as grey as their number: 0 to 3 show person 0, of classes 0, 0, 1, 2."""
    images = torch.arange(6, dtype=torch.uint8).view(6, 1, 1, 1).expand(6, 3, 2, 2)
    pupils = Pupils(images, torch.tensor([0, 0, 0, 0, 1, 1]), torch.tensor([0, 0, 1, 2, 2, 2]))
    person, utility = torch.tensor([0] * 200 + [1] * 200), torch.tensor(([0] * 100 + [1] * 100) * 2)
    made = pupils.peers(person, utility, torch.Generator().manual_seed(0))
    shown = (made[:, 0, 0, 0] * 127.5 + 127.5).round().int()
    assert set(shown[:100].tolist()) == {0, 1}
    assert set(shown[100:200].tolist()) == {2}
    assert set(shown[200:].tolist()) == {4, 5}  # never seen to show these: anything of person 1


def test_what_shows_its_own_person_is_compared_with_its_source_and_the_rest_is_not():
    """All sources are black, all peers white: an error of 2 where black is compared with white."""
    playing = game(own=0.25)
    white = torch.full((N, 3, 32, 32), 255, dtype=torch.uint8)
    playing.pupils = replace(playing.pupils, images=white)
    black = torch.full((16, 3, 32, 32), -1.0)
    made = Made(black, torch.zeros(16, 8), torch.zeros(16))
    person = torch.zeros(16, dtype=torch.long)
    assert playing._error(made, black, person, person).item() == pytest.approx(0.75 * 2)


def test_settled_statistics_are_means_over_batches():
    """Of the first norm, whose input a hook sees, and of the networks that are kept: the means."""
    playing = game(settle=3, warmup=0, rebuild=0, iterations=1)
    playing.epoch()
    norm = next(part for part in playing.encoder.modules() if isinstance(part, nn.BatchNorm2d))
    seen = []
    pairs = list(zip(playing.kept.parameters(), playing.average.parameters(), strict=True))

    def look(net, given):
        assert all(torch.equal(last, mean) for last, mean in pairs)
        seen.append(given[0].float())

    norm.register_forward_pre_hook(look)
    playing.settle()
    means = torch.stack([batch.mean(dim=(0, 2, 3)) for batch in seen])  # (batches, channels)
    variances = torch.stack([batch.var(dim=(0, 2, 3)) for batch in seen])
    assert len(seen) == 3
    assert torch.allclose(norm.running_mean, means.mean(dim=0), atol=1e-4)
    assert torch.allclose(norm.running_var, variances.mean(dim=0), atol=1e-4)


def test_means_of_the_weights_are_kept_not_the_last_ones():
    """After two iterations of two steps: the mean moves by a tenth of the way at each step."""
    playing = game(warmup=0, rebuild=0, iterations=2, average=0.9, settle=0)
    weight, passed = playing.decoder.dense.weight, []
    playing.maker.register_step_post_hook(lambda *_: passed.append(weight.detach().clone()))
    playing.epoch()
    mean, *others = passed
    for step in others:
        mean = 0.9 * mean + 0.1 * step
    playing.settle()
    assert len(passed) == 4
    assert torch.allclose(weight, mean, atol=1e-6)
    assert not torch.allclose(weight, passed[-1], atol=1e-6)


@pytest.mark.parametrize("w_read", [0.0, 1.0])
def test_codes_are_read_if_that_weighs(w_read):
    playing = game(warmup=0, rebuild=0, iterations=1, w_read=w_read)
    before = playing.reader.weight.clone()
    playing.epoch()
    assert torch.equal(before, playing.reader.weight) == (w_read == 0)


def test_the_encoder_learns_to_be_read():
    playing = game()
    images, person, utility = playing._batch()
    playing._reading(playing._made(images, person), utility).backward()
    assert playing.encoder.mean.weight.grad.abs().sum() > 0


def test_as_released_statistics_are_those_that_training_leaves():
    playing = game(settle=0)
    before = {k: v.clone() for k, v in playing.encoder.state_dict().items()}
    playing.settle()
    after = playing.encoder.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.parametrize("preset", ["ferg", "mug"])
def test_the_released_settings_leave_out_what_is_ours(preset):
    recipe = make(Defense, Spec("pprl_vgan", preset))
    ours = "warmup rebuild w_rebuild own w_read average iterations settle shift flip anneal pooled"
    assert not any(getattr(recipe, name) for name in ours.split())
    assert sum(recipe.shares) == pytest.approx(1)  # as released
    assert (recipe.d_shares, recipe.lr, recipe.batch) == ((0.25, 0.5, 0.25), 3e-4, 256)
