import numpy as np
import pytest

from bench.data.synthetic.expressions import ACTION_UNITS
from bench.data.synthetic.geometry import place_features
from bench.data.synthetic.people import TRAITS


def features(**units: float) -> dict[str, float]:
    """Features of the average face with these action units."""
    numbers = {name: trait.mean for name, trait in TRAITS.items()}
    numbers |= dict.fromkeys((*ACTION_UNITS, "gaze_x", "gaze_y", "beard"), 0.0) | units
    values = {name: np.full(1, number, np.float32) for name, number in numbers.items()}
    return {name: place.item() for name, place in place_features(values).items()}


def test_a_smile_lifts_the_mouth_corners():
    rest, smile = features(), features(AU12=1.0)
    corner_at_rest = rest["mouth_y"] + rest["corner_lift"]
    assert smile["mouth_y"] + smile["corner_lift"] > corner_at_rest + 0.08
    assert smile["mouth_half"] > rest["mouth_half"]
    assert smile["cheek_lift"] > rest["cheek_lift"]


def test_sadness_lowers_the_mouth_corners_and_raises_the_inner_brows():
    rest, sad = features(), features(AU1=1.0, AU15=1.0)
    assert sad["corner_lift"] < rest["corner_lift"] - 0.08
    inner, outer = (sad[k] - rest[k] for k in ("brow_inner_y", "brow_outer_y"))
    assert inner > 0.08 > outer


def test_anger_lowers_and_draws_the_brows_together():
    rest, angry = features(), features(AU4=1.0)
    inner, outer = (angry[k] - rest[k] for k in ("brow_inner_y", "brow_outer_y"))
    assert inner < outer < 0
    assert angry["brow_x"] < rest["brow_x"]


@pytest.mark.parametrize(("unit", "opens"), [("AU5", True), ("AU7", False), ("AU6", False)])
def test_lids_open_and_close(unit, opens):
    rest, moved = features(), features(**{unit: 1.0})
    wider = moved["lid_upper"] + moved["lid_lower"] > rest["lid_upper"] + rest["lid_lower"]
    assert wider is opens


def test_a_dropped_jaw_opens_the_mouth_and_lowers_the_chin():
    rest, open_ = features(), features(AU25=1.0, AU26=1.0)
    assert open_["gap_lower"] > rest["gap_lower"] + 0.2
    assert open_["chin_drop"] > rest["chin_drop"]


def test_tightened_lips_are_thin():
    assert features(AU23=1.0)["lip_upper"] < 0.6 * features()["lip_upper"]


def test_a_face_without_asymmetry_is_even():
    assert all(v == 0 for k, v in features(AU12=1.0, AU1=1.0).items() if k.endswith("_uneven"))
