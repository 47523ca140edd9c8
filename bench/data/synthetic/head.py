"""The head as a solid (skull, face, jaw, cheeks, nose and ears), and the light on a surface."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.points import Points, chosen
from bench.data.synthetic.shapes import Array, Values
from bench.data.synthetic.solids import Number, Part, Seen, Solids, View, at_points, join


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
    for name, width in (
        ("face", 0.30), ("jaw", 0.30), ("chin", 0.24), ("ridge", 0.12), ("cheek_left", 0.21),
        ("cheek_right", 0.21), ("lips", 0.10), ("bridge", 0.15), ("wing_left", 0.05),
        ("wing_right", 0.05), ("tip", 0.07), ("ear_left", 0.03), ("ear_right", 0.03),
    ):  # fmt: skip
        head = join(head, parts[name], width)
    return head


def _place_parts(v: Values, f: Values) -> dict[str, Part]:
    """Centre and half axes of every part."""
    wide, high, drop = v["face_width"], v["face_height"], f["chin_drop"]
    chin_y = -0.88 * high - v["chin_length"] - drop
    full = 0.10 * v["beard"]
    ear_out = np.maximum(v["ear_angle"], 0.0)
    ear_x = 0.74 * wide + ear_out
    ear = (0.07 + ear_out, 0.20 * v["ear_size"], 0.13 * v["ear_size"])
    parts: dict[str, Part] = {
        "skull": ((0.0, 0.33, -0.14), (0.77 * wide, 0.80, 0.86)),
        "face": ((0.0, -0.14, 0.02), (0.715 * wide, 0.72 * high, 0.76)),
        "jaw": ((0.0, -0.52 * high - 0.65 * drop, 0.08),
                (0.53 * wide * v["jaw_width"] + 0.3 * full, 0.40 * high + 0.3 * drop, 0.56)),
        "chin": ((0.0, chin_y + 0.07, -0.04),
                 (0.23 * v["chin_width"] + full, 0.19 + full, 0.64 + full)),
        "ridge": ((0.0, v["eye_height"] + 0.24, 0.50),
                  (0.46 * wide, 0.10, 0.20 + 0.12 * v["brow_ridge"])),
        "ear_left": ((-ear_x, -0.08, -0.08), ear),  # level with eyes and nose
        "ear_right": ((ear_x, -0.08, -0.08), ear),
    }  # fmt: skip
    return parts | _cheeks(v, f) | _nose(v, f)


def _cheeks(v: Values, f: Values) -> dict[str, Part]:
    """Cheeks, that rise with a smile, and the bulge under the lips."""
    # the middle lies deep, so that the outline of the cheek stays below the skin
    x, y = 0.335 * v["face_width"], -0.34 + 0.09 * f["cheek_lift"]
    out = 0.615 + 0.055 * v["cheek"] + 0.055 * f["cheek_lift"]
    axes = (0.27 + 0.03 * v["cheek"], 0.25 - 0.02 * f["cheek_lift"], out)
    return {
        "cheek_left": ((-x, y, 0.05), axes),
        "cheek_right": ((x, y, 0.05), axes),
        "lips": ((0.0, f["mouth_y"] - 0.01, 0.50), (0.30, 0.16, 0.23)),
    }


def _nose(v: Values, f: Values) -> dict[str, Part]:
    """Bridge, tip and wings of the nose."""
    y, wing = f["nose_y"], f["wing_x"]
    wing_y = y - 0.02 + f["wing_lift"]
    wing_size = (0.068 * v["nose_width"], 0.062 * v["nose_tip"], 0.10)
    return {
        "bridge": ((0.0, 0.5 * (y + v["eye_height"]) + 0.04, 0.72),
                   (0.085 * v["nose_bridge"], 0.5 * v["nose_length"] + 0.04, 0.16)),
        "tip": ((0.0, y, 0.86), (0.108 * v["nose_tip"], 0.088 * v["nose_tip"], 0.14)),
        "wing_left": ((-wing, wing_y, 0.76), wing_size),
        "wing_right": ((wing, wing_y, 0.76), wing_size),
    }  # fmt: skip


class Normals(NamedTuple):
    """Directions of a seen surface, unit length, (M,) each."""

    x: Array
    y: Array
    z: Array


def find_normals(depth: Array, view: View, points: Points) -> Normals:
    """Normals at points from differences of the depth, (N, H, W), between neighbours."""
    right, down = np.zeros_like(depth), np.zeros_like(depth)
    right[:, :, 1:-1] = depth[:, :, 2:] - depth[:, :, :-2]
    down[:, 1:-1] = depth[:, 2:] - depth[:, :-2]
    scale = points.at(0.5 / view.pixel)
    x = (at_points(right, points) * -scale).clip(-5.0, 5.0)
    y = (at_points(down, points) * scale).clip(-5.0, 5.0)
    z = 1.0 / np.sqrt(x * x + y * y + 1.0)
    return Normals(x * z, y * z, z)


class Light(NamedTuple):
    """Light on a surface."""

    matt: Array  # (3, M), about 0..1.6, by colour
    gloss: Array  # (M,), the specular part, 0..1


def light_on(normals: Normals, points: Points, v: Values) -> Light:
    """Light on the points of a surface."""
    at, (x, y, z) = points.at, (v[f"light_{axis}"] for axis in "xyz")
    half_z = z + 1.0
    length = np.sqrt(x * x + y * y + half_z * half_z)
    across = normals.x * at(x) + normals.y * at(y)
    wrapped = np.maximum((across + normals.z * at(z)) * 0.75 + 0.25, 0.0)  # scatters in the skin
    sky = 0.8 + 0.2 * normals.y
    gloss = np.maximum((across + normals.z * at(half_z)) / at(length), 0.0)
    for _ in range(4):  # to the power of 16
        gloss *= gloss
    return Light(wrapped * at(v["key_colour"]) + sky * at(v["fill_colour"]), gloss)
