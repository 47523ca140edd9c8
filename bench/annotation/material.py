"""The pictures of a study in all versions, and what the panel says of them, out of the store."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from bench.annotation.recipe import RAW, Recipe
from bench.api import Attacker, Dataset, Defense
from bench.faces import Faces, Images, Target, missing
from bench.registry import brief, make
from bench.runner import threats
from bench.runner.artifacts import faces_in, inputs_in, notes_in, targets_in
from bench.runner.cells import Cell
from bench.runner.engine import Engine
from bench.runner.plan import Planner, with_inputs
from bench.runner.stage import Stage
from bench.runner.store import Artifact, Store
from bench.spec import Spec

Floats = NDArray[np.float64]
NONE, CHANCE = Spec("none"), Spec("chance")  # a defense, and an attacker that is never run


class Material(NamedTuple):
    """The probe's pictures.

    Attributes:
        faces: raw, with labels and rows.
        targets: what the data know of them.
        versions: name to pictures, uint8 (N, 3, H, W), in the same order.
        truth: whether the answer is yes, (N,): 1 or 0, -1 where nobody knows.
        evidence: log-odds of yes by the defender's classifier, (N,); nan where no label answers the
            question.
    """

    faces: Faces
    targets: tuple[Target, ...]
    versions: Mapping[str, Images]
    truth: NDArray[np.int64]
    evidence: Floats


class Panelist(NamedTuple):
    """What a classifier that learned from the attacker's raw pictures says of the probe.

    Attributes:
        evidence: version to log-odds of yes against no, (N,); nan where it was not asked.
        valid: its log-odds for raw pictures that it did not train on, (M,).
        truth: of these, (M,), 1 or 0.
    """

    evidence: Mapping[str, Floats]
    valid: Floats
    truth: NDArray[np.int64]


def version_of(spec: Spec) -> str:
    """How a study calls a defense's version of a picture."""
    return str(brief(Defense, spec))


def material(recipe: Recipe, store: Store, engine: Engine) -> Material:
    """The pictures of a study, protected through the store.

    Raises:
        ValueError: if a stage fails, or the data do not know the question's label; it says why.
    """
    planner, data = Planner(store.root), make(Dataset, recipe.data)
    (probe,) = _made([planner.part(data, "probe")], store, engine)
    faces, targets = faces_in(probe), targets_in(probe)
    number = _class_of(recipe, targets) if recipe.target else -1
    shown = [*recipe.defenses, *_card(recipe)]
    releases = [planner.release(_cell(recipe, spec), "probe", 0) for spec in shown]
    made = _made(releases, store, engine)
    names = [version_of(spec) for spec in recipe.defenses]
    protected = {
        name: inputs_in(one).astype(np.uint8) for name, one in zip(names, made, strict=False)
    }
    versions = {RAW: faces.images, **protected}
    if not recipe.target:
        unknown = np.full(len(faces), -1)
        return Material(faces, targets, versions, unknown, np.full(len(faces), np.nan))
    evidence = log_odds(notes_in(made[-1])["scores"], number)
    return Material(faces, targets, versions, _answers(faces, recipe, number), evidence)


def panelists(
    recipe: Recipe, classifiers: Sequence[Spec], store: Store, engine: Engine
) -> list[Panelist]:
    """What classifiers that trained on the attacker's raw pictures say of each version.

    Raises:
        ValueError: if a stage fails, or no label answers the question.
    """
    target, planner = recipe.asked_of_panel(), Planner(store.root)
    defenses = (NONE, *recipe.defenses)
    stages = [
        planner.answer(_cell(recipe, defense, classifier, target))
        for classifier in classifiers
        for defense in defenses
    ]
    probe = planner.part(_cell(recipe, NONE).data, "probe")
    asked, *answers = _made([probe, *stages], store, engine)
    number, rows = _class_of(recipe, targets_in(asked)), faces_in(asked).rows
    names = [RAW, *(version_of(spec) for spec in recipe.defenses)]
    found = []
    for start in range(0, len(answers), len(names)):
        mine = dict(zip(names, answers[start : start + len(names)], strict=True))
        raw = mine[RAW].arrays
        found.append(
            Panelist(
                {name: _in_order(said, rows, number) for name, said in mine.items()},
                log_odds(np.asarray(raw["valid.scores"]), number),
                (np.asarray(raw["valid.truth"]) == number).astype(np.int64),
            )
        )
    return found


def log_odds(scores: NDArray[np.generic], number: int) -> Floats:
    """Log-odds of a class against all others, (N,), of unnormalised log-probabilities, (N, C)."""
    exact = np.asarray(scores, np.float64)
    return np.asarray(exact[:, number] - logsumexp(np.delete(exact, number, axis=1), axis=1))


def _cell(recipe: Recipe, defense: Spec, attacker: Spec = CHANCE, target: str = "identity") -> Cell:
    """The cell whose stages hold a version's pictures, or a classifier's answers about them."""
    return Cell(
        task="annotation",
        purpose="utility",
        target=target,
        data=make(Dataset, recipe.data),
        defense=make(Defense, defense),
        attacker=make(Attacker, attacker),
        threat=threats.RAW,
        threat_spec=Spec(threats.RAW.name),
        seed=recipe.seed,
        marks=(),
        unasked="",
    )


def _card(recipe: Recipe) -> list[Spec]:
    """The control that notes what the defender's classifier says of the label, if there is one."""
    return [Spec("card", "", (("utility", recipe.target),))] if recipe.target else []


def _made(stages: Sequence[Stage], store: Store, engine: Engine) -> list[Artifact]:
    for outcome in engine.run(with_inputs(stages), store):
        if outcome.reason:
            raise ValueError(outcome.reason)
    return [store.get(stage.key) for stage in stages]


def _class_of(recipe: Recipe, targets: Iterable[Target]) -> int:
    known = {target.name: target.classes for target in targets if target.kind == "categorical"}
    if recipe.name not in known.get(recipe.target, ()):
        choices = [f"{name}={label}" for name, labels in known.items() for label in labels[:9]]
        raise ValueError(f"{recipe.data.name} cannot tell {recipe.question!r}; it knows {choices}")
    return known[recipe.target].index(recipe.name)


def _answers(faces: Faces, recipe: Recipe, number: int) -> NDArray[np.int64]:
    label = np.asarray(faces.labels[recipe.target])
    return np.where(missing(label), -1, label == number).astype(np.int64)


def _in_order(said: Artifact, rows: NDArray[np.int64], number: int) -> Floats:
    """Log-odds for all rows of the probe, (N,); nan for those without a label."""
    found = dict(
        zip(said.arrays["row"].tolist(), log_odds(said.arrays["scores"], number), strict=True)
    )
    return np.array([found.get(row, np.nan) for row in rows.tolist()])
