"""The skin: its colour, blush, nostrils, folds, wrinkles and beard."""

import numpy as np

from bench.data.synthetic.head import Surface
from bench.data.synthetic.points import patch
from bench.data.synthetic.shapes import Array, Values, blend, bump, darken, ease, edge, wave
from bench.data.synthetic.texture import grain

_MARK = np.array([0.62, 0.48, 0.42], np.float32)  # the tint of freckles


def lay_skin(surface: Surface, v: Values, f: Values, noise: Array) -> Array:
    """Bare skin with its pigment and blush, (3, M)."""
    at, x, y = surface.at, surface.x, surface.y
    skin = at(v["skin_colour"])
    pigment = grain(noise, x + at(v["skin_x"]), y + at(v["skin_y"])) * at(0.05 * v["mottle"])
    blood = grain(noise, y + at(v["skin_x"]), x + at(v["skin_y"])) * at(0.03 + 0.03 * v["mottle"])
    for channel, brown, pink in zip(skin, (0.7, 1.0, 1.1), (0.1, 1.0, 0.9), strict=True):
        channel *= 1.0 + brown * pigment + pink * blood
    cheek_x = 0.06 + 0.9 * f["eye_x"]
    near = surface.box(cheek_x + 0.30, f["eye_y"] - 0.62, f["eye_y"] + 0.02)
    out = np.abs(near.x)
    level = near.y - near.at(f["eye_y"])
    blush = bump((out - near.at(cheek_x)) / 0.30, (level + 0.34) / 0.26)
    tip = bump(near.x / 0.20, (near.y - near.at(f["nose_y"])) / 0.16)
    red = 0.35 * v["ruddy"].clip(0.0, 1.2)
    cover = blush * near.at(red + 0.45 * v["makeup"]) + tip * near.at(0.12 + 0.8 * red)
    with patch(skin, near.points) as part:
        darken(part, (1.0, 0.80, 0.80), np.minimum(cover, 1.0))
    _paint_freckles(skin, surface, v)
    _paint_mole(skin, surface, v)
    _paint_ears(skin, surface, v, f)
    return skin


def _paint_ears(skin: Array, surface: Surface, v: Values, f: Values) -> None:
    """The hollow of the ears."""
    rim = 0.70 * v["face_width"]
    near = surface.where(np.abs(surface.x) > surface.at(rim))
    out = ease((np.abs(near.x) - near.at(rim)) / 0.04)
    high, deep = near.at(0.30 * v["ear_size"]), near.at(0.17 * v["ear_size"])
    y, z = (near.y - near.at(f["eye_y"] - 0.17)) / high, (near.z + 0.08) / deep
    with patch(skin, near.points) as part:
        darken(part, (0.66, 0.50, 0.48), bump(y / 0.75, z / 0.72) * out)


def _paint_freckles(skin: Array, surface: Surface, v: Values) -> None:
    """Freckles over nose and cheeks of those who have them."""
    strength = v["freckles"].clip(0.0, 0.6)
    near = surface.box(0.62 * (strength > 0), -0.50, 0.06)
    x, y = near.x, near.y
    dots = wave(9.0 * x + 2.3 * wave(3.1 * y)) * wave(9.5 * y + 1.9 * wave(2.7 * x + 0.2))
    dots = ((dots - 0.45) * 3.0).clip(0.0, 1.0) * bump(x / 0.62, (y + 0.22) / 0.28)
    with patch(skin, near.points) as part:
        darken(part, _MARK, dots * near.at(strength))


def _paint_mole(skin: Array, surface: Surface, v: Values) -> None:
    """A mole of those who have one."""
    strength = (2.5 * v["mole"]).clip(0.0, 1.0)
    near = surface.box(
        (np.abs(v["mole_x"]) + 0.05) * (strength > 0), v["mole_y"] - 0.05, v["mole_y"] + 0.05
    )
    x, y = near.x - near.at(v["mole_x"]), near.y - near.at(v["mole_y"])
    mole = ease(bump(x / 0.045, y / 0.045) * 2.5)
    with patch(skin, near.points) as part:
        darken(part, _MARK * 0.6, mole * near.front * near.at(strength))


def paint_folds(skin: Array, surface: Surface, pixel: Array, v: Values, f: Values) -> None:
    """Paints nostrils, folds and wrinkles."""
    for fold in (_cheek_fold, _frown, _forehead):
        near, cover = fold(surface, v, f)
        with patch(skin, near.points) as part:
            darken(part, (0.66, 0.55, 0.55), cover * near.front)
    _paint_nose(skin, surface, pixel, v, f)


def _cheek_fold(surface: Surface, v: Values, f: Values) -> tuple[Surface, Array]:
    """The fold from the wing of the nose past the corner of the mouth, and its points, (M,)."""
    top, bottom = f["nose_y"] + 0.04, f["mouth_y"] + 0.5 * f["corner_lift"] - 0.04
    start, across = f["wing_x"] + 0.06, f["mouth_half"] + 0.03 - f["wing_x"]
    end = 0.2 * np.abs(top - bottom) + 0.01  # t is within -0.18..1.18
    near = surface.box(
        start + 1.1 * np.abs(across) + 0.04,
        np.minimum(top, bottom) - end,
        np.maximum(top, bottom) + end,
    )
    t = (near.at(top) - near.y) / near.at(top - bottom)  # 0 at the nose, 1 beside the mouth
    line = near.at(start) + near.at(across) * t * (1.4 - 0.45 * t)
    strength = 0.10 + 0.40 * v["wrinkle"] + 0.55 * v["AU12"] + 0.5 * v["AU10"] + 0.4 * v["AU9"]
    cover = bump((np.abs(near.x) - line) / 0.035) * bump((t - 0.5) / 0.68)
    return near, cover * near.at(np.minimum(strength, 1.0))


def _frown(surface: Surface, v: Values, f: Values) -> tuple[Surface, Array]:
    """Upright folds between the brows, and cross folds on the nose's root, and their points."""
    base = 0.5 * (f["brow_inner_y"] + f["eye_y"]) + 0.08
    near = surface.box(
        0.17, np.minimum(base, f["eye_y"]) - 0.15, np.maximum(base, f["eye_y"]) + 0.17
    )
    out, eye_y = np.abs(near.x), near.at(f["eye_y"])
    upright = bump((out - 0.065) / 0.026) * bump((near.y - near.at(base)) / 0.14)
    rows = np.maximum(wave((near.y - eye_y) / 0.075 + 2.5 * out * out), 0.0)
    cross = rows * bump(out / 0.17) * bump((near.y - eye_y - 0.01) / 0.15)
    strength = np.minimum(0.95 * v["AU4"] + 0.15 * v["wrinkle"], 1.0)
    return near, upright * near.at(strength) + cross * near.at(v["AU9"])


def _forehead(surface: Surface, v: Values, f: Values) -> tuple[Surface, Array]:
    """Lines across the forehead and at the outer corners of the eyes, and their points."""
    corner, brow_y, eye_y = f["eye_x"] + f["eye_width"], f["brow_middle_y"], f["eye_y"]
    near = surface.box(
        np.maximum(corner + 0.16, 0.43),
        np.minimum(brow_y + 0.02, eye_y - 0.12),
        np.maximum(brow_y + 0.38, eye_y + 0.12),
    )
    out, y, brow_y, eye_y = np.abs(near.x), near.y, near.at(brow_y), near.at(eye_y)
    lines = np.maximum(wave((y - brow_y - 0.04) / 0.085) - 0.35, 0.0) * 1.5
    raised = 0.8 * np.maximum(v["AU1"], v["AU2"])
    strength = v["wrinkle"] * (0.35 + raised) + 0.12 * raised
    across = lines * bump(out / 0.42) * bump((y - brow_y - 0.20) / 0.17)
    x = out - near.at(f["eye_x"]) - near.at(f["eye_width"]) - 0.06
    rays = np.maximum(wave((y - eye_y) / (0.07 + 0.3 * np.maximum(x, 0.0))) - 0.3, 0.0)
    feet = rays * bump(x / 0.09, (y - eye_y) / 0.11)
    spread = np.minimum(v["wrinkle"] * (0.25 + 1.2 * v["AU6"]), 1.0)
    return near, across * near.at(strength) + feet * near.at(spread)


def _paint_nose(skin: Array, surface: Surface, pixel: Array, v: Values, f: Values) -> None:
    """Nostrils, and the shadows beside and below the nose."""
    wide, wing = v["nose_width"], f["wing_x"] + 0.072 * v["nose_width"]
    soft = pixel / 0.03 + 0.1
    reach = 1.1 + 0.5 * soft  # of a nostril, in its half axes
    out_most = np.maximum(0.6 * f["wing_x"] + 0.046 * wide * reach, wing + 0.04)
    near = surface.box(
        np.maximum(np.maximum(out_most, 0.2 * wide), 0.1 * v["nose_bridge"] + 0.07),
        f["nose_y"] - 0.18 - 0.03 * reach,
        f["nose_y"] + 0.45 + f["wing_lift"],
    )
    y, out, lifted = near.y - near.at(f["nose_y"]), np.abs(near.x), near.at(f["wing_lift"])
    with patch(skin, near.points) as part:
        below = bump(near.x / near.at(0.20 * wide)) * bump((y + 0.115) / 0.055)
        darken(part, (0.82, 0.72, 0.72), below)
        x = (out - near.at(0.60 * f["wing_x"])) / near.at(0.046 * wide)
        hole_y = (y + 0.068 - (lifted + 0.10 * (out - 0.05))) / 0.024
        hole = 1.0 - np.sqrt(x * x + hole_y * hole_y)
        blend(part, (0.16, 0.06, 0.05), 0.85 * edge(hole, near.at(soft)))
        crease = bump((out - near.at(wing)) / 0.030) * bump((y + 0.02 - lifted) / 0.075)
        darken(part, (0.50, 0.40, 0.40), crease)


def paint_beard(skin: Array, surface: Surface, v: Values, f: Values, noise: Array) -> None:
    """Paints beard and moustache, or the shadow of shaven ones; the lips come on top."""
    growth = np.maximum(np.minimum(0.25 + 0.9 * v["beard"], 0.93) * (v["beard"] > 0), v["stubble"])
    lip_y = f["mouth_y"] + f["gap_upper"] + 0.10
    near = surface.box(
        (0.72 * v["face_width"]) * (growth > 0), -3.0, np.maximum(0.10, lip_y + 0.12)
    )
    x, y, out, cheek = near.x, near.y, np.abs(near.x), v["beard_cheek"].clip(-0.6, 1.0)
    # the upper limit runs from the corners of the mouth up to the ears
    rise = np.maximum(out - 0.16, 0.0)
    limit = near.at(f["mouth_y"] - 0.14 + 0.16 * cheek) + near.at(1.9 * cheek) * (rise * rise)
    jaw = ease((limit - y) / 0.20 + 0.35) * ease((0.10 - y) / 0.15)
    lip = bump(x / near.at(1.25 * f["mouth_half"]))
    lip = lip * bump((y - near.at(f["mouth_y"]) - near.at(f["gap_upper"]) - 0.10) / 0.11)
    lip = np.minimum(1.4 * lip, 1.0) * near.at(v["beard_lip"].clip(0.1, 1.0))
    region = np.maximum(jaw, lip)
    region = region * ease((near.z + 0.25) / 0.3)
    region = region * ease((near.at(0.72 * v["face_width"]) - out) / 0.06)  # not on the ears
    hairs = grain(noise, 3.0 * x, y + near.at(v["skin_y"]))
    cover = region * near.at(growth) * (1.0 + 0.14 * hairs)
    with patch(skin, near.points) as part:
        blend(part, near.at(v["beard_colour"]) * (1.0 + 0.12 * hairs), cover.clip(0.0, 0.97))
