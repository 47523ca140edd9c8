"""The embedded data set."""

from dataclasses import dataclass, replace

from bench.api import Collection, Context, Dataset, field
from bench.data.alignment import realigned
from bench.data.protocols import check_protocol, new_rows
from bench.data.synthetic.alike import RESPECTS, alike, grey
from bench.data.synthetic.pictures import (
    AGE_GROUPS,
    ATTRIBUTES,
    EXPRESSIONS,
    GENDERS,
    SKIN_TONES,
    scenes,
)
from bench.data.synthetic.render import draw
from bench.faces import Faces, Target
from bench.registry import register

NO_YES = ("no", "yes")


@register("synthetic")
@dataclass(frozen=True)
class Synthetic(Dataset):
    """Drawn people with an expression style of their own; labels are exact.

    Source: ours. The seven expressions are those of FERG (Aneja et al., ACCV 2016), the ten
    attributes those of Shirai and Whitehill (facial action units after Ekman and Friesen, 1978).
    """

    shareable = True

    people: int = field(8, about="people")
    takes: int = field(8, about="sittings of each person: hair, glasses, beard, make-up change")
    pictures: int = field(20, about="pictures of each sitting")
    size: int = field(32, about="side of a picture, 32 to 224 px")
    align: bool = field(False, about="level faces and cut them out, as MTCNN finds them")
    seed: int = field(0, about="draws another population, and other parts")
    protocol: str = field("closed", about="who is asked about: closed, closed-paper, open")
    style: bool = field(True, about="people differ in how they make a face")
    alike: str = field("", about="all look alike in hair, extras (hair, glasses, beard) or colour")

    def __post_init__(self) -> None:
        check_protocol(self.protocol)
        if not 32 <= self.size <= 224:
            raise ValueError(f"size must be 32 to 224 px, got {self.size}")
        if min(self.people, self.takes, self.pictures) < 1:
            raise ValueError("people, takes and pictures must be at least 1")
        if self.alike not in RESPECTS:
            raise ValueError(f"alike is one of {RESPECTS}, got {self.alike!r}")

    @property
    def asks(self) -> tuple[Target, ...]:
        """Identity, gender, age, skin, expression, the ten attributes, glasses, beard."""
        classes = {
            "identity": tuple(f"person {i}" for i in range(self.people)),
            "gender": GENDERS,
            "age": AGE_GROUPS,
            "skin": SKIN_TONES,
            "expression": EXPRESSIONS,
            "glasses": NO_YES,
            "beard": NO_YES,
        }
        categorical = [Target(name, "categorical", names) for name, names in classes.items()]
        return (*categorical, *(Target(name, "continuous") for name in ATTRIBUTES))

    def load(self, context: Context) -> Collection:
        """The pictures, ordered by person, take and picture."""
        drawn = scenes(self.people, self.takes, self.pictures, self.seed, style=self.style)
        drawn = replace(drawn, parameters=alike(drawn.parameters, self.alike))
        images = draw(drawn, self.size, context.device)  # (N, 3, size, size)
        if self.alike == "colour":
            images = grey(images)
        if self.align:
            images = realigned(images, context.device)
        rows = new_rows(len(images), self.name, self.seed)
        return Collection(Faces(images, drawn.labels, rows), self.asks)
