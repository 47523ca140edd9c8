"""Predictions of a raw-trained classifier, printed under each picture of a sheet."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from bench.answers import Answers
from bench.metrics.calibration import probabilities
from bench.registry import spec_of
from bench.reports.results import Result
from bench.reports.selection import strongest
from bench.runner.cells import Cell
from bench.spec import Spec


class Caption(NamedTuple):
    """A predicted class with its probability in %; `right` if it is the true one."""

    text: str
    right: bool


def captions(results: Sequence[Result]) -> Mapping[tuple[Spec, Spec], Mapping[int, Caption]]:
    """The prediction for each picture of the probe, by data and defense, then image id.

    Of the raw-trained classifier that is strongest without a defense, in the first task with the
    data; probabilities are calibrated on its validation pictures without a defense.
    """
    asked: dict[Spec, list[Result]] = {}
    for result in results:
        if result.cell.purpose == "private" and result.cell.threat.name == "raw":
            asked.setdefault(of(result.cell)[0], []).append(result)
    found: dict[tuple[Spec, Spec], Mapping[int, Caption]] = {}
    for group in asked.values():
        about = [result for result in group if _asked(result.cell) == _asked(group[0].cell)]
        choice = strongest(r for r in about if r.cell.defense.changes_nothing)
        if choice is None or not isinstance(choice.result.valid, Answers):
            continue
        valid, judge = choice.result.valid, choice.result.cell.attacker
        for result in about:
            if result.cell.attacker == judge and isinstance(result.probe, Answers):
                found[of(result.cell)] = _captions(result.classes, result.probe, valid)
    return found


def of(cell: Cell) -> tuple[Spec, Spec]:
    """The data set and the defense that a picture of a sheet belongs to."""
    return spec_of(cell.data, without=("path",)), spec_of(cell.defense)


def _asked(cell: Cell) -> tuple[object, ...]:
    return cell.task, cell.target, cell.seed, cell.threat_spec


def _captions(names: Sequence[str], probe: Answers, valid: Answers) -> Mapping[int, Caption]:
    shares = probabilities(probe.scores, valid)  # (N, C)
    found = {}
    for image_id, share, truth in zip(probe.image_id.tolist(), shares, probe.truth, strict=True):
        number = int(share.argmax())
        name = names[number] if names else str(number)
        found[image_id] = Caption(f"{name} {100 * share[number]:.0f}", number == truth)
    return found
