import numpy as np

from bench.runner.worker import GRAPHS, Worker


def test_trainings_are_replayed_only_if_the_environment_or_the_caller_asks(monkeypatch):
    rng = np.random.default_rng(0)
    monkeypatch.delenv(GRAPHS, raising=False)
    assert not Worker().training(rng).graphs
    assert Worker(graphs=True).training(rng).graphs
    monkeypatch.setenv(GRAPHS, "1")
    assert Worker().training(rng).graphs
    assert Worker().training(rng).rng is rng
