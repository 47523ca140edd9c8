"""The stored answers of a grid's cells, and the measured releases of its defenses."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, AnyAnswers, Templates
from bench.api import Described
from bench.described import BITS
from bench.faces import ESTIMATED, MISSING
from bench.forensics.stability import instability
from bench.metrics import fairness
from bench.metrics.declared import NamedEstimate, estimates_by_group, estimates_of_answers
from bench.metrics.failure_to_acquire import with_failures
from bench.metrics.separability import Units
from bench.reports.figures import Figures
from bench.runner.answers_io import answers_in, columns_in
from bench.runner.artifacts import Artifact, faces_in, notes_in, targets_in
from bench.runner.cell_stages import CellStages
from bench.runner.cells import Cell
from bench.runner.plan import Plan
from bench.runner.store import Store
from bench.threats import RAW

Ids = NDArray[np.int64]
Get = Callable[[str], Artifact]


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
    converged: bool = True  # the attacker's training ended by itself; true if it does not train
    side_info: Mapping[str, Any] = {}  # what is known besides, see `bench.metrics.given`
    classes: tuple[str, ...] = ()  # names of the target's classes
    groups: Mapping[str, fairness.Grouping] = {}  # of the people shown, as far as known
    # int64, (N,), of each picture of the probe; without takes, a picture is one.
    person: Ids = np.empty(0, np.int64)
    take: Ids = np.empty(0, np.int64)
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


class ReleaseQuality(NamedTuple):
    """A defense's release compared with the raw pictures, picture by picture."""

    cell: Cell  # any of the defense's
    key: str  # of the stage that holds them
    # By name, of each picture, (N,); None if not known: `ssim`, `psnr_db`; `people`; `person`, over
    # whom intervals are: under closed protocols, takes; `face`, whether one was found; `gender`;
    # `trained_on` and `nearest_person`, see `bench.metrics.releases`; `shift` and `code_shift`,
    # answers to whether a picture or code is the probe's or the attacker's; and `unstable`, why the
    # defense answers otherwise when it is asked again, or empty.
    values: dict[str, Any]
    figures: Figures = Figures()  # where those of these values are kept


def results(
    cells: Iterable[Cell], plan: Plan, store: Store, failed: Mapping[str, str]
) -> list[Result]:
    """The results of cells that have run, in their order.

    `failed` has by key the reasons of stages that failed or were skipped.
    """
    cells = list(cells)
    with_gallery = {cell.task for cell in cells if cell.threat.gallery and not cell.skip_reason}
    get, figures = _reader(store), figures_in(store)
    found = []
    for cell in cells:
        if cell.skip_reason:
            found.append(Result(cell, None, None, cell.skip_reason, ""))
            continue
        stages, needs_faces = plan.of[cell], cell.needs_faces
        needed = [stages.answer.key, *([stages.measure.key] if needs_faces else [])]
        raw_gallery = tuple(stage for stage in stages.raw_gallery if stage.key in store)
        if lost := [key for key in needed if key not in store]:
            found.append(Result(cell, None, None, failed.get(lost[0], "was not run"), lost[0]))
        else:
            stages = stages._replace(raw_gallery=raw_gallery)
            result = _result(cell, stages, get, cell.task in with_gallery, needs_faces)
            ended = bool(store.meta(stages.attack.key).get("converged", True))
            found.append(result._replace(converged=ended, figures=figures))
    return found


def _reader(store: Store) -> Get:
    """Reads artifacts; the last ones are kept open: neighbouring cells share them."""
    return lru_cache(maxsize=8)(store.get)


def figures_in(store: Store) -> Figures:
    """The figures that are kept in a store."""
    return Figures(store.root / "figures")


def _result(
    cell: Cell, stages: CellStages, get: Get, with_gallery: bool, needs_faces: bool
) -> Result:
    artifact, part = get(stages.answer.key), get(stages.part.key)
    probe, valid = (answers_in(artifact, cell, prefix) for prefix in ("", "valid."))
    if with_gallery:
        probe = _not_enrolled(probe, part)
    if needs_faces:
        measured = get(stages.measure.key).arrays
        face: NDArray[np.bool_] = np.array(measured["face"], bool)
        probe = with_failures(probe, np.array(measured["image_id"], np.int64)[~face])
    person, take = probe.person, _takes(part, probe.image_id)
    side_info = dict(_side_info(cell, stages, get, part, probe.image_id, valid))
    if cell.data.protocol != "open" and not isinstance(probe, Templates):
        probe = replace(probe, person=take)
        side_info["people"] = person
    return Result(
        cell,
        probe,
        valid,
        "",
        stages.answer.key,
        side_info=side_info,
        classes=next((t.classes for t in targets_in(part) if t.name == cell.target), ()),
        groups=_groups(cell, part, probe.image_id, person),
        person=person,
        take=take,
    )


def _side_info(
    cell: Cell, stages: CellStages, get: Get, part: Artifact, image_id: Ids, valid: AnyAnswers
) -> Iterator[tuple[str, Any]]:
    """What is known of the pictures with these ids, by name."""
    if (gender := _gender(part, image_id)) is not None:
        yield "gender", gender
    notes, place = notes_in(get(stages.release.key)), _places(part, image_id)
    note, threat = cell.defense.replaces.get(cell.target), cell.threat
    if note is not None and threat.form == "pixels" and threat.queries == 1:
        yield "target_identity", np.asarray(notes[note], np.int64)[place]
    if (estimated := notes.get(f"{ESTIMATED}{cell.target}")) is not None:
        truth = np.asarray(faces_in(part).labels[cell.target])
        yield "mistaken", np.asarray((np.asarray(estimated) != truth)[place], bool)
    for stage in stages.raw_gallery:
        yield "raw_gallery", answers_in(get(stage.key), cell)
    if isinstance(valid, Answers):
        yield "valid", valid
    if isinstance(cell.defense, Described) and "y" in notes:
        yield "y_bits", BITS * notes["y"].shape[1]


def release_qualities(cells: Iterable[Cell], plan: Plan, store: Store) -> list[ReleaseQuality]:
    """The measured releases of a grid that has run: one for each task, defense and seed."""
    found: dict[tuple[str, str], ReleaseQuality] = {}
    get, figures = _reader(store), figures_in(store)
    for cell in cells:
        stages = plan.of.get(cell)
        if stages is None or (key := stages.measure.key) not in store:
            continue
        if (cell.task, key) not in found:
            values = _quality(get(key), get(stages.part.key), cell.data.protocol)
            plain = replace(cell, marks=(), threat=RAW)
            found[cell.task, key] = ReleaseQuality(plain, key, values, figures)
        values = found[cell.task, key].values
        for stage in stages.again:
            if stage.key in store:
                again = get(stage.key)
                values["unstable"] = values["unstable"] or instability(again.arrays, again.meta)
            else:
                values["unstable"] = "it could not be asked again: that stage failed"
        for shift in (get(stage.key) for stage in stages.code_shift if stage.key in store):
            values["code_shift"] = _shift(shift)
    return list(found.values())


def _quality(measured: Artifact, part: Artifact, protocol: str) -> dict[str, Any]:
    arrays, image_id = measured.arrays, np.array(measured.arrays["image_id"], np.int64)
    person = np.array(arrays["person"], np.int64)

    def stored(name: str, kind: type) -> NDArray[Any] | None:
        return np.array(arrays[name], kind) if name in arrays else None

    return {
        "ssim": stored("ssim", np.float64),
        "psnr_db": stored("psnr_db", np.float64),
        "people": person,
        "person": person if protocol == "open" else _takes(part, image_id),
        "shift": _shift(measured),
        "code_shift": None,
        "face": stored("face", bool),
        "gender": _gender(part, image_id),
        "trained_on": stored("nearest.trained_on", np.float64),
        "nearest_person": stored("nearest.person", np.int64),
        "unstable": "",
    }


def _shift(measured: Artifact) -> Answers | None:
    """The answers of the two-sample test; None if there are none."""
    if "shift.scores" not in measured.arrays:
        return None
    scores, person, image_id = columns_in(measured, "shift.")
    return Answers(scores, np.array(measured.arrays["shift.truth"], np.int64), person, image_id)


def _not_enrolled(answers: AnyAnswers, part: Artifact) -> AnyAnswers:
    """The answers about pictures in no gallery; all attacks of a task are compared on these."""
    if isinstance(answers, Templates):  # a matcher's probe has no enrolled pictures
        return answers
    enrolled = faces_in(part).image_id[np.asarray(part.arrays["gallery"], bool)]
    return answers.pick(~np.isin(answers.image_id, enrolled))


def _gender(part: Artifact, image_id: Ids) -> Ids | None:
    """The label of each picture, (N,); None if one is missing."""
    labels = faces_in(part).labels
    if "gender" not in labels:
        return None
    gender: Ids = np.asarray(labels["gender"], np.int64)[_places(part, image_id)]
    return None if (gender == MISSING).any() else gender


def _groups(cell: Cell, part: Artifact, image_id: Ids, person: Ids) -> fairness.Groupings:
    """The groups of the people in these pictures, by label; the target makes none."""
    labels, place = faces_in(part).labels, _places(part, image_id)
    found = {
        target.name: (target.classes, np.array(labels[target.name], np.int64)[place])
        for target in targets_in(part)
        if target.name in fairness.LABELS
        and target.name != cell.target
        and target.kind == "categorical"
    }
    return fairness.groupings(found, person)


def _takes(part: Artifact, image_id: Ids) -> Ids:
    """The take of each of these pictures, (N,)."""
    faces = faces_in(part)
    return np.asarray(faces.labels.get("take", faces.image_id), np.int64)[_places(part, image_id)]


def _places(part: Artifact, image_id: Ids) -> Ids:
    """Where the pictures with these ids stand in a part, (N,)."""
    known = faces_in(part).image_id
    order = np.argsort(known)
    return np.asarray(order[np.searchsorted(known[order], image_id)])
