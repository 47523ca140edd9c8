"""The head as a solid (skull, face, jaw, cheeks, nose and ears), and the light on a surface."""

from typing import NamedTuple

import torch
from torch import Tensor

from bench.data.synthetic.shapes import Values
from bench.data.synthetic.solids import Part, Seen, View, join, visible


class Surface(NamedTuple):
    """The visible surface of the head."""

    x: Tensor  # (N, H, W), head coordinates of the seen point
    y: Tensor
    z: Tensor
    side: Tensor  # (N, H, W): -1 left of the nose, 1 right of it, as seen from the front
    seen: Seen

    @property
    def front(self) -> Tensor:
        """1 on the front of the head, 0 behind, (N, H, W)."""
        return (self.z * 12.0).clamp_(0.0, 1.0)


def build_head(view: View, v: Values, f: Values) -> Surface:
    """Joins the parts of the head and finds the seen points."""
    parts = visible(view, _place_parts(v, f))
    head = parts["skull"]
    for name, width in (
        ("face", 0.30), ("jaw", 0.30), ("chin", 0.24), ("ridge", 0.12), ("cheek_left", 0.21),
        ("cheek_right", 0.21), ("lips", 0.10), ("bridge", 0.15), ("wing_left", 0.05),
        ("wing_right", 0.05), ("tip", 0.07), ("ear_left", 0.03), ("ear_right", 0.03),
    ):  # fmt: skip
        head = join(head, parts[name], width)
    x, y, z = view.to_head(head.depth)
    side = (x * 50.0).clamp_(-1.0, 1.0)  # a narrow passage, so that nothing jumps at the middle
    return Surface(x, y, z, side, head)


def _place_parts(v: Values, f: Values) -> dict[str, Part]:
    """Centre and half axes of every part."""
    wide, high, drop = v["face_width"], v["face_height"], f["chin_drop"]
    chin_y = -0.88 * high - v["chin_length"] - drop
    full = 0.10 * v["beard"]
    ear_out = v["ear_angle"].clamp(min=0.0)
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
    """Directions of a seen surface, unit length, (N, H, W) each."""

    x: Tensor
    y: Tensor
    z: Tensor


def find_normals(depth: Tensor, view: View) -> Normals:
    """Normals from differences of the depth, (N, H, W), between neighbours."""
    right, down = torch.zeros_like(depth), torch.zeros_like(depth)
    right[:, :, 1:-1] = depth[:, :, 2:] - depth[:, :, :-2]
    down[:, 1:-1] = depth[:, 2:] - depth[:, :-2]
    scale = 0.5 / view.pixel
    x, y = (right * -scale).clamp_(-5.0, 5.0), (down * scale).clamp_(-5.0, 5.0)
    z = 1.0 / (x * x + y * y + 1.0).sqrt_()
    return Normals(x * z, y * z, z)


def light_on(normals: Normals, v: Values) -> Tensor:
    """Light on a surface, (N, 3, H, W), about 0..1.6, by colour."""
    facing = normals.x * v["light_x"] + normals.y * v["light_y"] + normals.z * v["light_z"]
    wrapped = (facing * 0.75 + 0.25).clamp_(min=0.0)  # light scatters in the skin
    sky = 0.8 + 0.2 * normals.y
    return wrapped[:, None] * v["key_colour"] + sky[:, None] * v["fill_colour"]


def gloss_on(normals: Normals, v: Values) -> Tensor:
    """Specular part of the light, (N, H, W), 0..1."""
    half_z = v["light_z"] + 1.0
    length = (v["light_x"] * v["light_x"] + v["light_y"] * v["light_y"] + half_z * half_z).sqrt()
    facing = normals.x * v["light_x"] + normals.y * v["light_y"] + normals.z * half_z
    gloss = (facing / length).clamp_(min=0.0)
    for _ in range(4):  # to the power of 16
        gloss = gloss * gloss
    return gloss
