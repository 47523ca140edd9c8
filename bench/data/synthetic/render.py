"""The renderer: parameters in, pictures of cartoon-film faces out."""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from bench.data.synthetic.eyes import paint_eyes, paint_glasses
from bench.data.synthetic.geometry import place_features
from bench.data.synthetic.hair import grow_hair, paint_back_hair, paint_hair
from bench.data.synthetic.head import build_head, find_normals, gloss_on, light_on
from bench.data.synthetic.mouth import paint_mouth
from bench.data.synthetic.pictures import Parameters, Scenes
from bench.data.synthetic.shapes import Values, blend, bump, darken, ease, edge, ellipse, rgb
from bench.data.synthetic.skin import lay_skin, paint_beard, paint_folds
from bench.data.synthetic.solids import View

_EXTENT = 1.12  # half the side of a picture, in head units
_CENTRE = -0.02  # height of a picture's middle, in head units
_SMALL_PX = 48  # below this, one pixel is the mean of four
_PIXELS_PER_BATCH = 65536  # the planes of a batch stay within the cache of a core


def draw(
    scenes: Scenes, size_px: int, device: torch.device | str = "cpu", batch: int = 0
) -> npt.NDArray[np.uint8]:
    """All pictures of the scenes, (N, 3, size_px, size_px); `size_px` is 16 or more.

    `batch`, the number of pictures at a time, changes no picture; 0 chooses by the size.
    """
    n_pictures = len(scenes.parameters["noise_seed"])
    step = batch or max(1, _PIXELS_PER_BATCH // _drawn_px(size_px) ** 2)
    pictures = np.empty((n_pictures, 3, size_px, size_px), dtype=np.uint8)
    for start in range(0, n_pictures, step):
        part = scenes.part(start, start + step)
        pictures[start : start + step] = render(part, size_px, device).cpu().numpy()
    return pictures


def render(parameters: Parameters, size_px: int, device: torch.device | str = "cpu") -> Tensor:
    """Pictures of one batch, uint8, (N, 3, size_px, size_px)."""
    if size_px < 16:
        raise ValueError(f"expected a size of 16 px or more, got {size_px}; choose a larger one")
    with torch.no_grad():
        v = _values(parameters, torch.device(device))
        drawn_px = _drawn_px(size_px)
        canvas = _paint(v, _view(v, drawn_px))
        if drawn_px != size_px:
            rows = canvas[:, :, ::2] + canvas[:, :, 1::2]  # (N, 3, size_px, drawn_px)
            canvas = (rows[..., ::2] + rows[..., 1::2]) * 0.25  # means of 2 x 2 pixels
        canvas = _blur(canvas, v)
        grain = _noise(canvas.shape, v["noise_seed"].view(-1).to(torch.int32))
        canvas += grain * v["noise"][:, None]
        return (canvas * 255.0 + 0.5).clamp_(0.0, 255.0).to(torch.uint8)


def _values(parameters: Parameters, device: torch.device) -> Values:
    """Parameters as tensors: (N, 1, 1), colours (N, 3, 1, 1), the rotation (N, 3, 3)."""
    shapes = {1: (-1, 1, 1), 3: (-1, 3, 1, 1), 9: (-1, 3, 3)}
    values = {}
    for name, column in parameters.items():
        width = 1 if column.ndim == 1 else column.shape[1]
        values[name] = torch.from_numpy(column).to(device).view(shapes[width])
    values["beard_colour"] = values["hair_colour"] * rgb(values["hair_colour"], 0.75, 0.70, 0.68)
    values["brow_colour"] = values["beard_colour"] * 0.8
    return values


def _drawn_px(size_px: int) -> int:
    """Side at which a picture is drawn: twice its own if lines would be thinner than a pixel."""
    return 2 * size_px if size_px < _SMALL_PX else size_px


def _view(v: Values, size_px: int) -> View:
    """Head coordinates of the pixels' middles."""
    steps = torch.arange(size_px, dtype=torch.float32, device=v["zoom"].device)
    places = (steps + 0.5) * (2.0 / size_px) - 1.0  # (size_px,)
    scale = _EXTENT / v["zoom"]
    x = places.view(1, 1, -1) * scale - v["shift_x"]
    y = places.view(1, -1, 1) * -scale - v["shift_y"] + _CENTRE
    return View(x, y, scale * (2.0 / size_px), v["rotation"])


def _paint(v: Values, view: View) -> Tensor:
    """Paints from back to front, (N, 3, H, W), about 0..1."""
    f = place_features(v)
    canvas = _paint_background(view, v)
    hair = grow_hair(view, v)
    paint_back_hair(canvas, view, hair, v)
    _paint_body(canvas, view, v)
    surface = build_head(view, v, f)
    skin = lay_skin(surface, v)
    paint_folds(skin, surface, view.pixel, v, f)
    paint_beard(skin, surface, v, f)
    paint_mouth(skin, surface, view.pixel, v, f)
    paint_eyes(skin, surface, view.pixel, v, f)
    normals = find_normals(surface.seen.depth, view)
    skin *= light_on(normals, v)
    skin += (0.16 * gloss_on(normals, v))[:, None] * v["key_colour"]
    blend(canvas, skin, edge(surface.seen.inside, view.pixel))
    paint_hair(canvas, view, hair, surface, v)
    paint_glasses(canvas, view, surface, v, f)
    return canvas - 0.55 * (canvas - 0.78).clamp_(min=0.0)  # compresses highlights, as film does


def _paint_background(view: View, v: Values) -> Tensor:
    """A gradient with three blobs, (N, 3, H, W)."""
    share = (0.5 - 0.35 * (view.y + 0.3 * view.x)).clamp_(0.0, 1.0)  # (N, H, W)
    canvas = v["back_top"] + (v["back_bottom"] - v["back_top"]) * share[:, None]
    for blob in ("blob0", "blob1", "blob2"):
        radius = v[f"{blob}_radius"]
        x, y = (view.x - v[f"{blob}_x"]) / radius, (view.y - v[f"{blob}_y"]) / radius
        blend(canvas, v[f"{blob}_colour"], 0.8 * bump(x, y))
    return canvas


def _paint_body(canvas: Tensor, view: View, v: Values) -> None:
    """Paints neck and clothes; the body does not turn with the head."""
    top_x, top_y, _ = view.to_camera((0.0, -0.75, -0.15))
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


def _blur(canvas: Tensor, v: Values) -> Tensor:
    """Each pixel mixed with its neighbours by `blur` (0..0.25 from each side), (N, 3, H, W).

    Below 64 px the share shrinks with the picture: a lens does not blur a smaller print more.
    """
    share = v["blur"][:, None] * min(1.0, canvas.shape[3] / 64)  # (N, 1, 1, 1)
    for axis, sides in ((2, (0, 0, 1, 1)), (3, (1, 1, 0, 0))):
        around = functional.pad(canvas, sides, mode="replicate")
        before, after = (around.narrow(axis, at, canvas.shape[axis]) for at in (0, 2))
        canvas = canvas + (before + after - 2.0 * canvas) * share
    return canvas


def _noise(shape: torch.Size, seeds: Tensor) -> Tensor:
    """Sensor noise: triangular, of unit variance, float32 of a shape (N, 3, H, W).

    Each number is a hash of the picture's seed, int32 (N,), and the place in the picture: other
    pictures of the batch do not matter.
    """
    count = shape[1] * shape[2] * shape[3]
    place = torch.arange(count, dtype=torch.int32, device=seeds.device)
    # multiply, shift and xor, as in the finalizer of MurmurHash3 (Appleby, public domain)
    bits = seeds[:, None] * -1640531535 + place * -2048144789  # (N, count), wraps around
    bits = (bits ^ ((bits >> 16) & 0xFFFF)) * -2048144777
    bits = (bits ^ ((bits >> 13) & 0x7FFFF)) * -1028477379
    bits = bits ^ ((bits >> 16) & 0xFFFF)
    summed = (bits & 0xFFFF) + ((bits >> 16) & 0xFFFF)  # two uniform numbers of 16 bits
    spread: Tensor = (summed.to(torch.float32) - 65535.0) * (6.0**0.5 / 65536.0)
    return spread.view(shape)
