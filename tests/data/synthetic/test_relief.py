import numpy as np
import pytest

from bench.data.synthetic.expressions import ACTION_UNITS
from bench.data.synthetic.geometry import place_features
from bench.data.synthetic.head import Surface
from bench.data.synthetic.people import TRAITS
from bench.data.synthetic.points import Points
from bench.data.synthetic.relief import relief, warped


def numbers(**changed: float) -> dict[str, np.ndarray]:
    means = {name: trait.mean for name, trait in TRAITS.items()}
    means |= dict.fromkeys((*ACTION_UNITS, "gaze_x", "gaze_y", "beard"), 0.0) | changed
    return {name: np.full(1, number, np.float32) for name, number in means.items()}


def spots(*places: tuple[float, float]) -> Surface:
    """Points on the front of a face."""
    x, y = np.array(places, np.float32).T
    points = Points(np.arange(len(x)), np.array([len(x)]))
    return Surface(points, x, y, np.full(len(x), 0.7, np.float32))


def heights(*places: tuple[float, float], **changed: float) -> np.ndarray:
    v = numbers(**changed)
    return relief(spots(*places), v, place_features(v))[1]


def test_a_trait_raises_its_own_part_of_the_face_only():
    brow, cheek, chin = (0.25, 0.18), (0.48, -0.19), (0.0, -0.98)
    for name, raised in (("brow_ridge", 0), ("cheekbone", 1), ("chin_forward", 2)):
        grown = heights(brow, cheek, chin, **{name: TRAITS[name].mean + 1.0})
        change = grown - heights(brow, cheek, chin)
        assert change[raised] > 0.01
        assert np.delete(change, raised) == pytest.approx(0.0, abs=1e-6)


def test_a_smile_lifts_the_cheeks():
    below_the_eye = (0.3, -0.27)
    assert heights(below_the_eye, AU6=1.0, AU12=1.0)[0] > heights(below_the_eye)[0] + 0.01


def test_what_lies_behind_the_face_has_no_relief():
    v = numbers()
    behind = spots((0.3, 0.1))._replace(z=np.full(1, -0.1, np.float32))
    assert len(relief(behind, v, place_features(v))[1]) == 0


def test_each_person_is_displaced_alike_on_both_sides_and_by_their_own_field():
    places = spots((0.3, 0.1), (-0.3, 0.1), (0.4, 0.4))
    fields = []
    for place in (0.0, 3.3):
        v = numbers(skin_x=place, skin_y=place)
        moved = warped(places, v, place_features(v))
        x, y = moved.x - places.x, moved.y - places.y
        assert x[0] == pytest.approx(-x[1], abs=1e-6)
        assert y[0] == pytest.approx(y[1], abs=1e-6)
        fields.append((x[2], y[2]))
    assert fields[0] != pytest.approx(fields[1], abs=1e-3)


def test_no_displacement_is_larger_than_a_fifth_of_a_head_unit():
    places = spots(
        *[(x, y) for x in np.linspace(-0.6, 0.6, 25) for y in np.linspace(-0.9, 0.7, 30)]
    )
    v = numbers()
    moved = warped(places, v, place_features(v))
    assert 0.005 < np.abs(moved.y - places.y).max() < 0.2
