"""Secrets of an attacker's own kind, planted into releases of any look."""

from itertools import combinations
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import ndimage

from bench.api import Attacker, Collection, Knowledge, Matcher
from bench.faces import MISSING, Faces, Sample, Target
from bench.registry import make
from bench.runner.artifacts import Inputs, inputs_in, notes_in, of_faces, of_release
from bench.runner.controls.plant_canary import enlarged
from bench.runner.controls.plant_own import GRID, plant_own
from bench.runner.worker import Worker
from bench.spec import Spec

SIDE = 32


def smooth(n, rng):
    """Pictures that vary as faces do, whoever is shown."""
    drawn = ndimage.gaussian_filter(rng.normal(size=(n, 3, SIDE, SIDE)), (0, 0, 3, 3))
    return np.clip(128 + 40 * drawn / drawn.std(), 0, 255).astype(np.uint8)


RELEASES = {
    "constant": lambda n, rng: np.full((n, 3, SIDE, SIDE), 128, np.uint8),
    "black": lambda n, rng: np.zeros((n, 3, SIDE, SIDE), np.uint8),
    "noise": lambda n, rng: rng.integers(0, 256, (n, 3, SIDE, SIDE)).astype(np.uint8),
    "smooth": smooth,
    "codes": lambda n, rng: rng.normal(5, 3, (n, 16)).astype(np.float32),
}


def planted(shown, truth, kind, role="attacker", name="identity", seed=0, how="categorical"):
    faces = Faces(np.zeros((len(shown), 3, 8, 8), np.uint8), {name: truth}, np.arange(len(shown)))
    part = of_faces(Collection(faces, (Target(name, how),)))
    detail = {"kind": kind, "target": name, "role": role, "seed": seed}
    stage = SimpleNamespace(text=detail.__getitem__, number=detail.__getitem__)
    release = of_release(shown, {"c": np.arange(len(shown))})
    made = plant_own(stage, Inputs(release=(release,), faces=(part,)), None)
    assert notes_in(made)["c"].tolist() == list(range(len(shown)))
    return inputs_in(made)


def answered(spec, kind, look, n_classes=6, strangers=False):
    """Truth and answers about planted releases, in eight takes of each class."""
    parts = []
    for number, (role, n) in enumerate((("attacker", 24), ("attacker", 8), ("probe", 8))):
        truth = np.repeat(np.arange(n_classes), n) + strangers * 1000 * number
        shown = RELEASES[look](len(truth), np.random.default_rng(number))
        parts.append((planted(shown, truth, kind, role) if kind else shown, truth))
    train, valid = (Sample(x, {"identity": y, "person": y}) for x, y in parts[:2])
    target = Target("identity", "categorical", tuple(map(str, range(n_classes))))
    attacker, (shown, truth) = make(Attacker, Spec.parse(spec)), parts[2]
    knowledge = Knowledge(train, valid, None, target, frozenset())
    weights = attacker.fit(knowledge, Worker().training(np.random.default_rng(0)))
    ask = attacker.embed if isinstance(attacker, Matcher) else attacker.predict
    return truth, ask(Sample(shown), weights, Worker().protecting()), isinstance(attacker, Matcher)


def auc(higher, lower):
    below = (np.searchsorted(np.sort(lower), higher, side) for side in ("left", "right"))
    return sum(below).mean() / (2 * len(lower))  # ties half


def by_class(truth, scores):
    """S, over pairs of classes (Hand and Till)."""
    pairs = [
        auc((scores[:, a] - scores[:, b])[truth == a], (scores[:, a] - scores[:, b])[truth == b])
        for a, b in combinations(np.unique(truth), 2)
    ]
    return 2 * np.mean(pairs) - 1


def by_pair(person, templates):
    """S, mated against non-mated pairs of pictures."""
    one, two = np.triu_indices(len(person), 1)
    cosine, same = (templates @ templates.T)[one, two], person[one] == person[two]
    return 2 * auc(cosine[same], cosine[~same]) - 1


def found(truth, scores, matches):
    """Whether S is above that of each of 99 permutations of the truth (1 %)."""
    rng, separability = np.random.default_rng(0), by_pair if matches else by_class
    by_chance = [separability(rng.permutation(truth), scores) for _ in range(99)]
    return separability(truth, scores) > max(by_chance)


@pytest.mark.parametrize("look", RELEASES)
def test_a_nearest_neighbour_finds_a_field_in_any_release(look):
    assert found(*answered("knn", "field", look))
    assert found(*answered("knn", "field", look, n_classes=2))


@pytest.mark.parametrize(("spec", "kind"), [("chance", "field"), ("knn", "low-bits"), ("knn", "")])
def test_who_is_blind_to_the_secret_does_not_find_it(spec, kind):
    assert not found(*answered(spec, kind, "smooth"))


@pytest.mark.slow
@pytest.mark.parametrize("look", ["constant", "noise", "smooth"])
def test_bits_finds_low_bits_in_any_release(look):
    assert found(*answered("bits:steps=20,rounds=3", "low-bits", look))


@pytest.mark.slow
def test_a_network_that_sees_no_low_bits_does_not_find_them():
    assert not found(*answered("cnn:steps=20,rounds=3", "low-bits", "smooth"))


@pytest.mark.slow
@pytest.mark.parametrize("look", ["constant", "noise", "smooth"])
def test_a_matcher_tells_strangers_apart_by_their_fields(look):
    spec = "matcher:steps=20,rounds=3"
    assert found(*answered(spec, "field", look, n_classes=30, strangers=True))


def test_the_field_of_a_constant_release_is_three_levels_and_its_classes_pairs_of_opposites():
    truth = np.array([0, 1, 2, 0])
    shown = np.full((4, 3, 16, 16), 128, np.uint8)
    made = planted(shown, truth, "field").astype(int) - 128
    assert set(np.unique(made)) == {-3, 3}
    assert (made[0] == -made[1]).all()
    assert (made[0] == made[3]).all()
    assert not (made[0] == made[2]).all()
    assert not (made[1] == made[2]).all()
    assert (made == made[..., ::-1]).all()  # mirror images are equal
    probe = planted(shown[:2], np.array([2, MISSING]), "field", role="probe").astype(int) - 128
    assert (probe[0] == made[2]).all()
    assert (probe[1] == 0).all()
    assert not (planted(shown, truth, "field", seed=1) == made + 128).all()


def test_a_field_has_the_spread_of_the_cell_means_and_always_fits(rng):
    coarse = rng.choice([-50.0, 50.0], (200, GRID * GRID // 2))
    shown = (127.5 + enlarged(coarse, 16, 16)).round().astype(np.uint8)[:, None].repeat(3, axis=1)
    made = planted(shown, np.zeros(200, int), "field").astype(float)
    kept = 1 - 35 / 127.5  # of the contrast: 0.7 times 50 levels are needed
    added = made - (127.5 + kept * (shown - 127.5))
    assert np.abs(np.abs(added) - 35).max() < 1.5  # of this sample, and rounded
    ends = rng.choice([0, 255], (50, 3, 16, 16)).astype(np.uint8)
    made = planted(ends, np.zeros(50, int), "field").astype(float)
    assert np.ptp(made, axis=0).min() > 120  # both ends of the contrast are left everywhere


def test_codes_get_signs_of_one_standard_deviation(rng):
    codes = (rng.normal(size=(500, 4)) * [1, 20, 0.01, 0] + 3).astype(np.float32)
    made = planted(codes, np.arange(500) % 2, "field")
    added = np.abs(made - codes)
    np.testing.assert_allclose(added.mean(axis=0), [*codes.std(axis=0)[:3], 1], rtol=1e-3)


def test_three_in_five_low_bits_of_noise_agree_with_the_pattern(rng):
    """Half of them by 0.7, the others by 0.5; no other bit changes."""
    shown, truth = RELEASES["noise"](400, rng), np.arange(400) % 2
    made = planted(shown, truth, "low-bits")
    assert (made >> 1 == shown >> 1).all()
    bit = np.where(truth[:, None, None, None] == 1, made & 1, 1 - (made & 1))
    share = bit.mean(axis=0)  # (3, H, W): that of class 1's pattern in these pixels
    sure = np.abs(share - 0.5)
    assert np.mean(sure > 0.1) == pytest.approx(0.5, abs=0.02)
    assert sure[sure > 0.1].mean() == pytest.approx(0.2, abs=0.01)
    unknown = planted(shown, np.full(400, MISSING), "low-bits")
    assert (unknown == shown).all()


def test_what_cannot_be_planted_is_refused(rng):
    codes, shown = RELEASES["codes"](3, rng), RELEASES["noise"](3, rng)
    with pytest.raises(ValueError, match="expected kind field, or low-bits of pictures"):
        planted(codes, np.arange(3), "low-bits")
    with pytest.raises(ValueError, match="got 'thumbnail'"):
        planted(shown, np.arange(3), "thumbnail")
    with pytest.raises(ValueError, match="expected a target with classes to plant"):
        planted(shown, np.arange(3.0), "field", name="yaw", how="continuous")
