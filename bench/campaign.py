"""A grid from its questions to its results: what `bench run` and `bench.run` have in common."""

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from bench.api import Dataset
from bench.audit.checks import leaks
from bench.registry import brief, spec_of
from bench.reports.boards import read_records, write_board
from bench.reports.bundle import write_bundle
from bench.reports.files import replacing, write_costs, write_tables
from bench.reports.pareto import draw_fronts
from bench.reports.pictures import samples, sheets
from bench.reports.provenance import facts_of_run, provenance
from bench.reports.records import Record, records
from bench.reports.report import write_report
from bench.reports.rescoring import difference
from bench.reports.results import figures_in
from bench.reports.roc import RANKS, cmcs, draw, rocs, write_curves, write_learning
from bench.rounds import Finished, RunStages, run_rounds
from bench.runner.cells import Cell, cells, check_any_applies
from bench.runner.grid import Grid, read
from bench.runner.store import Store
from bench.tables import write_whole

GRID = "grid.json"  # what a run has run, with all options


def run_grid(
    grid: Grid, store: Store, run: RunStages, folder: Path | None, *, with_images: bool = False
) -> "Campaign":
    """Runs all cells of a grid, and writes the results to a folder if one is given.

    Raises:
        ValueError: if a plugin, field, threat or target is unknown, or no cell applies.
    """
    start, asked = time.perf_counter(), list(cells(grid))
    check_any_applies(asked)
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    found = Campaign(grid, store, run_rounds(asked, store, run), asked)
    if folder:
        found.write(folder, with_images=with_images)
    found.seconds = time.perf_counter() - start
    return found


def stored(folder: Path, store: Store) -> "Campaign":
    """The campaign whose results are in a folder, from what the store holds; nothing runs.

    Raises:
        FileNotFoundError: if the folder is not that of a run.
        ValueError: if the store lacks answers, or the numbers are not those of the folder.
    """
    if not (folder / GRID).is_file():
        raise FileNotFoundError(f"expected the folder of a run, with {GRID}, got {folder}")
    grid = read(str(folder / GRID))
    asked = list(cells(grid))
    found = Campaign(grid, store, run_rounds(asked, store, lambda *_: ()), asked)
    lacking = sum(result.reason == "was not run" for result in found.finished.results)
    if lacking:
        n = len(found.finished.results)
        raise ValueError(
            f"expected the answers of {n} cells in {store.root}, {lacking} are missing or of other "
            "code; run the grid again"
        )
    if differs := difference(read_records(folder / "records.csv"), found.records):
        raise ValueError(f"{folder}: {differs}; run the grid again")
    return found


@dataclass(eq=False)
class Campaign:
    """A grid that has run."""

    grid: Grid
    store: Store
    finished: Finished
    asked: Sequence[Cell]  # without the planted traces that results called for
    seconds: float = 0.0

    @cached_property
    def records(self) -> Sequence[Record]:
        """The lines of records.csv."""
        return records(self.finished.results, self.finished.qualities)

    @cached_property
    def doubts(self) -> Sequence[str]:
        """What an audit found in photographs, by data set."""
        return list(_doubts(self.asked, self.store))

    @property
    def failures(self) -> Sequence[str]:
        """The reasons of failed cells, a control's too."""
        return [each.reason for each in self.finished.results if each.status == "failed"]

    @property
    def n_failed(self) -> int:
        """How many cells or stages failed; a control may fail, too."""
        n_stages = sum(outcome.status == "failed" for outcome in self.finished.outcomes)
        return max(len(self.failures), n_stages)

    def bundle(self, path: Path, folder: Path) -> int:
        """Writes the bundle of the run in a folder; the number of its cells."""
        cells, planned, outcomes, _, _ = self.finished
        failed = {outcome.stage.key: outcome.reason for outcome in outcomes if outcome.reason}
        suite = version("unmask-bench")
        return len(write_bundle(path, folder, suite, cells, planned.keys, self.store, failed))

    def write(self, folder: Path, *, with_images: bool) -> None:
        """Writes tables, records, costs, curves and pictures to a folder.

        Files that an earlier run has written there, and this one does not, are removed.
        """
        with replacing(folder) as draft:
            self._write(draft, with_images=with_images)

    def write_records(self, folder: Path) -> None:
        """Writes records.csv, records.json and grid.json: all that others need of a run."""
        planned = self.finished.plan
        costs = [self.store.recipe(s.key) for s in planned.stages if s.key in self.store]
        facts = provenance(
            device=", ".join(sorted({str(cost["device"]) for cost in costs})),
            seconds=round(sum(float(str(cost["seconds"])) for cost in costs)),  # of all stages
        )
        more = facts_of_run(self.asked, planned, self.store)
        write_board(self.records, folder / "records.csv", facts, more)
        write_whole(folder / GRID, self.grid.model_dump_json(indent=1, exclude_defaults=True))

    def _write(self, folder: Path, *, with_images: bool) -> None:
        _, planned, outcomes, found, _ = self.finished
        self.write_records(folder)
        write_tables(self.records, folder, self.doubts)
        if curves := list(rocs(found)):
            write_curves(curves, folder / "roc.csv", ("fmr", "tmr"))
            draw(curves, folder / "roc.png", figures_in(self.store))
        if ranks := list(cmcs(found)):
            write_curves(ranks, folder / "cmc.csv", ("rank", "identified"))
            draw(ranks, folder / "cmc.png", figures_in(self.store), RANKS)
        draw_fronts(self.records, folder, figures_in(self.store))
        write_costs(outcomes, self.store, folder / "costs.csv")
        sheets(found, planned, self.store, folder, with_images=with_images)
        samples(self.asked, planned, self.store, folder, with_images=with_images)
        write_learning(found, planned, self.store, folder / "learning.csv")
        write_report(folder, name=self.grid.name, with_images=True)  # of what was allowed above


def _doubts(asked: Sequence[Cell], store: Store) -> Iterator[str]:
    """What an audit finds in photographs: equal pictures in two roles, borders that tell people."""
    for data in dict.fromkeys(cell.data for cell in asked if not cell.data.shareable):
        with suppress(ValueError, OSError):  # data that cannot be loaded have failed cells
            if found := leaks(data, store):
                yield f"{brief(Dataset, spec_of(data, without=('path',)))}: {', '.join(found)}"
