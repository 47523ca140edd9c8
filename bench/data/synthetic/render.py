"""The renderer: parameters in, pictures of cartoon-film faces out."""

import numpy as np
import numpy.typing as npt

from bench.data.synthetic.eyes import paint_eyes
from bench.data.synthetic.geometry import place_features
from bench.data.synthetic.glasses import paint_glasses
from bench.data.synthetic.hair import Laid, grow_hair, lay_hair, paint_back_hair, paint_hair
from bench.data.synthetic.head import Surface, build_head
from bench.data.synthetic.light import Light, find_normals, light_on, occlusion, shadows
from bench.data.synthetic.mouth import paint_mouth
from bench.data.synthetic.pictures import Parameters, Scenes
from bench.data.synthetic.points import Points, patch
from bench.data.synthetic.relief import relief, warped
from bench.data.synthetic.shapes import Array, Values, blend, bump, darken, ease, edge, ellipse
from bench.data.synthetic.skin import lay_skin, paint_beard, paint_folds
from bench.data.synthetic.solids import Seen, View, at_points
from bench.data.synthetic.texture import SPAN, tile
from bench.memory import empty
from bench.processes import Pool, n_cores

_EXTENT = 1.14  # half the side of a picture, in head units
_CENTRE = -0.10  # height of a picture's middle, in head units
_SMALL_PX = 48  # below this, one pixel is the mean of four
_PIXELS_PER_PROCESS = 2**24  # 4,096 pictures of 64 px, some ten seconds: worth starting a process
_PIXELS_PER_BATCH = 131072  # few calls, yet the planes of a batch stay within the cache of a core


def draw(scenes: Scenes, size_px: int, batch: int = 0) -> npt.NDArray[np.uint8]:
    """All pictures of the scenes, (N, 3, size_px, size_px); `size_px` is 16 or more.

    Large sets are drawn by all cores. `batch`, the number of pictures at a time, changes no
    picture; 0 chooses by the size.
    """
    n_pictures = len(scenes.parameters["noise_seed"])
    n_parts = min(n_cores(), n_pictures * size_px**2 // _PIXELS_PER_PROCESS)
    if n_parts < 2:
        return _draw(scenes.parameters, size_px, batch)
    pictures = empty((n_pictures, 3, size_px, size_px), np.uint8)
    step = max(1, _PIXELS_PER_PROCESS // 8 // size_px**2)  # so that all cores end at about one time
    with Pool(n_parts) as pool:
        starts = range(0, n_pictures, step)
        jobs = {i: pool.submit(_draw, scenes.part(i, i + step), size_px, batch) for i in starts}
        for start in starts:
            pictures[start : start + step] = jobs.pop(start).result()
    return pictures


def _draw(parameters: Parameters, size_px: int, batch: int) -> npt.NDArray[np.uint8]:
    """The pictures, drawn by this process."""
    np.empty(2**24, np.uint8)  # once it is freed, glibc keeps up to 32 MB instead of trimming
    n_pictures = len(parameters["noise_seed"])
    step = batch or max(1, _PIXELS_PER_BATCH // _drawn_px(size_px) ** 2)
    pictures = empty((n_pictures, 3, size_px, size_px), np.uint8)
    with np.errstate():  # restores the buffer size
        np.setbufsize(2048)  # less than a plane: numbers of a picture are not copied to meet it
        for start in range(0, n_pictures, step):
            part = {name: column[start : start + step] for name, column in parameters.items()}
            pictures[start : start + step] = render(part, size_px)
    return pictures


def render(parameters: Parameters, size_px: int) -> npt.NDArray[np.uint8]:
    """Pictures of one batch, (N, 3, size_px, size_px)."""
    if size_px < 16:
        raise ValueError(f"expected a size of 16 px or more, got {size_px}; choose a larger one")
    v = _values(parameters)
    drawn_px = _drawn_px(size_px)
    canvas = _paint(v, _view(v, drawn_px)).reshape(3, -1, drawn_px, drawn_px)
    pictures = np.empty((canvas.shape[1], 3, size_px, size_px), np.uint8)
    for i, channel in enumerate(canvas):  # (N, drawn_px, drawn_px)
        if drawn_px != size_px:
            rows = channel[:, ::2] + channel[:, 1::2]  # (N, size_px, drawn_px)
            channel = (rows[..., ::2] + rows[..., 1::2]) * 0.25  # means of 2 x 2 pixels
        taken = _blur(channel, v["blur"])
        taken += _noise(taken.shape, i, v["noise_seed"]) * v["noise"][:, None, None]
        taken *= 255.0
        taken += 0.5
        pictures[:, i] = taken.clip(0.0, 255.0, out=taken)  # without the fraction
    return pictures


def _values(parameters: Parameters) -> Values:
    """Parameters with the pictures last: (N,), colours (3, N), the rotation (9, N)."""
    values: dict[str, Array] = {
        name: np.ascontiguousarray(column.T) for name, column in parameters.items()
    }
    tint = np.array([[0.75], [0.70], [0.68]], np.float32)
    values["beard_colour"] = values["hair_colour"] * tint
    values["brow_colour"] = values["beard_colour"] * (0.8 * values["brow_light"].clip(0.4, 1.6))
    return values


def _drawn_px(size_px: int) -> int:
    """Side at which a picture is drawn: twice its own if lines would be thinner than a pixel."""
    return 2 * size_px if size_px < _SMALL_PX else size_px


def _view(v: Values, size_px: int) -> View:
    """Head coordinates of the pixels' middles."""
    steps = np.arange(size_px, dtype=np.float32)
    places = (steps + 0.5) * (2.0 / size_px) - 1.0  # (size_px,)
    scale = 1.0 / v["zoom"] * _EXTENT  # (N,)
    x = places * scale[:, None] - v["shift_x"][:, None]  # (N, size_px)
    y = places * -scale[:, None] - v["shift_y"][:, None] + _CENTRE
    across, up = x[:, None].repeat(size_px, axis=1), y[:, :, None].repeat(size_px, axis=2)
    return View(across, up, scale * (2.0 / size_px), v["rotation"].reshape(3, 3, -1))


def _paint(v: Values, view: View) -> Array:
    """Paints from back to front, (3, N*H*W), about 0..1."""
    f = place_features(v)
    canvas = _paint_background(view, v)
    hair, noise = grow_hair(view, v), tile(round(SPAN / (2.0 * _EXTENT) * view.x.shape[2]))
    paint_back_hair(canvas, view, hair.back, v)
    _paint_neck(canvas, view, v)
    _paint_clothes(canvas, view, v)
    head = build_head(view, v, f)
    points = view.points(head.inside > -0.51 * view.pixel[:, None, None])
    surface = Surface(points, *view.to_head(points, at_points(head.depth, points)))
    surface = warped(surface, v, f)
    skin = lay_skin(surface, v, f, noise)
    paint_folds(skin, surface, view.pixel, v, f)
    paint_beard(skin, surface, v, f, noise)
    paint_mouth(skin, surface, view.pixel, v, f)
    paint_eyes(skin, surface, view.pixel, v, f, noise)
    front, high = relief(surface, v, f)
    head.depth.reshape(-1)[points.places[front.points.places]] += high
    laid = lay_hair(view, hair, head.depth, v)
    light = _light_on_face(view, points, head, laid, v)
    skin *= light.matt
    skin += 0.13 * light.gloss * points.at(v["key_colour"])
    cover = edge(at_points(head.inside, points), points.at(view.pixel))
    with patch(canvas, points) as part:
        blend(part, skin, cover)
    paint_hair(canvas, view, laid, v, noise)
    paint_glasses(canvas, view, head.depth, v, f)
    bright: Array = np.maximum(canvas - 0.78, 0.0)
    return canvas - 0.55 * bright  # compresses highlights, as film does


def _light_on_face(view: View, points: Points, head: Seen, hair: Laid, v: Values) -> Light:
    """Light on the points of the head, below its hair."""
    normals = find_normals(head.depth, view, points)
    scene = np.where(head.inside > 0.0, head.depth, np.float32(-1.0))
    places = hair.points.places[hair.cover > 0.5]
    scene.reshape(-1)[places] = hair.depth.reshape(-1).take(places) + 0.04  # it has a thickness
    open_ = occlusion(scene, points, 2.0 * _EXTENT / view.x.shape[2])
    return light_on(normals, points, v, open_, open_ * shadows(scene, view, points, v))


def _paint_background(view: View, v: Values) -> Array:
    """A gradient with three blobs, (3, N*H*W)."""
    across, up = view.x[:, :1], view.y[:, :, :1]  # (N, 1, W) and (N, H, 1)
    share = 0.5 - 0.35 * (up + 0.3 * across)  # (N, H, W)
    share = share.clip(0.0, 1.0, out=share)
    canvas = np.empty((3, *share.shape), np.float32)
    for channel, top, bottom in zip(canvas, v["back_top"], v["back_bottom"], strict=True):
        np.multiply(share, (bottom - top)[:, None, None], out=channel)
        channel += top[:, None, None]
    for blob in ("blob0", "blob1", "blob2"):
        radius = v[f"{blob}_radius"][:, None, None]
        x = (across - v[f"{blob}_x"][:, None, None]) / radius
        y = (up - v[f"{blob}_y"][:, None, None]) / radius
        blend(canvas, v[f"{blob}_colour"][..., None, None], 0.8 * bump(x, y))
    return canvas.reshape(3, -1)


def _paint_neck(canvas: Array, view: View, v: Values) -> None:
    """Paints the neck; the body does not turn with the head."""
    top_x, top_y, _ = view.to_camera((0.0, -0.80, -0.20))
    wide = 0.43 * v["face_width"] * (0.35 + 0.65 * v["jaw_width"])
    far = np.abs(top_x) + 2.0 * wide + view.pixel
    points = view.box(-far, far, -np.inf, top_y + view.pixel)
    at, right, up = points.at, at_points(view.x, points), at_points(view.y, points)
    t = ((at(top_y) - up) / 0.75).clip(0.0, 1.0)
    x = right - at(top_x) * (1.0 - t)
    flare = at(wide) * (1.0 + 0.9 * bump((up + 1.85) / 0.6))
    neck = np.minimum(flare - np.abs(x), at(top_y) - up)
    across = (x / flare).clip(-1.0, 1.0)
    facing = np.sqrt(1.0 - 0.8 * across * across)
    towards = np.maximum((across * at(v["light_x"]) + facing * at(v["light_z"])) * 0.7 + 0.3, 0.0)
    light = at(v["key_colour"]) * towards + at(v["fill_colour"]) * (0.25 + 0.5 * facing)
    skin = at(v["skin_colour"]) * light
    shadow = ease((up + 1.65) / 0.6)  # of the chin
    darken(skin, (0.52, 0.40, 0.38), shadow)
    with patch(canvas, points) as part:
        blend(part, skin, edge(neck, at(view.pixel)))


def _paint_clothes(canvas: Array, view: View, v: Values) -> None:
    """Paints the clothes, with a collar that is round or pointed."""
    soft = view.pixel + 0.01
    points = view.box(-np.inf, np.inf, -np.inf, -1.40 + soft)
    at, x, y = points.at, at_points(view.x, points), at_points(view.y, points)
    shoulders = ellipse(x, y + 2.25, 1.50, 0.82)
    low = -1.50 - 0.30 * v["collar"]
    collar = y - at(low) - at(1.0 + v["collar"]) * np.abs(x)
    cloth = np.minimum(shoulders, -collar)
    folds = 1.0 + 0.12 * (x * at(v["light_x"])) - 0.25 * np.abs(y + 1.4)
    with patch(canvas, points) as part:
        blend(part, at(v["clothes_colour"] * _body_light(v)) * folds, edge(cloth, at(soft)))


def _body_light(v: Values) -> Array:
    """Light on neck and clothes, (3, N)."""
    return v["fill_colour"] + v["key_colour"] * (0.45 + 0.4 * v["light_z"])


def _blur(channel: Array, blur: Array) -> Array:
    """Each pixel mixed with its neighbours by `blur` (0..0.25 from each side), (N, H, W).

    Below 64 px the share shrinks with the picture: a lens does not blur a smaller print more.
    """
    share = blur[:, None, None] * min(1.0, channel.shape[2] / 64)  # (N, 1, 1)
    for turn in ((0, 1, 2), (0, 2, 1)):  # rows, then columns
        mixed = np.empty_like(channel)
        lines, sums = channel.transpose(turn), mixed.transpose(turn)
        np.add(lines[:, :-2], lines[:, 2:], out=sums[:, 1:-1])
        np.add(lines[:, 0], lines[:, 1], out=sums[:, 0])  # the edge repeats
        np.add(lines[:, -2], lines[:, -1], out=sums[:, -1])
        mixed -= 2.0 * channel
        mixed *= share
        mixed += channel
        channel = mixed
    return channel


def _noise(shape: tuple[int, ...], channel: int, seeds: Array) -> Array:
    """Sensor noise of a channel: triangular, of unit variance, float32 of a shape (N, H, W).

    Each number is a hash of the picture's seed, (N,), and the place in the picture: other pictures
    of the batch do not matter.
    """
    _, high, wide = shape
    place = np.arange(high * wide, dtype=np.uint32) + np.uint32(channel * high * wide)
    # multiply, shift and xor, as in the finalizer of MurmurHash3 (Appleby, public domain)
    bits = seeds.astype(np.uint32)[:, None] * np.uint32(0x9E3779B1) + place * np.uint32(0x85EBCA6B)
    bits ^= bits >> 16  # (N, high * wide)
    bits *= np.uint32(0x85EBCA77)
    bits ^= bits >> 13
    bits *= np.uint32(0xC2B2AE3D)
    bits ^= bits >> 16
    summed = (bits & 0xFFFF) + (bits >> 16)  # two uniform numbers of 16 bits
    spread = summed.astype(np.float32)
    spread -= 65535.0
    spread *= 6.0**0.5 / 65536.0
    return spread.reshape(shape)
