"""What a published board must hold: whole, finite, in range, and told in full."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import inf, isfinite, isnan
from typing import Annotated, get_type_hints
from unicodedata import category

from pydantic import BaseModel, Field, ValidationError

from bench.metrics.declared import declared
from bench.reports.boards import SCHEMA_VERSION, Board
from bench.reports.records import Record, select
from bench.reports.verdicts import ORDER, REFERENCE
from bench.spec import Spec

FITS = 3  # least number of trainings behind a verdict
CONTROLS = ("none", "constant")  # defenses without which no number can be read
LONGEST = 20_000  # characters of a text
_PURPOSES = {"private", "utility", "headline", "release", "permuted", "canary", "saturation"}
_AMONG: Mapping[str, frozenset[object]] = {
    "purpose": frozenset({*_PURPOSES, "trace"}),
    "form": frozenset({"pixels", "codes"}),
    "status": frozenset({"ok", "skipped"}),
    "verdict": frozenset({"", *ORDER, REFERENCE}),
    "chosen": frozenset({0, 1}),
    "cleaned": frozenset({0, 1}),
    "sign": frozenset({1, -1}),
}
_HIDING = {"Cc", "Cf", "Zl", "Zp"}  # categories of what moves or hides text
PRINTABLE = r"^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$"  # of pydantic: nothing that moves or hides text
_ROUNDING = 0.005  # ends of intervals keep three decimals, or two digits
_Text = Annotated[str, Field(max_length=LONGEST, pattern=PRINTABLE)]
_TYPES = get_type_hints(Record)
Attack = tuple[str, str]  # attacker and threat


def check(board: Board) -> None:
    """Raises ValueError for what first keeps a board from being published."""
    if (version := board.about.get("schema_version")) != SCHEMA_VERSION:
        raise ValueError(f"expected schema {SCHEMA_VERSION}, got {version}; run the grid again")
    if not board.records:
        raise ValueError("expected records, got none")
    problem = next((problem for find in _CHECKS for problem in find(board)), None)
    if problem:
        raise ValueError(problem)


def _types(board: Board) -> Iterator[str]:
    for place, r in enumerate(board.records, 1):
        for name, kind in _TYPES.items():
            value = getattr(r, name)
            allowed = (int, float) if kind is float else kind
            if not isinstance(value, allowed) or isinstance(value, bool):
                yield f"record {place}: expected {name} as {kind.__name__}, got {value!r:.100}"
            kinds = {category(c) for c in value if c != "\n"} if isinstance(value, str) else set()
            if isinstance(value, str) and (len(value) > LONGEST or kinds & _HIDING):
                yield f"record {place}: expected {name} as printable text, got {value!r:.100}"
            if name in _AMONG and value not in _AMONG[name]:
                known = ", ".join(map(str, sorted(_AMONG[name], key=str)))
                yield f"record {place}: expected {name} among {known}, got {value!r:.100}"


def _ranges(board: Board) -> Iterator[str]:
    for r in board.records:
        if r.status != "ok":
            if not r.reason:
                yield f"{_about(r)}: expected a number or a reason, got neither"
            if not isnan(r.value):
                yield f"{_about(r)}: expected no number, got {r.value:g} although it is {r.status}"
            continue
        try:
            metric = declared(r.metric)
        except KeyError:
            yield f"{_about(r)}: expected a metric of docs/metrics.md, got {r.metric!r:.100}"
            continue
        endless = r.metric == "psnr_db" and r.value == inf  # of equal pictures
        if not (isfinite(r.value) or endless) or not metric.lowest <= r.value <= metric.highest:
            ends = f"{metric.lowest:g} to {metric.highest:g}"
            yield f"{_about(r)}: expected a number in {ends}, got {r.value:g}"
        room = _ROUNDING * max(1, abs(r.value))
        if not endless and (r.low > r.value + room or r.value > r.high + room):
            yield f"{_about(r)}: expected {r.value:g} in its interval, got {r.low:g} to {r.high:g}"
        if min(r.n, r.n_people, r.fits) < 1 or r.seed < 0:
            counts = f"n {r.n}, {r.n_people} people, {r.fits} fits, seed {r.seed}"
            yield f"{_about(r)}: expected counts of pictures, people and fits, got {counts}"
        if not 0 < r.share <= 1 or r.chance < metric.lowest or r.chance > metric.highest:
            yield f"{_about(r)}: expected a share and a chance level, got {r.share:g}, {r.chance:g}"


def _duplicates(board: Board) -> Iterator[str]:
    seen = set[tuple[object, ...]]()
    for r in board.records:
        about = (*cell_of(r), r.metric)
        if about in seen:
            yield f"{_about(r)}: expected each number once, got it twice"
        seen.add(about)


def _holes(board: Board) -> Iterator[str]:
    """Cells that other defenses and seeds have."""
    for task in dict.fromkeys(r.task for r in board.records):
        mine = select(board.records, task=task)
        seeds = sorted({r.seed for r in mine})
        names = {Spec.parse(r.defense).name for r in mine}
        if lacking := sorted(set(CONTROLS) - names):
            yield f"{task}: expected the controls {CONTROLS}, got none about {lacking[0]}"
        for control in ("permuted", "canary"):
            if not select(mine, purpose=control):
                yield f"{task}: expected the control {control} of attackers, got none"
        if not select(mine, purpose="private", status="ok"):
            yield f"{task}: expected attacks with answers, got none"
        for purpose, target in dict.fromkeys((r.purpose, r.target) for r in mine):
            if purpose in ("private", "utility"):
                asked = [r for r in mine if (r.purpose, r.target) == (purpose, target)]
                yield from _lacking(asked, seeds)
        yield from _without_headline(mine, seeds)


def _lacking(asked: Sequence[Record], seeds: Sequence[int]) -> Iterator[str]:
    """Of one purpose and target of a task."""
    present = {(r.defense, r.attacker, r.threat, r.seed) for r in asked}
    plain = dict.fromkeys((r.attacker, r.threat) for r in asked if not r.cleaned)
    cleaned = dict.fromkeys((r.attacker, r.threat) for r in asked if r.cleaned)
    for defense in dict.fromkeys(r.defense for r in asked):
        is_cleaned = any(r.cleaned and r.defense == defense for r in asked)
        attacks = [*plain, *(cleaned if is_cleaned else ())]
        for (attacker, threat), seed in product(attacks, seeds):
            if (defense, attacker, threat, seed) not in present:
                about = f"{asked[0].target} of {defense:.60} by {attacker:.60}, {threat}"
                yield f"{asked[0].task}: expected {about}, seed {seed}, or a reason, got neither"


def _without_headline(records: Sequence[Record], seeds: Sequence[int]) -> Iterator[str]:
    told = {
        (r.target, r.defense, r.form, r.seed)
        for r in select(records, purpose="headline", metric="leakage")
    }
    asked = [r for r in select(records, purpose="private") if r.metric]
    for target, defense, form in dict.fromkeys((r.target, r.defense, r.form) for r in asked):
        for seed in seeds:
            if (target, defense, form, seed) not in told:
                about = f"{target} of {defense:.60} from {form}, seed {seed}"
                yield f"{records[0].task}: expected a headline about {about}, got none"


def _few_fits(board: Board) -> Iterator[str]:
    fits: dict[tuple[object, ...], int] = {}
    headlines = [r for r in select(board.records, purpose="headline", metric="leakage")]
    for r in headlines:
        fits[line_of(r)] = fits.get(line_of(r), 0) + r.fits
    for r in headlines:
        if r.verdict not in ("", REFERENCE) and fits[line_of(r)] < FITS:
            yield (
                f"{_about(r)}: expected {FITS} fits behind a verdict, got {fits[line_of(r)]}; run "
                "the grid with --seeds 0,1,2"
            )


class _About(BaseModel):
    """What is published of `unmask` besides the records."""

    data: dict[str, dict[str, _Text]] = {}
    weights: dict[_Text, dict[str, _Text]] = {}
    provenance: dict[str, bool | int | float | _Text | dict[str, _Text] | None]


def _untold(board: Board) -> Iterator[str]:
    try:
        about = _About.model_validate(board.about)
    except ValidationError as error:
        place = " ".join(map(str, error.errors()[0]["loc"]))
        yield f"expected {place:.100} as bench writes it, got other data"
        return
    for defense in about.weights:
        try:
            Spec.parse(defense)
        except ValueError as error:
            yield f"expected weights by defense, got {error!s:.200}"
    for data in dict.fromkeys(r.data for r in board.records):
        facts = about.data.get(data, {})
        if not re.fullmatch("[0-9a-f]{64}", facts.get("fingerprint", "")):
            yield f"expected the fingerprint of {data:.100}, got none; run the grid again"
        if not facts.get("licence"):
            yield f"expected the licence of {data:.100}, got none; name it: --licence TEXT"
    if stale := about.provenance.get("stale_since"):
        yield f"expected numbers of today's code, got some that are stale since {stale}; run again"


_CHECKS = (_types, _ranges, _duplicates, _few_fits, _holes, _untold)


def cell_of(r: Record) -> tuple[object, ...]:
    """What tells the cell of a record from all others."""
    about = (r.task, r.data, r.protocol, r.learned_from, r.purpose, r.target, r.defense)
    return (*about, r.attacker, r.threat, r.form, r.seed, r.share, r.cleaned)


def line_of(r: Record) -> tuple[str, str, str, str, str, str, int]:
    """What a headline is about, whatever the attack, the fit, and the title of the task."""
    return (r.data, r.protocol, r.learned_from, r.target, r.defense, r.form, r.cleaned)


def _about(r: Record) -> str:
    """A record in a few words."""
    parts = (r.purpose, r.target, r.defense, r.attacker, r.threat)
    text = " ".join(part for part in parts if part)
    return f"{text:.150}, seed {r.seed}: {r.metric}"
