"""The matched filter for prototypes."""

import numpy as np
import pytest

from bench.api import Attacker, Knowledge
from bench.faces import Sample, Target
from bench.registry import make
from bench.runner.rng import generator
from bench.runner.worker import Worker
from bench.spec import Spec

TARGET = Target("gender", "categorical", ("female", "male"))
WORKER = Worker()
RNG = np.random.default_rng(0)
PAIR = (0.5 + 0.1 * RNG.standard_normal((3, 3, 16, 16))).clip(0, 1).astype(np.float32)


def moved(n, strength):
    """Noise with the pattern of the other class, that strong, in logits."""
    truth = np.arange(n) % 2
    logits = RNG.standard_normal((n, 3, 16, 16)) + strength * (PAIR[1 - truth] - PAIR[truth])
    images = (255 / (1 + np.exp(-logits))).round().astype(np.uint8)
    return Sample(images, {"gender": truth, "person": np.arange(n)})


def right(knowledge, sample):
    attacker = make(Attacker, Spec("prototype"))
    weights = attacker.fit(knowledge, WORKER.training(generator("test")))
    scores = attacker.predict(sample, weights, WORKER.protecting())
    return (scores.argmax(axis=1) == sample.labels["gender"]).mean()


def knowing(train, **more):
    return Knowledge(train, train, None, TARGET, frozenset(more.get("disclosed", ())), **more)


def test_a_disclosed_pattern_is_found_where_it_is_a_quarter_of_the_noise():
    train, probe = moved(60, 1.5), moved(200, 1.5)
    assert right(knowing(train, disclosed={"prototypes": PAIR}), probe) > 0.95


def test_prototypes_of_raw_pictures_are_kept_for_protected_ones():
    truth = np.arange(400) % 2
    raw = Sample(
        (255 * PAIR[truth]).round().astype(np.uint8), {"gender": truth, "person": np.arange(400)}
    )
    attacker = make(Attacker, Spec("prototype"))
    start = attacker.fit(knowing(raw), WORKER.training(generator("test")))
    np.testing.assert_allclose(start["prototypes"], PAIR[:2], atol=0.5 / 255)
    assert right(knowing(moved(60, 1.5), start=start), moved(200, 1.5)) > 0.95


def test_without_a_pattern_it_guesses():
    assert right(knowing(moved(60, 0), disclosed={"prototypes": PAIR}), moved(200, 0)) < 0.62


def test_prototypes_of_another_size_are_refused():
    knowledge = knowing(moved(8, 1), disclosed={"prototypes": PAIR[..., :8]})
    with pytest.raises(ValueError, match=r"expected prototypes \(2, 3, 16, 16\)"):
        right(knowledge, moved(8, 1))
