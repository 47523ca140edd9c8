"""What to run: tasks of data x defenses x attackers x threats x seeds, read from TOML."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from bench.spec import Spec
from bench.threats import current


def _parsed(text: object) -> Spec:
    return text if isinstance(text, Spec) else Spec.parse(str(text))


SpecText = Annotated[Spec, BeforeValidator(_parsed)]
ThreatText = Annotated[Spec, BeforeValidator(lambda text: current(_parsed(text)))]
_Strict = ConfigDict(extra="forbid", frozen=True)


class Sources(BaseModel):
    """The data sets of defender, attacker and probe (`evaluation`): train here, evaluate there.

    Each set is split by its own protocol, and gives the pictures of one role only.
    """

    model_config = _Strict
    defender: SpecText
    attacker: SpecText
    evaluation: SpecText


class Task(BaseModel):
    """One promise to test: hide the private targets, keep the utility targets.

    Attributes:
        name: heads its table; by default made of the targets.
        private, utility: targets of the data; utility may be empty.
        data: the data set, with its protocol; or a set for each role.
        defenses: besides the controls, which always run.
        attackers: each answers private and utility targets.
        optional: further ones, which are left out where their published networks are not installed.
        threats: for the private targets.
        utility_threats: `raw` is drop-in use, `aware` use with a retrained judge.
    """

    model_config = _Strict
    name: str = ""
    private: tuple[str, ...] = Field(min_length=1)
    utility: tuple[str, ...] = ()
    data: Sources | SpecText
    defenses: tuple[SpecText, ...] = ()
    attackers: tuple[SpecText, ...] = Field(min_length=1)
    optional: tuple[SpecText, ...] = ()
    threats: tuple[ThreatText, ...] = (Spec("raw"), Spec("aware"))
    utility_threats: tuple[ThreatText, ...] = (Spec("raw"), Spec("aware"))

    @model_validator(mode="after")
    def _targets_differ(self) -> "Task":
        if both := sorted(set(self.private) & set(self.utility)):
            raise ValueError(
                f"expected targets in one list only, got {both} as private and utility"
            )
        return self

    @property
    def sources(self) -> Sources:
        """The data set of each role."""
        if isinstance(self.data, Sources):
            return self.data
        return Sources(defender=self.data, attacker=self.data, evaluation=self.data)

    @property
    def title(self) -> str:
        """Its name, or what it hides and keeps."""
        kept = f", keep {' and '.join(self.utility)}" if self.utility else ""
        return self.name or f"hide {' and '.join(self.private)}{kept}"


class Grid(BaseModel):
    """Everything one `bench run` runs.

    Attributes:
        name: names the folder of its results.
        seeds: each redraws defenses, protection and attackers.
        saturation: also train attackers on a quarter and on half of their data.
        tasks: one table each.
    """

    model_config = _Strict
    name: str = Field(pattern=r"^[\w.-]+$")
    seeds: tuple[int, ...] = Field(default=(0,), min_length=1)
    saturation: bool = False
    tasks: tuple[Task, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _titles_differ(self) -> "Grid":
        if len({task.title for task in self.tasks}) < len(self.tasks):
            raise ValueError("expected different titles, got two equal ones; give tasks names")
        return self


def bundled() -> dict[str, str]:
    """The grids that come with the suite: name to TOML."""
    folder = files("leaderboards")
    return {
        path.name.removesuffix(".toml"): path.read_text(encoding="utf-8")
        for path in sorted(folder.iterdir(), key=lambda path: path.name)
        if path.name.endswith(".toml")
    }


def read(name: str) -> Grid:
    """The grid in a file, or the bundled one of that name.

    Raises:
        FileNotFoundError: if there is neither.
        ValueError: if it is not a grid; lists every mistake.
    """
    path = Path(name)
    text = path.read_text(encoding="utf-8") if path.is_file() else bundled().get(name)
    if text is None:
        raise FileNotFoundError(
            f"expected a TOML file or a grid of {sorted(bundled())}, got {name!r}"
        )
    try:
        return Grid.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"grid {name!r} is not valid TOML: {error}") from error
    except ValidationError as error:
        mistakes = [
            f"  {'.'.join(str(step) for step in item['loc']) or 'grid'}: {item['msg']}"
            for item in error.errors()
        ]
        raise ValueError(f"grid {name!r} cannot be used:\n" + "\n".join(mistakes)) from error
