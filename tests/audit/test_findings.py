"""Verdicts."""

import pytest

from bench.answers import Estimate
from bench.audit.findings import limit_finding, limit_of


def test_limits_by_hand():
    assert limit_of(0.01, identity=True) == pytest.approx(0.03)
    assert limit_of(0.5, identity=True) == pytest.approx(0.6)  # of two people
    assert limit_of(0.5, identity=False) == pytest.approx(0.6)
    assert limit_of(1 / 7, identity=False) == pytest.approx(1 / 7 + 6 / 35)


def test_the_low_end_decides():
    for low, verdict in ((0.61, "leaks"), (0.59, "ok")):
        found = Estimate(0.7, low, 0.8, 9, 0.5)
        assert limit_finding("shortcut", "x", found, 0.6, "").verdict == verdict
