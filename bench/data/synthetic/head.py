"""The head as a solid: skull, face, jaw, chin, nose and ears."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.points import Points, chosen
from bench.data.synthetic.shapes import Array, Values, bump, ease
from bench.data.synthetic.solids import Number, Part, Seen, Solids, View, join


class Surface(NamedTuple):
    """Seen points of the head."""

    points: Points
    x: Array  # (M,), head coordinates
    y: Array
    z: Array

    @property
    def side(self) -> Array:
        """-1 left of the nose, 1 right of it, as seen from the front, (M,)."""
        return (self.x * 50.0).clip(-1.0, 1.0)  # a narrow passage: nothing jumps at the middle

    @property
    def front(self) -> Array:
        """1 on the front of the head, 0 behind, (M,)."""
        return (self.z * 12.0).clip(0.0, 1.0)

    def at(self, numbers: Array) -> Array:
        """The numbers of each point's picture, (..., M)."""
        return self.points.at(numbers)

    def where(self, mask: npt.NDArray[np.bool_]) -> "Surface":
        """The points where a mask, (M,), is true."""
        points = chosen(mask, self.points.counts)
        x, y, z = (axis.take(points.places) for axis in self[1:])
        return Surface(points, x, y, z)

    def box(self, out: Number, low: Number, high: Number) -> "Surface":
        """The points with |x| < out and low < y < high, numbers of each picture.

        Layers are computed in boxes that hold all points where their cover is more than 0.
        """
        out, low, high = (
            self.at(side) if isinstance(side, np.ndarray) else side for side in (out, low, high)
        )
        return self.where((np.abs(self.x) < out) & (self.y > low) & (self.y < high))


def build_head(view: View, v: Values, f: Values) -> Seen:
    """Joins the parts of the head."""
    parts = Solids(view, _place_parts(v, f))
    head = parts["skull"]
    for name, width in (("face", 0.30), ("jaw", 0.28), ("chin", 0.28)):
        head = join(head, parts[name], width)
    raise_bridge(view, head, v, f)
    for name, width in (
        ("tip", 0.10), ("wing_left", 0.05), ("wing_right", 0.05), ("ear_left", 0.03),
        ("ear_right", 0.03),
    ):  # fmt: skip
        parts.join(head, name, width)
    return head


def _place_parts(v: Values, f: Values) -> dict[str, Part]:
    """Centre and half axes of every part."""
    wide, mouth, bottom = v["face_width"], f["mouth_rest"], f["chin_y"]
    drop, full = f["chin_drop"], 0.09 * v["beard"] * v["beard_length"]
    out = np.maximum(v["ear_angle"], 0.0)
    ear_x, ear_y = 0.735 * wide + 0.7 * out, f["eye_y"] - 0.17
    ear = (0.045 + 0.9 * out, 0.30 * v["ear_size"], 0.17 * v["ear_size"])
    middle = f["eye_y"] - 0.13  # of the face, below the eyes
    parts: dict[str, Part] = {
        "skull": ((0.0, 0.36, -0.16), (0.765 * wide * v["skull_width"], 0.77, 0.90)),
        "face": ((0.0, middle, 0.02), (0.715 * wide, middle - mouth + 0.22, 0.75)),
        "jaw": ((0.0, mouth + 0.06 - 0.7 * drop, 0.0),
                (0.50 * wide * (0.35 + 0.65 * v["jaw_width"]) + 0.3 * full,
                 mouth - bottom - 0.01, 0.60)),
        "chin": ((0.0, bottom + 0.26, 0.0),
                 (0.28 * (0.35 + 0.65 * v["chin_width"]) + 0.7 * full, 0.25 + full,
                  0.62 + 0.06 * v["chin_forward"] + full)),
        "ear_left": ((-ear_x, ear_y, -0.10), ear),  # level with eyes and nose
        "ear_right": ((ear_x, ear_y, -0.10), ear),
    }  # fmt: skip
    return parts | _nose(v, f)


def _nose(v: Values, f: Values) -> dict[str, Part]:
    """Tip and wings of the nose."""
    y, wing, size = f["nose_y"], f["wing_x"], v["nose_tip"]
    out = 0.12 * (v["nose_forward"] - 1.0)
    wing_y = y - 0.03 + f["wing_lift"]
    wing_size = (0.062 * v["nose_width"], 0.062 * size, 0.10)
    return {
        "tip": ((0.0, y + 0.03 * v["nose_turn"], 0.83 + out),
                (0.088 * size, 0.082 * size, 0.14)),
        "wing_left": ((-wing, wing_y, 0.75 + 0.5 * out), wing_size),
        "wing_right": ((wing, wing_y, 0.75 + 0.5 * out), wing_size),
    }  # fmt: skip


def raise_bridge(view: View, head: Seen, v: Values, f: Values) -> None:
    """Raises the bridge of the nose, a wedge from the root between the eyes to the tip."""
    start, tip = f["eye_y"] + 0.04, f["nose_y"]
    length = start - tip
    wide = 0.125 * v["nose_bridge"].clip(0.4, 2.0)
    root = 0.06 * (1.0 - v["nose_root"]).clip(0.1, 1.2)
    ends = [
        view.to_camera((0.0, y, z))
        for y in (start + 0.5 * length, tip - 0.3 * length)
        for z in (0.5, 1.15)
    ]
    x, y, _ = np.stack(ends, axis=1)  # (4, N) each
    reach = 1.4 * wide + 0.05
    points = view.box(x.min(0) - reach, x.max(0) + reach, y.min(0), y.max(0))
    flat = head.depth.reshape(-1)
    depth, at = flat.take(points.places), points.at
    high, front = np.zeros_like(depth), at(view.rotation[2, 2])
    for _ in range(3):  # finds where the line of sight meets the raised surface
        x, y, _ = view.to_head(points, depth + front * high)
        along = (at(start) - y) / at(length)  # 1 at the tip
        s = along.clip(0.0, 1.0)
        rise = at(root) + s * at(0.10 + 0.09 * v["nose_forward"])
        rise = rise + at(0.14 * v["nose_hump"]) * s * (1.0 - s)
        rise = rise * ease((along + 0.45) / 0.45) * ease((1.25 - along) / 0.25)
        high = rise * bump(x / (at(wide) * (1.0 + 0.35 * s)))
    flat[points.places] = depth + front * high
