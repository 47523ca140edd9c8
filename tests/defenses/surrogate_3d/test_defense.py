"""Who is rendered, what y holds, and that one fit serves all of it."""

import numpy as np
import pytest

from bench.api import Dataset, Defense
from bench.faces import Faces
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.surrogate_3d.numbers import GROUPS
from defenses.surrogate_3d.regressor import Regressor

TINY = "surrogate_3d:renders=40,steps=1"


@pytest.fixture(scope="module")
def faces():
    data = make(Dataset, Spec.parse("synthetic:people=2,takes=1,pictures=3,size=32"))
    return data.load(Worker().protecting()).faces


@pytest.fixture(scope="module")
def weights(faces, tmp_path_factory):
    worker = Worker(scratch=tmp_path_factory.mktemp("scratch"))
    defense = make(Defense, Spec.parse(TINY))
    return defense.fit(faces.declared((), ""), worker.training(np.random.default_rng(0)))


def release(fields, faces, weights, query=0):
    defense = make(Defense, Spec.parse(f"{TINY},{fields}"))
    context = Worker().protecting(RowGenerators(faces.image_id, 0, defense.name, query))
    return defense.protect(faces.declared((), ""), weights, context)


@pytest.mark.parametrize(
    ("preset", "renders", "steps"), [("", 6_000, 1_000), ("quick", 2_400, 400)]
)
@pytest.mark.parametrize("size_px", [32, 64])
def test_our_presets_have_so_many_parameters_and_steps(
    monkeypatch, preset, renders, steps, size_px
):
    """The first convolution strides over larger pictures, so the network stays as large."""
    given = []
    monkeypatch.setattr(
        "defenses.surrogate_3d.regressor.fitted", lambda *asked: given.extend(asked)
    )
    images = np.zeros((1, 3, size_px, size_px), np.uint8)
    make(Defense, Spec("surrogate_3d", preset)).fit(Faces(images, {}, np.zeros(1, int)), None)
    assert given[:2] == [size_px, renders]
    assert (given[2].steps, given[2].rounds, given[2].batch) == (steps, 2, 32)
    assert sum(p.numel() for p in Regressor(size_px).parameters()) == 192_848


@pytest.mark.parametrize(("groups", "size"), [("pose", 3), ("expression+shape", 27), ("light", 2)])
def test_one_fit_serves_every_y(faces, weights, groups, size):
    made = release(f"numbers={groups}", faces, weights)
    assert made.notes["y"].shape == (6, size)
    assert made.images.shape == faces.images.shape


def test_a_chosen_person_is_the_same_in_all_pictures(faces, weights):
    fixed = [release("person=3,numbers=light", faces, weights, query) for query in (0, 1)]
    assert (fixed[0].images == fixed[1].images).all()
    other = release("person=4,numbers=light", faces, weights)
    assert (other.images != fixed[0].images).any(axis=(1, 2, 3)).all()


def test_a_random_person_is_drawn_anew_for_each_picture_and_query(faces, weights):
    first, second = (release("numbers=light", faces, weights, query) for query in (0, 1))
    assert (first.notes["y"] == second.notes["y"]).all()
    assert (first.images != second.images).any(axis=(1, 2, 3)).any()


def test_it_promises_what_y_holds():
    defense = make(Defense, Spec.parse("surrogate_3d:numbers=pose"))
    assert defense.keeps == set(GROUPS["pose"])
    assert "expression" in make(Defense, Spec.parse("surrogate_3d")).keeps
    assert not set(GROUPS["shape"]) & make(Defense, Spec.parse("surrogate_3d")).keeps


@pytest.mark.parametrize("numbers", ["pose+pose", "age", ""])
def test_an_unknown_group_is_refused(numbers):
    with pytest.raises(ValueError, match="among pose, expression, light, shape, joined"):
        make(Defense, Spec("surrogate_3d", "", (("numbers", numbers),)))
