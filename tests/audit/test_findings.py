"""Verdicts."""

import pytest

from bench.answers import Estimate
from bench.audit.findings import judged, limit_of


def test_limits_by_hand():
    assert limit_of(0.01, identity=True) == pytest.approx(0.03)
    assert limit_of(0.5, identity=True) == pytest.approx(0.6)  # of two people
    assert limit_of(0.5, identity=False) == pytest.approx(0.6)
    assert limit_of(1 / 7, identity=False) == pytest.approx(1 / 7 + 6 / 35)


def test_the_low_end_decides():
    assert judged("cue", "x", Estimate(0.7, 0.61, 0.8, 9, 0.5), 0.6, "").verdict == "leaks"
    assert judged("cue", "x", Estimate(0.7, 0.59, 0.8, 9, 0.5), 0.6, "").verdict == "ok"
