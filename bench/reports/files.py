"""The files that a run writes to its folder."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.reports import fairness, linkage
from bench.reports.judges import judges
from bench.reports.latex import latex
from bench.reports.paper_tables import paper_tables
from bench.reports.papers import papers
from bench.reports.records import Record
from bench.reports.references import references
from bench.reports.scenarios import NOTE as SCENARIOS_NOTE
from bench.reports.scenarios import scenarios
from bench.reports.summary import summaries
from bench.reports.tradeoff import NOTE, tables
from bench.runner.step import Outcome
from bench.runner.store import Store
from bench.tables import Table, escaped, markdown, write_rows, write_whole

COSTS = ("key", "action", "plugin", "about", "status", "seconds", "peak_memory_mb", "device")


def write_tables(records: Sequence[Record], folder: Path, doubts: Sequence[str] = ()) -> None:
    """table.md and .tex, references.bib, judges.md; fairness, scenarios, paper, linkage if needed.

    `doubts` are what an audit found in the data; they stand below the tables.
    """
    note = " ".join([NOTE, *(f"**Doubtful data:** {escaped(doubt)}." for doubt in doubts)])
    write_whole(folder / "table.md", markdown([*summaries(records), *tables(records)], note))
    doubtful = "; ".join(f"Doubtful data: {doubt}" for doubt in doubts)
    write_whole(folder / "table.tex", latex(papers(records), doubtful))
    write_whole(folder / "references.bib", references(records))
    write_whole(folder / "judges.md", markdown(judges(records)))
    pages: dict[str, tuple[tuple[Sequence[Table], str], ...]] = {
        "fairness.md": ((fairness.fairness(records), fairness.NOTE),),
        "scenarios.md": ((scenarios(records), SCENARIOS_NOTE),),
        "paper.md": ((paper_tables(records), ""),),
        "linkage.md": (
            (linkage.linkage(records), linkage.NOTE),
            (linkage.memorization(records), linkage.MEMORY_NOTE),
        ),
    }
    for name, parts in pages.items():
        if texts := [markdown(shown, note) for shown, note in parts if shown]:
            write_whole(folder / name, "\n".join(texts))


def write_costs(outcomes: Sequence[Outcome], store: Store, path: Path) -> None:
    """costs.csv: a line per stage; `seconds` are of the run that made it, even if cached now.

    `peak_memory_mb` is the highest of the process up to then, in MiB.
    """
    lines = []
    for outcome in outcomes:
        stage = outcome.stage
        cost = store.recipe(stage.key) if stage.key in store else {"seconds": outcome.seconds}
        about = (stage.key[:16], stage.action, stage.spec.name, str(stage), outcome.status)
        lines.append((*about, *(cost.get(name, "") for name in COSTS[5:])))
    write_rows(path, COSTS, lines)


def check_new(folder: Path) -> None:
    """Raises FileExistsError if the folder has something in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"expected a new folder, got {folder} with files; name another")


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A draft to write a run's files to; on success they replace those of the run before.

    Files that the run before wrote and this one does not are removed; other files stay.
    """
    draft, listing = folder / ".draft", folder / ".files"
    shutil.rmtree(draft, ignore_errors=True)  # of a process that died
    draft.mkdir(parents=True)
    try:
        yield draft
        known = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
        made = sorted(path.name for path in draft.iterdir())
        write_whole(listing, "\n".join([*made, ""]))
        for name in made:
            (draft / name).replace(folder / name)
        for path in (folder / Path(name).name for name in set(known) - {*made}):
            if path.is_file():
                path.unlink()
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A draft to write to; it becomes the folder on success and is removed on failure."""
    check_new(folder)
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)  # of a process that died
    draft.mkdir(parents=True)
    try:
        yield draft
        draft.replace(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
