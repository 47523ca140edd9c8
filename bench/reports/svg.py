"""Charts as SVG: static, with tooltips, and readable without colours or a script.

Text and numbers are escaped by Markup; colours are CSS classes or attributes, never `style`, which
the page's content security policy forbids.
"""

from collections.abc import Iterator, Mapping, Sequence
from math import floor, log10
from typing import NamedTuple

from markupsafe import Markup

from bench.reports.drawing import Look
from bench.reports.panels import Panel

PLANE, SMALL = (640, 440), (320, 210)  # width and height
_LIMITS = (-0.5, 2.0)  # of the plane; an interval beyond would squeeze all points
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 14, 14, 42  # margins
_CHAR, _LINE, _LONGEST = 6.6, 13, 26  # of a label: width of a character, height, characters
_DASHES = {"--": "6 3", "-.": "7 3 2 3", ":": "2 3"}
_SHAPES = {  # around (0, 0)
    "leaks": "M-7 -6H7L0 7Z",
    "little": "M0 -7L7 0L0 7L-7 0Z",
    "hidden": "M0 -8L2 -3H8L3 1L5 7L0 3L-5 7L-3 1L-8 -3H-2Z",
    "open": "M-6 0A6 6 0 1 0 6 0A6 6 0 1 0 -6 0Z",
    "reference": "M-5 -5H5V5H-5Z",
}
_PLACES = (  # of a label beside its point, the best first
    *((11, 4), (-11, 4), (0, -12), (0, 20), (11, -9), (11, 17), (-11, -9), (-11, 17)),
    *((11, -23), (-11, -23), (11, 31), (-11, 31), (0, -26), (0, 34), (0, -40), (-11, -37)),
)

Box = tuple[float, float, float, float]  # left, top, right, bottom
Range = tuple[float, float]


class Dot(NamedTuple):
    """A point of the plane: x and y with their ends, and what is said of it."""

    label: str
    tooltip: str
    href: str
    shape: str  # one of _SHAPES
    x: tuple[float, float, float]  # value, low, high
    y: tuple[float, float, float]
    on_front: bool = False


class _Frame(NamedTuple):
    """Where numbers lie in a chart."""

    size: tuple[int, int]
    x: Range
    y: Range

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The pixel of a point; what lies outside is drawn on the edge."""
        width, height = self.size
        (left, right), (low, high) = self.x, self.y
        across = min(max((x - left) / (right - left), 0), 1)
        up = min(max((y - low) / (high - low), 0), 1)
        return (
            _LEFT + across * (width - _LEFT - _RIGHT),
            height - _BOTTOM - up * (height - _TOP - _BOTTOM),
        )


def shape(name: str) -> Markup:
    """A verdict's symbol, for legends."""
    mark = '<svg class="key" viewBox="-9 -9 18 18" aria-hidden="true">{}</svg>'
    return Markup(mark).format(_symbol(name))


def swatch(look: Look) -> Markup:
    """A piece of a curve, for legends."""
    line = '<svg class="swatch" viewBox="0 0 34 8" aria-hidden="true"><path d="M0 4H34"{}/></svg>'
    return Markup(line).format(_stroke(look))


def plane(dots: Sequence[Dot], title: str, labels: tuple[str, str]) -> Markup:
    """Points with their intervals, those on the front joined; each leads to its row."""
    frame = _Frame(PLANE, _span(e for d in dots for e in d.x), _span(e for d in dots for e in d.y))
    front = sorted((d.x[0], d.y[0]) for d in dots if d.on_front)
    parts = [*_axes(frame, labels, (0.2, 0.2)), *_zero(frame)]
    parts.append(Markup('<path class="front" d="{}"/>').format(_path(frame, front)))
    parts += [_interval(frame, dot) for dot in dots]
    halo = Markup('<circle class="halo" cx="{:.1f}" cy="{:.1f}" r="12"/>')
    parts += [halo.format(*frame.at(d.x[0], d.y[0])) for d in dots if d.on_front]
    parts += [
        Markup(
            '<a href="{}" aria-label="{}"><title>{}</title>'
            '<g class="dot v-{}" transform="translate({:.1f} {:.1f})">{}</g>{}</a>'
        ).format(d.href, d.tooltip, d.tooltip, d.shape, *frame.at(d.x[0], d.y[0]),
                 _symbol(d.shape), label)
        for d, label in zip(dots, _labels(frame, dots), strict=True)
    ]  # fmt: skip
    return _svg(PLANE, title, parts, role="group")


def curves(
    panel: Panel, looks: Mapping[str, Look], *, is_share: bool = True, guess: bool = False
) -> Markup:
    """Lines of a panel; shares in percent, with the diagonal of a guess, or any numbers."""
    ys = [y for _, _, values in panel.lines for y in values]
    xs = [x for _, values, _ in panel.lines for x in values]
    last = max([1e-9, *xs])
    low = 0.0 if is_share else min([0.0, *ys])
    frame = _Frame(SMALL, (0.0, last), (low, 1.0 if is_share else max([1e-9, *ys])))
    steps = (_step(last), _step(frame.y[1] - low))
    parts = list(_axes(frame, panel.labels, steps, in_percent=(last <= 1, is_share)))
    if guess:
        diagonal = _path(frame, [(0, 0), (last, 1)])
        parts.append(Markup('<path class="guess" d="{}"/>').format(diagonal))
    for name, x, y in panel.lines:
        d = _path(frame, list(zip(x, y, strict=True)))
        line = Markup('<path class="curve" d="{}"{}><title>{}</title></path>')
        parts.append(line.format(d, _stroke(looks[name]), name))
    names = ", ".join(name for name, *_ in panel.lines)
    return _svg(SMALL, f"{panel.title}: {names}", parts, role="img")


def _svg(size: tuple[int, int], title: str, parts: Sequence[Markup], *, role: str) -> Markup:
    kind = "plane" if size == PLANE else "small"
    start = '<svg class="{}" viewBox="0 0 {} {}" role="{}" aria-label="{}">{}</svg>'
    return Markup(start).format(kind, *size, role, title, Markup("\n").join(parts))


def _span(values: Iterator[float]) -> Range:
    """A range that holds 0, 1 and these values, as far as _LIMITS go."""
    known = list(values)
    low, high = min([-0.08, *known]) - 0.02, max([1.0, *known]) + 0.08
    return max(_LIMITS[0], low), min(_LIMITS[1], high)


def _step(span: float) -> float:
    """A round number about four of which make the span."""
    unit: float = 10.0 ** floor(log10(span / 4))
    return next(unit * m for m in (1, 2, 2.5, 5, 10) if unit * m >= span / 4 - 1e-9)


def _axes(
    frame: _Frame,
    labels: tuple[str, str],
    steps: tuple[float, float],
    in_percent: tuple[bool, bool] = (True, True),
) -> Iterator[Markup]:
    """Grid lines with their numbers, and what the axes mean."""
    width, height = frame.size
    for axis, (span, step) in enumerate(zip((frame.x, frame.y), steps, strict=True)):
        n = int((span[1] - max(span[0], 0)) / step + 1e-6)
        for value in (max(span[0], 0) + i * step for i in range(n + 1)):
            text = f"{100 * value:.0f}" if in_percent[axis] else f"{value:.3g}"
            x, y = frame.at(value, frame.y[0]) if axis == 0 else frame.at(frame.x[0], value)
            line = f"V{_TOP}" if axis == 0 else f"H{width - _RIGHT}"
            yield Markup('<path class="grid" d="M{:.1f} {:.1f}{}"/>').format(x, y, line)
            x, y, anchor = (x, y + 15, "middle") if axis == 0 else (x - 6, y + 4, "end")
            yield _text(x, y, text, anchor, "tick")
    yield _text((width + _LEFT - _RIGHT) / 2, height - 6, labels[0], "middle", "axis")
    middle = (height - _BOTTOM + _TOP) / 2
    turned = '<text class="axis" text-anchor="middle" transform="translate(12 {}) rotate(-90)">{}'
    yield Markup(turned + "</text>").format(middle, labels[1])


def _zero(frame: _Frame) -> Iterator[Markup]:
    """The lines of a guess."""
    (left, right), (low, high) = frame.x, frame.y
    for ends in ([(0.0, low), (0.0, high)], [(left, 0.0), (right, 0.0)]):
        yield Markup('<path class="zero" d="{}"/>').format(_path(frame, ends))


def _interval(frame: _Frame, dot: Dot) -> Markup:
    across = _path(frame, [(end, dot.y[0]) for end in dot.x[1:]])
    along = _path(frame, [(dot.x[0], end) for end in dot.y[1:]])
    return Markup('<path class="interval v-{}" d="{}{}"/>').format(dot.shape, across, along)


def _labels(frame: _Frame, dots: Sequence[Dot]) -> Iterator[Markup]:
    """Each point's name beside it, where it covers least."""
    spots = [frame.at(d.x[0], d.y[0]) for d in dots]
    taken: list[Box] = [(x - 8, y - 8, x + 8, y + 8) for x, y in spots]
    for dot, (x, y) in zip(dots, spots, strict=True):
        text = dot.label if len(dot.label) <= _LONGEST else f"{dot.label[: _LONGEST - 1]}…"
        places = [(x + dx, y + dy, _box(x + dx, y + dy, text, dx)) for dx, dy in _PLACES]
        to_x, to_y, box = min(places, key=lambda place: _covered(frame, place[2], taken))
        taken.append(box)
        anchor = "start" if to_x > x else "end" if to_x < x else "middle"
        number, _, rest = text.partition(" ")  # on a phone only the number is shown
        shown = Markup('{}<tspan class="rest"> {}</tspan>').format(number, rest)
        yield _text(to_x, to_y, shown, anchor, "name")


def _box(x: float, y: float, text: str, dx: float) -> Box:
    width = _CHAR * len(text)
    left = x - (0 if dx > 0 else width if dx < 0 else width / 2)
    return left, y - _LINE + 3, left + width, y + 3


def _covered(frame: _Frame, box: Box, taken: Sequence[Box]) -> float:
    """The area of other boxes that a label covers; what leaves the chart counts ten times."""
    left, top, right, bottom = box
    outside = max(0, _LEFT - left) + max(0, right - frame.size[0]) + max(0, _TOP - 8 - top)
    outside += max(0, bottom - frame.size[1] + _BOTTOM)
    shared = sum(
        max(0, min(right, b[2]) - max(left, b[0])) * max(0, min(bottom, b[3]) - max(top, b[1]))
        for b in taken
    )
    return shared + 10 * _LINE * outside


def _symbol(name: str) -> Markup:
    return Markup('<path class="v-{}" d="{}"/>').format(name, _SHAPES[name])


def _stroke(look: Look) -> Markup:
    """Colour and dashes as attributes; matplotlib's greys are numbers."""
    colour = str(look["color"])
    if not colour.startswith("#"):
        colour = "#222" if colour == "black" else "#777"
    return Markup(' stroke="{}" stroke-dasharray="{}"').format(
        colour, _DASHES.get(look["linestyle"], "none")
    )


def _path(frame: _Frame, points: Sequence[tuple[float, float]]) -> str:
    pairs = ("{:.1f} {:.1f}".format(*frame.at(x, y)) for x, y in points)
    text = "L".join(pairs)
    return f"M{text}" if text else ""


def _text(x: float, y: float, text: str, anchor: str, kind: str) -> Markup:
    form = '<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>'
    return Markup(form).format(kind, x, y, anchor, text)
