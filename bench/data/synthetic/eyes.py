"""Eyes and brows; both sides of the head are painted at once, by mirroring x."""

from typing import NamedTuple

import numpy as np

from bench.data.synthetic.head import Surface
from bench.data.synthetic.points import patch
from bench.data.synthetic.shapes import Array, Values, blend, bump, darken, ease, edge, ellipse
from bench.data.synthetic.texture import grain


class _Eye(NamedTuple):
    """Coordinates around the nearer eye, tilted with it, (M,) each."""

    near: Surface
    x: Array  # outwards from the eye's centre
    y: Array
    upper: Array  # height of the upper lid's edge
    lower: Array


def paint_eyes(
    skin: Array, surface: Surface, pixel: Array, v: Values, f: Values, noise: Array
) -> None:
    """Paints eyes, lids, lashes and brows onto the skin."""
    wide, high = 1.75 * f["eye_width"], f["lid_upper"] + np.abs(f["lid_uneven"])
    tilt = np.abs(v["eye_tilt"]) * 1.5 * wide
    near = surface.box(
        f["eye_x"] + 1.5 * wide,
        f["eye_y"] - tilt - np.maximum(wide, 1.2 * np.abs(f["lid_lower"]) + 0.12 + pixel),
        f["eye_y"] + tilt + np.maximum(wide + 0.03, 1.4 * high + 0.15 + pixel),
    )
    eye = _place_eye(near, v, f)
    with patch(skin, near.points) as part:
        _paint_lids(part, eye, pixel, v, f)
        inside = np.minimum(eye.upper - eye.y, eye.y - eye.lower)
        cover = edge(inside, near.at(pixel)) * near.front
        seen = near.where(cover > 0)
        with patch(part, seen.points) as ball:
            colours = _eyeball(_place_eye(seen, v, f), pixel, v, f)
            blend(ball, colours, cover[seen.points.places])
        _paint_lashes(part, eye, pixel, v, f)
    _paint_brows(skin, surface, pixel, v, f, noise)


def _place_eye(near: Surface, v: Values, f: Values) -> _Eye:
    """The lids' edges above and below each point."""
    x = np.abs(near.x) - near.at(f["eye_x"])
    y = near.y - near.at(f["eye_y"]) - near.at(v["eye_tilt"]) * x
    t = x / near.at(f["eye_width"])
    arch = 1.0 - t * t
    high = near.at(f["lid_upper"]) + near.at(f["lid_uneven"]) * near.side
    upper = high * arch * (1.0 + near.at(v["eye_peak"]) * t)
    return _Eye(near, x, y, upper, near.at(-f["lid_lower"]) * arch * (1.0 + 0.25 * t))


def _eyeball(eye: _Eye, pixel: Array, v: Values, f: Values) -> Array:
    """White, iris, pupil and highlights, (3, M), as if there were no lids."""
    at, side, size = eye.near.at, eye.near.side, eye.near.at(f["iris"])
    t = eye.x / at(f["eye_width"])
    round_off = 1.0 - 0.35 * t * t
    ball = np.array([[0.74], [0.70], [0.67]], np.float32) * round_off
    blend(ball, (0.72, 0.45, 0.40), bump((t + 1.0) / 0.28))  # the lacrimal caruncle
    x, y = eye.x - at(f["gaze_x"]) * side, eye.y - at(f["gaze_y"]) - 0.012
    far = np.sqrt(x * x + y * y) / size  # 1 at the iris' edge
    sharp = at(pixel / f["iris"])
    blend(ball, at(v["iris_colour"] * 0.35), edge(1.0 - far, sharp + 0.08))
    lit = (0.92 - 0.45 * y / size).clip(0.4, 1.6)  # lighter below, as light falls through
    blend(ball, at(v["iris_colour"]) * lit, edge(0.84 - far, at(2.0 * pixel / f["iris"])))
    blend(ball, (0.03, 0.03, 0.03), edge(0.42 - far, sharp))
    darken(ball, (0.40, 0.36, 0.37), bump((eye.upper - eye.y) / 0.075))  # of the lid
    soft = at(pixel)
    shine_x = x * side + at((0.34 - 0.25 * v["light_x"]) * f["iris"])
    small = at(0.20 * f["iris"])
    cover = edge(ellipse(shine_x, y - 0.36 * size, small, small), soft)
    blend(ball, (1.1, 1.1, 1.1), 0.75 * cover)
    return ball


def _paint_lids(skin: Array, eye: _Eye, pixel: Array, v: Values, f: Values) -> None:
    """Eye shadow, the fold above the lid and the bag below it."""
    at, front, wide, soft = eye.near.at, eye.near.front, f["eye_width"], eye.near.at(pixel)
    t = eye.x / at(wide)
    socket = bump(t / 1.6) * bump((eye.y - 0.02) / at(1.2 * wide)) * front
    darken(skin, (0.84, 0.72, 0.72), socket)
    corner = bump((t + 1.25) / 0.62, (eye.y - 0.035) / 0.16) * front  # between eye and nose
    darken(skin, (0.58, 0.46, 0.44), corner * at(0.55 + 0.35 * v["eye_depth"].clip(-0.5, 1.2)))
    lid = bump(t / 1.3) * ease(1.0 - (eye.y - eye.upper) / 0.11) * front * edge(eye.y, soft)
    blend(skin, at(v["makeup_colour"]), lid * at(0.55 * v["makeup"]))
    height = np.maximum(v["lid_fold"], 0.0) - 0.03 * v["AU5"] + 0.02 * v["AU7"]
    drop = at(v["lid_hood"]) * np.maximum(t, 0.0) * 0.8
    fold = np.maximum(eye.upper, 0.0) + at(np.maximum(height, 0.0)) * (1.0 - np.minimum(drop, 0.9))
    line = edge(0.011 - np.abs(eye.y - fold), soft) * bump((t - 0.05) / 1.12) * front
    darken(skin, (0.50, 0.40, 0.38), line * at((height * 50.0).clip(0.0, 1.0)))
    bag = bump((eye.y - eye.lower + 0.075 + at(0.02 * v["AU6"])) / 0.03) * bump(t / 1.1)
    strength = 0.10 + 0.35 * v["eye_bags"] + 0.30 * v["AU6"] + 0.2 * v["AU7"]
    darken(skin, (0.74, 0.64, 0.64), bag * (at(np.minimum(strength, 0.9)) * front))


def _paint_lashes(skin: Array, eye: _Eye, pixel: Array, v: Values, f: Values) -> None:
    """A dark line along the upper lid, longer outwards, and a thin one along the lower."""
    at, wide, soft = eye.near.at, eye.near.at(f["eye_width"]), eye.near.at(pixel)
    t, front = eye.x / wide, eye.near.front
    strength = (v["lash"] + 0.6 * v["makeup"]).clip(0.05, 1.2)
    thick = at(0.008 + 0.018 * strength) * (1.15 + 0.35 * t - 0.85 * t * t).clip(0.1, 1.5)
    wing = at(0.08 * strength) * np.maximum(t - 0.75, 0.0)
    line = np.minimum(
        thick - np.abs(eye.y - np.maximum(eye.upper, -0.02) - 0.5 * thick - wing),
        wide * (1.04 + at(0.13 * strength) * np.sign(eye.x)) - np.abs(eye.x),
    )
    dark = (0.08, 0.05, 0.05)
    blend(skin, dark, edge(line, soft) * (front * at(np.minimum(0.35 + 0.6 * strength, 1.0))))
    below = 0.008 - np.abs(eye.y - eye.lower + 0.005)
    below = np.minimum(below, wide - np.abs(eye.x))
    blend(skin, dark, edge(below, soft) * (front * at(0.20 + 0.40 * strength)))


def _paint_brows(
    skin: Array, surface: Surface, pixel: Array, v: Values, f: Values, noise: Array
) -> None:
    """Brows: a band of hairs along a parabola through inner end, middle and outer end."""
    inner, middle, outer = f["brow_inner_y"], f["brow_middle_y"], f["brow_outer_y"]
    rise, bend, soft = 0.5 * (outer - inner), 0.5 * (outer + inner) - middle, pixel + 0.020
    thickness = v["brow_thickness"].clip(0.010, 0.075)
    most = 1.3 + 5.0 * soft  # of |t|
    high = most * np.abs(rise) + most * most * np.abs(bend) + np.abs(f["brow_uneven"])
    high = high + 1.5 * thickness + soft + 0.03
    near = surface.box(f["brow_x"] + most * v["brow_length"], middle - high, middle + high)
    t = (np.abs(near.x) - near.at(f["brow_x"])) / near.at(v["brow_length"])  # 1 at the outer end
    line = near.at(middle) + near.at(rise) * t + near.at(bend) * t * t
    line = line + near.at(f["brow_uneven"]) * near.side
    taper = near.at(v["brow_taper"].clip(0.1, 0.9))
    thick = near.at(thickness) * (1.15 - taper * (0.3 + 0.6 * t + 0.4 * t * t)).clip(0.2, 1.5)
    band = np.minimum(thick - np.abs(near.y - line), (1.03 - np.abs(t)) * 0.10)
    hairs = grain(noise, 3.0 * near.x + near.y + near.at(v["skin_x"]), near.y - 2.0 * near.x)
    hairs = hairs.clip(-3.0, 3.0)
    cover = edge(band + 0.006 * hairs, near.at(soft)) * near.front
    density = near.at(v["brow_density"].clip(0.35, 0.97)) + 0.06 * hairs
    with patch(skin, near.points) as part:
        blend(part, near.at(v["brow_colour"]), np.minimum(density, 1.0) * cover)
