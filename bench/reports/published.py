"""Published boards: a folder of entries that never change, and the one board that they make.

`DIR/entries/0001/` holds `records.csv` and `records.json` as a run wrote them, `entry.json` and
`proofs.json`; `DIR/board.csv`, `board.json` and `entries.csv` are made from the entries. The
version of a board is its number of entries.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from bench.reports.boards import Board, read_board, write_board
from bench.reports.files import new_folder
from bench.reports.merging import Part, merged
from bench.reports.standings import standings
from bench.reports.validation import PRINTABLE, check
from bench.tables import Table, write_rows, write_whole

LARGEST = 50_000_000  # bytes of a CSV or a JSON
Level = Literal["claimed", "rescored", "recomputed"]
LEVELS: tuple[Level, ...] = ("claimed", "rescored", "recomputed")
_FILES = ("records.csv", "records.json")
_COLUMNS = ("entry", "date", "by", "proof", "supersedes", "commit", "suite", "records", "bundle")
_Strict = ConfigDict(extra="forbid", frozen=True)


class Proof(BaseModel):
    """That numbers were computed again: from a bundle (its SHA-256), or by running cells anew."""

    model_config = _Strict
    level: Level
    date: str
    suite: str
    bundle: str = ""
    cells: tuple[str, ...] = ()


class Entry(BaseModel):
    """What one person published at once."""

    model_config = _Strict
    number: int  # the version of the board that it made
    by: str = Field(min_length=1, max_length=100, pattern=PRINTABLE)
    date: str
    suite: str
    supersedes: tuple[int, ...] = ()  # entries whose headlines it replaces where it has its own
    files: dict[str, str]  # SHA-256 of the run's files


def publish(
    run: Path, folder: Path, by: str, supersedes: Sequence[int] = (), licence: str = ""
) -> Entry:
    """Adds a run (its folder, or its CSV) to a board, whole or not at all.

    `licence` is that of data sets which name none.

    Raises:
        FileNotFoundError: if a file is missing.
        ValueError: for what first keeps it from being published.
    """
    board = _checked(_table(run), licence)
    with _locked(folder):
        known = entries(folder)
        if unknown := sorted(set(supersedes) - {e.number for e in known if e.by == by}):
            raise ValueError(f"--supersedes expects an entry by {by}, got {unknown[0]}")
        _check_same_data(board, folder)
        with new_folder(folder / "entries" / f"{len(known) + 1:04}") as draft:
            about = {k: v for k, v in board.about.items() if k in ("data", "weights")}
            write_board(board.records, draft / _FILES[0], board.about["provenance"], about)
            digests = {name: _sha256(draft / name) for name in _FILES}
            if digests[_FILES[0]] != _sha256(_table(run)):
                raise ValueError(f"expected {_table(run)} as bench wrote it, got another form")
            for old in known:
                if old.files == digests:
                    raise ValueError(f"these numbers are entry {old.number} of {folder} already")
            entry = _entry(len(known) + 1, by, tuple(sorted(set(supersedes))), digests)
            _write_json(draft / "entry.json", entry.model_dump())
            _write_json(draft / "proofs.json", [])
            _merged(folder, known, (entry, read_board(draft / _FILES[0])))  # or it fails here
        write_views(folder)
    return entry


def entries(folder: Path) -> list[Entry]:
    """The entries of a board in their order, each as it was published.

    Raises:
        ValueError: if one was altered, or is missing.
    """
    found = []
    for number, place in enumerate(sorted((folder / "entries").glob("[0-9]*")), 1):
        try:
            entry = Entry.model_validate_json((place / "entry.json").read_bytes())
            sound = place.name == f"{number:04}" and entry.number == number
            sound = sound and {name: _sha256(place / name) for name in _FILES} == entry.files
        except (OSError, ValidationError):
            sound = False
        if not sound:
            raise ValueError(
                f"expected entry {number} of {folder} as it was published, got other files; "
                f"restore {place}"
            )
        found.append(entry)
    return found


def table_of(folder: Path, entry: Entry) -> Path:
    """The CSV of an entry."""
    return _place(folder, entry) / _FILES[0]


def proofs_of(folder: Path, entry: Entry) -> list[Proof]:
    """What proves an entry besides its claim, in the order of time."""
    path = _place(folder, entry) / "proofs.json"
    try:
        return TypeAdapter(list[Proof]).validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ValueError(f"expected a list of proofs in {path}, got {error!s:.100}") from error


def level_of(folder: Path, entry: Entry) -> Level:
    """How far an entry is proven; who recomputes some cells has not rescored the others."""
    found = {proof.level for proof in proofs_of(folder, entry)}
    if "rescored" not in found:
        return "claimed"
    return "recomputed" if "recomputed" in found else "rescored"


def add_proof(
    folder: Path, entry: Entry, level: Level, bundle: str = "", cells: Sequence[str] = ()
) -> None:
    """Notes that an entry was computed again."""
    proof = Proof(
        level=level, date=_now(), suite=version("unmask-bench"), bundle=bundle, cells=tuple(cells)
    )
    with _locked(folder):
        known = proofs_of(folder, entry)
        content = [each.model_dump() for each in (*known, proof)]
        _write_json(_place(folder, entry) / "proofs.json", content)
        write_views(folder)


def board_at(folder: Path, number: int | None = None) -> Board:
    """The board that the entries up to a version make; by default all.

    Raises:
        FileNotFoundError: if the folder is not a board.
        ValueError: if an entry was altered, or there is no such version.
    """
    known = entries(folder)
    if not known:
        raise FileNotFoundError(f"expected a board in {folder}, got no entries; publish a run")
    number = len(known) if number is None else number
    if not 1 <= number <= len(known):
        raise ValueError(f"expected a version from 1 to {len(known)}, got {number}")
    return _merged(folder, known[:number])


def _merged(folder: Path, known: Sequence[Entry], *more: tuple[Entry, Board]) -> Board:
    """The board that entries make, and further ones that are not there yet."""
    data: dict[str, object] = {}
    parts = list[Part]()
    found = [(entry, read_board(table_of(folder, entry))) for entry in known]
    for entry, board in (*found, *more):
        level = level_of(folder, entry) if entry in known else "claimed"
        data = board.about.get("data", {}) | data
        weights = board.about.get("weights", {})
        rank = LEVELS.index(level)
        parts.append(Part(entry.number, board.records, entry.supersedes, weights, rank))
    return Board(merged(parts), {"data": data, "version": len(parts)})


def _check_same_data(board: Board, folder: Path) -> None:
    """Raises ValueError if a data set has other pictures than in an entry."""
    known = {} if not (folder / "entries").is_dir() else board_at(folder).about["data"]
    for data, facts in board.about["data"].items():
        before = known.get(data, facts)["fingerprint"]
        if before != facts["fingerprint"]:
            raise ValueError(
                f"expected the pictures of {data:.80} that entries have ({before[:12]}), got "
                f"{facts['fingerprint'][:12]}"
            )


def standing(folder: Path, version: int | None = None) -> list[Table]:
    """How the lines of a board stand, by whose attack, and what entries it has."""
    known = entries(folder)[:version]
    entered = {
        e.number: f"{e.by}, {e.date[:10]} (entry {e.number}, {level_of(folder, e)})" for e in known
    }
    rows = [
        [e.number, e.date, e.by, level_of(folder, e), ", ".join(map(str, e.supersedes))]
        for e in known
    ]
    columns = ["entry", "date", "by", "proof", "supersedes"]
    shown = standings(board_at(folder, version).records, entered)
    return [*shown, Table("Entries", columns, rows)]


def write_views(folder: Path) -> None:
    """Makes board.csv, board.json and entries.csv from the entries."""
    board, known = board_at(folder), entries(folder)
    newest = read_board(table_of(folder, known[-1])).about["provenance"]
    rows = []
    for entry in known:
        proofs = proofs_of(folder, entry)
        commit = read_board(table_of(folder, entry)).about["provenance"].get("commit", "")
        bundle = next((proof.bundle for proof in reversed(proofs) if proof.bundle), "")
        facts = (level_of(folder, entry), " ".join(map(str, entry.supersedes)), commit, entry.suite)
        rows.append((entry.number, entry.date, entry.by, *facts, entry.files[_FILES[0]], bundle))
    write_board(board.records, folder / "board.csv", newest, board.about)
    write_rows(folder / "entries.csv", _COLUMNS, rows)


def _checked(table: Path, licence: str) -> Board:
    """A board that may be published."""
    for path in (table, table.with_suffix(".json")):
        if path.is_file() and path.stat().st_size > LARGEST:
            raise ValueError(f"expected at most {LARGEST} bytes in {path}, got more")
    board = read_board(table)
    if not board.about or "version" in board.about:
        what = "a published board" if board.about else "records of 0.1"
        raise ValueError(f"expected the records of a run in {table}, got {what}; run the grid")
    data = board.about.get("data")
    if licence and isinstance(data, dict):
        for facts in (each for each in data.values() if isinstance(each, dict)):
            facts["licence"] = facts.get("licence") or licence
    check(board)
    return board


def _table(run: Path) -> Path:
    table = run / _FILES[0] if run.is_dir() else run
    if not table.is_file():
        raise FileNotFoundError(f"expected a run's folder or its records.csv, got {run}")
    return table


def _entry(number: int, by: str, supersedes: tuple[int, ...], files: dict[str, str]) -> Entry:
    about = {"date": _now(), "suite": version("unmask-bench"), "files": files}
    try:
        return Entry.model_validate({"number": number, "by": by, "supersedes": supersedes} | about)
    except ValidationError as error:
        raise ValueError(f"--by expects a name of 1 to 100 letters, got {by!r:.120}") from error


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time writes to a board."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=60):
            if links := [path for path in folder.rglob("*") if path.is_symlink()]:
                raise ValueError(f"expected no links in a board, got {links[0]}; remove it")
            yield
    except Timeout as error:
        raise ValueError(f"expected to write to {folder}, but another process does") from error


def _place(folder: Path, entry: Entry) -> Path:
    return folder / "entries" / f"{entry.number:04}"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _write_json(path: Path, content: object) -> None:
    write_whole(path, f"{json.dumps(content, indent=1)}\n")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
