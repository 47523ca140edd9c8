"""The pictures of a study in all versions, from the store."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from bench.annotation.study_spec import RAW, StudySpec
from bench.api import Attacker, Dataset, Defense
from bench.faces import Faces, Images, Target, missing
from bench.metrics.intervals import Floats, Ids
from bench.registry import brief, make
from bench.runner.artifacts import faces_in, inputs_in, notes_in, targets_in
from bench.runner.cells import Cell
from bench.runner.planner import Planner
from bench.runner.step import Engine, run_or_raise
from bench.runner.store import Store
from bench.spec import Spec
from bench.threats import THREATS

CHANCE = Spec("chance")


class StudyPictures(NamedTuple):
    """The probe's pictures."""

    faces: Faces  # raw, with labels and image ids
    targets: tuple[Target, ...]  # of the data
    versions: Mapping[str, Images]  # name to pictures, uint8 (N, 3, H, W), in the same order
    truth: Ids  # whether the answer is yes, (N,): 1 or 0, -1 if unknown
    # Log-odds of yes by the defender's classifier, (N,); nan if no label answers the question.
    evidence: Floats


def study_pictures(spec: StudySpec, store: Store, engine: Engine) -> StudyPictures:
    """The pictures of a study, protected through the store."""
    planner = Planner(store.root)
    (probe,) = run_or_raise([planner.part(make(Dataset, spec.data), "probe")], store, engine)
    faces, targets = faces_in(probe), targets_in(probe)
    number = class_number(spec, targets) if spec.target else -1
    # The control `card` notes the answers of the defender's classifier.
    card = [Spec("card", "", (("utility", spec.target),))] if spec.target else []
    stages = [planner.cell(study_cell(spec, one)).pixels for one in (*spec.defenses, *card)]
    releases = run_or_raise(stages, store, engine)
    versions = {RAW: faces.images} | {
        str(brief(Defense, defense)): inputs_in(release).astype(np.uint8)
        for defense, release in zip(spec.defenses, releases, strict=False)
    }
    truth, evidence = np.full(len(faces), -1), np.full(len(faces), np.nan)
    if spec.target:
        label = np.asarray(faces.labels[spec.target])
        truth = np.where(missing(label), -1, label == number).astype(np.int64)
        evidence = class_log_odds(notes_in(releases[-1])["scores"], number)
    return StudyPictures(faces, targets, versions, truth, evidence)


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
    )


def class_number(spec: StudySpec, targets: Iterable[Target]) -> int:
    """The number of the question's class.

    Raises:
        ValueError: if the data do not have it.
    """
    known = {target.name: target.classes for target in targets if target.kind == "categorical"}
    if spec.name not in known.get(spec.target, ()):
        choices = [f"{name}={label}" for name, labels in known.items() for label in labels[:9]]
        raise ValueError(
            f"{spec.data.name}: expected a question of {choices}, got {spec.question!r}"
        )
    return known[spec.target].index(spec.name)
