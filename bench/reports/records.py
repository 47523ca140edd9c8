"""Answers as numbers: one line of records.csv each."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from math import nan
from typing import NamedTuple

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


class Record(NamedTuple):
    """One number with all that is needed to read it.

    Attributes:
        task: title of the task.
        data, protocol: the data set of the probe with its fields, and its protocol.
        learned_from: `ROLE SPEC; ...` of the roles that learn from another data set; else empty.
        purpose: `private` (should be low), `utility` (should be high), `headline` (of the strongest
            attacker), `release` (before any attacker), and of controls `permuted` (must stand at
            chance), `canary` and `trace` (must be found), `saturation` (fewer training pictures).
        target: that the attacker answers about.
        defense, attacker, threat: with their fields.
        form: `pixels` or `codes`.
        seed: redraws defense, protection and attackers.
        share: of its training pictures that the attacker learned from.
        chosen: 1 for the attacker that is strongest on validation pictures, of those with the same
            question; tables show its numbers.
        sign: -1 if the attacker is right more often when its answer is inverted (by validation
            pictures); `auc` is of its answers as they are, tables show the inverted one.
        metric: a name of bench.metrics.declared; empty if the cell has no answers.
        value, low, high: the estimate and its 95 % interval over people.
        n, n_people: pictures and people behind it.
        chance: of the best constant guess.
        status: `ok`, `failed`, or `skipped` with its `reason`.
        marks: what qualifies it, separated by spaces.
        key: of the stage that holds the raw answers, 16 digits.
        cleaned: 1 if attackers saw the release after cleaning.
        fits: trainings of the defense that the number is a mean of.
        verdict: of a headline.
        entry: of a published board, from which it is; else 0.
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
    cleaned: int = 0
    fits: int = 1
    verdict: str = ""
    entry: int = 0


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
        yield _with(line, metric, estimate, status, reason or why, chosen=chosen, sign=sign or 1)
    if result.cell.purpose == "canary":
        try:
            yield _with(line, "power", canary_power(result), "ok", "")
        except ValueError as error:
            yield _with(line, "power", None, "skipped", str(error))


def _headlines(results: Sequence[Result], marks: Marks) -> Iterator[Record]:
    for found in headlines(results, marks):
        names = [mark.name for mark in found.marks]
        names += ["failed"] if found.status == "failed" else []
        line = _record(found.result, names)._replace(
            cleaned=int(found.cleaned), verdict=found.verdict
        )
        if found.metric != "kept":
            line = line._replace(purpose="headline")
        chosen = int(found.metric == "leakage" and found.status == "ok")
        numbers = (found.metric, found.estimate, found.status, found.reason)
        yield _with(line, *numbers, chosen=chosen, sign=found.sign)


def _of_releases(qualities: Iterable[ReleaseQuality]) -> Iterator[Record]:
    for quality in qualities:
        result = Result(quality.cell, None, None, "", quality.key)
        line = _record(result, ())
        line = line._replace(purpose="release", target="", attacker="", threat="")
        for metric, estimate, reason in quality.figures(estimates_of_release, quality.values):
            status = "ok" if estimate else "skipped"
            person = quality.values["nearest_person" if metric == "memorised" else "people"]
            about = line._replace(n_people=len(np.unique(person)))
            yield _with(
                about,
                metric,
                estimate,
                status,
                reason,
                chosen=int(metric == "ssim" and estimate is not None),
            )


def _with(
    line: Record,
    metric: str,
    estimate: Estimate | None,
    status: str,
    reason: str,
    *,
    chosen: int = 0,
    sign: int = 1,
) -> Record:
    """The line with a number; without one, it is about nobody."""
    return line._replace(
        metric=metric,
        status=status,
        reason=reason,
        chosen=chosen,
        sign=sign,
        n_people=line.n_people if estimate else 0,
        **(estimate or NOTHING)._asdict(),
    )


def _record(result: Result, marks: Iterable[str]) -> Record:
    """A cell's record without a number."""
    cell = result.cell
    learned_from = "; ".join(
        f"{role} {spec_text(other)}" for role, other in cell.learned_from.items()
    )
    return Record(
        task=cell.task,
        data=spec_text(cell.data),
        protocol=cell.data.protocol,
        learned_from=learned_from,
        purpose=cell.purpose,
        target=cell.target,
        defense=str(without_path(cell.defense)),
        attacker=spec_text(cell.attacker),
        threat=str(cell.threat_spec),
        form=cell.threat.form,
        seed=cell.seed,
        share=cell.share,
        chosen=0,
        sign=1,
        metric="",
        n_people=len(np.unique(result.person)),
        status="",
        reason="",
        marks=" ".join(dict.fromkeys([*cell.marks, *marks])),
        key=result.key[:16],
        cleaned=int(cell.threat.clean),
        **NOTHING._asdict(),  # value, low, high, n, chance
    )
