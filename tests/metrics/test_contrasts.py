import numpy as np
import pytest

from bench.metrics.contrasts import contrasts
from tests.metrics.test_separability import answers


def test_readings_are_as_given_inverted_and_relabelled(rng):
    found, units = answers(rng, right=1.0)
    as_given, inverted, relabelled = contrasts(found, *units, found)
    assert [c.reading for c in (as_given, inverted, relabelled)] == [
        "as given", "inverted", "relabelled",
    ]  # fmt: skip
    assert as_given.value == -inverted.value
    assert as_given.excess == pytest.approx(0.9 * as_given.value)
    assert as_given.n_units == 20


def test_who_finds_much_is_significant_and_above_the_margin(rng):
    found, units = answers(rng, people=12, right=1.5)
    first = contrasts(found, *units, found)[0]
    assert first.p < 1e-6
    assert first.low > 0


def test_noise_is_bounded_in_19_of_20_cases(rng):
    below, significant = 0, 0
    strong, _ = answers(rng, people=12, each=8, right=5.0)
    for _ in range(100):
        found, units = answers(rng, people=12, each=8)
        first = contrasts(found, *units, strong)[0]
        below += first.low < first.value - 0.1 * first.ceiling < first.high
        significant += first.p < 0.01
    assert below == 100
    assert significant <= 4


def test_a_constant_answer_is_surely_below_the_margin(rng):
    strong, units = answers(rng, people=12, right=5.0)
    constant = strong.__class__(np.zeros_like(strong.scores), *(
        getattr(strong, name) for name in ("truth", "person", "image_id")
    ))  # fmt: skip
    for one in contrasts(constant, *units, strong):
        assert one.value == pytest.approx(0, abs=1e-12)
        assert one.high < 0
        assert one.p == 1
