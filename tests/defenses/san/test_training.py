"""The terms of the loss by hand, the stages, what is given, the split and the matcher."""

import hashlib
import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from bench.api import Defense
from bench.faces import Faces
from bench.nn.backbones import DeepConvNet
from bench.nn.estimation import Split, split_by_person
from bench.registry import make, spec_of, stated
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.san.auxiliary import N_HELD, matcher
from defenses.san.defense import SAN
from defenses.san.nets import Autoencoder
from defenses.san.prototypes import fitted_prototypes, prototypes_for
from defenses.san.training import (
    Adam,
    Batches,
    Frozen,
    SANObjective,
    _stages,
    gender_term,
    matching_term,
    pixel_term,
)


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


def test_of_many_classes_the_opposite_one_is_wanted():
    own, other = torch.tensor([[0.0, 1.0, 0.0, 0.0]]), torch.tensor([[0.0, 0.0, 0.0, 2.0]])
    found = gender_term("flip", own, other, torch.tensor([1]))
    wanted = math.log(3 + math.e) - 1 + math.log(3 + math.e**2) - 2  # classes 1 and 3 of 0 to 3
    assert float(found) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("squared", 0.04), ("absolute", 0.2), ("entropy", -0.5 * (math.log(0.7) + math.log(0.3)))],
)
def test_the_pixel_term(kind, wanted):
    made, picture = torch.full((1, 1, 2, 2), 0.7), torch.full((1, 1, 2, 2), 0.5)
    assert float(pixel_term(kind, made, picture)) == pytest.approx(wanted, rel=1e-5)


def test_people_are_held_out_whole():
    person = np.repeat(np.arange(10), 3)
    split = split_by_person(person, Worker().training(np.random.default_rng(0)), N_HELD)
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


def test_weights_of_a_matcher_are_those_of_a_published_one():
    with pytest.raises(ValueError, match="expected matcher=facenet or vggface"):
        make(Defense, Spec.parse("san:matcher_weights=some"))


@pytest.mark.parametrize(
    ("spec", "n_train", "stages"),
    [
        ("san", 157_350, [(5_000, "pixels"), (20_000, "all")]),
        ("san@brief", 157_350, [(5_000, "pixels"), (20_000, "all")]),
        ("san@quick", 4_800, [(1, "pixels"), (300, "all")]),
        # main.py: 20 epochs of 19,669 batches of 8, of which five are without the matcher
        ("san@released", 157_350, [(98_345, "gender"), (295_035, "all")]),
        ("san@released", 17, [(10, "gender"), (30, "all")]),  # a picture alone is left out
        ("san@released:epochs=3", 16, [(6, "gender")]),
        # each network of the family, as `san`
        ("san_ensemble@brief", 157_350, [(5_000, "pixels"), (20_000, "all")]),
        ("san_ensemble@quick", 4_800, [(1, "pixels"), (300, "all")]),
        ("san_ensemble@released", 157_350, [(98_345, "gender"), (295_035, "all")]),
        ("flow_san@brief", 157_350, [(5_000, "pixels"), (20_000, "all")]),
        ("flow_san@quick", 4_800, [(1, "pixels"), (300, "all")]),
        ("flow_san@released", 157_350, [(98_345, "gender"), (295_035, "all")]),
    ],
)
def test_stages_have_the_steps_of_the_preset(spec, n_train, stages):
    fields = make(Defense, Spec.parse(spec))
    names = {"pixels": None, "gender": Frozen(["f"]), "all": Frozen(["f"], "F")}
    wanted = [(steps, names[name]) for steps, name in stages]
    assert _stages(fields, n_train, names["all"]) == wanted


def test_the_released_preset_is_the_released_code():
    """Weights and rate of main.py; its sum over a batch of 8 is 8 times our mean."""
    fields = make(Defense, Spec.parse("san@released"))
    assert fields.matching_weight == 8 * fields.batch == 64
    assert (fields.gender_weight, fields.pixel_weight) == (1, 1)
    assert (fields.pixel_loss, fields.matched, fields.mirror) == ("absolute", "mean", True)
    assert (fields.epochs, fields.match_from, fields.adam, fields.lr) == (20, 6, True, 2e-4)
    assert {Adam(2e-4, 8, 100, 1).rate(step, 100) for step in range(100)} == {2e-4}
    assert Adam(2e-4, 8, 100, 1).weight_decay == 0
    brief = make(Defense, Spec.parse("san@brief"))
    assert replace(fields, **vars(brief)) == brief
    changed = {name for name, value in vars(brief).items() if value != getattr(fields, name)}
    assert changed == {"pixel_steps", "epochs", "match_from", "adam", "mirror"}


def test_what_differs_from_the_authors_is_said_with_the_field_that_undoes_it():
    text = stated(SAN, "Differs from it")
    fields = {"gender", "aligned", "landmarks", "warp=piecewise", "adam", "mirror"}
    fields |= {"matcher_weights", "classifier_weights", "strength"}
    assert {name for name in fields if f"`{name}`" in text} == fields
    for what in ("means over a batch", "best epoch on held-out people", "moments start anew"):
        assert what in text


@pytest.mark.parametrize(
    ("preset", "n_parameters"),
    [("", 324_248), ("@released", 324_248), ("@brief", 324_248), ("@quick", 42_588)],
)
@pytest.mark.parametrize(("name", "n"), [("san", 1), ("san_ensemble", 3), ("flow_san", 2)])
def test_networks_have_the_published_numbers_of_parameters(name, n, preset, n_parameters):
    """Each of the three networks of an ensemble, and of the two of a flow."""
    defense = make(Defense, Spec.parse(f"{name}{preset}"))
    assert getattr(defense, "n", 1) == n
    assert sum(p.numel() for p in defense.net().parameters()) == n_parameters


def batches_of(points, **fields):
    """Three pictures of 4 px; the third is held out."""
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 4, 4)).astype(np.uint8)
    faces = Faces(images, {"gender": np.array([0, 1, 1])}, np.arange(3))
    weights = fitted_prototypes(images, faces.labels["gender"], points, "similarity", "cpu")
    laid = prototypes_for(points, weights, "similarity", "cpu")
    split = Split(np.arange(2), np.array([2]))
    return images, Batches(faces, split, laid, SAN(n_colours=3, **fields), "cpu")


@pytest.mark.parametrize("are_aligned", [False, True])
def test_mirrored_pictures_keep_prototypes_that_are_not_aligned(are_aligned):
    points = np.random.default_rng(1).uniform(0.2, 0.8, (3, 5, 2)).astype(np.float32)
    images, data = batches_of(points if are_aligned else None, mirror=True)
    plain, turned = (data.batch(torch.tensor([at, 1])) for at in (0, 3))  # 3 + 0 is its mirror
    assert torch.equal(turned[0][0] * 255, torch.from_numpy(images[0, :, :, ::-1].copy()))
    for one, other in zip(plain[1:], turned[1:], strict=True):
        assert torch.equal(other[0], one[0].flip(-1) if are_aligned else one[0])
        assert torch.equal(other[1], one[1])
    assert data.own(torch.tensor([0, 3, 4])).tolist() == [0, 0, 1]


def test_half_of_an_epoch_is_mirrored_and_matched_with_mirrored_features():
    _, data = batches_of(None, mirror=True)
    matcher = nn.Sequential(nn.Flatten(), nn.Linear(48, 5))
    goal = SANObjective(data, SAN(n_colours=3, mirror=True), Frozen([], matcher))
    shown = matcher(2 * data.pictures(torch.arange(6)) - 1)
    torch.testing.assert_close(goal.features, functional.normalize(shown, dim=1))
    generator = torch.Generator().manual_seed(0)
    drawn = torch.cat([part for _ in range(200) for part in goal.batches(2, generator)])
    assert set(drawn.tolist()) == {0, 1, 3, 4}
    assert 0.4 < (drawn > 2).float().mean() < 0.6
    assert sorted((drawn[:2] % 3).tolist()) == [0, 1]


def test_what_a_training_shows_are_held_out_pictures_with_sm_and_with_op():
    class Inverting(nn.Module):
        def forward(self, pictures, own, opposite):
            return 1 - pictures, 0 * pictures

    (images, data), shown, net = batches_of(None), [], Inverting().train()
    worker = Worker(show=shown.append).training(np.random.default_rng(0))
    SANObjective(data, SAN(n_colours=3)).show(net, worker)
    assert shown[0].dtype == np.uint8
    assert np.array_equal(shown[0][:, 0], [images[2], 255 - images[2], 0 * images[2]])
    assert net.training


@pytest.fixture
def given(tmp_path, monkeypatch):
    """Puts a state dict where it is looked for; the fields that name it."""
    monkeypatch.setenv("BENCH_WEIGHTS", str(tmp_path))

    def put(state, field, digest):
        path = tmp_path / f"their_{field}.pt"
        torch.save(state, path)
        return f"{field}={path.stem},{digest}={hashlib.sha256(path.read_bytes()).hexdigest()}"

    return put


PICTURES = np.random.default_rng(0).integers(0, 256, (8, 3, 32, 32)).astype(np.uint8)
PEOPLE = Faces(PICTURES, {"gender": np.arange(8) % 2, "identity": np.arange(8) // 2}, np.arange(8))


def fitted(spec):
    defense = make(Defense, Spec.parse(spec))
    shown = PEOPLE.declared(defense.reads_to_fit, "")
    return defense.fit(shown, Worker().training(np.random.default_rng(0)))


@pytest.mark.parametrize("gender", ["label", "random"])
def test_a_given_autoencoder_trains_nothing_that_is_not_needed(given, gender):
    state = Autoencoder().state_dict()
    spec = f"san:{given(state, 'autoencoder', 'sha256')},gender={gender},size=32"
    defense = make(Defense, Spec.parse(spec))
    assert defense.reads_to_fit == ("gender",)  # nobody is held out
    at_fit = make(Defense, spec_of(defense, without=("protect", "path")))
    assert at_fit.classifier == "none"  # so another key than the fit with a classifier
    weights = fitted(spec)
    assert {name.split(".")[0] for name in weights} == {"prototypes", "autoencoder"}
    for name, tensor in state.items():
        np.testing.assert_array_equal(weights[f"autoencoder.{name}"], tensor)


def test_a_given_autoencoder_refuses_pictures_of_another_size(given):
    fields = given(Autoencoder().state_dict(), "autoencoder", "sha256")
    message = "of 224 px, for which their_autoencoder was made, got 32 px; use data with size=224"
    with pytest.raises(ValueError, match=message):
        fitted(f"san:{fields},gender=label")


def test_the_gender_network_of_the_authors_is_used_as_it_is(given):
    net = published_layout(DeepConvNet(2, 1))
    classifier = given(net, "classifier_weights", "classifier_sha256")
    autoencoder = given(Autoencoder().state_dict(), "autoencoder", "sha256")
    spec = f"san:{autoencoder},size=32,classifier=san-grey,{classifier}"
    assert make(Defense, Spec.parse(spec)).reads_to_fit == ("gender",)
    weights = fitted(spec)
    assert {name.split(".")[0] for name in weights} == {"prototypes", "autoencoder", "classifier0"}
    np.testing.assert_array_equal(weights["classifier0.net.21.bias"], net["classifier.1.bias"])
    release = make(Defense, Spec.parse(spec)).protect(PEOPLE, weights, Worker().protecting())
    assert set(release.notes["estimated.gender"]) <= {0, 1}


def published_layout(net):
    """The state dict of a gender network with its authors' names."""
    return {
        f"features.{key}" if not key.startswith("21") else key.replace("21", "classifier.1"): value
        for key, value in net.state_dict().items()
    }
