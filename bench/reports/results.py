"""The stored answers of a grid's cells."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from bench.answers import Answers
from bench.runner.cells import Cell
from bench.runner.plan import Planner
from bench.runner.store import Artifact, Store


class Result(NamedTuple):
    """A cell with what became of it.

    Attributes:
        probe, valid: answers about the probe, and about the attacker's validation rows protected
            as the probe is; None if the cell was not asked or failed.
        reason: why there are none.
        key: of the stage that holds them; empty if it was not asked.
    """

    cell: Cell
    probe: Answers | None
    valid: Answers | None
    reason: str
    key: str

    @property
    def status(self) -> str:
        """`ok`, `failed` or `n/a`."""
        return "ok" if self.probe else "n/a" if self.cell.unasked else "failed"


def results(
    cells: Iterable[Cell], planner: Planner, store: Store, lost: Mapping[str, str]
) -> list[Result]:
    """The results of the cells, in their order.

    Args:
        cells: of a grid that has run.
        planner: what planned the run.
        store: what the run filled.
        lost: reasons by key of the stages that failed or were skipped.
    """
    found = []
    for cell in cells:
        if cell.unasked:
            found.append(Result(cell, None, None, cell.unasked, ""))
            continue
        key = planner.answer(cell).key
        if key in store:
            artifact = store.get(key)
            found.append(Result(cell, _read(artifact, ""), _read(artifact, "valid."), "", key))
        else:
            found.append(Result(cell, None, None, lost.get(key, "was not run"), key))
    return found


def _read(artifact: Artifact, prefix: str) -> Answers:
    scores = np.array(artifact.arrays[f"{prefix}scores"], np.float32)
    truth, person, row = (
        np.array(artifact.arrays[prefix + name], np.int64) for name in ("truth", "person", "row")
    )
    return Answers(scores, truth, person, row)
