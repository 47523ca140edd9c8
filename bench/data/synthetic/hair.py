"""Hair: a shell around the skull, locks beside the face, a mass behind it, and a bun."""

from typing import NamedTuple

import numpy as np

from bench.data.synthetic.light import find_normals, light_on
from bench.data.synthetic.points import Points, chosen, patch
from bench.data.synthetic.shapes import Array, Values, blend, bump, ease, edge, smooth_max, wave
from bench.data.synthetic.solids import Part, Seen, Solids, View, at_points, join
from bench.data.synthetic.texture import grain


class Hair(NamedTuple):
    """The solids of the hair; curls have moved their outlines."""

    back: Array  # (N, H, W), signed distance to the outline of the hair behind head and neck
    cap: Seen  # on the skull, from the hairline on
    locks: Seen  # beside the face


def grow_hair(view: View, v: Values) -> Hair:
    """Joins the solids of the hair."""
    solids = Solids(view, _place_parts(v))
    left, right, shell = (solids[name] for name in ("left", "right", "shell"))
    back = smooth_max(smooth_max(solids["back"].inside, left.inside, 0.10), right.inside, 0.10)
    # with the shell, so that no gap opens above a bare forehead
    np.maximum(back, shell.inside, out=back)
    if v["bun"].any():
        np.maximum(back, solids["bun"].inside, out=back)
    locks = Seen(*map(np.maximum, left, right))
    cap, curls = join(shell, solids["top"], 0.25), _curls(view, v)
    back += curls
    return Hair(back, *(Seen(solid.depth, solid.inside + curls) for solid in (cap, locks)))


def _place_parts(v: Values) -> dict[str, Part]:
    """Centre and half axes of every part."""
    volume, wide = v["hair_volume"], v["face_width"]
    # locks and back grow down from the skull; below 0.35 they stay within it
    long = np.maximum((v["hair_length"] - 0.30) / 0.70, 0.0)
    x = 0.70 * wide + 0.3 * volume
    bun = 0.10 + 0.22 * v["bun"]
    thick = 0.12 + 0.8 * volume * np.minimum(long * 3.0, 1.0)
    lock = (thick, 0.25 + 0.85 * long, 0.26 + volume)
    return {
        "back": ((0.0, 0.30 - 0.75 * long, -0.40),
                 (0.74 * wide + 0.9 * volume, 0.60 + 0.85 * long, 0.55 + 0.5 * volume)),
        "shell": ((0.0, 0.33, -0.15),
                  (0.79 * wide + 0.75 * volume, 0.81 + volume, 0.87 + 0.7 * volume)),
        "top": ((0.6 * v["parting"], 0.80, 0.20), (0.42, 0.22 + 1.3 * volume, 0.34 + 0.8 * volume)),
        "left": ((-x, 0.25 - 0.80 * long, -0.12), lock),
        "right": ((x, 0.25 - 0.80 * long, -0.12), lock),
        "bun": ((0.0, 1.16 * v["bun"], -0.45), (bun, bun, 0.30)),
    }  # fmt: skip


def _curls(view: View, v: Values) -> Array:
    """How far curls move the outline, in head units, (N, H, W)."""
    x, y = view.x[:, :1], view.y[:, :, :1]  # (N, 1, W) and (N, H, 1)
    curls = wave(2.6 * x + 0.8 * wave(1.3 * y))
    curls *= wave(2.6 * y + 0.3)
    curls *= (0.055 * v["curl"])[:, None, None]
    return curls


def paint_back_hair(canvas: Array, view: View, back: Array, v: Values) -> None:
    """Paints the hair behind head and neck; it lies in shadow."""
    points = view.points(back > -0.51 * view.pixel[:, None, None])
    light = 0.62 * (0.75 * v["fill_colour"] + 0.5 * v["key_colour"])  # (3, N)
    cover = edge(at_points(back, points), points.at(view.pixel))
    with patch(canvas, points) as part:
        blend(part, points.at(v["hair_colour"] * light), cover)


class Laid(NamedTuple):
    """The hair in front of the head."""

    points: Points  # where it is seen
    cover: Array  # (M,)
    depth: Array  # (N, H, W)


def lay_hair(view: View, hair: Hair, head: Array, v: Values) -> Laid:
    """Cap and locks, where the head's depth, (N, H, W), does not hide them."""
    _, cap, locks = hair
    grown = ease((v["hair_length"] - 0.32) / 0.08)  # (N,)
    least = -0.51 * view.pixel[:, None, None]
    capped = (cap.inside > least) & (cap.depth - head > -0.08)
    locked = (locks.inside > least) & (locks.depth - head > -0.02) & (grown > 0)[:, None, None]
    points = view.points(capped | locked)
    cover = _cover(points, view, hair, head, grown, v)
    shown = chosen(cover > 0, points.counts)
    seen = Points(points.places[shown.places], shown.counts)
    return Laid(seen, cover[shown.places], smooth_max(cap.depth, locks.depth, 0.10))


def paint_hair(canvas: Array, view: View, hair: Laid, v: Values, noise: Array) -> None:
    """Paints the hair in front."""
    with patch(canvas, hair.points) as part:
        blend(part, _shade(hair.points, view, hair.depth, v, noise), hair.cover)


def _cover(points: Points, view: View, hair: Hair, head: Array, grown: Array, v: Values) -> Array:
    """Cover of cap and locks, (M,)."""
    cap, locks = (Seen(*(at_points(plane, points) for plane in solid)) for solid in hair[1:])
    behind, pixel = at_points(head, points), points.at(view.pixel)
    cap_cover = edge(cap.inside, pixel)
    cap_cover *= edge(_hairline(points, view, cap.depth, v), pixel + 0.035)
    cap_cover *= edge(cap.depth - behind + 0.04, 0.06)
    lock_cover = edge(locks.inside, pixel)
    lock_cover *= edge(locks.depth - behind - 0.02, 0.06)
    return np.maximum(cap_cover, lock_cover * points.at(grown))


def _hairline(points: Points, view: View, depth: Array, v: Values) -> Array:
    """Signed distance from the hairline on the shell, (M,), positive in the hair."""
    at = points.at
    x, y, z = view.to_head(points, depth)
    off = x - at(v["parting"])
    fringe = v["fringe"]
    swept = off * at(0.9 * np.sign(v["parting"])) * at(np.maximum(fringe, 0.0))
    ends = 0.03 * wave(4.0 * x + 0.4) * at((3.0 * fringe).clip(0.0, 1.0))
    line = at(v["hairline"] - fringe) + swept + ends
    line = line - at(0.35 * fringe) * bump(off / 0.5) + 0.03 * bump(x / 0.14)
    # without a fringe the line is an arch, drawn back above the temples
    bare = np.maximum(1.0 - 4.0 * fringe, 0.0)
    high = bare * (0.28 * v["hair_temples"]).clip(0.0, 0.3)
    line = line - x * x * at(0.20 + 0.45 * bare) + at(high) * bump((np.abs(x) - 0.42) / 0.24)
    # beside the face the hair ends in front of the ears; sideburns reach down
    low = 0.28 - 0.55 * ease(v["hair_length"] / 0.4)
    ahead = 0.20 + 0.12 * ease((v["hair_length"] - 0.3) / 0.3)
    beside = np.minimum(at(ahead) - z - 0.10 * (y - 0.3), y - at(low))
    behind = np.minimum(-0.12 - z, y + 0.55)
    return smooth_max(np.maximum(beside, behind), y - line, 0.34) - 0.04


def _shade(points: Points, view: View, depth: Array, v: Values, noise: Array) -> Array:
    """Lit colour of the hair with strands and a band of gloss, (3, M)."""
    at = points.at
    x, y, z = view.to_head(points, at_points(depth, points))
    normals = find_normals(depth, view, points)
    curl, flow = at(v["curl"]), x - at(v["parting"] * 0.5)
    bent = curl * wave(1.7 * y + 0.7 * z)
    strand = wave(5.0 * flow * (1.0 + 0.35 * y) + 1.6 * z + bent)
    fine = grain(noise, 3.5 * flow * (1.0 + 0.3 * y) + 0.25 * bent, 0.35 * (y + z))
    fine = fine * (0.6 + 0.4 * at(v["curl"]))
    texture = 1.0 + 0.06 * strand + 0.13 * fine
    light = light_on(normals, points, v, 1.0, 1.0)
    colour = at(v["hair_colour"]) * (light.matt * texture)
    band = bump((normals.y - 0.48 + 0.05 * strand) / 0.28) * np.maximum(light.gloss, 0.25)
    return colour + 0.42 * band * at(1.0 - 0.6 * v["curl"]) * at(v["hair_colour"] + 0.12)
