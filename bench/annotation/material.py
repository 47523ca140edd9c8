"""The pictures of a study in all versions, out of the store."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from bench.annotation.recipe import RAW, Recipe
from bench.api import Attacker, Dataset, Defense, Threat
from bench.faces import Faces, Images, Target, missing
from bench.registry import brief, make
from bench.runner.artifacts import faces_in, inputs_in, notes_in, targets_in
from bench.runner.cells import Cell
from bench.runner.engine import Engine
from bench.runner.plan import Planner, with_inputs
from bench.runner.stage import Stage
from bench.runner.store import Artifact, Store
from bench.runner.threats import RAW as RAW_ONLY
from bench.spec import Spec

Floats = NDArray[np.float64]
CHANCE = Spec("chance")  # stands for an attacker where none is run


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


def version_of(spec: Spec) -> str:
    """How a study calls a defense's version of a picture."""
    return str(brief(Defense, spec))


def material(recipe: Recipe, store: Store, engine: Engine) -> Material:
    """The pictures of a study, protected through the store.

    Raises:
        ValueError: if a stage fails, or the data do not know the question's label; it says why.
    """
    planner, data = Planner(store.root), make(Dataset, recipe.data)
    (probe,) = made_of([planner.part(data, "probe")], store, engine)
    faces, targets = faces_in(probe), targets_in(probe)
    number = class_of(recipe, targets) if recipe.target else -1
    shown = [*recipe.defenses, *_card(recipe)]
    releases = [planner.release(cell(recipe, spec), "probe", 0) for spec in shown]
    made = made_of(releases, store, engine)
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


def log_odds(scores: NDArray[np.generic], number: int) -> Floats:
    """Log-odds of a class against all others, (N,), of unnormalised log-probabilities, (N, C)."""
    exact = np.asarray(scores, np.float64)
    return np.asarray(exact[:, number] - logsumexp(np.delete(exact, number, axis=1), axis=1))


def cell(recipe: Recipe, defense: Spec, attacker: Spec = CHANCE, how: Threat = RAW_ONLY) -> Cell:
    """The cell whose stages hold a version's pictures, or a classifier's answers about them."""
    return Cell(
        task="annotation",
        purpose="utility",
        target=recipe.target or "identity",
        data=make(Dataset, recipe.data),
        defense=make(Defense, defense),
        attacker=make(Attacker, attacker),
        threat=how,
        threat_spec=Spec(how.name),
        seed=recipe.seed,
        marks=(),
        unasked="",
    )


def _card(recipe: Recipe) -> list[Spec]:
    """The control that notes what the defender's classifier says of the label, if there is one."""
    return [Spec("card", "", (("utility", recipe.target),))] if recipe.target else []


def made_of(stages: Sequence[Stage], store: Store, engine: Engine) -> list[Artifact]:
    """What the stages made, now or before.

    Raises:
        ValueError: if one fails; it says why.
    """
    for outcome in engine.run(with_inputs(stages), store):
        if outcome.reason:
            raise ValueError(outcome.reason)
    return [store.get(stage.key) for stage in stages]


def class_of(recipe: Recipe, targets: Iterable[Target]) -> int:
    """The number of the class that the question is about.

    Raises:
        ValueError: if the data have none of that name.
    """
    known = {target.name: target.classes for target in targets if target.kind == "categorical"}
    if recipe.name not in known.get(recipe.target, ()):
        choices = [f"{name}={label}" for name, labels in known.items() for label in labels[:9]]
        raise ValueError(f"{recipe.data.name} cannot tell {recipe.question!r}; it knows {choices}")
    return known[recipe.target].index(recipe.name)


def _answers(faces: Faces, recipe: Recipe, number: int) -> NDArray[np.int64]:
    label = np.asarray(faces.labels[recipe.target])
    return np.where(missing(label), -1, label == number).astype(np.int64)
