"""The terms of the loss by hand, the split and the matcher."""

import hashlib
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional

from bench.api import Defense
from bench.faces import Faces
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.san.auxiliary import matcher, split_by_person
from defenses.san.defense import SAN
from defenses.san.training import SANObjective, gender_term, matching_term, pixel_term


def test_the_gender_term_is_two_cross_entropies():
    own, other = torch.tensor([[0.3, -1.2]]), torch.tensor([[2.0, 0.5]])

    def entropy(logits, label):
        return -math.log(math.exp(logits[label]) / sum(math.exp(x) for x in logits))

    wanted = entropy([0.3, -1.2], 1) + entropy([2.0, 0.5], 0)
    flip = gender_term("flip", own, other, torch.tensor([1]))
    assert float(flip) == pytest.approx(wanted, rel=1e-5)
    both = (entropy([2.0, 0.5], 0) + entropy([2.0, 0.5], 1)) / 2
    even = gender_term("even", own, other, torch.tensor([1]))
    assert float(even) == pytest.approx(entropy([0.3, -1.2], 1) + both, rel=1e-5)


def test_the_matching_term_is_a_squared_distance():
    embedded = torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    assert float(matching_term(embedded, torch.zeros(2, 2))) == 2.5


@pytest.mark.parametrize(
    ("matched", "wanted"), [("SM", [1.0, 0.0]), ("OP", [0.0, 1.0]), ("mean", [0.5, 0.5])]
)
def test_only_the_matched_release_is_embedded(matched, wanted):
    objective = SimpleNamespace(fields=SimpleNamespace(matched=matched))
    own, other = torch.tensor([[[[3.0, 0.0]]]]), torch.tensor([[[[0.0, 2.0]]]])
    seen = []

    def matcher(images):
        seen.append(len(images))
        return images.flatten(1)

    found = SANObjective._embedded(objective, matcher, own, other)
    assert found.tolist() == [wanted]
    assert seen == [2 if matched == "mean" else 1]


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("squared", 0.04), ("absolute", 0.2), ("entropy", -0.5 * (math.log(0.7) + math.log(0.3)))],
)
def test_the_pixel_term(kind, wanted):
    made, picture = torch.full((1, 1, 2, 2), 0.7), torch.full((1, 1, 2, 2), 0.5)
    assert float(pixel_term(kind, made, picture)) == pytest.approx(wanted, rel=1e-5)


def test_people_are_held_out_whole():
    person = np.repeat(np.arange(10), 3)
    split = split_by_person(person, Worker().training(np.random.default_rng(0)))
    assert len(set(person[split.valid])) == 2
    assert not set(person[split.train]) & set(person[split.valid])
    assert len(split.train) + len(split.valid) == 30


@pytest.mark.slow
def test_a_published_facenet_matches_as_it_is(tmp_path, monkeypatch):
    from facenet_pytorch import InceptionResnetV1

    theirs = InceptionResnetV1(classify=True, num_classes=3).eval()  # as the released files are
    path = tmp_path / "some.pt"
    torch.save(theirs.state_dict(), path)
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    images = np.zeros((2, 3, 160, 160), np.uint8)
    faces = Faces(images, {"identity": np.arange(2)}, np.arange(2))
    context = Worker().training(np.random.default_rng(0))
    defense = SAN(matcher="facenet", matcher_weights="some", matcher_sha256=digest)
    mine = matcher(defense, faces, split_by_person(np.arange(9), context), context)
    shown = torch.rand(2, 3, 160, 160)
    theirs.classify = False
    with torch.inference_mode():
        cosine = functional.cosine_similarity(mine(shown), theirs(shown))
    assert cosine.min() > 0.999


def test_weights_of_a_matcher_are_those_of_facenet():
    with pytest.raises(ValueError, match="expected matcher=facenet"):
        make(Defense, Spec.parse("san:matcher_weights=some"))
