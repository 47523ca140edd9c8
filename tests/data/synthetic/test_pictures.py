import numpy as np
import pytest

from bench.data.synthetic.expressions import ACTION_UNITS, EXPRESSIONS
from bench.data.synthetic.people import AGE_GROUPS, GENDERS, SKIN_TONES
from bench.data.synthetic.pictures import ATTRIBUTES, Scenes, scenes

LIMITS = {"yaw": 35.0, "pitch": 20.0}
CLASSES = {
    "gender": GENDERS,
    "age": AGE_GROUPS,
    "skin": SKIN_TONES,
    "expression": EXPRESSIONS,
    "glasses": ("no", "yes"),
    "beard": ("no", "yes"),
}


@pytest.fixture(scope="module")
def many() -> Scenes:
    return scenes(n_people=60, n_takes=4, n_pictures=6, seed=3, style=True)


def actions(drawn: Scenes) -> np.ndarray:
    return np.stack([drawn.parameters[unit] for unit in ACTION_UNITS], axis=1)


def spread_of_people(drawn: Scenes) -> np.ndarray:
    """Share of each action unit's variance within an expression between people, (units,)."""
    unit, person = actions(drawn), drawn.labels["identity"]
    for expression in range(len(EXPRESSIONS)):
        chosen = drawn.labels["expression"] == expression
        unit[chosen] -= unit[chosen].mean(axis=0)
    means = np.stack([unit[person == p].mean(axis=0) for p in np.unique(person)])
    return means.var(axis=0) / unit.var(axis=0)


def test_labels_are_in_range(many):
    for name, classes in CLASSES.items():
        assert many.labels[name].dtype == np.int64
        assert set(many.labels[name]) == set(range(len(classes))), name
    for name in ATTRIBUTES:
        assert many.labels[name].dtype == np.float32
        assert many.labels[name].min() >= 0
        assert many.labels[name].max() <= 1


def test_every_label_and_parameter_has_a_row_for_every_picture(many):
    columns = {**many.labels, **many.parameters}
    assert {len(column) for column in columns.values()} == {60 * 4 * 6}
    assert all(np.isfinite(column).all() for column in columns.values())


def test_pictures_are_ordered_by_person_and_take(many):
    assert many.labels["identity"].tolist() == [p for p in range(60) for _ in range(24)]
    assert many.labels["take"].tolist() == [t for t in range(240) for _ in range(6)]


def test_a_smaller_set_is_part_of_a_larger_one(many):
    small = scenes(n_people=2, n_takes=4, n_pictures=6, seed=3, style=True)
    for name, column in small.parameters.items():
        np.testing.assert_array_equal(column, many.parameters[name][:48])


def test_another_seed_draws_other_people(many):
    other = scenes(n_people=60, n_takes=4, n_pictures=6, seed=4, style=True)
    assert not np.isclose(other.parameters["jaw_width"], many.parameters["jaw_width"]).any()


def test_equal_seeds_give_equal_parameters(many):
    again = scenes(n_people=60, n_takes=4, n_pictures=6, seed=3, style=True)
    for name, column in again.parameters.items():
        np.testing.assert_array_equal(column, many.parameters[name])


def test_hair_and_glasses_vary_between_takes_of_a_person(many):
    for name in ("hair_length", "fringe", "glasses"):
        by_take = many.parameters[name].reshape(60, 4, 6)
        assert (by_take == by_take[:, :, :1]).all(), f"{name} changes within a take"
        varies = (by_take != by_take[:, :1]).any(axis=(1, 2))
        assert varies.mean() > 0.2, f"{name} never changes between takes"


def test_no_take_strays_far_from_the_hair_of_its_person(many):
    length = many.parameters["hair_length"].reshape(60, 24)
    assert np.ptp(length, axis=1).max() <= 0.28 + 1e-6


def test_a_face_stays_the_same_over_all_takes(many):
    for name in ("jaw_width", "eye_spacing", "nose_length", "iris_colour"):
        by_person = many.parameters[name].reshape(60, 24, -1)
        assert (by_person == by_person[:, :1]).all()


def test_no_single_trait_decides_the_gender():
    drawn = scenes(n_people=400, n_takes=1, n_pictures=1, seed=1, style=True)
    male = drawn.labels["gender"] == 1
    for name in ("jaw_width", "brow_thickness", "eye_size", "hair_length", "lash", "lip_upper"):
        trait = drawn.parameters[name]
        higher = (trait[male][:, None] > trait[~male][None, :]).mean()
        assert 0.03 < higher < 0.97, name
        assert abs(higher - 0.5) > 0.15, name


def test_an_expression_moves_its_action_units(many):
    expression, unit = many.labels["expression"], actions(many)
    mean = {name: unit[expression == i].mean(axis=0) for i, name in enumerate(EXPRESSIONS)}
    strongest = {
        "anger": "AU4", "disgust": "AU9", "fear": "AU20", "joy": "AU12", "sadness": "AU15",
        "surprise": "AU26",
    }  # fmt: skip
    for name, expected in strongest.items():
        others = np.mean([mean[n] for n in EXPRESSIONS if n != name], axis=0)
        assert (mean[name] - others)[ACTION_UNITS.index(expected)] > 0.5, name
    assert mean["neutral"].max() < 0.2


def test_style_makes_action_units_identify_the_person(many):
    # 24 pictures of a person alone leave 1 / 24 of the variance between the means
    assert spread_of_people(many).mean() > 2 / 24


def test_style_off_makes_action_units_independent_of_the_person():
    plain = scenes(n_people=60, n_takes=4, n_pictures=6, seed=3, style=False)
    assert spread_of_people(plain).mean() == pytest.approx(1 / 24, rel=0.15)
    assert not plain.parameters["asymmetry"].any()


def test_pose_light_and_background_are_independent_of_the_labels(many):
    for label in ("gender", "expression", "identity"):
        truth = many.labels[label].astype(float)
        for name in ("yaw", "pitch", "roll"):
            assert abs(np.corrcoef(truth, many.labels[name])[0, 1]) < 0.1
        for name in ("light_x", "blob0_x", "blur", "zoom"):
            assert abs(np.corrcoef(truth, many.parameters[name])[0, 1]) < 0.1


def test_the_camera_meters_on_the_head(many):
    light = (many.parameters["key_colour"] + many.parameters["fill_colour"]).mean(axis=1)
    skin = many.parameters["skin_colour"].mean(axis=1)
    light_skinned, dark_skinned = (many.labels["skin"] == tone for tone in (0, 3))
    assert light[dark_skinned].mean() > 1.15 * light[light_skinned].mean()
    seen = light * skin  # halfway: dark skin stays darker
    assert seen[dark_skinned].mean() < 0.85 * seen[light_skinned].mean()


def test_pose_labels_map_the_turn_to_zero_to_one():
    drawn = scenes(n_people=20, n_takes=1, n_pictures=5, seed=0, style=True)
    nose = drawn.parameters["rotation"].reshape(-1, 3, 3)[:, :, 2]  # where the nose points, (N, 3)
    yaw, pitch = (
        np.radians(limit * (2 * drawn.labels[name] - 1)) for name, limit in LIMITS.items()
    )
    np.testing.assert_allclose(nose[:, 2], np.cos(yaw) * np.cos(pitch), atol=1e-5)
    side = drawn.labels["yaw"] - 0.5
    assert np.corrcoef(side, nose[:, 0])[0, 1] > 0.95
    assert np.corrcoef(drawn.labels["pitch"] - 0.5, nose[:, 1])[0, 1] > 0.9
