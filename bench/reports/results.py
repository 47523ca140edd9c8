"""The stored answers of a grid's cells."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Numbers, Said
from bench.faces import ESTIMATED, MISSING
from bench.metrics.memory import Nearest
from bench.metrics.missed import missed
from bench.runner.artifacts import faces_in, notes_in, targets_in
from bench.runner.cells import Cell
from bench.runner.plan import Planner
from bench.runner.said import named_in, said_in
from bench.runner.store import Artifact, Store
from bench.runner.threats import RAW


class Result(NamedTuple):
    """A cell with what became of it.

    Attributes:
        probe, valid: answers about the probe, and about the attacker's validation rows protected
            as the probe is; None if the cell was not asked or failed. A matcher of people who are
            known (the closed protocols) answers who it is.
        reason: why there are none.
        key: of the stage that holds them; empty if it was not asked.
        converged: the attacker's training ended by itself; true if it does not train.
        gender: of each picture asked about, (N,), where the data tell.
        imposed: the class that the defense shows instead of the true one, (N,), where it says so.
        mistaken: pictures whose label the defense took for another one, (N,), where it notes that.
        album: of a matcher that rereads releases, its answers about the raw pictures behind them,
            where the grid asks for these, too (`latent`).
        classes: names of the target's classes.
    """

    cell: Cell
    probe: Said | None
    valid: Said | None
    reason: str
    key: str
    converged: bool = True
    gender: NDArray[np.int64] | None = None
    imposed: NDArray[np.int64] | None = None
    mistaken: NDArray[np.bool_] | None = None
    album: Said | None = None
    classes: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """`ok`, `failed` or `n/a`."""
        return "ok" if self.probe else "n/a" if self.cell.unasked else "failed"


class Looks(NamedTuple):
    """What a defense gives out, compared with what it was given, picture by picture.

    Attributes:
        cell: any of the defense's.
        ssim, psnr_db, person: (N,).
        key: of the stage that holds them.
        shift: answers to whether a picture is a probe's or an attacker's; None if there are none.
        face: whether MTCNN finds one in the release, (N,), and the pictures' gender, where the data
            tell; None if it was not looked for.
        nearest: which real pictures are most like the releases; None of what learns from none.
    """

    cell: Cell
    ssim: NDArray[np.float64]
    psnr_db: NDArray[np.float64]
    person: NDArray[np.int64]
    key: str
    shift: Answers | None
    face: NDArray[np.bool_] | None = None
    gender: NDArray[np.int64] | None = None
    nearest: Nearest | None = None


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
    cells = list(cells)
    told = {cell.task for cell in cells if cell.threat.gallery and not cell.unasked}
    found = []
    for cell in cells:
        if cell.unasked:
            found.append(Result(cell, None, None, cell.unasked, ""))
            continue
        key = planner.answer(cell).key
        if key in store:
            artifact = store.get(key)
            probe, valid = (said_in(artifact, cell, prefix) for prefix in ("", "valid."))
            part = store.get(planner.part(cell.data, "probe").key)
            if cell.task in told:
                probe = _strangers(probe, part)
            if cell.purpose == "utility" and cell.data.align:
                measured = planner.measure(cell).key
                if measured not in store:  # who has no face is not known
                    found.append(Result(cell, None, None, lost.get(measured, ""), measured))
                    continue
                probe = missed(probe, _faceless(store.get(measured)))
            converged = bool(store.meta(planner.attack(cell).key).get("converged", True))
            release = store.get(planner.release(cell, "probe", 0).key)
            beside = (
                _gender(part, probe.row),
                _imposed(cell, release, part, probe.row),
                _mistaken(cell, release, part, probe.row),
                _album(cell, planner, store),
                _classes(cell, part),
            )
            found.append(Result(cell, probe, valid, "", key, converged, *beside))
        else:
            found.append(Result(cell, None, None, lost.get(key, "was not run"), key))
    return found


def looks(cells: Iterable[Cell], planner: Planner, store: Store) -> list[Looks]:
    """What the releases of a grid that has run look like: one for each task, defense and seed."""
    found: dict[tuple[str, str], Looks] = {}
    for cell in cells:
        key = planner.measure(cell).key
        if not cell.unasked and (cell.task, key) not in found and key in store:
            arrays = store.get(key).arrays
            ssim, psnr_db = (np.array(arrays[name], np.float64) for name in ("ssim", "psnr_db"))
            person = np.array(arrays["person"], np.int64)
            cell = replace(cell, marks=(), threat=RAW)
            shift = None
            if "shift.scores" in arrays:
                scores, own, row = named_in(store.get(key), "shift.")
                shift = Answers(scores, np.array(arrays["shift.truth"], np.int64), own, row)
            face = gender = None
            if "face" in arrays:
                face = np.array(arrays["face"], bool)
                part = store.get(planner.part(cell.data, "probe").key)
                gender = _gender(part, np.array(arrays["row"], np.int64))
            near = _nearest(store.get(key))
            found[cell.task, key] = Looks(
                cell, ssim, psnr_db, person, key, shift, face, gender, near
            )
    return list(found.values())


def _nearest(measured: Artifact) -> Nearest | None:
    """The real pictures that are most like the releases, if they were looked for."""
    if "nearest.person" not in measured.arrays:
        return None
    trained_on, person = (measured.arrays[f"nearest.{name}"] for name in Nearest._fields)
    return Nearest(np.array(trained_on, np.float64), np.array(person, np.int64))


def _strangers(said: Said, part: Artifact) -> Said:
    """The answers about pictures in no gallery: all attacks of a task are compared on these."""
    rows = faces_in(part).rows[np.asarray(part.arrays["gallery"], bool)]
    kept = ~np.isin(said.row, rows)
    if isinstance(said, Answers):
        return Answers(said.scores[kept], said.truth[kept], said.person[kept], said.row[kept])
    if isinstance(said, Numbers):
        return Numbers(said.values[kept], said.truth[kept], said.person[kept], said.row[kept])
    return said  # a matcher is never asked about what it enrolls


def _faceless(measured: Artifact) -> NDArray[np.int64]:
    """Rows of the probe whose release shows no face."""
    row: NDArray[np.int64] = np.array(measured.arrays["row"], np.int64)
    seen: NDArray[np.bool_] = np.array(measured.arrays["face"], bool)
    return row[~seen]


def _gender(part: Artifact, row: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Of each picture asked about, (N,); None if the data do not tell, or not of all."""
    labels = faces_in(part).labels
    if "gender" not in labels:
        return None
    gender: NDArray[np.int64] = np.asarray(labels["gender"], np.int64)[_places(part, row)]
    return None if (gender == MISSING).any() else gender


def _imposed(
    cell: Cell, release: Artifact, part: Artifact, row: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Of each picture asked about, (N,); None if there is none, or no single one."""
    note, threat = cell.defense.imposes.get(cell.target), cell.threat
    if note is None or threat.form != "pixels" or threat.queries > 1:
        return None
    return np.asarray(notes_in(release)[note], np.int64)[_places(part, row)]


def _mistaken(
    cell: Cell, release: Artifact, part: Artifact, row: NDArray[np.int64]
) -> NDArray[np.bool_] | None:
    """Where the defense took a picture's label for another one, (N,); None if it says nothing."""
    taken_for = notes_in(release).get(f"{ESTIMATED}{cell.target}")
    if taken_for is None:
        return None
    wrong = np.asarray(taken_for) != np.asarray(faces_in(part).labels[cell.target])
    return np.asarray(wrong[_places(part, row)], bool)


def _album(cell: Cell, planner: Planner, store: Store) -> Said | None:
    """What an attacker that rereads releases says of the codes of the raw pictures."""
    made = [store.get(stage.key) for stage in planner.album(cell) if stage.key in store]
    return said_in(made[0], cell) if made else None


def _classes(cell: Cell, part: Artifact) -> tuple[str, ...]:
    """Names of the target's classes; none of a canary's."""
    return next((t.classes for t in targets_in(part) if t.name == cell.target), ())


def _places(part: Artifact, row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the pictures with these ids stand in a part, (N,)."""
    rows = faces_in(part).rows
    order = np.argsort(rows)
    return np.asarray(order[np.searchsorted(rows[order], row)])
