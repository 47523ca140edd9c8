"""Answers as numbers: one line of records.csv each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from bench.answers import Estimate
from bench.api import Defense, Learned
from bench.metrics import similarity
from bench.metrics.accuracy import auc
from bench.metrics.memory import memorised
from bench.metrics.missed import face_found
from bench.registry import spec_of
from bench.reports.figures import figures
from bench.reports.headlines import headlines
from bench.reports.marks import Marks, canary_power
from bench.reports.results import Looks, Result
from bench.reports.selection import strongest
from bench.runner.cells import Cell
from bench.runner.sharing import wanted
from bench.spec import Spec

NOTHING = Estimate(np.nan, np.nan, np.nan, 0, np.nan)


class Record(NamedTuple):
    """One number with all that it takes to read it.

    Attributes:
        task: title of the task.
        data, protocol: the data set with its fields, and who is asked about.
        learned_from: `ROLE SPEC; ...` of the roles that learn from another data set; else empty.
        purpose: `private` (should be low), `utility` (should be high), `headline` (the strongest
            attacker), `looks` (the release before any attacker), and of controls `permuted` (must
            stand at chance), `canary` (must be found), `saturation` (less to learn from).
        target: what was asked.
        defense, attacker, threat: with their fields.
        form: `pixels` or `codes`.
        seed: redraws defense, protection and attackers.
        share: of its training pictures that the attacker learned from.
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
    learned_from: str
    purpose: str
    target: str
    defense: str
    attacker: str
    threat: str
    form: str
    seed: int
    share: float
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


def records(results: Sequence[Result], looks: Sequence[Looks] = ()) -> list[Record]:
    """All records of a grid: each cell's figures, the headlines, then the looks of the releases."""
    asked: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        cell = result.cell
        same = (
            cell.task,
            cell.purpose,
            cell.target,
            cell.defense,
            cell.threat_spec,
            cell.seed,
            cell.share,
        )
        asked.setdefault(same, []).append(result)
    choices = [
        strongest(group, inverts=group[0].cell.purpose != "utility") for group in asked.values()
    ]
    signs = {id(choice.result): choice.sign for choice in choices if choice}
    marks = Marks(results, looks)
    cells = [line for result in results for line in _of_cell(result, signs, marks)]
    return [*cells, *_headlines(results, marks), *_looks(looks)]


def named(cell: Cell) -> tuple[str, str, str, str]:
    """How records call a cell's data, defense, attacker and threat."""
    data = spec_of(cell.data, without=("place",))
    return (
        str(data),
        str(anywhere(cell.defense)),
        str(spec_of(cell.attacker)),
        str(cell.threat_spec),
    )


@cache
def anywhere(defense: Defense) -> Spec:
    """The spec, with the digest of a file of weights instead of its path, which is the user's."""
    spec = spec_of(defense)
    if not (isinstance(defense, Learned) and defense.weights):
        return spec
    fields = {**dict(spec.fields), "weights": wanted(defense).digest[:16]}
    return Spec(spec.name, spec.preset, tuple(sorted(fields.items())))


def _of_cell(result: Result, signs: Mapping[int, int], marks: Marks) -> Iterator[Record]:
    if result.probe is None:
        failed = ("failed",) if result.status == "failed" else ()
        yield _record(result, "", NOTHING, result.status, result.reason, failed)
        return
    found = marks.of(result)
    names = [mark.name for mark in found]
    why = "; ".join(f"{mark.name}: {mark.reason}" for mark in found)
    beside = (result.gender, result.imposed, result.mistaken, result.album)
    for metric, estimate, reason in figures(result.probe, *beside):
        line = _record(
            result, metric, estimate or NOTHING, "ok" if estimate else "n/a", reason or why, names
        )
        sign = signs.get(id(result))
        yield line._replace(chosen=int(bool(estimate and sign)), sign=sign or 1)
    if result.cell.purpose == "canary":
        try:
            yield _record(result, "power", canary_power(result.probe), "ok", "", names)
        except ValueError as error:
            yield _record(result, "power", NOTHING, "n/a", str(error), names)


def _headlines(results: Sequence[Result], marks: Marks) -> Iterator[Record]:
    for result, sign, metric, estimate, status, reason, found in headlines(results, marks):
        names = [mark.name for mark in found] + (["failed"] if status == "failed" else [])
        line = _record(result, metric, estimate or NOTHING, status, reason, names)
        chosen = int(metric == "leakage" and status == "ok")
        yield line._replace(purpose="headline", sign=sign, chosen=chosen)


def _looks(looks: Iterable[Looks]) -> Iterator[Record]:
    for look in looks:
        wanted: dict[str, Callable[[], Estimate]] = {
            "ssim": partial(similarity.ssim, look.ssim, look.person),
            "psnr_db": partial(similarity.psnr_db, look.psnr_db, look.person),
        }
        if look.shift is not None:
            wanted["role_shift"] = partial(auc, look.shift)
        if look.nearest is not None:
            wanted["memorised"] = partial(memorised, look.nearest)
        if look.face is not None:
            groups = {"face_found": np.ones(len(look.face), bool)}
            if look.gender is not None:
                groups |= {"face_found_women": look.gender == 0, "face_found_men": look.gender == 1}
            for name, group in groups.items():
                wanted[name] = partial(face_found, look.face[group], look.person[group])
        for metric, make in wanted.items():
            try:
                estimate, status, reason = make(), "ok", ""
            except ValueError as error:
                estimate, status, reason = NOTHING, "n/a", str(error)
            result = Result(look.cell, None, None, "", look.key)
            near = look.nearest if metric == "memorised" else None
            person = near.person if near else look.person
            yield _record(result, metric, estimate, status, reason, ())._replace(
                purpose="looks",
                chosen=int(metric == "ssim"),
                target="",
                attacker="",
                threat="",
                n_people=len(np.unique(person)),
            )


def _record(
    result: Result,
    metric: str,
    estimate: Estimate,
    status: str,
    reason: str,
    marks: Iterable[str],
) -> Record:
    cell = result.cell
    data, defense, attacker, threat = named(cell)
    value, low, high, n, chance = estimate
    return Record(
        task=cell.task,
        data=data,
        protocol=cell.data.protocol,
        learned_from="; ".join(
            f"{role} {spec_of(other, without=('place',))}"
            for role, other in cell.learned_from.items()
        ),
        purpose=cell.purpose,
        target=cell.target,
        defense=defense,
        attacker=attacker,
        threat=threat,
        form=cell.threat.form,
        seed=cell.seed,
        share=cell.share,
        chosen=0,
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
        marks=" ".join(dict.fromkeys([*cell.marks, *marks])),
        key=result.key[:16],
    )
