"""Draws pictures; apart from what chooses them, so that a drawing is kept until this changes."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench.faces import Images
from bench.reports.drawing import CHAR_IN, WIDTH_IN, Drawn, files_of, style, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL.Image import Image

SIDE_IN, LINE_IN = 0.9, 0.105  # of a picture at most, and of a line of text
NAME_IN, ROOM_IN = 1.3, 0.16  # for names, and between pictures: captions are wider than these
NAME_CHARS, NOTE_CHARS = 20, 110  # of a line
CAPTION_CHAR_IN = 0.05  # mean width: many are digits and blanks
WRONG, MEANT = "×", "→"  # noqa: RUF001  # marks of captions
_BELOW: Mapping[str, Any] = {"xycoords": "axes fraction", "textcoords": "offset points"}
COLOURS = {WRONG: "#b33c00", MEANT: "#0072b2"}


class Strip(NamedTuple):
    """Pictures, (N, 3, H, W), and the lines under each, or under none."""

    images: Images
    captions: Sequence[Sequence[str]] = ()


class Sheet(NamedTuple):
    """A row of pictures for each name, headings over the columns and a note below."""

    title: str
    rows: Mapping[str, Strip]
    headings: Sequence[str] = ()
    note: str = ""


def sheet_files(sheet: Sheet) -> Drawn:
    """The contact sheet as PNG and PDF."""
    with style():
        return files_of(contact_sheet(sheet), ("png", "pdf"))


def contact_sheet(sheet: Sheet) -> "Figure":
    """The sheet, as wide as a page of text."""
    from matplotlib.figure import Figure

    rows = sheet.rows.values()
    n_columns = max(len(row.images) for row in rows)
    n_lines = max(len(lines) for row in rows for lines in [(), *row.captions])
    note = wrapped(sheet.note, NOTE_CHARS)
    side = min(SIDE_IN, 0.8 * WIDTH_IN / n_columns)
    height = len(rows) * (side + LINE_IN * (n_lines + 1)) + LINE_IN * (len(note) + 4)
    width = NAME_IN + n_columns * (side + ROOM_IN)  # what is not needed is cut off
    figure = Figure((width, height), layout="compressed")
    figure.suptitle("\n".join(wrapped(sheet.title, NOTE_CHARS)), x=0, ha="left")
    figure.supxlabel("\n".join(note), x=0, ha="left")
    axes = figure.subplots(len(rows), n_columns, squeeze=False)
    for line, (name, row) in zip(axes, sheet.rows.items(), strict=True):
        shown = "\n".join(wrapped(name, NAME_CHARS))
        line[0].set_ylabel(shown, rotation=0, ha="right", va="center")
        nothing: Any = ()
        for each, image, captions in zip_longest(line, row.images, row.captions, fillvalue=nothing):
            _draw(each, image, captions, n_chars=int(side / CAPTION_CHAR_IN) + 1)
    for each, heading in zip(axes[0], sheet.headings, strict=bool(sheet.headings)):
        each.set_title("\n".join(wrapped(heading, int(side / CHAR_IN))), loc="left")
    return figure


def picture_of(image: Images) -> "Image":
    """A picture, (3, H, W), as Pillow has it."""
    from PIL.Image import fromarray

    return fromarray(np.ascontiguousarray(image.transpose(1, 2, 0)))  # (H, W, 3)


def _draw(axes: "Axes", image: Images, captions: Sequence[str], *, n_chars: int) -> None:
    """A framed picture with its lines below; nothing without a picture."""
    axes.set(xticks=(), yticks=(), frame_on=len(image) > 0)
    if len(image):
        axes.imshow(image.transpose(1, 2, 0))  # (H, W, 3)
    for number, text in enumerate(captions):
        at = 0, -2 - 72 * LINE_IN * number  # points
        colour = next((COLOURS[mark] for mark in COLOURS if mark in text), "black")
        axes.annotate(
            _cut(text, n_chars), (0, 0), at, color=colour, va="top", parse_math=False, **_BELOW
        )


def _cut(text: str, n_chars: int) -> str:
    """The text, without its middle if it is too long: its beginning and its end tell."""
    end = n_chars // 2
    return text if len(text) <= n_chars else f"{text[: n_chars - end - 1]}…{text[-end:]}"
