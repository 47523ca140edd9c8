"""Counts, shares and missing labels."""

import numpy as np

from bench.audit.balance import balance
from bench.faces import MISSING


def test_counts_and_shares_by_hand(honest):
    gender = np.full(240, MISSING)
    gender[:150], gender[150:200] = 0, 1
    identity, found = balance(honest(labels={"gender": gender}))
    assert identity.reason == "12 classes of 20 to 20 pictures; smallest share 0.0833; 0 missing"
    assert (found.value, found.n, found.verdict) == (0.75, 200, "ok")
    assert found.reason == "female: 150, male: 50; smallest share 0.25; 40 missing"
