"""A study: its specification, kept in `study.json`, and its pictures in all versions."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from bench.annotation.votes import RAW
from bench.api import Attacker, Dataset, Defense
from bench.faces import Array, Faces, Images, Target, missing
from bench.metrics.intervals import Floats, Ids
from bench.registry import brief, make
from bench.runner.artifacts import Artifact, faces_in, inputs_in, notes_in, targets_in
from bench.runner.cells import Cell
from bench.runner.grid import Grid, Task
from bench.runner.planner import Planner
from bench.runner.stage import Stage, Stages
from bench.runner.step import Outcome, run_or_raise
from bench.runner.store import Store
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.threats import THREATS

FILE = "study.json"
CHANCE = Spec("chance")
NOT_SHOWN = ("none", "card", "constant")  # controls of a grid; --defense adds one


@dataclass(frozen=True)
class StudySpec:
    """The pictures of a study and the question about them."""

    data: Spec  # the data set; the study shows pictures of its probe
    defenses: tuple[Spec, ...]  # each gives a version of every picture
    # `TARGET=CLASS`: whether a picture has this label, as `expression=joy`; any other name is a
    # question that no label of the data answers.
    question: str
    seed: int  # redraws defenses, panel and choice
    # The data set that defenses learn from; None: the study's own, from other pictures.
    defender: Spec | None = None

    @property
    def name(self) -> str:
        """The short name of the question: its class, the target of a yes, or all of it."""
        target, _, label = self.question.rpartition("=")
        return target if target and label == "yes" else label

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
            defender = Spec.parse(content["defender"]) if content.get("defender") else None
            data, question, seed = (content[name] for name in ("data", "question", "seed"))
            return cls(Spec.parse(data), defenses, question, seed, defender)
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is not a whole study ({error!r}); export it anew") from error


def study_spec(grid: Grid, question: str, defenses: Sequence[str], seed: int) -> StudySpec:
    """The study of the first task of a grid whose data have the target of TARGET=CLASS.

    A question may also be another name. Defenses, if any are named, replace those of the task.
    They learn from the data of its defender; labelers, from the data that are asked about.

    Raises:
        ValueError: if no task's data have the target.
    """
    target, names = question.rpartition("=")[0], set[str]()
    for task, known in _studied(grid):
        if not target or target in known:
            own = tuple(spec for spec in task.defenses if spec.name not in NOT_SHOWN)
            shown = tuple(map(Spec.parse, defenses)) or own
            data, defender = task.sources.evaluation, task.sources.defender
            return StudySpec(data, shown, question, seed, None if defender == data else defender)
        names |= known
    raise ValueError(f"grid {grid.name!r}: expected a target of {sorted(names)}, got {target!r}")


def answerable(grid: Grid, questions: Sequence[str]) -> Sequence[str]:
    """Those of these questions TARGET=CLASS whose target the data of a task have; all if none."""
    names = set[str]().union(*(known for _, known in _studied(grid)))
    return [one for one in questions if one.rpartition("=")[0] in names] or questions


def _studied(grid: Grid) -> Iterator[tuple[Task, set[str]]]:
    """The tasks whose attackers, here labelers, learn from the probe's data; their targets."""
    for task in grid.tasks:
        data = task.sources.evaluation
        if task.sources.attacker == data:
            yield task, {target.name for target in make(Dataset, data).targets}


class Runner(NamedTuple):
    """Runs stages, and classifiers that learn outside the store."""

    store: Store
    outcomes: Callable[[Stages, Store], Iterable[Outcome]]
    worker: Worker = Worker()

    def run(self, stages: Iterable[Stage]) -> list[Artifact]:
        """The artifact of each stage, as by `run_or_raise`."""
        return run_or_raise(stages, self.store, self.outcomes)


class StudyPictures(NamedTuple):
    """The probe's pictures."""

    faces: Faces  # raw, with labels and image ids
    targets: tuple[Target, ...]  # of the data
    versions: Mapping[str, Images]  # name to pictures, uint8 (N, 3, H, W), in the same order
    truth: Ids  # whether the answer is yes, (N,): 1 or 0, -1 if unknown
    # Log-likelihood ratio of yes by the defender's classifier, (N,): above 0, yes is likelier than
    # before the picture was seen. nan if no label answers the question.
    evidence: Floats


def study_pictures(spec: StudySpec, runner: Runner) -> StudyPictures:
    """The pictures of a study, protected through the store."""
    planner = Planner(runner.store.root)
    data = make(Dataset, spec.data)
    probe, defender = runner.run([planner.part(data, role) for role in ("probe", "defender")])
    faces, targets = faces_in(probe), targets_in(probe)
    number = class_number(spec, targets) if spec.target else -1
    cells = [study_cell(spec, one) for one in spec.defenses]
    if spec.target:
        # The control `card` notes the answers of a classifier, which learns where the label is.
        card = Spec("card", "", (("utility", spec.target),))
        cells.append(study_cell(replace(spec, defender=None), card))
    releases = runner.run([planner.cell(cell).pixels for cell in cells])
    versions = {RAW: faces.images} | {
        str(brief(Defense, defense)): inputs_in(release).astype(np.uint8)
        for defense, release in zip(spec.defenses, releases, strict=False)
    }
    truth, evidence = np.full(len(faces), -1), np.full(len(faces), np.nan)
    if spec.target:
        label = np.asarray(faces.labels[spec.target])
        truth = np.where(missing(label), -1, label == number).astype(np.int64)
        learned = faces_in(defender).labels[spec.target]
        evidence = class_evidence(notes_in(releases[-1])["scores"], number, learned)
    return StudyPictures(faces, targets, versions, truth, evidence)


def class_evidence(scores: NDArray[np.generic], number: int, learned: Array) -> Floats:
    """Log-likelihood ratio of a class, (N,): log-odds, less those of the labels learned from."""
    n_yes, n_known = (learned == number).sum(), (~missing(learned)).sum()
    before = float(np.log((n_yes + 1) / (n_known - n_yes + 1)))  # finite without a yes or a no
    return class_log_odds(scores, number) - before


def class_log_odds(scores: NDArray[np.generic], number: int) -> Floats:
    """Log-odds of a class against all others, (N,), of unnormalised log-probabilities, (N, C)."""
    exact = np.asarray(scores, np.float64)
    return np.asarray(exact[:, number] - logsumexp(np.delete(exact, number, axis=1), axis=1))


def study_cell(
    spec: StudySpec, defense: Spec, attacker: Spec = CHANCE, threat: str = "raw"
) -> Cell:
    """The cell whose stages hold a version's pictures, and a classifier's answers about them."""
    return Cell(
        task="annotation",
        purpose="utility",
        target=spec.target or "identity",
        data=make(Dataset, spec.data),
        defense=make(Defense, defense),
        attacker=make(Attacker, attacker),
        threat=THREATS[threat],
        threat_spec=Spec(threat),
        seed=spec.seed,
        learned_from={"defender": make(Dataset, spec.defender)} if spec.defender else {},
    )


def class_number(spec: StudySpec, targets: Iterable[Target]) -> int:
    """The number of the question's class.

    Raises:
        ValueError: if the data do not have it.
    """
    known = {target.name: target.classes for target in targets if target.kind == "categorical"}
    label = spec.question.rpartition("=")[2]
    if label not in known.get(spec.target, ()):
        choices = [f"{name}={label}" for name, labels in known.items() for label in labels[:9]]
        raise ValueError(
            f"{spec.data.name}: expected a question of {choices}, got {spec.question!r}"
        )
    return known[spec.target].index(label)
