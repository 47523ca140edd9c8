"""From cells to stages: planning runs nothing, and equal stages are one."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from bench.api import Defense
from bench.registry import brief, spec_of
from bench.runner.cell_stages import CellKeys, CellStages
from bench.runner.cells import Cell
from bench.runner.planner import Planner
from bench.runner.stage import Stages
from bench.runner.step import with_inputs


class Goal(NamedTuple):
    """The cells with one question about one defense, and the stages that end them."""

    cells: Sequence[Cell]
    stages: Stages

    def __str__(self) -> str:
        cell = self.cells[0]
        seed = f", seed {cell.seed}" if cell.seed else ""
        about = f"{cell.target} from {cell.threat.form}{seed}"
        planted = " with a planted trace" if cell.purpose == "trace" else ""
        return f"{brief(Defense, spec_of(cell.defense))}: {about}{planted}"


class Plan(NamedTuple):
    """All stages that cells need, each once, after its inputs; and the stages by cell.

    Cells with a skip reason have none.
    """

    stages: Stages
    of: Mapping[Cell, CellStages]

    @property
    def keys(self) -> Mapping[Cell, CellKeys]:
        """The keys of what a report reads, by cell."""
        return {cell: stages.keys for cell, stages in self.of.items()}

    @property
    def goals(self) -> list[Goal]:
        """The questions: a target of a task, of pixels or codes, in their order."""
        asked: dict[tuple[object, ...], list[Cell]] = {}
        for cell in self.of:
            if cell.purpose in ("private", "utility", "trace"):
                about = (cell.task, cell.defense, cell.seed, cell.target, cell.threat.form)
                asked.setdefault((*about, cell.purpose), []).append(cell)
        return [
            Goal(group, [stage for cell in group for stage in self._shown(cell)])
            for group in asked.values()
        ]

    def _shown(self, cell: Cell) -> Stages:
        stages = self.of[cell]
        return (stages.answer, stages.measure) if cell.needs_faces else (stages.answer,)


def plan(cells: Iterable[Cell], store: Path) -> Plan:
    """The plan of the cells, with the digests of files and the costs that a store knows."""
    planner = Planner(store)
    of = {cell: planner.cell(cell) for cell in cells if not cell.skip_reason}
    return Plan(with_inputs(stage for each in of.values() for stage in each.ends), of)
