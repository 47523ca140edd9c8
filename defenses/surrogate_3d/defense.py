"""The plugin; the network is imported where it is used."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bench.api import Context, Described, LatentDefense, Learned, Weights, field
from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw
from bench.described import y_of
from bench.faces import Faces, Images
from bench.registry import register
from defenses.surrogate_3d.numbers import GROUPS, NAMES, Y, scenes_of

N_PEOPLE = 64  # surrogates to choose from
ROUNDS = 2  # of training
SIZES_PX = range(32, 225)  # that the suite draws
PEOPLE_SEED = 1_607_318_842  # of their population; no data set of the suite has it


@register("surrogate_3d")
@dataclass(frozen=True)
class Surrogate3D(Learned, LatentDefense, Described):
    """Renders a synthetic person in the pose, expression and light of a photograph.

    A network, trained on renders of the suite's own renderer, reads y off the photograph: head
    pose, 15 action units, the direction of the light and, with `shape`, 12 traits of the head. The
    renderer draws y on a synthetic person. No pixel is released: the release reveals only y,
    rounded to 5 bits, which is the code and `notes["y"]`. The shape of a head tells people apart,
    so it is left out unless `numbers` says so.

    Source: ours, in the role that Extreme3D (Tran et al., CVPR 2018 [tran2018extreme]) has in
    Shirai and Whitehill, CVPR-W 2019 [shirai2019annotation].
    Differs from it: Extreme3D cannot be installed here, and renders the estimated shape of the
    photographed head with its bumps, without texture. This renders somebody else, with skin and
    hair; the network knows renders only, so photographs are read less well.
    """

    hides = frozenset({"identity"})
    discloses = frozenset({"y"})
    presets: ClassVar = {"quick": {"renders": 2400, "steps": 400}}

    numbers: str = field(
        "pose+expression+light",
        about=f"groups of y, joined by +: {', '.join(GROUPS)}",
        at="protect",
    )
    person: int = field(
        -1,
        about="who is rendered; -1: somebody else in each picture",
        at="protect",
        within=f"[-1, {N_PEOPLE - 1}]",
    )
    renders: int = field(6000, about="pictures to learn from", within="[40, 1e6]")
    steps: int = field(1000, about="the network's steps in round 1 of 2", within="[1, 1e6]")

    def __post_init__(self) -> None:
        groups = self.numbers.split("+")
        if len(set(groups)) < len(groups) or set(groups) - GROUPS.keys():
            raise ValueError(
                f"expected numbers among {', '.join(GROUPS)}, joined by +, each once, got "
                f"{self.numbers!r}"
            )

    @property
    def keeps(self) -> frozenset[str]:  # type: ignore[override]
        """The numbers of y, and expression, which follows from action units."""
        implied = {"expression"} if "expression" in self.numbers.split("+") else set()
        return frozenset({*self.names, *implied})

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers of y."""
        return tuple(name for group in self.numbers.split("+") for name in GROUPS[group])

    def fit(self, faces: Faces, context: Context) -> Weights:
        """The regressor, trained on renders as large as the pictures, of which it sees nothing.

        Raises:
            ValueError: unless the pictures are squares of 32 to 224 px.
        """
        from bench.nn.inputs import side_of
        from bench.nn.training import Schedule
        from defenses.surrogate_3d.regressor import fitted

        size_px = side_of(faces.images, SIZES_PX)
        schedule = Schedule(lr=4e-3, batch=32, steps=self.steps, rounds=ROUNDS)
        return fitted(size_px, self.renders, schedule, context)

    def describe(self, faces: Faces, weights: Weights, context: Context) -> Y:
        """The pictures' y, (N, D), 0..1."""
        from defenses.surrogate_3d.regressor import read

        return read(faces.images, weights, context.device)[:, [NAMES.index(n) for n in self.names]]

    def render(self, y: Y, weights: Weights, context: Context) -> Images:
        """A synthetic person with each y."""
        known = scenes(N_PEOPLE, 1, 1, PEOPLE_SEED, style=False).parameters
        who = [self.person if self.person >= 0 else r.integers(N_PEOPLE) for r in context.row_rngs]
        people = {name: column[np.array(who, int)] for name, column in known.items()}
        return draw(scenes_of(y, self.names, people), context.shape[-1])

    def encode(self, faces: Faces, weights: Weights, context: Context) -> Y:
        """The y that is rendered, (N, D)."""
        return y_of(self, faces, weights, context)
