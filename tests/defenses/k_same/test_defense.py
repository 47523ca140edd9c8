"""k-Same on drawn colours: means by hand, k of each output, the bound for one picture each."""

import numpy as np
import pytest

from bench.api import Defense
from bench.faces import Faces
from bench.nn import estimation
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec

GREYS = np.array([10, 12, 14, 100, 102, 104, 200, 202])  # of eight people


def faces(greys=GREYS, person=None, **labels):
    images = np.broadcast_to(np.asarray(greys)[:, None, None, None], (len(greys), 3, 16, 16))
    person = np.arange(len(greys)) if person is None else np.asarray(person)
    return Faces(images.astype(np.uint8), {"identity": person, **labels}, np.arange(len(greys)))


def defense(fields):
    return make(Defense, Spec.parse(f"k_same:{fields}"))


def fit(fields, shown, tmp_path):
    made = defense(fields)
    context = Worker(scratch=tmp_path).training(np.random.default_rng(0))
    return made.fit(shown.declared(made.reads_to_fit, ""), context)


def greys(fields, shown, weights):
    made = defense(fields)
    context = Worker().protecting(RowGenerators(shown.image_id, 0, "k_same", 0))
    release = made.protect(shown.declared(made.reads_to_protect, ""), weights, context)
    return (release.images[:, 0, 0, 0] * 255).round(3)


def test_a_picture_gets_the_mean_of_the_defenders_people_and_is_not_in_it(tmp_path):
    weights = fit("k=4", faces(), tmp_path)
    groups = [set(GREYS[weights["group"] == one]) for one in (0, 1)]
    probe = faces([11, 13, 15, 17, 201, 203, 205, 207])
    given = greys("k=4", probe, weights)
    means = sorted(float(np.mean(list(group))) for group in groups)
    assert [len(group) for group in groups] == [4, 4]
    np.testing.assert_allclose(np.unique(given), means, atol=1e-3)
    changed = faces([11, 13, 15, 17, 201, 203, 205, 255])  # another probe, the same means
    assert (greys("k=4", changed, weights) == given).all()


def test_people_with_several_pictures_count_once(tmp_path):
    shown = faces([10, 10, 10, 40], [0, 0, 0, 1])
    weights = fit("k=2", shown, tmp_path)
    assert greys("k=2", faces([9, 9]), weights).tolist() == [25, 25]


def test_a_set_gets_the_means_of_its_own_groups(tmp_path):
    fields = "k=4,averages=set"
    given = greys(fields, faces(), fit(fields, faces(), tmp_path))
    values, counts = np.unique(given, return_counts=True)
    assert counts.tolist() == [4, 4]
    for value in values:
        assert value == pytest.approx(GREYS[given == value].mean(), abs=1e-3)


@pytest.mark.parametrize("averages", ["set", "defender"])
def test_nobody_guesses_better_than_1_of_k_where_each_has_one_picture(tmp_path, averages):
    fields = f"k=3,averages={averages}"
    given = greys(fields, faces(), fit(fields, faces(), tmp_path))
    right = 0
    for value in np.unique(given):
        right += 1  # whoever is named for this output, one of its people is right
        assert (given == value).sum() >= 3
    assert right / len(given) <= 1 / 3


@pytest.mark.parametrize("averages", ["set", "defender"])
def test_the_order_of_a_set_does_not_matter(tmp_path, averages):
    fields, turn = f"k=2,averages={averages}", np.array([3, 0, 7, 5, 1, 2, 6, 4])
    weights = fit(fields, faces(), tmp_path)
    turned = faces().pick(turn)
    assert (greys(fields, turned, weights) == greys(fields, faces(), weights)[turn]).all()


def test_select_gives_the_mean_of_the_estimated_class(tmp_path, monkeypatch):
    seen = np.array([[0, 1], [0, 1], [1, 0], [1, 0]], np.float32)
    monkeypatch.setattr(estimation, "fitted_label", lambda *_: {"n_classes": np.array([2])})
    monkeypatch.setattr(estimation, "label_log_probs", lambda *_: seen)
    joy = np.array([0, 1, 0, 1])
    shown = faces([10, 20, 30, 40], [0, 0, 1, 1], expression=joy)
    fields = "k=2,variant=select"
    weights = fit(fields, shown, tmp_path)
    assert greys(fields, faces([9, 9, 9, 9]), weights).tolist() == [30, 30, 20, 20]
    assert defense(fields).keeps == {"expression"}
    seen[1] = 1, 0  # one picture of class 1: it would be alone
    assert greys(fields, faces([9, 9, 9, 9]), weights).tolist() == [20, 20, 20, 20]
    fields = "k=4,variant=select,averages=set"  # neither class has four
    assert greys(fields, faces([1, 2, 3, 4]), {}).tolist() == [2.5, 2.5, 2.5, 2.5]


def test_model_averages_where_parts_are_and_what_they_look_like(tmp_path):
    images = np.zeros((2, 3, 32, 32), np.uint8)
    images[0, :, 12, 8], images[1, :, 20, 8] = 200, 100
    points = np.array([[[8.5, 12.5]], [[8.5, 20.5]]], np.float32) / 32
    shown = Faces(images, {"identity": np.arange(2), "landmarks": points}, np.arange(2))
    fields = "k=2,variant=model,landmarks=label"
    weights = fit(fields, shown, tmp_path)
    made = defense(fields)
    context = Worker().protecting(RowGenerators(shown.image_id, 0, "k_same", 0))
    picture = made.protect(shown.declared(made.reads_to_protect, ""), weights, context).images[0, 0]
    assert np.unravel_index(picture.argmax(), (32, 32)) == (16, 8)  # one dot, no ghosts
    assert picture.max() * 255 == pytest.approx(150, abs=1)
    assert (picture * 255)[[12, 20], 8].max() < 40
