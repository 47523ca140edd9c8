"""Answers as numbers: one line of records.csv each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np

from bench.answers import Answers, Estimate
from bench.metrics.accuracy import auc, balanced_accuracy, top1
from bench.metrics.leakage import Sign, leakage
from bench.registry import spec_of
from bench.reports.results import Result
from bench.reports.selection import Choice, strongest
from bench.runner.cells import Cell

METRICS: Mapping[str, Callable[[Answers], Estimate]] = {
    "auc": auc,
    "top1": top1,
    "balanced_accuracy": balanced_accuracy,
}


class Record(NamedTuple):
    """One number with all that it takes to read it.

    Attributes:
        task: title of the task.
        data, protocol: the data set with its fields, and who is asked about.
        purpose: `private` (should be low), `utility` (should be high), `permuted` (control: must
            stand at chance), or `headline`: the strongest attacker's leakage.
        target: what was asked.
        defense, attacker, threat: with their fields.
        form: `pixels` or `codes`.
        seed: redraws defense, protection and attackers.
        chosen: 1 for the attacker that is strongest on validation rows, of those that were asked
            the same; tables show its numbers.
        sign: -1 if the attacker is right more often when its answer is inverted (two classes, by
            validation rows); `auc` is of its answers as they are, tables show the inverted one.
        metric: `auc`, `top1`, `balanced_accuracy`: fractions 0..1; `leakage`: the attack's
            advantage as a fraction of the best one without a defense, unclipped.
        value, low, high: the estimate and its 95 % interval over people.
        n, n_people: pictures and people behind it.
        chance: what the best constant guess reaches.
        status: `ok`, `failed`, or `n/a` with its `reason`.
        marks: what qualifies it, separated by blanks.
        key: of the stage that holds the raw answers, 16 digits.
    """

    task: str
    data: str
    protocol: str
    purpose: str
    target: str
    defense: str
    attacker: str
    threat: str
    form: str
    seed: int
    chosen: int
    sign: int
    metric: str
    value: float
    low: float
    high: float
    n: int
    n_people: int
    chance: float
    status: str
    reason: str
    marks: str
    key: str


def records(results: Sequence[Result]) -> list[Record]:
    """All records of a grid: each cell's metrics, then the headlines."""
    asked: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        cell = result.cell
        same = (cell.task, cell.purpose, cell.target, cell.defense, cell.threat_spec, cell.seed)
        asked.setdefault(same, []).append(result)
    choices = [
        strongest(group, inverts=group[0].cell.purpose != "utility") for group in asked.values()
    ]
    chosen = {id(choice.result): choice.sign for choice in choices if choice}
    cells = [record for result in results for record in _of_cell(result, chosen.get(id(result)))]
    return cells + list(_headlines(results))


def named(cell: Cell) -> tuple[str, str, str, str]:
    """How records call a cell's data, defense, attacker and threat."""
    data = spec_of(cell.data, without=("place",))
    return (
        str(data),
        str(spec_of(cell.defense)),
        str(spec_of(cell.attacker)),
        str(cell.threat_spec),
    )


def _of_cell(result: Result, chosen: Sign | None) -> Iterator[Record]:
    purpose = result.cell.purpose
    if result.probe is None:
        yield _record(result, purpose, "", None, result.status, result.reason)
        return
    for name, metric in METRICS.items():
        if name == "auc" and result.probe.scores.shape[1] != 2:
            continue
        try:
            estimate = metric(result.probe)
        except ValueError as error:
            yield _record(result, purpose, name, None, "n/a", str(error))
        else:
            yield _record(result, purpose, name, estimate, "ok", "")._replace(
                chosen=int(chosen is not None), sign=chosen or 1
            )


def _headlines(results: Sequence[Result]) -> Iterator[Record]:
    """Leakage of the strongest attacker, per task, target, seed, defense and form."""
    private = [result for result in results if result.cell.purpose == "private"]
    private.sort(key=lambda result: (result.cell.task, result.cell.target, result.cell.seed))
    for _, group in groupby(private, lambda r: (r.cell.task, r.cell.target, r.cell.seed)):
        asked = list(group)
        ceiling = strongest(result for result in asked if result.cell.defense.changes_nothing)
        lines: dict[tuple[str, str], list[Result]] = {}
        for result in asked:
            form = result.cell.threat.form
            lines.setdefault((str(spec_of(result.cell.defense)), form), []).append(result)
        for line in lines.values():
            yield from _headline(line, ceiling)


def _headline(line: Sequence[Result], ceiling: Choice | None) -> Iterator[Record]:
    if all(result.status == "n/a" for result in line):
        return
    choice = strongest(line)
    lost = [result for result in line if result.status == "failed"]
    if choice is None or ceiling is None:
        reason = lost[0].reason if lost else "no attacker could be chosen on validation rows"
        yield _record(line[0], "headline", "leakage", None, "failed", reason)
        return
    probe, best = choice.result.probe, ceiling.result.probe
    if probe is None or best is None:
        raise ValueError("a chosen result has answers")
    reason = f"{len(lost)} of {len(line)} attacks failed" if lost else ""
    marks = " ".join([*choice.result.cell.marks, *(["incomplete"] if lost else [])])
    try:
        estimate = leakage(probe, choice.sign, best, ceiling.sign)
    except ValueError as error:
        yield _record(choice.result, "headline", "leakage", None, "n/a", str(error))
        return
    yield _record(choice.result, "headline", "leakage", estimate, "ok", reason)._replace(
        marks=marks, sign=choice.sign
    )


def _record(
    result: Result, purpose: str, metric: str, estimate: Estimate | None, status: str, reason: str
) -> Record:
    cell = result.cell
    data, defense, attacker, threat = named(cell)
    value, low, high, n, chance = estimate or Estimate(np.nan, np.nan, np.nan, 0, np.nan)
    marks = [*cell.marks, *(["failed"] if status == "failed" else [])]
    return Record(
        task=cell.task,
        data=data,
        protocol=cell.data.protocol,
        purpose=purpose,
        target=cell.target,
        defense=defense,
        attacker=attacker,
        threat=threat,
        form=cell.threat.form,
        seed=cell.seed,
        chosen=int(purpose == "headline" and status == "ok"),
        sign=1,
        metric=metric,
        value=value,
        low=low,
        high=high,
        n=n,
        n_people=len(np.unique(result.probe.person)) if result.probe and n else 0,
        chance=chance,
        status=status,
        reason=reason,
        marks=" ".join(marks),
        key=result.key[:16],
    )
