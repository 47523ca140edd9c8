import numpy as np
import pytest

from bench.data.synthetic.dataset import Synthetic, grey, made_alike
from bench.data.synthetic.pictures import scenes
from bench.runner.worker import Worker


def test_with_hair_alike_glasses_and_faces_are_unchanged():
    drawn = scenes(20, 2, 1, 0, style=True).parameters
    same = made_alike(drawn, "hair")
    changed = {name for name in drawn if not np.array_equal(drawn[name], same[name])}
    assert "hair_length" in changed
    assert not changed & {"glasses", "beard", "skin_colour"}
    assert np.ptp(same["hair_colour"], axis=0).tolist() == [0, 0, 0]


def test_with_extras_alike_nobody_has_glasses_or_a_beard():
    same = made_alike(scenes(20, 2, 1, 0, style=True).parameters, "extras")
    assert same["glasses"].max() == same["beard"].max() == same["bun"].max() == 0


def test_grey_pictures_have_the_luma_of_their_colours():
    red = np.zeros((1, 3, 1, 1), np.uint8)
    red[0, 0] = 100
    assert grey(red).ravel().tolist() == [30, 30, 30]


def test_colour_alike_is_grey():
    data = Synthetic(people=2, takes=1, pictures=1, alike="colour")
    images = data.load(Worker().protecting()).faces.images
    assert (images[:, 0] == images[:, 1]).all()
    with pytest.raises(ValueError, match="expected alike in"):
        Synthetic(alike="nose")
