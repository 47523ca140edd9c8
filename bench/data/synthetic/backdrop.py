"""Background, neck and clothes."""

import torch
from torch import Tensor

from bench.data.synthetic.shapes import Values, blend, bump, darken, ease, edge, ellipse, hill, rgb
from bench.data.synthetic.solids import View


def paint_background(view: View, v: Values) -> Tensor:
    """A gradient with three blobs, (N, 3, H, W)."""
    share = (0.5 - 0.35 * (view.y + 0.3 * view.x)).clamp_(0.0, 1.0)  # (N, H, W)
    canvas = v["back_top"] + (v["back_bottom"] - v["back_top"]) * share[:, None]
    for blob in ("blob0", "blob1", "blob2"):
        radius = v[f"{blob}_radius"]
        x, y = (view.x - v[f"{blob}_x"]) / radius, (view.y - v[f"{blob}_y"]) / radius
        blend(canvas, v[f"{blob}_colour"], 0.8 * hill(x, y))
    return canvas


def paint_body(canvas: Tensor, view: View, v: Values) -> None:
    """Paints neck and clothes; the body does not turn with the head."""
    top_x, top_y, _ = view.to_camera(
        (torch.zeros_like(view.pixel), torch.full_like(view.pixel, -0.75), -0.15)
    )
    t = ((top_y - view.y) / 0.75).clamp_(0.0, 1.0)  # (N, H, 1)
    x = view.x - top_x * (1.0 - t)
    wide = 0.33 * v["face_width"] * (0.75 + 0.25 * v["jaw_width"])
    flare = wide * (1.0 + 0.9 * bump((view.y + 1.75) / 0.55))
    neck = torch.minimum(flare - x.abs(), top_y - view.y)
    light = v["fill_colour"] + v["key_colour"] * (0.45 + 0.4 * v["light_z"])[:, None]
    round_off = (1.0 - 0.35 * (x / flare).square()).clamp_(min=0.3)
    skin = v["skin_colour"] * light * round_off[:, None]
    shadow = ease((view.y + 1.55) / 0.55).expand_as(x)  # of the chin
    darken(skin, rgb(skin, 0.62, 0.52, 0.50), shadow)
    blend(canvas, skin, edge(neck, view.pixel))
    shoulders = ellipse(view.x, view.y + 2.15, 1.35, 0.80)
    low = -1.42 - 0.30 * v["collar"]  # of the collar, round or pointed
    collar = view.y - low - (1.0 + v["collar"]) * view.x.abs()
    cloth = torch.minimum(shoulders, -collar)
    folds = (1.0 + 0.12 * (view.x * v["light_x"]) - 0.25 * (view.y + 1.4).abs())[:, None]
    blend(canvas, v["clothes_colour"] * light * folds, edge(cloth, view.pixel + 0.01))
