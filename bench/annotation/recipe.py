"""What a study is about, as it is kept in `study.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

from bench.spec import Spec

FILE = "study.json"
RAW = "raw"  # the version that shows the original
SAME = "same-person"  # the second question


@dataclass(frozen=True)
class Recipe:
    """The pictures of a study and the question about them.

    Attributes:
        data: the data set; the study shows pictures of its probe.
        defenses: each gives a version of every picture.
        question: `TARGET=CLASS` if it is whether a picture has this label, as `expression=joy`;
            else any name, for what the data do not tell.
        seed: redraws defenses, panel and choice.
    """

    data: Spec
    defenses: tuple[Spec, ...]
    question: str
    seed: int

    @property
    def name(self) -> str:
        """The question in a word: the class, or its name."""
        return self.question.rpartition("=")[2]

    @property
    def target(self) -> str:
        """The label that answers it, or empty."""
        return self.question.rpartition("=")[0]

    def check_answerable(self) -> None:
        """Raises ValueError if no label answers: a classifier cannot learn what no label tells."""
        if not self.target:
            raise ValueError(
                f"no label answers {self.question!r}, so no panel can learn it; ask TARGET=CLASS"
            )

    def write(self, folder: Path) -> None:
        """Keeps it beside the study's key."""
        content = {
            "data": str(self.data),
            "defenses": [str(spec) for spec in self.defenses],
            "question": self.question,
            "seed": self.seed,
        }
        (folder / FILE).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "Recipe":
        """The recipe of the study in a folder.

        Raises:
            FileNotFoundError: if there is none.
        """
        path = folder / FILE
        if not path.is_file():
            raise FileNotFoundError(f"{folder} holds no {FILE}; `bench annotate export` makes one")
        content = json.loads(path.read_text(encoding="utf-8"))
        defenses = tuple(Spec.parse(text) for text in content["defenses"])
        return cls(Spec.parse(content["data"]), defenses, content["question"], content["seed"])
