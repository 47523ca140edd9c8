"""Learning curves of the attackers: whether their training had ended."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from bench.api import Attacker, Defense
from bench.registry import brief, spec_of
from bench.reports.records import without_path
from bench.reports.results import Result
from bench.runner.plan import Plan
from bench.runner.store import Store
from bench.tables import inert, write_rows

N_POINTS = 24  # of a curve at most
COLUMNS = ("panel", "defense", "seed", "epoch", "train", "valid")


def write_learning(results: Sequence[Result], plan: Plan, store: Store, path: Path) -> None:
    """learning.csv: losses per epoch of each attacker that trains; nothing if none does.

    An attacker that learned from raw pictures has one curve, for all defenses.
    """
    cells = {
        plan.of[result.cell].attack.key: result.cell
        for result in reversed(results)  # the first of each key stays
        if result.probe is not None and result.cell.purpose in ("private", "utility")
    }
    lines: list[Sequence[object]] = []
    for key, cell in reversed(cells.items()):
        weights = store.get(key).weights if key in store else {}
        if "curve.train" not in weights:
            continue
        train, valid = weights["curve.train"], weights["curve.valid"]  # (epochs,)
        attacker = brief(Attacker, spec_of(cell.attacker))
        panel = inert(f"{cell.task}: {cell.target} by {attacker}, {cell.threat_spec}")
        about = (panel, inert(str(brief(Defense, without_path(cell.defense)))), cell.seed)
        shown = np.unique(np.linspace(0, len(train) - 1, N_POINTS).astype(int))
        lines += [(*about, i, f"{train[i]:.4g}", f"{valid[i]:.4g}") for i in shown.tolist()]
    if lines:
        write_rows(path, COLUMNS, lines)
