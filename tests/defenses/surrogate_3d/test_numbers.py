"""What y holds: a scene gives its numbers back, and what y leaves out is the surrogate's own."""

import numpy as np
import pytest

from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw
from defenses.surrogate_3d.numbers import GROUPS, NAMES, numbers_of, scenes_of
from defenses.surrogate_3d.regressor import TURNED


@pytest.fixture(scope="module")
def drawn():
    return scenes(4, 1, 3, seed=5, style=True)


def test_numbers_and_back_is_the_same_scene(drawn):
    again = scenes_of(numbers_of(drawn), NAMES, drawn.parameters).parameters
    assert again.keys() == drawn.parameters.keys()
    same = ("rotation", "light_x", "light_y", "light_z", *GROUPS["expression"], *GROUPS["shape"])
    for name in same:
        np.testing.assert_allclose(again[name], drawn.parameters[name], atol=1e-5, err_msg=name)


def test_numbers_lie_in_0_to_1_and_use_most_of_it():
    y = numbers_of(scenes(300, 1, 1, seed=1, style=True))
    assert 0 <= y.min() <= y.max() <= 1
    assert (np.ptp(y, axis=0) > 0.6).all()
    ends = ((y == 0) | (y == 1))[:, [NAMES.index(name) for name in GROUPS["shape"]]]
    assert (ends.mean(axis=0) < 0.05).all()  # traits are drawn within 2.2 standard deviations


def test_what_y_leaves_out_is_the_surrogates_own(drawn):
    y = np.full((12, 3), 0.5, np.float32)
    plain = scenes_of(y, GROUPS["pose"], drawn.parameters).parameters
    np.testing.assert_allclose(plain["rotation"], np.tile(np.eye(3).ravel(), (12, 1)), atol=1e-6)
    assert not any(plain[unit].any() for unit in GROUPS["expression"])
    assert (plain["face_width"] == drawn.parameters["face_width"]).all()
    assert (plain["key_colour"] == plain["key_colour"][:, :1]).all()  # white
    taller = scenes_of(np.ones((12, 12), np.float32), GROUPS["shape"], drawn.parameters).parameters
    assert (taller["face_height"] > drawn.parameters["face_height"].max()).all()


def test_a_mirrored_picture_has_the_turned_numbers(drawn):
    people = {name: column[:1].repeat(8, axis=0) for name, column in drawn.parameters.items()}
    people |= {name: np.zeros_like(people[name]) for name in ("parting", "asymmetry", "mole")}
    y = np.random.default_rng(0).random((8, len(NAMES))).astype(np.float32)
    turned = 0.5 + (y - 0.5) * TURNED
    turned[:, TURNED > 0] = y[:, TURNED > 0]
    seen, mirrored = (draw(scenes_of(one, NAMES, people), 32).astype(float) for one in (y, turned))
    right = abs(seen[..., ::-1] - mirrored).mean()
    assert right < 0.3 * abs(seen[..., ::-1] - seen).mean()
