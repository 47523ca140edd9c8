"""Each attacker finds what it is made for, and nothing that it cannot see."""

import numpy as np
import pytest

from bench.api import Attacker, Knowledge
from bench.faces import Sample, Target
from bench.registry import make
from bench.runner.worker import Worker
from bench.spec import Spec

pytestmark = pytest.mark.slow
TWO = Target("kind", "categorical", ("a", "b"))


def grey(n, rng):
    """Pictures that vary a lot, independently of the kind."""
    base = rng.uniform(60, 190, (n, 3, 4, 4)).repeat(4, axis=2).repeat(4, axis=3)
    return base + rng.normal(0, 6, (n, 3, 16, 16))


def parts(draw, n=400):
    """Three samples of pictures with a kind and a person; the last without labels, and its kind."""
    made = []
    for seed in (0, 1, 2):
        rng = np.random.default_rng(seed)
        truth = rng.integers(0, 2, n)
        images = np.clip(np.rint(draw(truth, rng)), 0, 255).astype(np.uint8)
        made.append(Sample(images, {"kind": truth, "person": np.arange(n) // 4}))
    train, valid, probe = made
    return train, valid, Sample(probe.inputs), np.asarray(probe.labels["kind"])


def hits(spec, draw):
    """Accuracy on pictures that it has not seen."""
    train, valid, probe, truth = parts(draw)
    attacker = make(Attacker, Spec.parse(spec))
    knowledge = Knowledge(train, valid, None, TWO, frozenset())
    weights = attacker.fit(knowledge, Worker().training(np.random.default_rng(0)))
    scores = attacker.predict(probe, weights, Worker().protecting())
    return (scores.argmax(axis=1) == truth).mean()


def in_the_low_bit(truth, rng):
    """The kind is the lowest bit of every pixel of a quarter of the picture."""
    images = np.rint(grey(len(truth), rng)).clip(2, 253).astype(int)
    images[:, :, :8, :8] = images[:, :, :8, :8] // 2 * 2 + truth[:, None, None, None]
    return images


def in_the_brightness(truth, rng):
    return grey(len(truth), rng) + 40 * (truth - 0.5)[:, None, None, None]


def shuffled(truth, rng):
    """A bright quarter, whose pixels lie all over the picture, always at the same places."""
    images = grey(len(truth), rng) * 0.3 + 80
    images[:, :, :8, :8] += 45 * truth[:, None, None, None]
    order = np.random.default_rng(7).permutation(256)
    return images.reshape(len(truth), 3, 256)[:, :, order].reshape(images.shape)


def test_bits_sees_the_lowest_bit_and_a_plain_network_does_not():
    assert hits("bits:steps=40,rounds=3", in_the_low_bit) > 0.95
    assert hits("cnn:steps=40,rounds=3", in_the_low_bit) < 0.7


@pytest.mark.parametrize("spec", ["linear", "flat", "cnn", "nearest"])
def test_what_lies_open_is_read(spec):
    training = "" if spec == "nearest" else ":steps=40,rounds=4"
    assert hits(spec + training, in_the_brightness) > 0.75


@pytest.mark.parametrize("spec", ["linear", "flat"])
def test_a_permutation_of_pixels_hides_nothing_from_dense_layers(spec):
    assert hits(f"{spec}:steps=40,rounds=4", shuffled) > 0.95


def family(n_people, seed):
    """Pictures of people: a loud pattern of each, and a kind that runs in look-alikes."""
    rng = np.random.default_rng(seed)
    kind = np.arange(n_people) % 2
    types = np.random.default_rng(99).uniform(60, 190, (2, 3, 4, 4))
    own = types[kind] + rng.normal(0, 25, (n_people, 3, 4, 4))
    person = np.repeat(np.arange(n_people), 6)
    coarse = own[person] + rng.normal(0, 12, (len(person), 3, 4, 4))
    images = coarse.repeat(4, axis=2).repeat(4, axis=3).clip(0, 255).astype(np.uint8)
    return Sample(images, {"kind": kind[person], "person": person})


def people_net(spec, gallery=None):
    attacker = make(Attacker, Spec.parse(spec))
    knowledge = Knowledge(family(40, 0), family(20, 1), gallery, TWO, frozenset())
    return attacker, attacker.fit(knowledge, Worker().training(np.random.default_rng(0)))


@pytest.mark.parametrize(("name", "method"), [("cnn", "predict"), ("matcher", "embed")])
def test_a_picture_and_its_mirror_image_get_the_same_answer_with_flip(name, method):
    train, valid, probe, _ = parts(in_the_low_bit, n=16)
    mirrored = Sample(probe.inputs[..., ::-1])
    for flip in (True, False):
        spec = f"{name}:batch=8,steps=2,rounds=1,flip={str(flip).lower()}"
        attacker = make(Attacker, Spec.parse(spec))
        knowledge = Knowledge(train, valid, None, TWO, frozenset())
        weights = attacker.fit(knowledge, Worker().training(np.random.default_rng(0)))
        ask = getattr(attacker, method)
        here, there = (ask(each, weights, Worker().protecting()) for each in (probe, mirrored))
        assert np.array_equal(here, there) == flip


def test_neighbours_reads_the_kind_off_look_alikes():
    attacker, weights = people_net("neighbours:steps=40,rounds=3")
    strangers = family(30, 2)
    scores = attacker.predict(Sample(strangers.inputs), weights, Worker().protecting())
    assert (scores.argmax(axis=1) == strangers.labels["kind"]).mean() > 0.8


def test_lookup_finds_the_person_and_answers_with_what_is_known():
    people = family(30, 2)
    odd = np.random.default_rng(3).integers(0, 2, 30)[people.labels["person"]]  # of no look
    first = np.arange(len(people)) % 6 < 3
    gallery = Sample(people.inputs[first], {"kind": odd[first], "person": first[first]})
    attacker, weights = people_net("lookup:steps=40,rounds=3", gallery)
    scores = attacker.predict(Sample(people.inputs[~first]), weights, Worker().protecting())
    assert (scores.argmax(axis=1) == odd[~first]).mean() > 0.85


def test_lookup_without_a_gallery_is_refused():
    with pytest.raises(ValueError, match="use a threat with gallery=true"):
        people_net("lookup:steps=2,rounds=1")


def test_a_number_is_regressed():
    rng = np.random.default_rng(0)
    truth = rng.uniform(0, 1, 600).astype(np.float32)
    images = (grey(600, rng) * 0.3 + 120 * truth[:, None, None, None]).clip(0, 255)
    labels = {"yaw": truth, "person": np.arange(600)}
    whole = images.astype(np.uint8)
    train, valid = (
        Sample(whole[part], {name: values[part] for name, values in labels.items()})
        for part in (slice(0, 300), slice(300, 450))
    )
    attacker = make(Attacker, Spec.parse("regression:steps=40,rounds=3"))
    knowledge = Knowledge(train, valid, None, Target("yaw", "continuous"), frozenset())
    weights = attacker.fit(knowledge, Worker().training(rng))
    found = attacker.predict(Sample(whole[450:]), weights, Worker().protecting())
    assert np.corrcoef(found, truth[450:])[0, 1] > 0.9
    assert np.abs(found - truth[450:]).mean() < 0.12  # in the unit of the truth
