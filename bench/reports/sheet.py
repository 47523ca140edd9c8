"""Draws pictures; apart from what chooses them, so that a drawing is kept until this changes."""

import base64
import io
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.faces import Images

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE_PX = 96
NAME_PX, NAME_CHARS = 230, 34  # width of the column with names
TITLE_PX, CAPTION_PX = 24, 13  # heights


class Caption(NamedTuple):
    """A predicted class with its probability in %; `right` if it is the true one."""

    text: str
    right: bool


class Strip(NamedTuple):
    """Pictures, (N, 3, H, W), and the caption of each, or of none."""

    images: Images
    captions: Sequence[Caption | None] = ()


def sheet_png(title: str, rows: Mapping[str, Strip]) -> str:
    """The contact sheet as a PNG in base64."""
    return _png(contact_sheet(title, rows))


def samples_png(pictures: Images) -> str:
    """Pictures in rows and columns, (rows, columns, 3, H, W), as a PNG in base64."""
    from PIL.Image import Resampling

    n_rows, n_columns, _, height, width = pictures.shape
    pixels = pictures.transpose(2, 0, 3, 1, 4)  # (3, rows, H, columns, W)
    whole = picture_of(pixels.reshape(3, n_rows * height, n_columns * width))
    scale = max(1, SIDE_PX // width)
    size = (scale * n_columns * width, scale * n_rows * height)
    return _png(whole.resize(size, Resampling.NEAREST))


def contact_sheet(title: str, rows: Mapping[str, Strip]) -> "Image":
    """A picture with a row of pictures for each name."""
    from PIL import Image, ImageDraw

    n_columns = max(len(row.images) for row in rows.values())
    heights = [SIDE_PX + CAPTION_PX * any(row.captions) for row in rows.values()]
    sheet = Image.new("RGB", (NAME_PX + n_columns * SIDE_PX, TITLE_PX + sum(heights)), "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((6, 6), title, fill="black")
    top = TITLE_PX
    for (name, row), height in zip(rows.items(), heights, strict=True):
        lines = wrap(name.replace(",", ", "), NAME_CHARS)
        pen.text((6, top + SIDE_PX // 2 - 6 * len(lines)), "\n".join(lines), fill="black")
        for column, (image, caption) in enumerate(zip_longest(row.images, row.captions)):
            left = NAME_PX + column * SIDE_PX
            shown = picture_of(image).resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST)
            sheet.paste(shown, (left, top))
            if caption:
                colour = "black" if caption.right else "red"
                pen.text((left + 4, top + SIDE_PX), caption.text, fill=colour)
        top += height
    return sheet


def picture_of(image: Images) -> "Image":
    """A picture, (3, H, W), as Pillow has it."""
    from PIL.Image import fromarray

    return fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))  # (H, W, 3)


def _png(image: "Image") -> str:
    drawn = io.BytesIO()
    image.save(drawn, "png")
    return base64.b64encode(drawn.getvalue()).decode()
