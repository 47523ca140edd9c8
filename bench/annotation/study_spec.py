"""The specification of a study, kept in `study.json`."""

import json
from dataclasses import dataclass
from pathlib import Path

from bench.spec import Spec

FILE = "study.json"
RAW = "raw"  # the version that shows the original
SAME_PERSON = "same-person"  # the second question


@dataclass(frozen=True)
class StudySpec:
    """The pictures of a study and the question about them."""

    data: Spec  # the data set; the study shows pictures of its probe
    defenses: tuple[Spec, ...]  # each gives a version of every picture
    # `TARGET=CLASS`: whether a picture has this label, as `expression=joy`; any other name is a
    # question that no label of the data answers.
    question: str
    seed: int  # redraws defenses, panel and choice

    @property
    def name(self) -> str:
        """The short name of the question: its class, or all of it."""
        return self.question.rpartition("=")[2]

    @property
    def target(self) -> str:
        """The label that answers the question, or empty."""
        return self.question.rpartition("=")[0]

    def write(self, folder: Path) -> None:
        """Writes study.json."""
        content = json.dumps(vars(self), indent=1, default=str) + "\n"
        (folder / FILE).write_text(content, encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> "StudySpec":
        """The specification of the study in a folder.

        Raises:
            FileNotFoundError: if it holds none.
        """
        path = folder / FILE
        if not path.is_file():
            raise FileNotFoundError(
                f"expected {FILE} in {folder}, found none; make one with `bench annotate export`"
            )
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            defenses = tuple(map(Spec.parse, content["defenses"]))
            return cls(Spec.parse(content["data"]), defenses, content["question"], content["seed"])
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a whole study ({error!r}); export it anew") from error
