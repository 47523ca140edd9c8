import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from bench.nn.classifier import Labelled
from bench.nn.embedder import _Hinge, _Margin, _misordered, _Triplet, embedded, fitted
from bench.nn.inputs import Augmentation
from bench.nn.state import restored
from bench.nn.training import Schedule
from bench.runner.worker import Worker


def people(first, n_people=24, n_each=8):
    """Codes of people who differ in two of six numbers; the others are loud noise."""
    rng = np.random.default_rng(first)
    person = np.repeat(np.arange(first, first + n_people), n_each)
    own = rng.standard_normal((n_people, 2))[person - first]
    noise = 3 * rng.standard_normal((len(person), 4))
    near = own + 0.15 * rng.standard_normal(own.shape)
    return Labelled(np.concatenate([near, noise], axis=1).astype(np.float32), person)


def net():
    return nn.Sequential(nn.Linear(6, 32), nn.ReLU(), nn.Linear(32, 8))


def auc(made, person):
    above = np.triu_indices(len(person), 1)
    return roc_auc_score((person[:, None] == person)[above], (made @ made.T)[above])


@pytest.mark.slow
@pytest.mark.parametrize("loss", ["margin", "triplet"])
def test_unseen_people_are_recognized(loss):
    context = Worker().training(np.random.default_rng(0))
    schedule = Schedule(3e-3, 32, 60, 4)
    weights = fitted(net, 8, people(0), people(100), loss, Augmentation(), schedule, context)
    strangers = people(200)
    made = embedded(restored(net(), weights, "cpu"), strangers.inputs, Augmentation(), "cpu")
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    assert auc(made, strangers.truth) > auc(strangers.inputs, strangers.truth) + 0.15
    valid = people(100)
    made = embedded(restored(net(), weights, "cpu"), valid.inputs, Augmentation(), "cpu")
    assert weights["curve.valid"].min() == pytest.approx(1 - auc(made, valid.truth), abs=1e-3)


def test_the_share_of_misordered_pairs_is_one_minus_auc():
    rng = np.random.default_rng(0)
    made, person = rng.standard_normal((30, 4)).astype(np.float32), rng.integers(0, 5, 30)
    found = _misordered(torch.from_numpy(made), torch.from_numpy(person))
    assert found == pytest.approx(1 - auc(made, person), abs=1e-9)


def objective(kind):
    return kind(2, people(0, 6, 3), people(100, 4, 3), Augmentation(), "cpu")


def test_the_margin_loss_is_the_formula():
    goal = objective(_Margin)
    still, index = nn.Identity(), torch.arange(7)
    goal.centres = nn.Parameter(torch.randn(6, 6, generator=torch.Generator().manual_seed(0)))
    total = 0.0
    for i in index:
        x = goal.inputs[i] / goal.inputs[i].norm()
        cosines = [float(x @ c / c.norm()) for c in goal.centres.detach()]
        cosines[int(goal.person[i])] -= 0.2
        exps = np.exp(24 * np.array(cosines))
        total -= np.log(exps[int(goal.person[i])] / exps.sum())
    assert float(goal.loss(still, index, None).detach()) == pytest.approx(total / 7, rel=1e-5)


def test_the_triplet_loss_takes_the_hardest_of_the_batch():
    goal = objective(_Triplet)
    still, index = nn.Identity(), torch.arange(9)
    x = goal.inputs[index] / goal.inputs[index].norm(dim=1, keepdim=True)
    total = 0.0
    for i in range(9):
        apart = [float((x[i] - x[j]).square().sum()) for j in range(9)]
        own = [apart[j] for j in range(9) if goal.person[j] == goal.person[i]]
        other = [apart[j] for j in range(9) if goal.person[j] != goal.person[i]]
        total += np.log1p(np.exp(8 * (0.2 + max(own) - min(other)))) / 8
    assert float(goal.loss(still, index, None).detach()) == pytest.approx(total / 9, rel=1e-5)


def test_the_hinge_loss_is_that_of_the_slides():
    """Averaged over anchor, positive and negative."""
    goal = objective(_Hinge)
    index = torch.arange(9)
    x = goal.inputs[index] / goal.inputs[index].norm(dim=1, keepdim=True)
    person, losses = goal.person.tolist(), []
    for a in range(9):
        for p in range(9):
            for n in range(9):
                if a != p and person[a] == person[p] != person[n]:
                    apart = [float((x[a] - x[j]).square().sum()) for j in (p, n)]
                    losses.append(max(apart[0] + 0.2 - apart[1], 0))
    assert len(losses) == 9 * 2 * 6
    found = float(goal.loss(nn.Identity(), index, None).detach())
    assert found == pytest.approx(np.mean(losses), rel=1e-5)


def test_batches_for_triplets_hold_several_pictures_of_each_person():
    goal = objective(_Triplet)
    for batch in goal.batches(12, torch.Generator().manual_seed(0)):
        _, counts = np.unique(goal.person[batch].numpy(), return_counts=True)
        assert counts.min() >= 4


def test_a_batch_for_triplets_never_shows_one_person_alone():
    goal = _Triplet(2, people(0, 3, 3), people(100, 4, 3), Augmentation(), "cpu")
    for seed in range(20):
        batches = goal.batches(8, torch.Generator().manual_seed(seed))
        assert batches
        for batch in batches:
            assert len(set(goal.person[batch].tolist())) > 1


@pytest.mark.parametrize(
    ("loss", "truth", "match"),
    [
        ("margin", np.array([0, 1, 2]), "several pictures each, got 3 pictures of 3 people"),
        ("margin", np.array([0, 0, 0]), "several pictures each, got 3 pictures of 1 people"),
        ("triplet", np.array([0, 0, 1]), "two people with several pictures, got 1"),
        ("hinge", np.array([0, 0, 1]), "two people with several pictures, got 1"),
    ],
)
def test_data_that_cannot_be_learned_are_refused(loss, truth, match):
    part = Labelled(np.zeros((3, 6), np.float32), truth)
    context = Worker().training(np.random.default_rng(0))
    with pytest.raises(ValueError, match=match):
        fitted(net, 8, part, part, loss, Augmentation(), Schedule(1e-3, 2, 1, 1), context)
