"""One board of many entries: the newest number of each cell, the worst headline of each line."""

from collections.abc import Iterator, Mapping, Sequence

from bench.reports.records import Record
from bench.reports.validation import cell_of, line_of
from bench.reports.verdicts import CARRIES, HIDDEN, LEAKS, LITTLE, OPEN
from bench.spec import Spec

# A defense, its seeds, and the digest of the weights of each.
Weights = Mapping[str, Mapping[str, str]]
Question = tuple[str, str, str, str, int]  # data, protocol, roles, target, and whether it is hidden


def merged(
    entries: Mapping[int, Sequence[Record]],
    supersedes: Mapping[int, Sequence[int]],
    weights: Mapping[int, Weights],
) -> list[Record]:
    """The records of a board, each with the number of its entry.

    A line's headlines, with all fits, are those of the entry that shows most: a stronger attack may
    be entered by anybody. An entry that supersedes another replaces the headlines that both have.
    """
    recipes = {
        (Spec.parse(defense).name, digest): defense
        for of_entry in weights.values()
        for defense, by_seed in of_entry.items()
        for digest in by_seed.values()
    }
    cells: dict[tuple[object, ...], list[Record]] = {}
    headlines: dict[tuple[object, ...], dict[int, list[Record]]] = {}
    titles: dict[tuple[object, ...], str] = {}
    for number, found in sorted(entries.items()):
        own = dict[tuple[object, ...], list[Record]]()
        for r in _entitled(found, number, titles):
            if r.purpose == "headline":
                line = r._replace(defense=_by_recipe(r.defense, recipes))
                headlines.setdefault(line_of(line), {}).setdefault(number, []).append(line)
            else:
                own.setdefault(_cell(r), []).append(r)
        cells |= own
    kept = [r for group in cells.values() for r in group]
    shown = [r for group in headlines.values() for r in _worst(group, supersedes)]
    releases = [r for r in kept if r.purpose == "release"]
    return [*(r for r in kept if r.purpose != "release"), *shown, *releases]


def _cell(r: Record) -> tuple[object, ...]:
    """The cell of a record; what is kept of utility is not one of a single judge."""
    if r.metric == "kept":
        return (*line_of(r), r.task, r.threat, r.seed)
    return cell_of(r)


def _entitled(
    records: Sequence[Record], number: int, titles: dict[tuple[object, ...], str]
) -> Iterator[Record]:
    """An entry's records under the titles of the board: one for the same data and secrets."""
    private: dict[str, dict[str, None]] = {}
    for r in records:
        if r.purpose == "private":
            private.setdefault(r.task, {})[r.target] = None
    for r in records:
        task = (r.data, r.protocol, r.learned_from, *sorted(private.get(r.task, ())))
        if task not in titles:
            taken = r.task in titles.values()
            titles[task] = f"{r.task} (entry {number})" if taken else r.task
        yield r._replace(task=titles[task], entry=number)


def _by_recipe(defense: str, recipes: Mapping[tuple[str, str], str]) -> str:
    """The recipe of a defense whose weights another entry has fitted; else as it is."""
    spec = Spec.parse(defense)
    return recipes.get((spec.name, str(dict(spec.fields).get("weights", ""))), defense)


def _worst(
    by_entry: Mapping[int, Sequence[Record]], supersedes: Mapping[int, Sequence[int]]
) -> Sequence[Record]:
    """The headlines of the entry that shows most, of those that no other one replaces."""
    replaced = {old for number in by_entry for old in supersedes[number]}
    in_force = [n for n in by_entry if n not in replaced]
    return by_entry[max(in_force, key=lambda n: (*severity(by_entry[n]), -n))]


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
    return max(0, place), sum(values) / len(values) if values else -1.0
