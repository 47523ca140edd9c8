"""The embedded data set."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from bench.api import Collection, Context, Dataset, FacePoints, field
from bench.data.alignment import ALIGNED_POINTS, realigned
from bench.data.protocols import PROTOCOLS, new_image_ids
from bench.data.synthetic.expressions import EXPRESSIONS
from bench.data.synthetic.people import AGE_GROUPS, GENDERS, SKIN_TONES
from bench.data.synthetic.pictures import ATTRIBUTES, Parameters, scenes
from bench.data.synthetic.render import draw
from bench.faces import LUMA, Faces, Images, Target
from bench.memory import blocks, empty
from bench.registry import register

_HAIR: Mapping[str, float | tuple[float, ...]] = {  # short and brown
    "hair_length": 0.1, "hair_volume": 0.1, "hairline": 0.85, "fringe": 0.0, "parting": 0.0,
    "curl": 0.0, "bun": 0.0, "hair_colour": (0.2, 0.14, 0.1),
}  # fmt: skip
# mean landmarks, by MTCNN (300 pictures of 64 px; their standard deviations are 0.06 to 0.10)
POINTS = ((0.372, 0.439), (0.636, 0.434), (0.503, 0.592), (0.394, 0.729), (0.612, 0.725))
MOST = 10_000_000  # pictures: 30 GB at 32 px
_ALIKE = {"": {}, "hair": _HAIR, "extras": {**_HAIR, "glasses": 0.0, "beard": 0.0}, "colour": {}}


@register("synthetic")
@dataclass(frozen=True)
class Synthetic(Dataset):
    """Synthetic people, each with their own expression style; labels are exact.

    Source: ours. The seven expressions are those of FERG (Aneja et al., ACCV 2016 [aneja2016ferg]),
    the labels of 0..1 those of Shirai and Whitehill [shirai2019annotation] and all other facial
    action units that the pictures show (after Ekman and Friesen, 1978 [ekman1978facs]).

    Licence: MIT, as this suite that draws them; nobody is real.
    """

    shareable = True

    people: int = field(8, about="people", within="[1, 1e5]")
    takes: int = field(
        8, about="sittings of each person: hair, glasses, beard, make-up change", within="[1, 1e4]"
    )
    pictures: int = field(20, about="pictures of each sitting", within="[1, 1e5]")
    size: int = field(32, about="side of a picture, px", within="[32, 224]")
    align: bool = field(False, about="align faces by MTCNN's landmarks")
    seed: int = field(
        0, about="draws another population, and changes the split", within="[0, 2147483647]"
    )
    protocol: str = field("closed", about="how pictures are split", among=PROTOCOLS)
    style: bool = field(True, about="people differ in how they show an expression")
    alike: str = field("", about="what all share; extras: hair, glasses and beard", among=_ALIKE)

    def __post_init__(self) -> None:
        if self.n_pictures > MOST:
            raise ValueError(
                f"expected people * takes * pictures <= {MOST}, got {self.n_pictures}; take fewer"
            )

    @property
    def targets(self) -> tuple[Target, ...]:
        """Identity, gender, age, skin, expression, glasses, beard, pose, action units, `male`."""
        classes = {
            "identity": tuple(f"person {i}" for i in range(self.people)),
            "gender": GENDERS, "age": AGE_GROUPS, "skin": SKIN_TONES, "expression": EXPRESSIONS,
            "glasses": ("no", "yes"), "beard": ("no", "yes"),
        }  # fmt: skip
        categorical = [Target(name, "categorical", names) for name, names in classes.items()]
        return (*categorical, *(Target(name, "continuous") for name in ATTRIBUTES))

    @property
    def face_points(self) -> FacePoints:
        """Those of aligned pictures, or the mean ones."""
        return ALIGNED_POINTS if self.align else POINTS

    @property
    def n_pictures(self) -> int:
        """Exactly how many."""
        return self.people * self.takes * self.pictures

    def load(self, context: Context) -> Collection:
        """The pictures, ordered by person, take and picture."""
        drawn = scenes(self.people, self.takes, self.pictures, self.seed, style=self.style)
        drawn = replace(drawn, parameters=made_alike(drawn.parameters, self.alike))
        images = draw(drawn, self.size)  # (N, 3, size, size)
        images = grey(images) if self.alike == "colour" else images
        images = realigned(images, context.device) if self.align else images
        image_ids = new_image_ids(len(images), self.name, self.seed)
        return Collection(Faces(images, drawn.labels, image_ids), self.targets)


def made_alike(parameters: Parameters, respect: str) -> Parameters:
    """The parameters, with those of a respect (as `alike`) equal in all pictures."""
    return dict(parameters) | {
        name: np.resize(np.array(value, np.float32), parameters[name].shape)
        for name, value in _ALIKE[respect].items()
    }


def grey(images: Images) -> Images:
    """The pictures without colour, uint8, (N, 3, H, W)."""
    shades = empty(images.shape, np.uint8)
    for at in blocks(images):
        luma = np.tensordot(np.array(LUMA, np.float32), images[at], axes=(0, 1))  # (B, H, W)
        shades[at] = luma.round()[:, None]
    return shades
