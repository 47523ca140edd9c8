"""What the people that we draw must show, and what they must not."""

from collections.abc import Iterator

import numpy as np

from bench.audit.findings import TIMES_CHANCE, Finding, judged
from bench.data.synthetic.pictures import ATTRIBUTES, scenes
from bench.data.synthetic.render import draw
from bench.metrics.accuracy import top1
from bench.metrics.crossing import crossed, folds
from bench.metrics.looks import mean_colour

SET = (100, 4, 10)  # people, takes of each, pictures of each take
SIZE_PX = 32
UNITS = tuple(name for name in ATTRIBUTES if name.startswith("AU"))


def renderer(seed: int) -> Iterator[Finding]:
    """People have an expression style, only if they are drawn with style; colour tells little."""
    for style in (True, False):
        labels = scenes(*SET, seed, style=style).labels
        person, take = (np.asarray(labels[name], np.int64) for name in ("identity", "take"))
        units = np.stack([np.asarray(labels[name], np.float32) for name in UNITS], axis=1)
        found = top1(crossed(units, person, person, folds(take, person)))
        above = found.low > found.chance
        about = f"identity from true {UNITS[0]} to {UNITS[-1]}, style={str(style).lower()}"
        wanted = "above" if style else "not above"
        reason = f"top-1 among {SET[0]} people, unseen takes; low must be {wanted} chance"
        yield Finding("renderer", about, *found, "ok" if above == style else "leaks", reason)
    drawn = scenes(*SET, seed, style=True)
    person, take = (np.asarray(drawn.labels[name], np.int64) for name in ("identity", "take"))
    colour = mean_colour(draw(drawn, SIZE_PX))
    found = top1(crossed(colour, person, person, folds(take, person)))
    reason = f"top-1 among {SET[0]} people, unseen takes"
    yield judged(
        "renderer", "identity from mean colour", found, TIMES_CHANCE * found.chance, reason
    )
