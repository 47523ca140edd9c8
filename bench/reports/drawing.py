"""What drawings have in common: their style, and files with the same bytes for the same figure."""

import base64
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Drawn = Sequence[tuple[str, str]]  # file formats, and the content of each in base64
Look = Mapping[str, Any]  # of a line, as matplotlib has it

WIDTH_IN, DPI = 7.0, 200  # of a page of text; of PNG
CHAR_IN = 0.055  # mean width of a character
# Okabe and Ito, Color Universal Design, 2008, without yellow.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_DASHES, _MARKERS = ("-", "--", "-."), "oD^vPX"
_CONTROLS = {"none": ("black", "-"), "card": ("0.45", "--"), "constant": ("0.65", ":")}
_SETTINGS: dict[Any, Any] = {
    **{"font.size": 7, "legend.frameon": False, "figure.labelsize": 7},
    **{f"{text}.titlesize": 7 for text in ("axes", "figure")},
    **{"axes.linewidth": 0.6, "lines.linewidth": 1.1, "lines.markersize": 5},
    **{"svg.fonttype": "none", "pdf.fonttype": 42, "svg.hashsalt": "unmask"},  # text stays text
}
_NO_DATE: Mapping[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}


def style() -> AbstractContextManager[None]:
    """The settings that figures are made and saved with."""
    from matplotlib import rc_context  # here: it is slow to import

    return rc_context(_SETTINGS)


def files_of(figure: "Figure", formats: Iterable[str] = ("png", "svg", "pdf")) -> Drawn:
    """The figure in each format."""
    found = []
    for kind in formats:
        file = io.BytesIO()
        edge: dict[str, Any] = {"bbox_inches": "tight", "pad_inches": 0.05}
        figure.savefig(file, format=kind, dpi=DPI, metadata=_NO_DATE.get(kind), **edge)
        found.append((kind, base64.b64encode(file.getvalue()).decode()))
    return found


def write_drawn(drawn: Drawn, folder: Path, name: str) -> Path:
    """Writes NAME.FORMAT for each format; returns the path of the first."""
    for kind, content in drawn:
        (folder / f"{name}.{kind}").write_bytes(base64.b64decode(content))
    return folder / f"{name}.{drawn[0][0]}"


def looks(names: Iterable[str]) -> Mapping[str, Look]:
    """The look of each defense; controls are grey squares, codes hollow, cleaned ones half full."""
    found: dict[str, Look] = {}
    numbers: dict[str, int] = {}
    for name in dict.fromkeys(names):
        defense, _, form = name.partition(" (")  # all forms of a defense have its colour
        if (control := defense.partition(":")[0]) in _CONTROLS:
            marker, (colour, dashes) = "s", _CONTROLS[control]
        else:
            turn, place = divmod(numbers.setdefault(defense, len(numbers)), len(_COLOURS))
            marker, colour = _MARKERS[(place + turn) % 6], _COLOURS[place]
            dashes = _DASHES[turn % 3]
        fill = {"code)": "none", "cleaned)": "left"}.get(form, "full")
        look = {"color": colour, "linestyle": dashes, "marker": marker, "fillstyle": fill}
        found[name] = {**look, "markerfacecoloralt": "white"}
    return found


def wrapped(text: str, n_chars: int) -> list[str]:
    """The text in lines that are not longer; specs may break after signs."""
    # A vertical tab is where `wrap` may break, and is not shown.
    spaced = re.sub(r"(?<=[:,+])(?=[^\W\d])|(?<==)(?=[^\s,]{12})", "\v", text).split("\n")
    lines = (wrap(line, max(1, n_chars), replace_whitespace=False) for line in spaced)
    return [part.replace("\v", "") for line in lines for part in line]
