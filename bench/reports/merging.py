"""One board of many entries: the newest number of each cell, the worst headline of each line."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bench.reports.records import Record, select
from bench.reports.validation import cell_of, line_of
from bench.reports.verdicts import CARRIES, HIDDEN, LEAKS, LITTLE, OPEN
from bench.spec import Spec

_NEARLY = 0.02  # by which an attack may see unprotected pictures less well than those before it
Key = tuple[object, ...]


class Part(NamedTuple):
    """An entry of a board."""

    number: int  # its version
    records: Sequence[Record]
    supersedes: Sequence[int] = ()  # entries whose headlines it replaces where it has its own
    weights: Mapping[str, Mapping[str, str]] = {}  # digests, by defense and seed
    level: int = 0  # of its proof, higher is better


def merged(parts: Sequence[Part]) -> list[Record]:
    """The records of a board, each with the number of its entry.

    A line's headlines, with all fits, are those of the entry that shows most: a stronger attack may
    be entered by anybody. It must be proven as far as the first entry of the line, and see
    unprotected pictures as well, since leakage is a share of that. What is kept of utility is the
    first entry's. An entry that supersedes another replaces what both have of these.
    """
    recipes: dict[tuple[str, str], str] = {}
    for part in parts:
        for defense, by_seed in part.weights.items():
            for digest in by_seed.values():
                recipes.setdefault((Spec.parse(defense).name, digest), defense)
    cells: dict[Key, list[Record]] = {}
    lines: dict[Key, dict[int, list[Record]]] = {}  # by entry: headlines, and what is kept
    titles: dict[Key, str] = {}
    for part in parts:
        own = dict[Key, list[Record]]()
        for r in _entitled(part, titles):
            if r.purpose == "headline" or r.metric == "kept":
                line = r._replace(defense=_by_recipe(r.defense, recipes))
                about = (r.purpose, *line_of(line))
                lines.setdefault(about, {}).setdefault(part.number, []).append(line)
            else:
                own.setdefault(cell_of(r), []).append(r)
        cells |= own
    of_number = {part.number: part for part in parts}
    shown = [r for about, found in lines.items() for r in _standing(about[0], found, of_number)]
    rest = [r for group in cells.values() for r in group]
    releases = select(rest, purpose="release")
    return [*(r for r in rest if r.purpose != "release"), *shown, *releases]


def _entitled(part: Part, titles: dict[Key, str]) -> Iterator[Record]:
    """An entry's records under the titles of the board: one for the same data and secrets."""
    private: dict[str, dict[str, None]] = {}
    for r in select(part.records, purpose="private"):
        private.setdefault(r.task, {})[r.target] = None
    for r in part.records:
        task = (r.data, r.protocol, r.learned_from, *sorted(private.get(r.task, ())))
        if task not in titles:
            taken = r.task in titles.values()
            titles[task] = f"{r.task} (entry {part.number})" if taken else r.task
        yield r._replace(task=titles[task], entry=part.number)


def _by_recipe(defense: str, recipes: Mapping[tuple[str, str], str]) -> str:
    """The recipe of a defense whose weights another entry has fitted; else as it is."""
    spec = Spec.parse(defense)
    return recipes.get((spec.name, str(dict(spec.fields).get("weights", ""))), defense)


def _standing(
    purpose: object, by_entry: Mapping[int, Sequence[Record]], parts: Mapping[int, Part]
) -> Sequence[Record]:
    """What stands of a line: of one entry that no other one replaces."""
    replaced = {old for number in by_entry for old in parts[number].supersedes}
    first, *others = (number for number in by_entry if number not in replaced)
    if purpose != "headline":
        return by_entry[first]
    one = by_entry[first][0]
    sees = _sight(parts[first].records, one) - _NEARLY
    proven = [number for number in others if parts[number].level >= parts[first].level]
    others = [number for number in proven if _sight(parts[number].records, one) >= sees]
    return by_entry[max((first, *others), key=lambda n: (*severity(by_entry[n]), -n))]


def _sight(records: Sequence[Record], headline: Record) -> float:
    """The best |2 AUC - 1| of attacks about a target without a defense; 0 if there is none."""
    about = {"data": headline.data, "target": headline.target, "purpose": "private", "status": "ok"}
    found = [r for r in select(records, **about) if Spec.parse(r.defense).name == "none"]
    values = (r.value for r in found if r.metric in ("auc", "pairwise_auc"))
    return max((abs(2 * value - 1) for value in values), default=0.0)


def severity(headlines: Sequence[Record]) -> tuple[int, float]:
    """How much the headlines of a line show; of equal verdicts the larger leakage counts.

    That an attack was too weak to conclude does not refute a claim; that it could not be bounded
    does.
    """
    found = [r for r in headlines if r.metric == "leakage"]
    word = next((r.verdict for r in found), "")
    imprecise = any("imprecise" in r.marks.split() for r in found)
    order = (OPEN, HIDDEN, CARRIES, LITTLE, "imprecise", LEAKS)
    place = order.index("imprecise" if word == OPEN and imprecise else word) if word in order else 0
    values = [r.value for r in found if r.status == "ok"]
    return place, sum(values) / len(values) if values else -1.0
