"""What to run: tasks of data x defenses x attackers x threats x seeds, read from TOML."""

import json
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    ValidationError,
    model_validator,
)

from bench.attacks import Attack, attack
from bench.names import hint
from bench.runner.grid_mistakes import in_content, in_toml
from bench.spec import Spec
from bench.threats import current


def _parsed(text: object) -> Spec:
    return text if isinstance(text, Spec) else Spec.parse(str(text))


_AsText = PlainSerializer(str)
SpecText = Annotated[Spec, BeforeValidator(_parsed), _AsText]
ThreatText = Annotated[Spec, BeforeValidator(lambda text: current(_parsed(text))), _AsText]
Seed = Annotated[int, Field(strict=True, ge=0, lt=2**31)]
LARGEST = 1_000_000  # bytes of a TOML file: some 10,000 tasks
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
        data_optional: the task is left out where its data are not there.
        defenses: besides the controls, which always run.
        attackers: each answers private and utility targets.
        attacks: names of `bench.attacks`: further attackers, with their own targets and threats.
        optional: further ones, which are left out where their published networks are not installed.
        threats: for the private targets.
        utility_threats: `raw` is drop-in use, `aware` use with a retrained judge.
    """

    model_config = _Strict
    name: str = Field(default="", pattern=r"^[^\p{Cc}]*$", max_length=200)
    private: tuple[str, ...] = Field(min_length=1)
    utility: tuple[str, ...] = ()
    data: Annotated[
        Annotated[Sources, Tag("roles")] | Annotated[SpecText, Tag("data")],
        Discriminator(lambda data: "roles" if isinstance(data, dict | Sources) else "data"),
    ]
    data_optional: bool = False
    defenses: tuple[SpecText, ...] = ()
    attackers: tuple[SpecText, ...] = ()
    attacks: tuple[str, ...] = ()
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

    @model_validator(mode="after")
    def _asks(self) -> "Task":
        if not (self.attackers or self.attacks):
            raise ValueError(
                'expected a line such as `attackers = ["cnn", "knn"]` or '
                '`attacks = ["aware_identifier"]`, got neither'
            )
        for name in self.attacks:
            if not self.concerns(attack(name)):
                raise ValueError(
                    f"expected attacks about {[*self.private, *self.utility]}, got {name}, which "
                    f"asks about {attack(name).target}; leave it out"
                )
        return self

    def concerns(self, attack: Attack) -> bool:
        """Whether an attack asks about one of its targets."""
        return attack.target in (*self.private, *self.utility)

    @property
    def sources(self) -> Sources:
        """The data set of each role."""
        if isinstance(self.data, Sources):
            return self.data
        return Sources(defender=self.data, attacker=self.data, evaluation=self.data)

    @property
    def title(self) -> str:
        """Its name, or what it hides and keeps, and the folder of the pictures if one is named."""
        kept = f", keep {' and '.join(self.utility)}" if self.utility else ""
        root = dict(self.sources.evaluation.fields).get("root")
        place = f" ({Path(str(root)).name})" if root else ""
        return self.name or f"hide {' and '.join(self.private)}{kept}{place}"


class Grid(BaseModel):
    """Everything one `bench run` runs.

    Attributes:
        name: names the folder of its results.
        seeds: each redraws defenses, protection and attackers.
        saturation: also train attackers on a quarter and on half of their data.
        tasks: one table each.
    """

    model_config = _Strict
    name: str = Field(pattern=r"^\w[\w.-]*$", max_length=100)
    seeds: tuple[Seed, ...] = (0,)
    saturation: bool = False
    tasks: tuple[Task, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _differ(self) -> "Grid":
        if len({task.title for task in self.tasks}) < len(self.tasks):
            raise ValueError("expected different titles, got two equal ones; give tasks names")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise ValueError(f"expected different seeds, one or more, got {list(self.seeds)}")
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
    path, known = Path(name), bundled()
    if not path.is_file() and name not in known:
        raise FileNotFoundError(
            f"expected a TOML file or a grid, got {name!r}; {hint(name, known)}"
        )
    if path.is_file() and path.stat().st_size > LARGEST:
        raise ValueError(f"expected a grid of at most {LARGEST} bytes in {name}, got more")
    try:
        text = path.read_text(encoding="utf-8-sig") if path.is_file() else known[name]
        if path.is_file() and path.suffix == ".json":  # as a run writes it
            return checked(name, json.loads(text))
        return checked(name, tomllib.loads(text), text)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"expected UTF-8 in grid {name!r}, got {error}; save it as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise ValueError(f"grid {name!r} is not JSON: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"grid {name!r} is not TOML: {in_toml(error, text)}") from error
    except RecursionError as error:
        raise ValueError(f"grid {name!r} is not a grid: its values are nested too deep") from error


def checked(name: str, content: Mapping[str, object], text: str = "") -> Grid:
    """The grid with this content; `text` is the TOML that it was read from.

    Raises:
        ValueError: if it is not one; lists every mistake.
    """
    try:
        return Grid.model_validate(content)
    except ValidationError as error:
        known = {1: Grid.model_fields, 3: Task.model_fields, 5: Sources.model_fields}
        found = in_content(error, text, known)
        mistakes = found[0] if len(found) == 1 else "".join(f"\n  {each}" for each in found)
        raise ValueError(f"grid {name!r} cannot be used: {mistakes}") from error
