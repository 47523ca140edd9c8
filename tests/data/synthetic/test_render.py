import hashlib
from collections.abc import Mapping

import numpy as np
import pytest

from bench.data.synthetic import render as render_module
from bench.data.synthetic.expressions import ACTION_UNITS
from bench.data.synthetic.head import Surface
from bench.data.synthetic.pictures import Scenes, scenes
from bench.data.synthetic.render import _draw, _noise, draw, render
from bench.data.synthetic.solids import View

Parameters = Mapping[str, np.ndarray]


@pytest.fixture(scope="module")
def some() -> Scenes:
    return scenes(n_people=3, n_takes=1, n_pictures=3, seed=5, style=True)


def still(drawn: Scenes, **changed: float) -> dict[str, np.ndarray]:
    """The first picture, frontal and at rest, without noise, hair at its smallest, then changed."""
    row = {name: column[:1].copy() for name, column in drawn.parameters.items()}
    row["rotation"] = np.eye(3, dtype=np.float32).reshape(1, 9)
    calm = (*ACTION_UNITS, "noise", "blur", "shift_x", "shift_y", "asymmetry", "gaze_x", "gaze_y")
    calm = (*calm, "hair_length", "fringe", "glasses", "beard", "light_x", "makeup")
    row |= {name: np.zeros(1, dtype=np.float32) for name in calm}
    row |= {"zoom": np.ones(1, dtype=np.float32), "mouth_height": np.full(1, -0.6, np.float32)}
    return row | {name: np.full(1, value, dtype=np.float32) for name, value in changed.items()}


def adorned(drawn: Scenes, seed: int) -> Scenes:
    """The scenes with any faces, hair and marks, and with glasses, beard and bun on every other."""
    rng, changed = np.random.default_rng(seed), dict(drawn.parameters)
    n = len(changed["noise_seed"])
    for name in (*ACTION_UNITS, "mole", "freckles", "wrinkle", "hair_length", "curl", "makeup"):
        changed[name] = rng.random(n, dtype=np.float32)
    for name in ("glasses", "beard", "bun"):
        changed[name] = (np.arange(n) % 2).astype(np.float32)
    return Scenes(drawn.labels, changed)


def turned(degrees: float) -> np.ndarray:
    """Rotation about the upright axis, as a parameter, (1, 9)."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s, 0, 1, 0, -s, 0, c]], dtype=np.float32)


def grey(parameters: Parameters, size_px: int = 96) -> np.ndarray:
    """Brightness of one picture, 0..255, (size_px, size_px)."""
    return render(parameters, size_px)[0].mean(axis=0)


def test_equal_seeds_give_equal_bytes(some):
    again = scenes(n_people=3, n_takes=1, n_pictures=3, seed=5, style=True)
    assert draw(some, 48).tobytes() == draw(again, 48).tobytes()


@pytest.mark.parametrize("size_px", [33, 64])
def test_batch_of_one_equals_batch_of_many(some, size_px):
    many = draw(some, size_px)
    single = draw(some, size_px, batch=1)
    assert np.array_equal(many, single)


@pytest.mark.parametrize(("size_px", "start"), [(32, "7a4f485e2654"), (64, "b9fb77c797e7")])
def test_pictures_have_the_same_bytes_on_every_machine(some, size_px, start):
    assert hashlib.sha256(draw(some, size_px).tobytes()).hexdigest().startswith(start)


@pytest.mark.parametrize("size_px", [16, 48, 64])
@pytest.mark.parametrize("seed", [0, 1])
def test_what_is_not_computed_shows_nowhere(size_px, seed, monkeypatch):
    drawn = adorned(scenes(n_people=6, n_takes=1, n_pictures=1, seed=seed, style=True), seed)
    pictures = draw(drawn, size_px)
    for owner, name in ((View, "points"), (Surface, "where")):
        chosen = getattr(owner, name)
        monkeypatch.setattr(owner, name, lambda s, mask, f=chosen: f(s, np.ones(mask.shape, bool)))
    np.testing.assert_array_equal(pictures, draw(drawn, size_px))


@pytest.mark.parametrize("size_px", [32, 50, 112, 224])
def test_every_size_renders(some, size_px):
    picture = render(some.part(0, 1), size_px)
    assert picture.shape == (1, 3, size_px, size_px)
    assert picture.dtype == np.uint8
    assert picture.std() > 10


def test_a_size_that_shows_nothing_is_refused(some):
    with pytest.raises(ValueError, match="16 px or more"):
        render(some.part(0, 1), 8)


def test_a_small_picture_is_the_large_one_seen_from_afar(some):
    small, large = grey(still(some), 48), grey(still(some), 96)
    shrunk = large.reshape(48, 2, 48, 2).mean(axis=(1, 3))
    assert np.abs(small - shrunk).mean() < 5


def test_rendering_writes_to_no_parameter(some):
    before = {name: column.copy() for name, column in some.parameters.items()}
    draw(some, 32)
    for name, column in some.parameters.items():
        np.testing.assert_array_equal(column, before[name])


def test_noise_of_a_picture_follows_its_seed(some):
    first = grey(still(some, noise=0.05, noise_seed=1.0))
    assert np.array_equal(first, grey(still(some, noise=0.05, noise_seed=1.0)))
    assert not np.array_equal(first, grey(still(some, noise=0.05, noise_seed=2.0)))


def test_noise_is_a_hash_of_seed_and_place():
    seeds, high, wide, channel = (3, 16_000_000), 2, 3, 1
    expected = np.empty((2, high, wide), np.float32)
    for i, seed in enumerate(seeds):
        for place in range(high * wide):
            bits = (seed * 0x9E3779B1 + (channel * high * wide + place) * 0x85EBCA6B) % 2**32
            bits = (bits ^ bits >> 16) * 0x85EBCA77 % 2**32
            bits = (bits ^ bits >> 13) * 0xC2B2AE3D % 2**32
            bits ^= bits >> 16
            centred = np.float32(bits % 2**16 + bits // 2**16 - 65535)
            expected[i].flat[place] = centred * np.float32(6**0.5 / 65536)
    noise = _noise((2, high, wide), channel, np.array(seeds, np.float32))
    np.testing.assert_array_equal(noise, expected)


def test_noise_has_the_asked_strength(some):
    grain = grey(still(some, noise=0.03)) - grey(still(some))
    # the mean of three channels spreads by a factor of sqrt(3) less
    assert grain.std() == pytest.approx(0.03 * 255 / 3**0.5, rel=0.1)
    assert abs(grain.mean()) < 0.5


def test_a_turned_head_moves_the_nose_to_the_side(some):
    places = []
    for degrees in (-25.0, 0.0, 25.0):
        base = still(some) | {"rotation": turned(degrees)}
        longer = {**base, "nose_tip": base["nose_tip"] * 1.5}
        change = np.abs(grey(base) - grey(longer)).sum(axis=0)  # what the tip of the nose changes
        places.append((change * np.arange(96)).sum() / change.sum())
    left, middle, right = places
    assert middle == pytest.approx(47.5, abs=1.5)
    assert left < middle - 8
    assert right > middle + 8


def test_the_far_eye_narrows_when_the_head_turns(some):
    def spots(degrees: float) -> tuple[int, int]:
        base = still(some, zoom=1.2) | {"rotation": turned(degrees)}
        shut = {**base, "AU7": np.ones(1, np.float32), "AU6": np.ones(1, np.float32)}
        hit = np.abs(grey(base, 160) - grey(shut, 160))[50:90].max(axis=0) > 25
        nose = 80 + int(80 * 0.9 * np.sin(np.radians(degrees)) / 1.4)
        return int(hit[:nose].sum()), int(hit[nose:].sum())

    near, far = spots(30.0)
    assert far < near
    far, near = spots(-30.0)
    assert far < near


def test_glasses_show_only_on_those_who_wear_them(some):
    bare, worn = grey(still(some, glasses=0.0)), grey(still(some, glasses=1.0))
    change = np.abs(bare - worn)
    assert change[35:60].max() > 40
    assert change[70:].max() == 0


def test_an_open_mouth_changes_the_lower_half_only(some):
    change = np.abs(grey(still(some)) - grey(still(some, AU25=1.0, AU26=1.0)))
    assert change[55:].max() > 40
    assert change[:40].max() < 1


def test_raised_brows_change_the_upper_half_only(some):
    change = np.abs(grey(still(some)) - grey(still(some, AU1=1.0, AU2=1.0)))
    assert change[:45].max() > 40
    assert change[60:].max() < 1


def test_several_processes_draw_the_same_pictures(some, monkeypatch):
    monkeypatch.setattr(render_module, "_PIXELS_PER_PROCESS", 4 * 32 * 32)
    monkeypatch.setattr(render_module, "n_cores", lambda: 2)
    assert np.array_equal(draw(some, 32), _draw(some.parameters, 32, batch=0))
