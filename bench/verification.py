"""Runs cells of a board anew, in a store of their own, and compares their numbers."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from bench.answers import Estimate
from bench.api import ROLES, Attacker, Dataset, Defense, Plugin, Role
from bench.registry import make, spec_of
from bench.reports.boards import Board
from bench.reports.provenance import fingerprints
from bench.reports.records import Record, select
from bench.reports.results import results
from bench.reports.stand_ins import is_built_in
from bench.reports.validation import cell_of
from bench.rounds import RunStages
from bench.runner.cells import Cell
from bench.runner.plan import Plan, plan
from bench.runner.step import with_inputs
from bench.runner.store import Store
from bench.spec import Spec
from bench.threats import threat

P = TypeVar("P", bound=Plugin)

_ROUNDING = 0.001  # boards keep three decimals of ends
_WIDEST = 2  # times the interval that is found here may be that of the board
_TRIVIAL = ("constant", "card")  # controls that anybody can compute by hand


class Recomputed(NamedTuple):
    """A cell that was run anew; `reason` says why it was not, or in what it differs."""

    about: str
    n_numbers: int = 0
    reason: str = ""
    is_refused: bool = False


def verify(
    board: Board, seed: str, n_cells: int, store: Store, run: RunStages, *, trust: bool = False
) -> Iterator[Recomputed]:
    """Runs cells anew until so many have been compared; those that cannot run are named, too.

    They are drawn by `seed`: the digest of the board, with a salt that its publisher did not know.
    """
    asked: dict[tuple[object, ...], list[Record]] = {}
    for r in board.records:
        is_answered = r.purpose in ("private", "utility") and r.status == "ok"
        if is_answered and r.metric != "kept" and Spec.parse(r.defense).name not in _TRIVIAL:
            asked.setdefault(cell_of(r), []).append(r)

    def place(about: tuple[object, ...]) -> str:
        return hashlib.sha256(f"{seed} {about}".encode()).hexdigest()

    n_compared = 0
    for about in sorted(asked, key=place):
        if n_compared == n_cells:
            return
        first = asked[about][0]
        parts = (first.defense, first.attacker, first.threat)
        name = f"{first.target} of {' by '.join(part[:60] for part in parts[:2])}, {parts[2]}"
        try:
            compared = _compared(name, asked[about], _cell(first, trust=trust), board, store, run)
        except (ValueError, OSError) as error:
            yield Recomputed(name, reason=str(error), is_refused=True)
            continue
        n_compared += 1
        yield compared


def _cell(r: Record, *, trust: bool) -> Cell:
    """The cell of a record.

    Raises:
        ValueError, OSError: if it executes or connects, is not of this suite and not trusted, or
            lacks something here.
    """
    spec, learned_from = Spec.parse(r.threat), dict[Role, Dataset]()
    for part in filter(None, r.learned_from.split("; ")):
        role, _, text = part.partition(" ")
        if role not in ROLES:
            raise ValueError(f"expected a role among {', '.join(ROLES)}, got {role:.40}")
        learned_from[role] = _made(Dataset, "dataset", text, trust=trust)
    data = _made(Dataset, "dataset", r.data, trust=trust)
    defense = _made(Defense, "defense", r.defense, trust=trust)
    attacker = _made(Attacker, "attacker", r.attacker, trust=trust)
    if defense.takes == "files":
        raise ValueError(f"{defense.name} asks a program or files of its owner: run it yourself")
    for each in (data, *learned_from.values()):
        each.check()
    for plugin in (defense, attacker):
        if plugin.not_installed:
            raise ValueError(plugin.not_installed)
    return Cell(
        task=r.task,
        purpose="private" if r.purpose == "private" else "utility",
        target=r.target,
        data=data,
        defense=defense,
        attacker=attacker,
        threat=threat(spec),
        threat_spec=spec,
        seed=r.seed,
        share=r.share,
        learned_from=learned_from,
    )


def _made(base: type[P], kind: str, text: str, *, trust: bool) -> P:
    spec = Spec.parse(text)
    if not (trust or is_built_in(kind, spec.name)):
        raise ValueError(f"{kind} {spec.name} is not of this suite; --trust runs it all the same")
    made = make(base, spec)
    if spec_of(made) != spec_of(made, without=("path",)):
        raise ValueError(f"{kind} {spec.name} reads files of its owner: run it yourself")
    return made


def _compared(
    name: str, written: Sequence[Record], cell: Cell, board: Board, store: Store, run: RunStages
) -> Recomputed:
    """Whether the numbers of a cell lie within those of the board."""
    threats = {r.threat for r in select(board.records, task=cell.task) if r.threat}
    # Where some attackers have a gallery, all are asked about pictures that are in none.
    also = [replace(cell, threat=replace(cell.threat, gallery=True))]
    asked = [cell, *(also if any(threat(Spec.parse(text)).gallery for text in threats) else ())]
    planned = plan(asked, store.root)
    outcomes = list(run(with_inputs(planned.of[cell].ends), [], planned))
    failed = {outcome.stage.key: outcome.reason for outcome in outcomes if outcome.reason}
    result = results(asked, planned.keys, store, failed)[0]
    if result.probe is None:
        return Recomputed(name, reason=f"it failed here: {result.reason}")
    if not cell.data.shareable and (differs := _other_pictures(planned, board, store)):
        return Recomputed(name, reason=differs)
    numbers = (*result.estimates, *result.by_group)
    found = {metric: estimate for metric, estimate, _ in numbers if estimate is not None}
    for r in written:
        if (new := found.get(r.metric)) is None:
            return Recomputed(name, len(found), f"expected {r.metric} {r.value:g}, got none")
        if r.n != new.n or not _agree(r, new):
            ends = f"{new.value:.4g} [{new.low:.3g}, {new.high:.3g}], n {new.n}"
            was = f"{r.value:.4g} [{r.low:.3g}, {r.high:.3g}], n {r.n}"
            return Recomputed(name, len(found), f"{r.metric} was {was}, here it is {ends}")
    return Recomputed(name, len(written))


def _other_pictures(planned: Plan, board: Board, store: Store) -> str:
    """Whether data sets of files have other pictures here; empty if they do not."""
    written = board.about.get("data", {})
    for spec, fingerprint in fingerprints(planned, store).items():
        if (known := written.get(spec, {}).get("fingerprint")) != fingerprint:
            return (
                f"{spec:.60} has other pictures here: expected {known!s:.12}, got {fingerprint:.12}"
            )
    return ""


def _agree(written: Record, found: Estimate) -> bool:
    """Whether one value lies in the interval of the other; without intervals, whether they meet.

    An interval that is far wider than the one found here shows nothing.
    """
    room = _ROUNDING * max(1.0, abs(written.value))
    if written.high - written.low > _WIDEST * (found.high - found.low) + 2 * room:
        return False
    near = abs(found.value - written.value) <= room
    is_inside = written.low - room <= found.value <= written.high + room
    return near or is_inside or found.low - room <= written.value <= found.high + room
