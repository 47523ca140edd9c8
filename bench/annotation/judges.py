"""What classifiers say of the pictures of a study, by the runner's stages."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bench.annotation.material import cell, class_of, log_odds, made_of, version_of
from bench.annotation.recipe import RAW, Recipe
from bench.runner.artifacts import faces_in, targets_in
from bench.runner.engine import Engine
from bench.runner.plan import Planner
from bench.runner.store import Artifact, Store
from bench.runner.threats import THREATS
from bench.spec import Spec

Floats = NDArray[np.float64]
Judge = Mapping[str, Floats]  # version to calibrated log-odds of yes, (N,), of the probe's pictures
Learned = Literal["raw", "aware"]

NONE = Spec("none")


def judges(
    recipe: Recipe, classifiers: Sequence[Spec], learned: Learned, store: Store, engine: Engine
) -> list[Judge]:
    """A judge for each classifier; pictures without a label are not asked about and stand at 0.

    Args:
        recipe: of the study; a label must answer its question.
        classifiers: specs of attackers.
        learned: from the attacker's raw pictures; or (`aware`) then also from protected ones, a
            version each.
        store: of the stages.
        engine: that runs them.

    Raises:
        ValueError: if a stage fails, or no label answers the question.
    """
    recipe.check_answerable()
    planner, how = Planner(store.root), THREATS[learned]
    names = [RAW, *map(version_of, recipe.defenses)]
    cells = [
        cell(recipe, defense, classifier, how)
        for classifier in classifiers
        for defense in (NONE, *recipe.defenses)
    ]
    asked, *said = made_of(
        [planner.part(cells[0].data, "probe"), *map(planner.answer, cells)], store, engine
    )
    number, rows = class_of(recipe, targets_in(asked)), faces_in(asked).rows
    found: list[Judge] = []
    for start in range(0, len(said), len(names)):
        mine = said[start : start + len(names)]
        known = [mine[0]] * len(mine) if learned == "raw" else mine  # what it calibrates on
        found.append({
            name: _evidence(one, by, rows, number)
            for name, one, by in zip(names, mine, known, strict=True)
        })  # fmt: skip
    return found


def calibrated(said: Floats, truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and bias that turn a classifier's log-odds, (N,), into those of the truth, (N,).

    As if yes and no were equally common: a labeler does not know how many pictures show joy, and
    would else say no to all that it cannot see well.

    Raises:
        ValueError: if all are of one class.

    Source: Platt, Advances in Large Margin Classifiers (1999).
    """
    if len(np.unique(truth)) < 2:
        raise ValueError("the panel has seen one answer only; ask about a commoner class")
    fit = LogisticRegression(class_weight="balanced").fit(said[:, None], truth)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def _evidence(said: Artifact, by: Artifact, rows: NDArray[np.int64], number: int) -> Floats:
    """Log-odds of a class for all rows of the probe, calibrated by validation rows."""
    valid = log_odds(by.arrays["valid.scores"], number)
    slope, bias = calibrated(valid, np.asarray(by.arrays["valid.truth"]) == number)
    odds = slope * log_odds(said.arrays["scores"], number) + bias
    found = dict(zip(said.arrays["row"].tolist(), odds.tolist(), strict=True))
    return np.array([found.get(row, 0.0) for row in rows.tolist()])
