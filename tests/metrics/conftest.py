import numpy as np
import pytest

from bench.answers import Templates
from bench.metrics import intervals


@pytest.fixture(scope="session")
def templates():
    """Random templates of length 1: people around their centres, enrolled with other pictures."""

    def make(n_people, n_each, noise=1.0, seed=0, width=16, n_others=0):
        rng = np.random.default_rng(seed)
        centres = rng.standard_normal((n_people + n_others, width))

        def pictures(person):
            drawn = centres[person] + noise * rng.standard_normal((len(person), width))
            return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)

        gallery = np.repeat(np.arange(n_people), n_each)
        probe = np.repeat(np.arange(n_people + n_others), n_each)
        n = len(gallery)
        ids = np.arange(n), np.arange(n, n + len(probe))
        return Templates(pictures(gallery), pictures(probe), gallery, probe, *ids)

    return make


@pytest.fixture(scope="module")
def few_people():
    """Two people are enough for an interval, so that a value can be computed by hand."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intervals, "MIN_PEOPLE_FOR_INTERVAL", 2)
        yield
