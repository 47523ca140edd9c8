"""Writes what a run leaves behind in its folder."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from bench.audit.findings import Finding
from bench.reports import linkage
from bench.reports.judges import judges
from bench.reports.records import Record
from bench.reports.roc import FMR, Roc
from bench.reports.scenarios import NOTE, scenarios
from bench.reports.table import markdown, tables
from bench.runner.engine import Outcome
from bench.runner.store import Store

COSTS = ("key", "action", "plugin", "about", "status", "seconds", "peak_memory_mb", "device")


def write_records(records: Sequence[Record], path: Path) -> None:
    """records.csv: one line per number, columns as in `Record`; the same run, the same bytes."""
    frame = pd.DataFrame(records, columns=list(Record._fields))
    _whole(path, frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def write_table(records: Sequence[Record], path: Path) -> None:
    """table.md: what the terminal shows."""
    _whole(path, markdown(tables(records)))


def write_scenarios(records: Sequence[Record], path: Path) -> None:
    """scenarios.md, if a defense says what it shows instead."""
    if shown := scenarios(records):
        _whole(path, markdown(shown, NOTE))


def write_linkage(records: Sequence[Record], path: Path) -> None:
    """linkage.md, if matchers read codes off releases, or a defense learns."""
    views = ((linkage.linkage, linkage.NOTE), (linkage.memory, linkage.MEMORY_NOTE))
    if parts := [markdown(shown, note) for view, note in views if (shown := view(records))]:
        _whole(path, "\n".join(parts))


def write_judges(records: Sequence[Record], path: Path) -> None:
    """judges.md: every judge before every defense."""
    _whole(path, markdown(judges(records), note=""))


def write_roc(curves: Sequence[Roc], path: Path) -> None:
    """roc.csv: a line per point of a curve."""
    lines = [
        (roc.panel, roc.name, roc.seed, fmr, tmr)
        for roc in curves
        for fmr, tmr in zip(FMR, roc.tmr, strict=True)
    ]
    frame = pd.DataFrame(lines, columns=["asked", "defense", "seed", "fmr", "tmr"])
    _whole(path, frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def write_costs(outcomes: Sequence[Outcome], store: Store, path: Path) -> None:
    """costs.csv: one line per stage; `seconds` as when it was made, also if it was cached now.

    `peak_memory_mb` is the highest of the process up to then, in MiB.
    """
    lines = []
    for outcome in outcomes:
        stage = outcome.stage
        cost = store.recipe(stage.key) if stage.key in store else {"seconds": outcome.seconds}
        seconds, peak, device = (cost.get(name, "") for name in COSTS[5:])
        about = (stage.key[:16], stage.action, stage.spec.name, str(stage), outcome.status)
        lines.append((*about, seconds, peak, device))
    frame = pd.DataFrame(lines, columns=list(COSTS))
    _whole(path, frame.to_csv(index=False, lineterminator="\n"))


def write_findings(findings: Sequence[Finding], path: Path) -> None:
    """audit.csv: one line per finding, columns as in `Finding`; the same data, the same bytes."""
    frame = pd.DataFrame(findings, columns=list(Finding._fields))
    _whole(path, frame.to_csv(index=False, float_format="%.6g", lineterminator="\n"))


def check_new(folder: Path) -> None:
    """Raises FileExistsError if there is something where a new folder is wanted."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"a new folder is wanted, {folder} has something in it; name another")


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A draft to write to, which becomes the folder if all goes well, and goes if not."""
    check_new(folder)
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)  # of a process that died
    draft.mkdir(parents=True)
    try:
        yield draft
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _whole(path: Path, text: str) -> None:
    """Writes a file so that it is whole or as it was before."""
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)
