"""Cleaning as a stage."""

from types import SimpleNamespace

import numpy as np
import pytest

from bench.api import Collection
from bench.faces import Faces
from bench.forensics.cleaning import cleaned
from bench.runner.actions.clean import clean
from bench.runner.artifacts import Inputs, inputs_in, notes_in, of_faces, of_release
from bench.runner.rng import generator
from bench.runner.worker import Worker


def stage(seed=0, query=0):
    detail = {"seed": seed, "query": query}
    return SimpleNamespace(number=detail.__getitem__)


def inputs(release, ids, **notes):
    faces = Faces(np.zeros((len(ids), 3, 16, 16), np.uint8), {}, np.asarray(ids))
    whole = of_faces(Collection(faces, ()))
    return Inputs(release=(of_release(release, notes),), faces=(whole,))


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, (5, 3, 16, 16)).astype(np.uint8)


def test_each_picture_is_cleaned_by_its_own_generator_and_keeps_its_notes(images):
    ids, drawn = [4, 9, 2, 7, 30], np.arange(5)
    made = clean(stage(seed=3, query=1), inputs(images, ids, c=drawn), Worker())
    rngs = [generator("protect", 3, "cleaned release", 1, one) for one in ids]
    assert np.array_equal(inputs_in(made), cleaned(images, rngs))
    assert np.array_equal(notes_in(made)["c"], drawn)
    turned = clean(stage(seed=3, query=1), inputs(images[::-1], ids[::-1]), Worker())
    assert np.array_equal(inputs_in(turned), inputs_in(made)[::-1])


def test_seeds_and_queries_shift_differently(images):
    made = [
        inputs_in(clean(stage(*which), inputs(images, range(5)), Worker()))
        for which in ((0, 0), (1, 0), (0, 1))
    ]
    assert not np.array_equal(made[0], made[1])
    assert not np.array_equal(made[0], made[2])


def test_codes_are_refused(rng):
    codes = rng.normal(size=(5, 8)).astype(np.float32)
    with pytest.raises(ValueError, match="expected pictures to clean, got float32"):
        clean(stage(), inputs(codes, range(5)), Worker())
