"""Relief of the face: soft tissue and bone that stand out from the solids, or lie below them."""

import numpy as np

from bench.data.synthetic.head import Surface
from bench.data.synthetic.shapes import Array, Values, bump, ease
from bench.data.synthetic.texture import grain, tile

_OWN = 0.055  # head units, standard deviation of what displaces features
_ROUGH = 0.03  # likewise, of the unevenness of bone and flesh


def warped(surface: Surface, v: Values, f: Values) -> Surface:
    """The surface with the coordinates of its features displaced by each person's own smooth field.

    Source: Gaussian process morphable models, Luethi et al., IEEE TPAMI 40 (2018).
    """
    at, noise, x, y = surface.at, tile(16), surface.x, surface.y
    u, w = 0.5 * np.sqrt(x * x + 0.01) + at(v["skin_x"]), 0.5 * y + at(v["skin_y"])
    kept = 1.0 - bump(x / 0.36, (y - at(f["nose_y"])) / 0.26)  # the nose is a solid
    across = grain(noise, u, w) * (x / 0.25).clip(-1.0, 1.0) * kept
    up = grain(noise, w + 0.7, u) * kept
    return Surface(surface.points, surface.x + _OWN * across, surface.y + _OWN * up, surface.z)


def relief(surface: Surface, v: Values, f: Values) -> tuple[Surface, Array]:
    """The front of the face, and how far each of its points stands out, in head units, (M,)."""
    near = surface.where(surface.z > 0.0)
    at, skew = near.at, np.sqrt(near.x * near.x + 0.01)  # like |x|, but without a crease
    high = _ROUGH * grain(tile(16), skew - at(v["skin_x"]), near.y - at(v["skin_y"]))
    high += _cheeks(near, np.abs(near.x), v, f)
    upper, lower = near.y > at(f["eye_y"] - 0.19), near.y < at(f["mouth_y"] + 0.30 + f["gap_upper"])
    for mask, part in ((upper, _orbits), (lower, _muzzle)):
        some = near.where(mask)
        high[some.points.places] += part(some, np.abs(some.x), v, f)
    high *= near.front
    return near, high


def _orbits(near: Surface, out: Array, v: Values, f: Values) -> Array:
    """Sockets with the eyes in them, brow ridge, temples and the root of the nose."""
    at, y = near.at, near.y
    eye_x, eye_y = out - at(f["eye_x"]), y - at(f["eye_y"])
    high = bump(eye_x / at(1.65 * f["eye_width"]), (eye_y - 0.035) / 0.18)
    high *= at(-0.055 - 0.050 * v["eye_depth"])
    high += 0.045 * bump(eye_x / at(1.05 * f["eye_width"]), eye_y / 0.125)
    brow_y = y - at(f["eye_y"] + 0.85 * v["brow_height"])
    high += at(0.05 * v["brow_ridge"]) * bump((out - 0.25) / 0.36, brow_y / 0.115)
    high += at(0.03 * v["brow_ridge"] + 0.02 * v["AU4"]) * bump(out / 0.12, brow_y / 0.12)
    high -= 0.035 * bump((out - at(0.66 * v["face_width"])) / 0.24, (y - 0.30) / 0.30)
    high -= at(v["nose_root"] * 0.05) * bump(out / 0.14, (eye_y - 0.03) / 0.12)
    bag = at(0.012 + 0.03 * v["eye_bags"] + 0.02 * v["AU6"])
    return high + bag * bump(eye_x / at(f["eye_width"]), (eye_y + 0.135) / 0.055)


def _cheeks(near: Surface, out: Array, v: Values, f: Values) -> Array:
    """Cheekbones, hollows below them, the flesh that a smile lifts, and the folds beside it."""
    at, y, wide, lift = near.at, near.y, v["face_width"], f["cheek_lift"]
    bone_y = y - at(f["eye_y"] - 0.22)
    high = at(0.015 + 0.055 * v["cheekbone"]) * bump((out - at(0.48 * wide)) / 0.25, bone_y / 0.17)
    low = (y - at(f["mouth_y"] + 0.15)) / 0.27
    high -= at(0.06 * v["cheek_hollow"]) * bump((out - at(0.49 * wide)) / 0.23, low)
    apple = (y - at(f["eye_y"] - 0.36 + 0.08 * lift)) / 0.21
    full = 0.015 + 0.035 * v["cheek"] + 0.055 * lift
    high += at(full) * bump((out - at(0.10 + 0.66 * f["eye_x"])) / 0.22, apple)
    jowl = (y - at(f["chin_y"] + 0.26)) / 0.16
    return high + at(0.05 * v["jowl"]) * bump((out - at(0.42 * wide)) / 0.19, jowl)


def _muzzle(near: Surface, out: Array, v: Values, f: Values) -> Array:
    """The arch of the teeth, the lips on it, the groove above and that below, and the chin."""
    at, y, half = near.at, near.y - near.at(f["mouth_y"]), f["mouth_half"]
    wide = at(1.25 * half)
    high = at(0.05 + 0.03 * v["muzzle"]) * bump(out / at(0.36 + 0.2 * f["cheek_lift"]), y / 0.30)
    top, bottom = f["gap_upper"] + 0.5 * f["lip_upper"], f["gap_lower"] + 0.5 * f["lip_lower"]
    over = bump(out / wide) * bump((y - at(top)) / at(0.75 * f["lip_upper"] + 0.02))
    under = bump(out / wide) * bump((y + at(bottom)) / at(0.75 * f["lip_lower"] + 0.02))
    high += 0.032 * over + 0.036 * under
    high -= 0.014 * bump(out / 0.05) * bump((y - at(top + 0.11)) / 0.09)
    sulcus = y + at(f["gap_lower"] + f["lip_lower"] + 0.075)
    high -= at(0.022 + 0.02 * v["AU17"]) * bump(out / 0.28, sulcus / 0.07)
    chin = near.y - at(f["chin_y"] + 0.15)
    high += at(0.03 + 0.03 * v["chin_forward"]) * bump(out / 0.20, chin / 0.15)
    cleft = at(0.05 * np.maximum(v["chin_cleft"], 0.0))
    return high - cleft * bump(out / 0.045) * ease(1.0 - np.abs(chin) / 0.12)
