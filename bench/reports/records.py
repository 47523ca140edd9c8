"""Answers as numbers: one line of records.csv each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import nan
from typing import Any, NamedTuple

import numpy as np

from bench.answers import Estimate
from bench.api import Defense, Learned, Plugin
from bench.metrics.declared import estimates_of_release
from bench.registry import brief, spec_of
from bench.reports.headlines import headlines
from bench.reports.marks import Marks, canary_power
from bench.reports.qualities import ReleaseQuality
from bench.reports.results import Result
from bench.reports.selection import strongest
from bench.runner.cells import Cell
from bench.runner.weights_file import weights_for
from bench.spec import Spec

NOTHING = Estimate(nan, nan, nan, 0, nan)
_OF_CELL = ("task", "purpose", "target", "seed", "share")


class Record(NamedTuple):
    """One number with all that is needed to read it; docs/schema.md has more about each field."""

    task: str  # title of the task
    data: str  # the data set of the probe with its fields
    protocol: str
    learned_from: str  # `ROLE SPEC; ...` of roles that learn from another data set; else empty
    purpose: str  # `private`, `utility`, `headline`, `release`, or that of a control
    target: str  # that the attacker answers about
    defense: str  # with its fields, as attacker and threat
    attacker: str
    threat: str
    form: str  # `pixels` or `codes`
    seed: int  # redraws defense, protection and attackers
    share: float  # of its training pictures that the attacker learned from
    chosen: int  # 1 for the strongest attacker on validation pictures; tables show its numbers
    sign: int  # -1 if it is right more often when inverted; `auc` is of its answers as they are
    metric: str  # a name of bench.metrics.declared; empty if the cell has no answers
    value: float
    low: float  # of the 95 % interval over people
    high: float
    n: int  # pictures behind it
    n_people: int
    chance: float  # of the best constant guess
    status: str  # `ok`, `failed`, or `skipped` with its reason
    reason: str
    marks: str  # what qualifies it, separated by spaces
    key: str  # of the stage that holds the raw answers, 16 digits
    cleaned: int = 0  # 1 if attackers saw the release after cleaning
    fits: int = 1  # trainings of the defense that the number is a mean of
    verdict: str = ""  # of a headline
    entry: int = 0  # of a published board, from which it is; else 0


def records(results: Sequence[Result], qualities: Sequence[ReleaseQuality] = ()) -> list[Record]:
    """All records of a grid: each cell's numbers, the headlines, then the releases."""
    asked: dict[tuple[object, ...], list[Result]] = {}
    for result in results:
        asked.setdefault(_question(result.cell), []).append(result)
    choices = [
        strongest(group, inverts=group[0].cell.purpose != "utility") for group in asked.values()
    ]
    signs = {id(choice.result): choice.sign for choice in choices if choice}
    marks = Marks(results, qualities)
    cells = [line for result in results for line in _of_cell(result, signs, marks)]
    return [*cells, *_headlines(results, marks), *_of_releases(qualities)]


@cache
def without_path(defense: Defense) -> Spec:
    """The spec without paths, but with the digest of a file of weights."""
    spec = spec_of(defense, without=("path",))
    if not (isinstance(defense, Learned) and defense.weights):
        return spec
    fields = {**dict(spec.fields), "weights": weights_for(defense).digest[:16]}
    return Spec(spec.name, spec.preset, tuple(sorted(fields.items())))


@cache
def spec_text(plugin: Plugin) -> str:
    """The spec without paths."""
    return str(spec_of(plugin, without=("path",)))


def select(records: Iterable[Record], **wanted: object) -> list[Record]:
    """The records whose columns have these values."""
    return [r for r in records if all(getattr(r, name) == v for name, v in wanted.items())]


def short(base: type[Plugin], spec: str) -> str:
    """A spec of a record as tables show it: with the fields that differ from a preset."""
    return str(brief(base, Spec.parse(spec)))


def _question(cell: Cell) -> tuple[object, ...]:
    """What cells of different attackers have in common."""
    about = (cell.task, cell.purpose, cell.target, cell.defense)
    return (*about, cell.threat_spec, cell.seed, cell.share)


def _of_cell(result: Result, signs: Mapping[int, int], marks: Marks) -> Iterator[Record]:
    if result.probe is None:
        line = _record(result, ("failed",) if result.status == "failed" else ())
        yield _with(line, "", None, result.status, result.reason)
        return
    found = marks.of(result)
    line = _record(result, (mark.name for mark in found))
    why = "; ".join(f"{mark.name}: {mark.reason}" for mark in found)
    sign = signs.get(id(result))
    asked = sign and result.cell.purpose in ("private", "utility")
    for metric, estimate, reason in (*result.estimates, *(result.by_group if asked else ())):
        status, chosen = "ok" if estimate else "skipped", int(bool(estimate and sign))
        about = line._replace(chosen=chosen, sign=sign or 1)
        yield _with(about, metric, estimate, status, reason or why)
    if result.cell.purpose == "canary":
        try:
            yield _with(line, "power", canary_power(result), "ok", "")
        except ValueError as error:
            yield _with(line, "power", None, "skipped", str(error))


def _headlines(results: Sequence[Result], marks: Marks) -> Iterator[Record]:
    for found in headlines(results, marks):
        names = [mark.name for mark in found.marks]
        names += ["failed"] if found.status == "failed" else []
        line = _record(found.result, names)._replace(sign=found.sign, verdict=found.verdict)
        if found.metric != "kept":
            line = line._replace(purpose="headline")
        chosen = int(found.metric == "leakage" and found.status == "ok")
        line = line._replace(cleaned=int(found.cleaned), chosen=chosen)
        yield _with(line, found.metric, found.estimate, found.status, found.reason)


def _of_releases(qualities: Iterable[ReleaseQuality]) -> Iterator[Record]:
    for quality in qualities:
        result = Result(quality.cell, None, None, "", quality.key)
        line = _record(result, ())
        line = line._replace(purpose="release", target="", attacker="", threat="")
        for metric, estimate, reason in quality.figures(estimates_of_release, quality.values):
            status = "ok" if estimate else "skipped"
            person = quality.values["nearest_person" if metric == "memorised" else "people"]
            chosen = int(metric == "ssim" and estimate is not None)
            about = line._replace(n_people=len(np.unique(person)), chosen=chosen)
            yield _with(about, metric, estimate, status, reason)


def _with(line: Record, metric: str, estimate: Estimate | None, status: str, reason: str) -> Record:
    """The line with a number; without one, it is about nobody."""
    n_people, numbers = line.n_people if estimate else 0, (estimate or NOTHING)._asdict()
    line = line._replace(metric=metric, status=status, reason=reason)
    return line._replace(n_people=n_people, **numbers)


def _record(result: Result, marks: Iterable[str]) -> Record:
    """A cell's record without a number."""
    cell = result.cell
    learned = (f"{role} {spec_text(other)}" for role, other in cell.learned_from.items())
    own: dict[str, Any] = {name: getattr(cell, name) for name in _OF_CELL}
    own |= {name: spec_text(getattr(cell, name)) for name in ("data", "attacker")}
    own |= {"protocol": cell.data.protocol, "learned_from": "; ".join(learned)}
    own |= {"defense": str(without_path(cell.defense)), "threat": str(cell.threat_spec)}
    own |= {"form": cell.threat.form, "cleaned": int(cell.threat.clean), "key": result.key[:16]}
    own |= {"marks": " ".join(dict.fromkeys([*cell.marks, *marks]))}
    own |= {"n_people": len(np.unique(result.person)), "chosen": 0, "sign": 1}
    return Record(**own, metric="", status="", reason="", **NOTHING._asdict())
