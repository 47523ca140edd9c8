import numpy as np
import pytest

from bench.data.synthetic.light import occlusion, shadows
from bench.data.synthetic.solids import View

SIZE = 41
PIXEL = 2.0 / SIZE


def view() -> View:
    places = ((np.arange(SIZE, dtype=np.float32) + 0.5) * PIXEL - 1.0)[None]
    across, up = places[:, None].repeat(SIZE, 1), -places[:, :, None].repeat(SIZE, 2)
    turn = np.eye(3, dtype=np.float32)[..., None]
    return View(across, up, np.full(1, PIXEL, np.float32), turn)


def plain() -> np.ndarray:
    return np.zeros((1, SIZE, SIZE), np.float32)


def everywhere():
    return view().points(np.ones((1, SIZE, SIZE), bool))


def test_a_plain_is_open_to_the_sky_and_a_slope_too():
    slope = plain() + np.linspace(0, 0.5, SIZE, dtype=np.float32)
    for depth in (plain(), slope):
        openness = occlusion(depth, everywhere(), PIXEL).reshape(SIZE, SIZE)
        np.testing.assert_allclose(openness[5:-5, 5:-5], 1.0, atol=1e-5)


def test_a_pit_is_darker_than_its_rim_and_a_ridge_is_not():
    pit = plain()
    pit[0, 18:23, 18:23] = -0.2
    openness = occlusion(pit, everywhere(), PIXEL).reshape(SIZE, SIZE)
    # 25 of 49 pixels around the middle lie 0.2 deep, so their mean is 24 / 49 of 0.2 higher
    assert openness[20, 20] == pytest.approx(1 - 3.2 * (0.2 * 24 / 49 - 0.006), abs=1e-4)
    assert openness[10, 10] == 1.0
    assert occlusion(-pit, everywhere(), PIXEL).reshape(SIZE, SIZE)[20, 20] == 1.0


@pytest.mark.parametrize(("light_x", "shaded"), [(0.8, 17), (-0.8, 23)])
def test_a_wall_casts_its_shadow_away_from_the_light(light_x, shaded):
    depth = plain()
    depth[0, :, 20] = 0.5
    light = {"light_x": light_x, "light_y": 0.0, "light_z": 0.6}
    v = {name: np.full(1, number, np.float32) for name, number in light.items()}
    lit = shadows(depth, view(), everywhere(), v).reshape(SIZE, SIZE)
    dark = np.flatnonzero(lit[20] < 1.0).tolist()
    # 0.16 head units along the light are 0.128 across: three pixels
    assert dark == [shaded]
    assert lit[20].min() == pytest.approx(0.45)
