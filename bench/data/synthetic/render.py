"""The renderer: parameters in, pictures of cartoon-film faces out."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from bench.data.synthetic.backdrop import paint_background, paint_body
from bench.data.synthetic.camera import blur, noise
from bench.data.synthetic.eyes import paint_eyes
from bench.data.synthetic.geometry import place_features
from bench.data.synthetic.glasses import paint_glasses
from bench.data.synthetic.hair import grow_hair, paint_back_hair, paint_hair
from bench.data.synthetic.head import build_head, find_normals, gloss_on, light_on
from bench.data.synthetic.mouth import paint_mouth
from bench.data.synthetic.pictures import Scenes
from bench.data.synthetic.shapes import Values, blend
from bench.data.synthetic.skin import lay_skin, paint_beard, paint_folds
from bench.data.synthetic.solids import View, cover

_EXTENT = 1.12  # half the side of a picture, in head units
_CENTRE = -0.02  # height of a picture's middle, in head units
_SMALL_PX = 48  # below this, one pixel is the mean of four
_PIXELS_PER_BATCH = 65536  # the planes of a batch stay within the cache of a core


def draw(
    scenes: Scenes, size_px: int, device: torch.device | str = "cpu", batch: int = 0
) -> npt.NDArray[np.uint8]:
    """All pictures of the scenes, (N, 3, size_px, size_px).

    Args:
        scenes: from `scenes`.
        size_px: side of a picture.
        device: where to compute.
        batch: pictures at a time; 0 lets the size decide. It does not change the pictures.
    """
    n_pictures = len(scenes.parameters["noise_seed"])
    step = batch or max(1, _PIXELS_PER_BATCH // _drawn_px(size_px) ** 2)
    pictures = np.empty((n_pictures, 3, size_px, size_px), dtype=np.uint8)
    for start in range(0, n_pictures, step):
        part = scenes.part(start, start + step)
        pictures[start : start + step] = render(part, size_px, device).cpu().numpy()
    return pictures


def render(
    parameters: Mapping[str, npt.NDArray[np.float32]],
    size_px: int,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Pictures of one batch, uint8, (N, 3, size_px, size_px).

    Args:
        parameters: name to (N,) or (N, k), a part of `Scenes.parameters`.
        size_px: side of a picture, 16 or more.
        device: where to compute.
    """
    if size_px < 16:
        raise ValueError(f"a picture has 16 px or more a side, not {size_px}; ask for a larger one")
    with torch.no_grad():
        v = _values(parameters, torch.device(device))
        drawn_px = _drawn_px(size_px)
        canvas = _paint(v, _look(v, drawn_px))
        canvas = canvas if drawn_px == size_px else _halve(canvas)
        canvas = blur(canvas, v)
        grain = noise(canvas.shape, v["noise_seed"].view(-1).to(torch.int32))
        canvas += grain * v["noise"][:, None]
        return (canvas * 255.0 + 0.5).clamp_(0.0, 255.0).to(torch.uint8)


def _values(parameters: Mapping[str, npt.NDArray[np.float32]], device: torch.device) -> Values:
    """Parameters as tensors: (N, 1, 1), colours (N, 3, 1, 1), the rotation (N, 3, 3)."""
    shapes = {1: (-1, 1, 1), 3: (-1, 3, 1, 1), 9: (-1, 3, 3)}
    values = {}
    for name, column in parameters.items():
        width = 1 if column.ndim == 1 else column.shape[1]
        values[name] = torch.from_numpy(column).to(device).view(shapes[width])
    shadow = torch.tensor([0.75, 0.70, 0.68], device=device).view(1, 3, 1, 1)
    values["brow_colour"] = values["hair_colour"] * shadow * 0.8
    values["beard_colour"] = values["hair_colour"] * shadow
    return values


def _drawn_px(size_px: int) -> int:
    """Side at which a picture is drawn: twice its own if lines would be thinner than a pixel."""
    return 2 * size_px if size_px < _SMALL_PX else size_px


def _halve(canvas: Tensor) -> Tensor:
    """Means over blocks of 2 x 2 pixels, (N, 3, H / 2, W / 2)."""
    rows = canvas[:, :, ::2] + canvas[:, :, 1::2]  # (N, 3, H / 2, W)
    return (rows[..., ::2] + rows[..., 1::2]) * 0.25


def _look(v: Values, size_px: int) -> View:
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
    canvas = paint_background(view, v)
    hair = grow_hair(view, v)
    paint_back_hair(canvas, hair, v)
    paint_body(canvas, view, v)
    surface = build_head(view, v, f)
    skin = lay_skin(surface, v)
    paint_folds(skin, surface, view.pixel, v, f)
    paint_beard(skin, surface, v, f)
    paint_mouth(skin, surface, view.pixel, v, f)
    paint_eyes(skin, surface, view.pixel, v, f)
    normals = find_normals(surface.seen.depth, view)
    skin *= light_on(normals, v)
    skin += (0.16 * gloss_on(normals, v))[:, None] * v["key_colour"]
    blend(canvas, skin, cover(surface.seen, view))
    paint_hair(canvas, hair, surface, v)
    paint_glasses(canvas, view, surface, v, f)
    return canvas - 0.55 * (canvas - 0.78).clamp_(min=0.0)  # bright light is held back, as in film
