"""Who is shown, and what a step takes."""

from functools import partial

import torch

from bench.api import Defense
from bench.registry import make
from bench.spec import Spec
from defenses.pprl_vgan.sampling import Sampler, TrainingSet

N = 40


def sampler(**fields):
    config = make(Defense, Spec("pprl_vgan", "quick", (("batch", 16), *fields.items())))
    images = torch.zeros(N, 3, 4, 4, dtype=torch.uint8)
    data = TrainingSet(images, torch.arange(N) % 4, torch.arange(N) % 3)
    return Sampler(data, config, torch.Generator().manual_seed(0))


def test_half_show_their_own_person():
    own = torch.full((1000,), 2)
    assert sampler().target(own)[:500].tolist() == [2] * 500
    others = sampler(w_rebuild=0.0).target(own)
    for person in range(4):
        assert abs((others == person).float().mean() - 0.25) < 0.06  # 4 standard deviations


def moves(rng):
    """Of 16 pictures: down and right, and whether they are mirrored."""
    shifts = torch.rand(2, 16, generator=rng) * 2 - 1
    return torch.cat([shifts.T, torch.rand(16, 1, generator=rng)], dim=1)


def test_steps_take_what_they_would_draw_one_after_the_other():
    found, rng = sampler(), torch.Generator().manual_seed(0)
    made = partial(found.draw, shows=True, moves=True)
    for shown, real in found.steps([made, partial(found.draw, moves=True)], 3):
        for drawn in (shown, real):
            assert torch.equal(drawn.picture, torch.randperm(N, generator=rng)[:16])
            assert torch.equal(drawn.utility, drawn.picture % 3)
            assert torch.equal(drawn.moves, moves(rng))
            person = drawn.picture % 4
            if drawn is shown:
                person[8:] = torch.randint(0, 4, (16,), generator=rng)[8:]
            assert torch.equal(drawn.person, person)
            assert torch.equal(drawn.made_moves, moves(rng))
