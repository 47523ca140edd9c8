"""Attackers' and matchers' trainings that are killed anywhere end with the same bytes."""

import numpy as np
import pytest

from bench.nn import checkpoint, classifier, embedder, training
from bench.nn.backbones import backbone
from bench.nn.classifier import Labelled
from bench.nn.inputs import Augmentation
from bench.nn.training import Schedule
from bench.runner.worker import Worker

SCHEDULE = Schedule(3e-3, 16, 6, 3)  # epochs of 4 steps in rounds of 6, 12 and 24
N_STEPS = 42


class Killed(Exception):
    pass


def pictures(seed, n=60):
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 3
    images = rng.integers(0, 200, (n, 3, 16, 16)).astype(np.uint8)
    images[:, 0] += (20 * truth[:, None, None]).astype(np.uint8)
    return Labelled(images, truth)


def train(kind, scratch, start=None):
    context = Worker(scratch=scratch).training(np.random.default_rng(0))
    parts, augmentation = (pictures(1), pictures(2)), Augmentation(shift=0.1, flip=True)
    if kind == "classifier":
        build = lambda: backbone("vgg", 3, 16)  # noqa: E731  # it has dropout
        return classifier.fitted(build, *parts, augmentation, SCHEDULE, context, start)
    build = lambda: backbone("pprl", 8, 16)  # noqa: E731
    return embedder.fitted(build, 8, *parts, kind, augmentation, SCHEDULE, context, start)


def killed_at(steps, kind, scratch, monkeypatch, start=None):
    """Trains; at each of these steps the process dies and a new one goes on."""
    usual, done = training.optimize, 0

    def optimize(loss, *optimizers):
        nonlocal done
        done += 1
        if done in steps:
            raise Killed
        usual(loss, *optimizers)

    monkeypatch.setattr(training, "optimize", optimize)
    for _ in steps:
        with pytest.raises(Killed):
            train(kind, scratch, start)
    weights = train(kind, scratch, start)
    return weights, done


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["classifier", "margin", "triplet"])
@pytest.mark.parametrize("every_s", [0.0, 0.1])
def test_a_killed_training_ends_with_the_same_bytes(kind, every_s, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SAVE_EVERY_S", every_s)
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole = train(kind, tmp_path / "whole")
    rng = np.random.default_rng(int(10 * every_s))
    steps = set(np.sort(rng.choice(np.arange(1, 36), 4, replace=False)).tolist()) | {1}
    again, _ = killed_at(steps, kind, tmp_path / "killed", monkeypatch)
    assert whole.keys() == again.keys()
    for name in whole:
        assert whole[name].tobytes() == again[name].tobytes(), name


@pytest.mark.slow
def test_a_warm_start_is_resumed_too_and_goes_on_where_it_was(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SAVE_EVERY_S", 0.0)
    for folder in ("first", "whole", "killed"):
        (tmp_path / folder).mkdir()
    start = train("classifier", tmp_path / "first")
    start = {name: array for name, array in start.items() if not name.startswith("curve.")}
    counted = []
    usual = training.optimize
    monkeypatch.setattr(training, "optimize", lambda *a: (counted.append(1), usual(*a)))
    whole = train("classifier", tmp_path / "whole", start)
    monkeypatch.setattr(training, "optimize", usual)
    again, n_done = killed_at({9, 15}, "classifier", tmp_path / "killed", monkeypatch, start)
    assert all(whole[name].tobytes() == again[name].tobytes() for name in whole)
    assert n_done == len(counted) + 2  # each kill costs the step that it hit, and no other
