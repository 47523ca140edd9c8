"""A defense that treats the probe otherwise is found, an honest one is not."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from bench.audit.shift import role_shift, shift_finding
from bench.metrics.shift import Side, shift


def blurred(sigma):
    return lambda images: gaussian_filter(images, (0, 0, sigma, sigma))


def brighter(images):
    return np.minimum(images, 254) + np.uint8(1)


def patterned(images):
    faint = np.random.default_rng(1).integers(0, 2, images.shape[1:]).astype(np.uint8)
    return np.minimum(images, 254) + faint


def same(images):
    return images


@pytest.fixture(params=["closed", "open"])
def verdict(request, honest):
    """The verdict on what two defenses give out, each of its side."""
    data = honest()
    probe = data.roles["probe"] if request.param == "closed" else data.person < 6

    def judge(defense_of_attackers, defense_of_probe):
        sides = []
        for mask, protect in ((~probe, defense_of_attackers), (probe, defense_of_probe)):
            raw = data.faces.images[mask]
            sides.append(Side(protect(raw), data.person[mask], raw))
        return shift_finding("release", shift(*sides)).verdict

    return judge


@pytest.mark.parametrize("defense", [same, blurred(2.0), brighter, patterned])
def test_the_same_defense_for_all_is_not_flagged(verdict, defense):
    assert verdict(defense, defense) == "ok"


@pytest.mark.parametrize(
    ("defense", "cheat"),
    [(blurred(2.0), blurred(2.1)), (same, brighter), (same, patterned)],
    ids=["another blur", "one grey level", "a faint pattern"],
)
def test_another_defense_for_the_probe_is_found(verdict, defense, cheat):
    assert verdict(defense, cheat) == "leaks"


def test_a_cheat_is_found_without_the_raw_pictures(honest):
    data = honest()
    probe = data.roles["probe"]
    sides = []
    for mask, sigma in ((~probe, 0.8), (probe, 1.0)):
        images = blurred(sigma)(data.faces.images[mask])
        sides.append(Side(images, data.person[mask], images))
    assert shift_finding("release", shift(*sides)).verdict == "leaks"


def test_roles_of_honest_data_are_alike(honest):
    finding = role_shift(honest("closed"))
    assert finding.verdict == "ok"
    assert finding.chance == 0.5


def test_what_cannot_be_asked_is_told(honest):
    assert "closed-paper deals" in role_shift(honest("closed-paper")).reason
    few = role_shift(honest("open"))
    assert (few.verdict, few.reason) == ("n/a", "3 people on a side are too few; give 5")
