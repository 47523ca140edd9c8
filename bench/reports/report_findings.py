"""What a report says of each task and defense: numbers of the tables, prepared for the page."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from math import isnan
from typing import NamedTuple

from markupsafe import Markup

from bench.api import Dataset, Defense
from bench.registry import plugins
from bench.reports.in_words import Strongest, strongest_attack, whole_percent
from bench.reports.pareto import plotted
from bench.reports.records import Record, select, short
from bench.reports.summary import LINE, Row, groups, utilities
from bench.reports.svg import Dot, plane
from bench.reports.tradeoff import mean_number, unique
from bench.reports.verdicts import REFERENCE
from bench.spec import Spec
from bench.tables import Cell, Number

WORDS = tomllib.loads((files("bench") / "templates" / "words.toml").read_text("utf-8"))


class Line(NamedTuple):
    """A form of a defense: its row of the table, and the strongest attack on it.

    For each utility target: what a judge keeps that is used as it is, and one that learned from
    releases (or codes); empty where nobody asked.
    """

    row: Row
    name: str  # of the defense, as short as can be
    number: int  # of the row, from 1
    anchor: str  # of the row
    said: Mapping[str, str]  # of the verdict, in plain words
    as_is: Sequence[Cell]
    retrained: Sequence[Cell]
    attack: Strongest | None
    unseen: Cell  # what an attacker gets right who has seen no release; empty if nobody asked


class Tested(NamedTuple):
    """A defense with its forms; those of a cleaned release that repeats are left out."""

    name: str
    spec: str
    does: str  # in one sentence; empty for a plugin that is not installed
    lines: Sequence[Line]
    attackers: Mapping[str, Sequence[str]]  # by what they know


class Task(NamedTuple):
    """A task and private target; `first` is any of its records."""

    first: Record
    data: str
    anchor: str
    secret: str  # what attackers want, in words
    keeps: Sequence[str]
    n: int
    n_people: int
    n_fits: int
    lines: Sequence[Line]  # in the order of the table
    tested: Sequence[Tested]
    attackers: Mapping[str, Sequence[str]]  # of all defenses
    unfinished: Sequence[bool]  # for each attack, whether its attacker had not finished learning
    planes: Sequence[tuple[str, Markup]]  # utility target, and the plot


def tasks(records: Sequence[Record]) -> list[Task]:
    """All tasks and private targets with headlines."""
    return [_task(f"t{number}", *group) for number, group in enumerate(groups(records), start=1)]


def _task(anchor: str, about: Sequence[Record], rows: Sequence[Row]) -> Task:
    first = select(about, purpose="headline")[0]
    known = [r for r in about if r.purpose in ("headline", "private")]
    lines, keeps = list(_lines(about, rows, anchor)), utilities(about)
    shown = [x for x in lines if not x.row.is_repeated]
    names = unique((x.name, x.row.defense) for x in shown if x.row.verdict != REFERENCE)
    attacked = [r for r in known if short(Defense, r.defense) in {spec for _, spec in names}]
    attacks = {
        (r.defense, r.attacker, r.threat, r.seed): r.marks
        for r in select(attacked, purpose="private", status="ok")
    }
    unfinished = ["undertrained" in marks.split() for marks in attacks.values()]
    planes = ((name, _plane(first, name, place, shown)) for place, name in enumerate(keeps))
    drawn = [(name, plane) for name, plane in planes if plane]
    secret = "who the person is" if first.target == "identity" else f"the {first.target}"
    n, n_people = max(r.n for r in known), max(r.n_people for r in known)
    n_seeds = len(unique(r.seed for r in about))
    tested = []
    for name, spec in names:
        forms = sorted((x for x in shown if x.row.defense == spec), key=_place)
        who = _attackers([r for r in known if short(Defense, r.defense) == spec])
        tested.append(Tested(name, spec, does("defense", spec), forms, who))
    return Task(
        *(first, short(Dataset, first.data), anchor, secret, keeps, n, n_people, n_seeds),
        *(lines, tested, _attackers(attacked), unfinished, drawn),
    )


def _place(line: Line) -> int:
    return ("picture", "picture, cleaned", "code").index(line.row.form)


def _lines(about: Sequence[Record], rows: Sequence[Row], anchor: str) -> Iterator[Line]:
    names = labels(row.defense for row in rows)
    judged = select(about, purpose="utility", metric="kept", status="ok")
    targets = utilities(about)
    for number, row in enumerate(rows, start=1):
        said = WORDS["verdicts"].get(row.verdict, WORDS["verdicts"][""])
        mine = select(row.headlines, status="ok")
        attack = strongest_attack(about, mine) if mine else None
        kept = select(judged, **{name: getattr(row.headlines[0], name) for name in LINE})
        seen = {r.target for r in kept if not _is_unseen(r)}
        unseen = [r for r in kept if _is_unseen(r)]
        as_is = [mean_number(select(unseen, target=name)) for name in targets]
        retrained = [x if name in seen else "" for name, x in zip(targets, row.keeps, strict=True)]
        yield Line(row, names[row.defense], number, f"{anchor}-{number}", said,
                   as_is, retrained, attack, _unseen(about, row, attack))  # fmt: skip


def _is_unseen(record: Record) -> bool:
    """Whether who answered has seen no release."""
    return Spec.parse(record.threat).name in ("raw", "lazy")


def _unseen(about: Sequence[Record], row: Row, attack: Strongest | None) -> Cell:
    """What the best attackers without a release get right; empty if the strongest is one."""
    if not attack or row.form != "picture" or _is_unseen(attack.headline):
        return ""
    chosen = select(about, purpose="private", metric=attack.metric, chosen=1, status="ok")
    mine = [r for r in chosen if short(Defense, r.defense) == row.defense]
    return mean_number([r for r in mine if _is_unseen(r)])


def labels(specs: Iterable[str]) -> Mapping[str, str]:
    """For each spec the plugin's name, and of several alike what they differ in."""
    alike: dict[str, dict[str, Spec]] = {}
    for text in specs:
        spec = Spec.parse(text)
        alike.setdefault(spec.name, {})[text] = spec
    found = {}
    for name, group in alike.items():
        shared = set.intersection(*(set(spec.fields) for spec in group.values()))
        presets = {spec.preset for spec in group.values()}
        for text, spec in group.items():
            differ = tuple(field for field in spec.fields if field not in shared)
            preset = spec.preset if len(presets) > 1 else ""
            found[text] = str(Spec(name, preset, differ if len(group) > 1 else ()))
    return found


def _attackers(records: Sequence[Record]) -> Mapping[str, Sequence[str]]:
    """Names of the attackers that had answers to give, by what they know in words."""
    asked = [r for r in records if r.purpose == "private" and r.status != "skipped"]
    who = unique((knows(r.threat), Spec.parse(r.attacker).name) for r in asked)
    return {known: [name for other, name in who if other == known] for known, _ in who}


def knows(threat: str) -> str:
    """What attackers under a threat know, in words."""
    spec = Spec.parse(threat)
    fields = dict(spec.fields)
    cleaned = WORDS["cleaned"] if fields.pop("clean", "") == "true" else ""
    more = "".join(f", {name} {value}" for name, value in fields.items())
    return f"{WORDS['threats'].get(spec.name, spec.name)}{cleaned}{more}"


def does(kind: str, spec: str) -> str:
    """What a plugin does, in the first line of its docstring."""
    plugin = plugins(kind).get(Spec.parse(spec).name)
    return (plugin.__doc__ or "").partition("\n")[0] if plugin else ""


def _plane(first: Record, utility: str, place: int, lines: Sequence[Line]) -> Markup | None:
    by_row = {(line.row.defense, line.row.form): line for line in lines}
    dots = [
        _dot(by_row[row.defense, row.form], leaks, keeps)
        for row, leaks, keeps in plotted([line.row for line in lines], place)
    ]
    axes = (f"{first.target} leaked, % of unprotected (further left is better)",
            f"{utility} kept, % of unprotected (higher is better)")  # fmt: skip
    return plane(dots, f"{first.task}: what each defense keeps and leaks", axes) if dots else None


def _dot(line: Line, leaks: Number, keeps: Number) -> Dot:
    row = line.row
    form = "" if row.form == "picture" else f" ({row.form.removeprefix('picture, ')})"
    leaked, kept = (whole_percent(cell, ends=True) for cell in (leaks, keeps))
    said = f"{row.defense}, {row.form}: {row.verdict}; leaks {leaked}, keeps {kept}"
    joined = row.on_front and row.form != "code"  # codes have a front of their own
    return Dot(f"{line.number} {line.name}{form}", said, f"#{line.anchor}", line.said["shape"],
               _ends(leaks), _ends(keeps), joined)  # fmt: skip


def _ends(number: Number) -> tuple[float, float, float]:
    """A number with its interval; without one, the number thrice."""
    low, high = (number.value if isnan(end) else end for end in (number.low, number.high))
    return number.value, low, high
