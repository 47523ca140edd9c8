"""FairFace: faces of balanced ethnicity."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.api import field
from bench.data.csv_files import Line, fault, read_lines
from bench.data.official import GENDERS, Entry, Unidentified, register
from bench.faces import Target

AGE_GROUPS = ("0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70")
_ETHNICITIES = ("Black", "East Asian", "Indian", "Latino_Hispanic", "Middle Eastern")
_PARTS = ("train", "val")
_COLUMNS = ("file", "age", "gender", "race")  # that are read


@register("fairface")
@dataclass(frozen=True)
class FairFace(Unidentified):
    """Photographs of unknown people from the web; labels: gender, age, ethnicity.

    Reads `train/1.jpg`, `val/1.jpg`, `fairface_label_train.csv` and `fairface_label_val.csv` of the
    archive with margins of 0.25. Names, columns, classes and the size, 224x224 px, are unconfirmed.

    Source: Karkkainen, Joo, WACV 2021 [karkkainen2021fairface].

    Licence: CC BY 4.0, by the authors' page.

    Access: fetch fairface-img-margin025-trainval.zip and both lists as github.com/joojs/fairface
        says, and unpack them in the folder `fairface`; no digest is known.
    """

    part: str = field("all", about="of the official split", among=("all", *_PARTS))

    pictures = "*/*.jpg"
    example = "train/1.jpg"
    pattern = re.compile(r"/(?P<file>(?P<part>train|val)/\d+\.jpg)$")
    needs = tuple(f"fairface_label_{part}.csv" for part in _PARTS)
    extent_px = (224, 224)  # those with a margin of 1.25 have 448 px
    targets = (
        Target("gender", classes=GENDERS),
        Target("age", classes=AGE_GROUPS),
        Target("ethnicity", classes=(*_ETHNICITIES, "Southeast Asian", "White")),
    )

    def entries(self) -> Iterator[Entry]:
        """The pictures of the part.

        Raises:
            ValueError: if one is not in one line of one list, with all its labels.
        """
        listed = dict[str, Line]()
        for line in (line for table in self.tables for line in _lines(table)):
            if listed.setdefault(file := line.cells["file"], line) is not line:
                raise ValueError(f"{line}: expected each picture once, got {file} again; fix it")
        for path, cells in super().entries():
            if (found := listed.get(str(cells["file"]))) is None:
                raise ValueError(
                    f"{path} is in none of {', '.join(self.needs)}; use the official lists"
                )
            if self.part in ("all", cells["part"]):
                age, gender, race = (found.cells[name] for name in _COLUMNS[1:])
                yield path, {"gender": gender.lower(), "age": age, "ethnicity": race}


def _lines(table: Path) -> list[Line]:
    columns, lines = read_lines(table)
    if lacking := [name for name in _COLUMNS if name not in columns]:
        raise ValueError(
            f"{table}: expected the columns {', '.join(_COLUMNS)}, got none called "
            f"{', '.join(lacking)}; use the official list"
        )
    if bad := [line for line in lines if not all(map(line.cells.get, _COLUMNS))]:
        raise ValueError(
            fault(bad, f"expected {', '.join(_COLUMNS)}, got no such cells", "restore them")
        )
    return lines
