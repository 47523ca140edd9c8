"""Prototypes, terms and pictures, by hand and by loops."""

import hashlib
import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from bench.api import Defense
from bench.faces import Faces
from bench.nn.weights import facenet
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.san.auxiliary import dealt, matcher
from defenses.san.losses import gender_term, matching_term, pixel_term
from defenses.san.pictures import joined_with, prototypes, scaled, strengthened


def test_prototypes_are_averages_and_their_mean_by_shares():
    images = np.zeros((4, 3, 1, 1), np.uint8)
    images[:, 0, 0, 0] = [255, 0, 0, 51]  # one man, three women
    found = prototypes(images, np.array([1, 0, 0, 0]))
    np.testing.assert_allclose(found[:, 0, 0, 0], [51 / 765, 1, 0.75 * 51 / 765 + 0.25])


def test_prototypes_want_both_genders():
    with pytest.raises(ValueError, match="genders 0 and 1"):
        prototypes(np.zeros((2, 3, 1, 1), np.uint8), np.zeros(2, int))


@pytest.mark.parametrize(("kind", "moved"), [("SM", [10, 20]), ("NT", [30, 30]), ("OP", [20, 10])])
def test_a_picture_is_joined_with_its_own_and_moved_to_another(kind, moved):
    three = torch.tensor([10.0, 20.0, 30.0])[:, None, None, None].expand(3, 3, 1, 1)
    own, other = joined_with(kind, three, torch.tensor([0, 1]))
    assert own[:, 0, 0, 0].tolist() == [10, 20]
    assert other[:, 0, 0, 0].tolist() == moved


def test_grey_is_luma():
    images = torch.tensor([100, 50, 200], dtype=torch.uint8).view(1, 3, 1, 1)
    assert float(scaled(images, 1)) * 255 == pytest.approx(29.9 + 29.35 + 22.8)
    assert (scaled(images, 3) * 255).flatten().tolist() == [100, 50, 200]


def test_the_gender_term_is_two_cross_entropies():
    own, other = torch.tensor([[0.3, -1.2]]), torch.tensor([[2.0, 0.5]])

    def entropy(logits, label):
        return -math.log(math.exp(logits[label]) / sum(math.exp(x) for x in logits))

    wanted = entropy([0.3, -1.2], 1) + entropy([2.0, 0.5], 0)
    assert float(gender_term(own, other, torch.tensor([1]), "flip")) == pytest.approx(
        wanted, rel=1e-5
    )
    both = (entropy([2.0, 0.5], 0) + entropy([2.0, 0.5], 1)) / 2
    even = gender_term(own, other, torch.tensor([1]), "even")
    assert float(even) == pytest.approx(entropy([0.3, -1.2], 1) + both, rel=1e-5)


@pytest.mark.parametrize(("matched", "wanted"), [("SM", 2.5), ("OP", 4.0), ("mean", 1.125)])
def test_the_matching_term_is_a_squared_distance(matched, wanted):
    own = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    other = torch.tensor([[2.0, 0.0], [0.0, -2.0]])
    original = torch.zeros(2, 2)
    assert float(matching_term(matched, own, other, original)) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("squared", 0.04), ("absolute", 0.2), ("entropy", -0.5 * (math.log(0.7) + math.log(0.3)))],
)
def test_the_pixel_term(kind, wanted):
    made, picture = torch.full((1, 1, 2, 2), 0.7), torch.full((1, 1, 2, 2), 0.5)
    assert float(pixel_term(kind, made, picture)) == pytest.approx(wanted, rel=1e-5)


def test_people_are_held_out_whole():
    person = np.repeat(np.arange(10), 3)
    deal = dealt(person, type("C", (), {"rng": np.random.default_rng(0)}))
    assert len(set(person[deal.valid])) == 2
    assert not set(person[deal.train]) & set(person[deal.valid])
    assert len(deal.train) + len(deal.valid) == 30


def test_strength_multiplies_the_change_of_the_logit():
    picture, moved = torch.tensor([0.5, 0.25]), torch.tensor([0.75, 0.5])
    twice = strengthened(picture, moved, 2)  # odds 1 -> 3 -> 9, and 1/3 -> 1 -> 3
    torch.testing.assert_close(twice, torch.tensor([0.9, 0.75]))
    torch.testing.assert_close(strengthened(picture, moved, 0), picture)
    assert strengthened(picture, moved, 1) is moved


@pytest.mark.slow
def test_a_published_facenet_matches_as_it_is(tmp_path, monkeypatch):
    from facenet_pytorch import InceptionResnetV1

    theirs = InceptionResnetV1(classify=True, num_classes=3).eval()  # as the released files are
    path = tmp_path / "some.pt"
    torch.save(theirs.state_dict(), path)
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))
    given = facenet("some", hashlib.sha256(path.read_bytes()).hexdigest())
    images = np.zeros((2, 3, 160, 160), np.uint8)
    faces = Faces(images, {"identity": np.arange(2)}, np.arange(2))
    luck = Worker().training(np.random.default_rng(0))
    mine = matcher("facenet", faces, dealt(np.arange(9), luck), 1, luck, given)
    shown = torch.rand(2, 3, 160, 160)
    theirs.classify = False
    with torch.inference_mode():
        cosine = functional.cosine_similarity(mine(shown), theirs(shown))
    assert cosine.min() > 0.999


def test_weights_of_a_matcher_are_those_of_facenet():
    with pytest.raises(ValueError, match="give matcher=facenet"):
        make(Defense, Spec.parse("san:matcher_weights=some"))
