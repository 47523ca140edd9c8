"""Eyes and brows; both sides of the head are painted at once, by mirroring x."""

from typing import NamedTuple

import numpy as np

from bench.data.synthetic.head import Surface
from bench.data.synthetic.points import patch
from bench.data.synthetic.shapes import Array, Values, blend, bump, darken, ease, edge, ellipse


class _Eye(NamedTuple):
    """Coordinates around the nearer eye, tilted with it, (M,) each."""

    near: Surface
    x: Array  # outwards from the eye's centre
    y: Array
    upper: Array  # height of the upper lid's edge
    lower: Array


def paint_eyes(skin: Array, surface: Surface, pixel: Array, v: Values, f: Values) -> None:
    """Paints sockets, eyes, lids, lashes and brows onto the skin."""
    wide, high = 1.75 * f["eye_width"], f["lid_upper"] + np.abs(f["lid_uneven"])
    tilt = np.abs(v["eye_tilt"]) * 1.5 * wide
    near = surface.box(
        f["eye_x"] + 1.5 * wide,
        f["eye_y"] - tilt - np.maximum(wide, 1.2 * np.abs(f["lid_lower"]) + 0.12 + pixel),
        f["eye_y"] + tilt + np.maximum(wide + 0.03, 1.2 * high + 0.15 + pixel),
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
    _paint_brows(skin, surface, pixel, v, f)


def _place_eye(near: Surface, v: Values, f: Values) -> _Eye:
    """The lids' edges above and below each point."""
    x = np.abs(near.x) - near.at(f["eye_x"])
    y = near.y - near.at(f["eye_y"]) - near.at(v["eye_tilt"]) * x
    t = x / near.at(f["eye_width"])
    arch = 1.0 - t * t
    high = near.at(f["lid_upper"]) + near.at(f["lid_uneven"]) * near.side
    upper = high * arch * (1.0 - 0.10 * t)
    return _Eye(near, x, y, upper, near.at(-f["lid_lower"]) * arch * (1.0 + 0.15 * t))


def _eyeball(eye: _Eye, pixel: Array, v: Values, f: Values) -> Array:
    """White, iris, pupil and highlights, (3, M), as if there were no lids."""
    at, side, size = eye.near.at, eye.near.side, eye.near.at(f["iris"])
    ball = np.empty((3, len(eye.x)), np.float32)
    ball[:] = np.array([[0.97], [0.96], [0.95]])
    x, y = eye.x - at(f["gaze_x"]) * side, eye.y - at(f["gaze_y"]) - 0.01
    far = np.sqrt(x * x + y * y) / size  # 1 at the iris' edge
    sharp = at(pixel / f["iris"])
    blend(ball, at(v["iris_colour"] * 0.35), edge(1.0 - far, sharp))
    lit = (0.95 - 0.55 * y / size).clip(0.4, 1.6)  # lighter below, as light falls through
    blend(ball, at(v["iris_colour"] * 1.15) * lit, edge(0.86 - far, at(2.0 * pixel / f["iris"])))
    blend(ball, (0.02, 0.02, 0.02), edge(0.46 - far, sharp))
    darken(ball, (0.52, 0.50, 0.55), bump((eye.upper - eye.y) / 0.07))  # of the lid
    white, soft = (1.35, 1.35, 1.35), at(pixel)
    shine_x = x * side + at((0.34 - 0.25 * v["light_x"]) * f["iris"])
    large, small = at(0.25 * f["iris"]), at(0.11 * f["iris"])
    blend(ball, white, edge(ellipse(shine_x, y - 0.36 * size, large, large), soft))
    cover = edge(ellipse(shine_x - 0.65 * size, y + 0.35 * size, small, small), soft)
    blend(ball, white, 0.6 * cover)
    return ball


def _paint_lids(skin: Array, eye: _Eye, pixel: Array, v: Values, f: Values) -> None:
    """Sockets, eye shadow, the fold above the lid and the bag below it."""
    at, front, wide, soft = eye.near.at, eye.near.front, f["eye_width"], eye.near.at(pixel)
    socket = bump(eye.x / at(1.75 * wide)) * bump((eye.y - 0.03) / at(1.5 * wide)) * front
    darken(skin, (0.80, 0.72, 0.72), socket)
    lid = bump(eye.x / at(1.35 * wide)) * ease(1.0 - (eye.y - eye.upper) / 0.13) * front
    lid = lid * edge(eye.y, soft)
    blend(skin, at(v["makeup_colour"]), lid * at(0.65 * v["makeup"]))
    fold = np.maximum(eye.upper, 0.0) + 0.045
    line = edge(0.009 - np.abs(eye.y - fold), soft) * bump(eye.x / at(1.08 * wide)) * front
    darken(skin, (0.55, 0.45, 0.45), line)
    bag = bump((eye.y - eye.lower + 0.055 + at(0.02 * v["AU6"])) / 0.03) * bump(eye.x / at(wide))
    strength = 0.15 + 0.45 * v["wrinkle"] + 0.35 * v["AU6"] + 0.2 * v["AU7"]
    darken(skin, (0.72, 0.63, 0.63), bag * (at(strength) * front))


def _paint_lashes(skin: Array, eye: _Eye, pixel: Array, v: Values, f: Values) -> None:
    """A dark line along the upper lid, longer outwards, and a thin one along the lower."""
    at, wide, soft = eye.near.at, eye.near.at(f["eye_width"]), eye.near.at(pixel)
    t, front = eye.x / wide, eye.near.front
    strength = (v["lash"] + 0.5 * v["makeup"]).clip(0.05, 1.2)
    thick = at(0.012 + 0.020 * strength) * (1.0 + 0.35 * t)
    wing = at(0.10 * strength) * np.maximum(t - 0.75, 0.0)
    line = np.minimum(
        thick - np.abs(eye.y - np.maximum(eye.upper, -0.02) - 0.5 * thick - wing),
        wide * (1.06 + at(0.16 * strength) * np.sign(eye.x)) - np.abs(eye.x),
    )
    dark = (0.08, 0.05, 0.05)
    blend(skin, dark, edge(line, soft) * front)
    below = 0.010 - np.abs(eye.y - eye.lower + 0.005)
    below = np.minimum(below, wide - np.abs(eye.x))
    blend(skin, dark, edge(below, soft) * (front * at(0.25 + 0.35 * strength)))


def _paint_brows(skin: Array, surface: Surface, pixel: Array, v: Values, f: Values) -> None:
    """Brows: a band along a parabola through inner end, middle and outer end."""
    inner, middle, outer = f["brow_inner_y"], f["brow_middle_y"], f["brow_outer_y"]
    rise, bend, soft = 0.5 * (outer - inner), 0.5 * (outer + inner) - middle, pixel + 0.012
    thickness = np.maximum(v["brow_thickness"], 0.012)
    most = 1.1 + 5.0 * soft  # of |t|
    high = most * np.abs(rise) + most * most * np.abs(bend) + np.abs(f["brow_uneven"])
    high = high + 1.2 * thickness + soft
    near = surface.box(f["brow_x"] + most * v["brow_length"], middle - high, middle + high)
    t = (np.abs(near.x) - near.at(f["brow_x"])) / near.at(v["brow_length"])  # 1 at the outer end
    line = near.at(middle) + near.at(rise) * t + near.at(bend) * t * t
    line = line + near.at(f["brow_uneven"]) * near.side
    thick = near.at(thickness) * (1.0 - 0.32 * t - 0.18 * t * t)
    band = np.minimum(thick - np.abs(near.y - line), (1.03 - np.abs(t)) * 0.10)
    shade = 1.0 - 0.25 * ((near.y - line) / thick).clip(-1.0, 1.0)
    cover = edge(band, near.at(soft)) * near.front
    with patch(skin, near.points) as part:
        blend(part, near.at(v["brow_colour"]) * shade, 0.92 * cover)
