"""The stored answers of a grid's cells."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, AnyAnswers, Numbers, Templates
from bench.api import Described
from bench.described import BITS
from bench.faces import ESTIMATED, MISSING
from bench.metrics import fairness
from bench.metrics.declared import NamedEstimate, estimates_by_group, estimates_of_answers
from bench.metrics.separability import Units
from bench.reports.figures import Figures
from bench.runner.answers_io import answers_in
from bench.runner.artifacts import Artifact, notes_in, targets_in
from bench.runner.cell_stages import CellKeys
from bench.runner.cells import Cell

Ids = NDArray[np.int64]
Get = Callable[[str], Artifact]


class Artifacts(Protocol):
    """What holds the artifacts of a run: a store, or a bundle."""

    root: Path  # a folder for figures

    def __contains__(self, key: str) -> bool:
        """Whether it has an artifact."""

    def get(self, key: str) -> Artifact:
        """The artifact."""

    def meta(self, key: str) -> Mapping[str, Any]:
        """Its small facts."""


class Result(NamedTuple):
    """A cell with its answers."""

    cell: Cell
    # Answers about the probe, and about the attacker's validation part, protected as the probe is;
    # None if the cell was skipped or failed. Under closed protocols these people are fixed, and
    # intervals are over takes: these stand for people in `probe`.
    probe: AnyAnswers | None
    valid: AnyAnswers | None
    reason: str  # why there are none
    key: str  # of the stage that holds them; empty if it was skipped
    side_info: Mapping[str, Any] = {}  # what is known besides, see `bench.metrics.given`
    classes: tuple[str, ...] = ()  # names of the target's classes
    groups: Mapping[str, fairness.Grouping] = {}  # of the people shown, as far as known
    # int64, (N,), of each picture of the probe; without takes, a picture is one.
    person: Ids = np.empty(0, np.int64)
    take: Ids = np.empty(0, np.int64)
    converged: bool = True  # the attacker's training ended by itself; true if it does not train
    figures: Figures = Figures()  # where those of these answers are kept

    @property
    def units(self) -> Units:
        """What was drawn independently: people who stand for others, or takes of just these."""
        if self.cell.data.protocol == "open":
            return Units(self.person, np.zeros_like(self.person))
        return Units(self.take, self.person)

    @property
    def status(self) -> str:
        """`ok`, `failed` or `skipped`."""
        if self.probe is not None:
            return "ok"
        return "skipped" if self.cell.skip_reason else "failed"

    @property
    def estimates(self) -> Sequence[NamedEstimate]:
        """All metrics of the answers about the probe; none without answers."""
        if self.probe is None:
            return ()
        return self.figures(estimates_of_answers, self.probe, self.side_info)

    @property
    def by_group(self) -> Sequence[NamedEstimate]:
        """The share right in each group of people; none without answers."""
        if self.probe is None or not self.groups:
            return ()
        return self.figures(estimates_by_group, self.probe, self.groups)


def results(
    cells: Iterable[Cell],
    keys_of: Mapping[Cell, CellKeys],
    store: Artifacts,
    failed: Mapping[str, str],
) -> list[Result]:
    """The results of cells that have run, in their order; no picture is read.

    `failed` has by key the reasons of stages that failed or were skipped.
    """
    cells = list(cells)
    with_gallery = {cell.task for cell in cells if cell.threat.gallery and not cell.skip_reason}
    get, figures = reader(store), figures_in(store)
    found = []
    for cell in cells:
        if cell.skip_reason:
            found.append(Result(cell, None, None, cell.skip_reason, ""))
            continue
        keys, needs_faces = keys_of[cell], cell.needs_faces
        needed = [keys.answer, *([keys.measure] if needs_faces else [])]
        raw_gallery = tuple(key for key in keys.raw_gallery if key in store)
        if lost := [key for key in needed if key not in store]:
            found.append(Result(cell, None, None, failed.get(lost[0], "was not run"), lost[0]))
        else:
            keys = keys._replace(raw_gallery=raw_gallery)
            result = _result(cell, keys, get, cell.task in with_gallery, needs_faces)
            ended = bool(store.meta(keys.attack).get("converged", True))
            found.append(result._replace(converged=ended, figures=figures))
    return found


def reader(store: Artifacts) -> Get:
    """Reads artifacts; the last ones are kept open: neighbouring cells share them."""
    return lru_cache(maxsize=8)(store.get)


def figures_in(store: Artifacts) -> Figures:
    """The figures that are kept in a store."""
    return Figures(store.root / "figures")


def _result(cell: Cell, keys: CellKeys, get: Get, with_gallery: bool, needs_faces: bool) -> Result:
    artifact, part = get(keys.answer), get(keys.part)
    probe, valid = (answers_in(artifact, cell, prefix) for prefix in ("", "valid."))
    if with_gallery:
        probe = _not_enrolled(probe, part)
    if needs_faces:
        measured = get(keys.measure).arrays
        face: NDArray[np.bool_] = np.array(measured["face"], bool)
        probe = with_failures(probe, np.array(measured["image_id"], np.int64)[~face])
    person, take = probe.person, takes(part, probe.image_id)
    side_info = dict(_side_info(cell, keys, get, part, probe.image_id, valid))
    if cell.data.protocol != "open" and not isinstance(probe, Templates):
        probe = replace(probe, person=take)
        side_info["people"] = person
    classes = next((t.classes for t in targets_in(part) if t.name == cell.target), ())
    groups = _groups(cell, part, probe.image_id, person)
    return Result(cell, probe, valid, "", keys.answer, side_info, classes, groups, person, take)


def _side_info(
    cell: Cell, keys: CellKeys, get: Get, part: Artifact, image_id: Ids, valid: AnyAnswers
) -> Iterator[tuple[str, Any]]:
    """What is known of the pictures with these ids, by name."""
    if (gender := gender_of(part, image_id)) is not None:
        yield "gender", gender
    notes, place = notes_in(get(keys.release)), _places(part, image_id)
    note, threat = cell.defense.replaces.get(cell.target), cell.threat
    if note is not None and threat.form == "pixels" and threat.queries == 1:
        yield "target_identity", np.asarray(notes[note], np.int64)[place]
    if (estimated := notes.get(f"{ESTIMATED}{cell.target}")) is not None:
        truth = np.asarray(_labels(part)[cell.target])
        yield "mistaken", np.asarray((np.asarray(estimated) != truth)[place], bool)
    for key in keys.raw_gallery:
        yield "raw_gallery", answers_in(get(key), cell)
    if isinstance(valid, Answers):
        yield "valid", valid
    if isinstance(cell.defense, Described) and "y" in notes:
        yield "y_bits", BITS * notes["y"].shape[1]


def _not_enrolled(answers: AnyAnswers, part: Artifact) -> AnyAnswers:
    """The answers about pictures in no gallery; all attacks of a task are compared on these."""
    if isinstance(answers, Templates):  # a matcher's probe has no enrolled pictures
        return answers
    enrolled = _image_id(part)[np.asarray(part.arrays["gallery"], bool)]
    return answers.pick(~np.isin(answers.image_id, enrolled))


def gender_of(part: Artifact, image_id: Ids) -> Ids | None:
    """The label of each picture, (N,); None if one is missing."""
    labels = _labels(part)
    if "gender" not in labels:
        return None
    gender: Ids = np.asarray(labels["gender"], np.int64)[_places(part, image_id)]
    return None if (gender == MISSING).any() else gender


def _groups(cell: Cell, part: Artifact, image_id: Ids, person: Ids) -> fairness.Groupings:
    """The groups of the people in these pictures, by label; the target makes none."""
    labels, place = _labels(part), _places(part, image_id)
    asked = [t for t in targets_in(part) if t.name in fairness.LABELS and t.name != cell.target]
    named = {t.name: t.classes for t in asked if t.kind == "categorical"}
    found = {k: (v, np.array(labels[k], np.int64)[place]) for k, v in named.items()}
    return fairness.groupings(found, person)


def takes(part: Artifact, image_id: Ids) -> Ids:
    """The take of each of these pictures, (N,)."""
    take = _labels(part).get("take", _image_id(part))
    return np.asarray(take, np.int64)[_places(part, image_id)]


def _places(part: Artifact, image_id: Ids) -> Ids:
    """Where the pictures with these ids stand in a part, (N,)."""
    known = _image_id(part)
    order = np.argsort(known)
    return np.asarray(order[np.searchsorted(known[order], image_id)])


def _labels(part: Artifact) -> Mapping[str, NDArray[Any]]:
    """The labels of a part, without its pictures."""
    named = (name for name in sorted(part.arrays) if name.startswith("label."))
    return {name.removeprefix("label."): np.asarray(part.arrays[name]) for name in named}


def _image_id(part: Artifact) -> Ids:
    return np.array(part.arrays["image_id"], np.int64)


def with_failures(answers: AnyAnswers, image_id: Ids) -> AnyAnswers:
    """The answers without any about pictures without a face, by id, (M,); other ids are ignored.

    Failure to acquire (ISO 19795): such an answer is not right, its scores are equal for all
    classes (so it neither wins nor loses in an AUC), and a template matches nobody. A number
    becomes the end of the range of truths that is farther off.
    """
    lost = np.isin(answers.image_id, image_id)
    if isinstance(answers, Templates):
        return replace(answers, not_acquired=image_id)
    if isinstance(answers, Answers) and lost.any():
        scores = np.where(lost[:, None], np.float32(0), answers.scores)
        return replace(answers, scores=scores, not_acquired=image_id)
    if isinstance(answers, Numbers) and lost.any():
        low, high = answers.truth.min(), answers.truth.max()
        farther = np.where(answers.truth - low > high - answers.truth, low, high)
        return replace(answers, values=np.where(lost, farther, answers.values))
    return answers
