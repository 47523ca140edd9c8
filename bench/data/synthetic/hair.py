"""Hair: a shell around the skull, locks beside the face, a mass behind it, and a bun."""

from collections.abc import Mapping

import torch
from torch import Tensor

from bench.data.synthetic.head import Surface, find_normals, gloss_on, light_on
from bench.data.synthetic.shapes import Values, blend, bump, ease, edge, smooth_max, wave
from bench.data.synthetic.solids import Part, Seen, View, join, visible

Hair = Mapping[str, Seen]


def grow_hair(view: View, v: Values) -> Hair:
    """The solids of the hair by name."""
    volume, wide = v["hair_volume"], v["face_width"]
    # locks and back grow down from the skull; below 0.35 they stay within it
    long = ((v["hair_length"] - 0.30) / 0.70).clamp(min=0.0)
    x = 0.70 * wide + 0.3 * volume
    bun = 0.10 + 0.22 * v["bun"]
    lock = (0.12 + 0.8 * volume * (long * 3.0).clamp(max=1.0), 0.25 + 0.85 * long, 0.26 + volume)
    parts: dict[str, Part] = {
        "back": ((0.0, 0.30 - 0.75 * long, -0.40),
                 (0.74 * wide + 0.9 * volume, 0.60 + 0.85 * long, 0.55 + 0.5 * volume)),
        "shell": ((0.0, 0.33, -0.15),
                  (0.775 * wide + 0.75 * volume, 0.81 + volume, 0.87 + 0.7 * volume)),
        "top": ((0.6 * v["parting"], 0.80, 0.20), (0.42, 0.22 + 1.3 * volume, 0.34 + 0.8 * volume)),
        "left": ((-x, 0.25 - 0.80 * long, -0.12), lock),
        "right": ((x, 0.25 - 0.80 * long, -0.12), lock),
        "bun": ((0.0, 1.16 * v["bun"], -0.45), (bun, bun, 0.30)),
    }  # fmt: skip
    return visible(view, parts)


def paint_back_hair(canvas: Tensor, view: View, hair: Hair, v: Values) -> None:
    """Paints the hair behind head and neck; it lies in shadow."""
    back = join(join(hair["back"], hair["left"], 0.10), hair["right"], 0.10)
    # with the shell, so that no gap opens above a bare forehead
    inside = torch.maximum(torch.maximum(back.inside, hair["shell"].inside), hair["bun"].inside)
    inside += _curls(view, v)
    depth = torch.maximum(back.depth, hair["bun"].depth)
    light = 0.62 * light_on(find_normals(depth, view), v)
    blend(canvas, v["hair_colour"] * light, edge(inside, view.pixel))


def _curls(view: View, v: Values) -> Tensor:
    """How far curls move the outline, in head units, (N, H, W)."""
    curls = wave(2.6 * view.x + 0.8 * wave(1.3 * view.y)) * wave(2.6 * view.y + 0.3)
    return curls * (0.055 * v["curl"])


def paint_hair(canvas: Tensor, view: View, hair: Hair, surface: Surface, v: Values) -> None:
    """Paints the hair in front, where the head does not hide it."""
    cap = join(hair["shell"], hair["top"], 0.25)
    cap_cover = edge(cap.inside + _curls(view, v), view.pixel)
    cap_cover *= edge(_hairline(view, cap, v), view.pixel + 0.012)
    cap_cover *= edge(cap.depth - surface.seen.depth + 0.04, 0.06)
    locks = Seen(*map(torch.maximum, hair["left"], hair["right"]))
    lock_cover = edge(locks.inside + _curls(view, v), view.pixel)
    lock_cover *= edge(locks.depth - surface.seen.depth - 0.02, 0.06)
    lock_cover *= ease((v["hair_length"] - 0.32) / 0.08)
    depth = smooth_max(cap.depth, locks.depth, 0.10)
    blend(canvas, _shade(view, depth, v), torch.maximum(cap_cover, lock_cover))


def _hairline(view: View, cap: Seen, v: Values) -> Tensor:
    """Signed distance from the hairline on the shell, (N, H, W), positive in the hair."""
    x, y, z = view.to_head(cap.depth)
    off = x - v["parting"]
    swept = off * (0.9 * v["parting"].sign()) * v["fringe"].clamp(min=0.0)
    ends = 0.03 * wave(4.0 * x + 0.4) * (3.0 * v["fringe"]).clamp(0.0, 1.0)
    line = v["hairline"] - v["fringe"] + swept + ends
    line = line - 0.35 * v["fringe"] * bump(off / 0.5) + 0.03 * bump(x / 0.14)
    # without a fringe the line is an arch, drawn back above the temples
    bare = (1.0 - 4.0 * v["fringe"]).clamp(min=0.0)
    high = bare * (0.9 * v["hairline"] - 0.62).clamp(min=0.0)
    line = line - x * x * (0.20 + 0.45 * bare) + high * bump((x.abs() - 0.42) / 0.24)
    # beside the face the hair ends in front of the ears; sideburns reach down
    low = 0.28 - 0.55 * ease(v["hair_length"] / 0.4)
    ahead = 0.28 + 0.14 * ease((v["hair_length"] - 0.3) / 0.3)
    beside = torch.minimum(ahead - z - 0.10 * (y - 0.3), y - low)
    behind = torch.minimum(-0.12 - z, y + 0.55)
    return smooth_max(torch.maximum(beside, behind), y - line, 0.12)


def _shade(view: View, depth: Tensor, v: Values) -> Tensor:
    """Lit colour of the hair with strands and a band of gloss, (N, 3, H, W)."""
    x, y, z = view.to_head(depth)
    normals = find_normals(depth, view)
    curl, flow = v["curl"], x - v["parting"] * 0.5
    strand = wave(5.0 * flow * (1.0 + 0.35 * y) + 1.6 * z + curl * wave(1.7 * y + 0.7 * z))
    fine = wave(13.0 * flow + 3.0 * z + 1.5 * curl * wave(2.3 * y))
    texture = 1.0 + 0.13 * strand + 0.08 * fine
    colour = v["hair_colour"] * (light_on(normals, v) * texture[:, None])
    band = bump((normals.y - 0.48 + 0.05 * strand) / 0.28) * gloss_on(normals, v).clamp(min=0.25)
    return colour + (0.42 * band * (1.0 - 0.6 * curl))[:, None] * (v["hair_colour"] + 0.12)
