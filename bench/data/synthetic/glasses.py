"""Glasses: two lenses in their frame, and the temples."""

import numpy as np

from bench.data.synthetic.points import Points, patch
from bench.data.synthetic.shapes import Array, Values, blend, edge
from bench.data.synthetic.solids import View, at_points

_BEFORE = 0.88  # how far the rims are before the middle of the head


def paint_glasses(canvas: Array, view: View, depth: Array, v: Values, f: Values) -> None:
    """Paints glasses on the pictures that have them; the head's depth hides the far temple."""
    wide = 0.215 * v["frame_size"]
    middle = np.maximum(0.10 + wide, 0.27)
    points = _box(view, middle + wide, 0.80 * wide, v, f)
    at, soft = points.at, points.at(view.pixel)
    out, x, y = _on_lenses(points, view, f)
    corner = 0.05 + 0.12 * v["frame_round"]
    across = np.maximum(np.abs(out - at(middle)) - at(wide - corner), 0.0)
    down = np.maximum(np.abs(y) - at(0.80 * wide - corner), 0.0)
    lens = at(corner) - np.sqrt(across * across + down * down)  # a box with round corners
    rim = 0.012 - np.abs(lens - 0.004)
    bridge = np.minimum(0.012 - np.abs(y - 0.05), at(middle - wide) - out)
    frame = edge(np.maximum(rim, bridge), soft)
    glass = edge(lens, soft) * at(0.10 * v["glasses"])
    sign = np.sign(x)
    slant = np.abs(out * sign - at(middle) * sign + y)
    streak = edge(0.03 - slant, at(view.pixel + 0.01))
    for side in (-1.0, 1.0):
        cover = _temple(points, view, depth, side, middle + wide, v, f)
        frame = np.maximum(frame, cover)
    with patch(canvas, points) as part:
        blend(part, (0.9, 0.9, 0.9), glass)
        blend(part, (1.0, 1.0, 1.0), streak * glass * 2.0)
        colour = v["frame_colour"] * (1.0 + 0.25 * v["light_y"])
        blend(part, at(colour), frame * at(v["glasses"]))


def _box(view: View, out: Array, high: Array, v: Values, f: Values) -> Points:
    """The pixels of the pictures with glasses where lenses and temples may be."""
    ear = 0.78 * v["face_width"] + 0.02
    ends = ((out, high + 0.05, _BEFORE), (out, -high - 0.05, _BEFORE), (ear, 0.02, -0.05))
    corners = [
        view.to_camera((side * x, f["eye_y"] + y, z)) for side in (-1.0, 1.0) for x, y, z in ends
    ]
    x, y, _ = np.stack(corners, axis=1)  # (6, N) each
    rim = np.where(v["glasses"] > 0, 0.04 + view.pixel, -np.inf)
    return view.box(x.min(0) - rim, x.max(0) + rim, y.min(0) - rim, y.max(0) + rim)


def _on_lenses(points: Points, view: View, f: Values) -> tuple[Array, Array, Array]:
    """Coordinates in the plane of the lenses, (M,) each: outwards, to the right and up."""
    right, up = at_points(view.x, points), at_points(view.y, points)
    side, high, front = points.at(view.rotation[:, 2])
    x, y, _ = view.to_head(points, (_BEFORE - side * right - high * up) / front)
    return np.abs(x), x, y - points.at(f["eye_y"]) + 0.015


def _temple(
    points: Points, view: View, depth: Array, side: float, wide: Array, v: Values, f: Values
) -> Array:
    """Cover of the temple on one side, (M,)."""
    ear = 0.78 * v["face_width"] + 0.02
    start = view.to_camera((side * wide, f["eye_y"] + 0.04, _BEFORE - 0.03))  # (3, N)
    along = view.to_camera((side * ear, f["eye_y"] + 0.02, -0.05)) - start
    length = points.at(along[0] * along[0] + along[1] * along[1] + 1e-4)
    (start_x, start_y, start_z), (along_x, along_y, along_z) = points.at(start), points.at(along)
    x, y = at_points(view.x, points) - start_x, at_points(view.y, points) - start_y
    t = ((x * along_x + y * along_y) / length).clip(0.0, 1.0)
    off_x, off_y = x - t * along_x, y - t * along_y
    distance = 0.018 - np.sqrt(off_x * off_x + off_y * off_y)
    before = start_z + t * along_z - at_points(depth, points) + 0.03
    return edge(distance, points.at(view.pixel)) * edge(before, 0.06)
