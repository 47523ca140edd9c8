"""`bench publish`, `bundle`, `rescore` and `verify`: boards that a stranger can check."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.commands import options as opt

if TYPE_CHECKING:
    from bench.reports.published import Entry

BoardFolder = Annotated[Path, typer.Option("--board", help="Folder of the board.")]
Run = Annotated[Path, typer.Argument(help="Folder of a run, e.g. runs/quick.")]


def publish(
    run: Run,
    board: BoardFolder,
    by: Annotated[str, typer.Option(help="Who publishes it.")],
    supersedes: Annotated[
        list[int] | None, typer.Option(help="An entry whose headlines it replaces.")
    ] = None,
    licence: Annotated[
        str, typer.Option(help="Licence of data that name none, such as your own pictures.")
    ] = "",
) -> None:
    """Add a run to a board: checked, whole or not at all; no entry ever changes."""
    with opt.user_errors():
        from bench.reports.published import publish

        entry = publish(run, board, by, supersedes or (), licence)
        print(f"{board}: entry {entry.number}, proof: claimed. Prove it:\n")
        print(f"  bench bundle {run} --out {run.name}.zip")
        print(f"  bench rescore {run.name}.zip --board {board}")


def bundle(
    run: Run,
    out: Annotated[Path | None, typer.Option(help="File.", show_default="RUN.zip")] = None,
    store: opt.StorePath = None,
    plugin: opt.Plugins = None,
) -> None:
    """Pack the raw answers of a run, without pictures, for others to rescore."""
    with opt.user_errors(plugin):
        from bench.campaign import stored

        path = out or Path(f"{run.resolve().name}.zip")
        n_cells = stored(run, opt.store_at(store)).bundle(path, run)
        print(f"{path}: answers of {n_cells} cells, {path.stat().st_size / 1e6:.1f} MB")


def rescore(
    bundle: Annotated[Path, typer.Argument(help="A file of `bench bundle`.")],
    board: Annotated[
        Path | None, typer.Option("--board", help="A board; notes the proof at its entry.")
    ] = None,
) -> None:
    """Compute all numbers, intervals, marks and verdicts again from raw answers.

    Exit code 1 if one of them differs.
    """
    with opt.user_errors():
        from bench.reports.boards import read_records
        from bench.reports.bundle import opened
        from bench.reports.published import add_proof
        from bench.reports.records import records
        from bench.reports.rescoring import difference

        with opened(bundle) as content:
            entry, table = _entry_of(board, content.records / "records.csv")
            written, found = read_records(table), records(content.results, content.qualities)
            if differs := difference(written, found):
                print(f"{board or bundle}: {differs}")
                raise typer.Exit(1)
            said = f"{bundle}: {len(found)} records are as the answers say"
            if board and entry:
                add_proof(board, entry, "rescored", content.digest)
                said += f"; entry {entry.number} of {board} is rescored"
        print(said)


def _entry_of(board: Path | None, table: Path) -> "tuple[Entry | None, Path]":
    """The entry that a bundle proves, and its records; without a board those of the bundle.

    Raises:
        ValueError: if the board has no such entry.
    """
    from bench.reports.published import entries, table_of

    if board is None:
        return None, table
    content = table.read_bytes()
    for entry in entries(board):
        if table_of(board, entry).read_bytes() == content:
            return entry, table_of(board, entry)
    raise ValueError(f"expected an entry of {board} with the numbers of this bundle, got none")


def verify(
    board: Annotated[Path, typer.Argument(help="Folder of a board, or a records.csv.")],
    cells: Annotated[int, typer.Option(min=1, max=1000, help="How many cells.")] = 3,
    entry: Annotated[
        int | None, typer.Option(help="Of a board: this entry.", show_default="the newest")
    ] = None,
    salt: Annotated[
        str, typer.Option(help="Draw the same cells again.", show_default="drawn")
    ] = "",
    trust: Annotated[
        bool, typer.Option("--trust", help="Also run plugins that are not of this suite.")
    ] = False,
    device: opt.Device = "auto",
    workers: opt.Workers = 0,
    store: Annotated[
        Path | None, typer.Option("--store", help="An empty folder.", show_default="temporary")
    ] = None,
    plugin: opt.Plugins = None,
) -> None:
    """Run cells of a board anew, drawn by its digest and a salt; compare them within intervals.

    Exit code 1 if one differs, or none can be run here.
    """
    with opt.user_errors(plugin):
        import hashlib
        import secrets
        from tempfile import TemporaryDirectory

        from rich.console import Console

        from bench.commands.progress import watching
        from bench.reports.boards import read_board
        from bench.reports.files import check_new
        from bench.reports.published import add_proof, entries, table_of
        from bench.runner.engines.options import engine_of
        from bench.verification import verify

        found, table = None, board
        if board.is_dir():
            found = _chosen(entries(board), entry, board)
            table = table_of(board, found)
        elif not board.is_file():
            raise FileNotFoundError(f"expected a board or a records.csv, found none at {board}")
        if store:
            check_new(store)
        console, engine = Console(stderr=True), engine_of(device, workers, plugin)
        with TemporaryDirectory(prefix="bench-verify-") as temporary:
            place = opt.store_at(store or Path(temporary))
            how = (cells, place, watching(engine, place, console))
            compared, n_differ = list[str](), 0
            salt = salt or secrets.token_hex(8)  # nobody could choose what it draws
            seed = f"{hashlib.sha256(table.read_bytes()).hexdigest()} {salt}"
            for each in verify(read_board(table), seed, *how, trust=trust):
                if each.is_refused:
                    print(f"not run: {each.about}: {each.reason}")
                    continue
                print(f"{each.about}: {each.reason or f'{each.n_numbers} numbers agree'}")
                compared.append(each.about)
                n_differ += bool(each.reason)
        print(f"{board}: {len(compared)} cells run anew, {n_differ} differ (--salt {salt})")
        if n_differ or not compared:
            raise typer.Exit(1)
        if found:
            add_proof(board, found, "recomputed", cells=[*compared, f"salt {salt}"])


def _chosen(known: "list[Entry]", number: int | None, board: Path) -> "Entry":
    """An entry by its number, or the newest.

    Raises:
        ValueError: if there is none.
    """
    found = [entry for entry in known if number in (None, entry.number)]
    if not found:
        raise ValueError(f"expected an entry of {board}, got {number}; it has {len(known)}")
    return found[-1]
