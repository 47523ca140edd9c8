"""What a run found, as text for the terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from bench.api import Dataset, Defense
from bench.reports.records import Record, select, short
from bench.reports.summary import Row, groups, not_asked, same_attack, utilities
from bench.reports.tradeoff import fits, mean_number, unique
from bench.reports.verdicts import HIDDEN, LEAKS, LITTLE, OPEN, REFERENCE
from bench.spec import Spec
from bench.tables import Cell, Number

_MOST_ROWS = 14  # of a table
_WHO = {
    "raw": "has seen no release",
    "lazy": "has seen no release",
    "aware": "learned from releases",
    "latent": "learned from codes",
    "reencode": "turns releases into codes",
}
_SO = {
    LEAKS: "it leaks",
    LITTLE: "it leaks a little",
    HIDDEN: "hidden, as far as tried",
    OPEN: "too weak to conclude",
}
_READING = (
    "keeps: the best judge (retrained, where asked for), as a share of the undefended. leaks: the "
    "attack that is strongest on validation pictures, likewise; a verdict names the one that shows "
    "most.\nhidden: from these attacks, for these people, these fits."
)
_NO_ATTACK = "no attack on a private target was asked for; table.md has the utility"


def heading(records: Sequence[Record], name: str) -> str:
    """What a run was about, in a line."""
    first = (select(records, purpose="headline") or select(records, purpose="utility"))[0]
    purposes = ("headline", "private", "utility")
    about = [r for r in select(records, task=first.task) if r.purpose in purposes]
    n, n_people = (max(getattr(r, what) for r in about) for what in ("n", "n_people"))
    data = short(Dataset, first.data)
    return f"{name}: {data}: {n} pictures of {n_people} people, {fits(records)}"


def lines_of_text(records: Sequence[Record], *, is_narrow: bool = False) -> Iterator[str]:
    """The tables in at most 20 lines each, or a line of any length per row; how to read them."""
    found = list(groups(records))
    n_tables = Counter(about[0].task for about, _ in found)
    for about, rows in found:
        shown = [row for row in rows if not row.is_repeated]
        keeps = [f"keeps {name}" for name in utilities(about)]
        if is_narrow:
            yield about[0].task.upper()
            yield from (_in_a_line(row, keeps) for row in shown)
        else:
            most = max(3, _MOST_ROWS // n_tables[about[0].task])
            yield from _table(about[0].task, shown[:most], keeps)
            if len(shown) > most:
                yield f"(and {len(shown) - most} more in table.md)"
    yield from not_asked(records)
    yield _READING if found else _NO_ATTACK


class Strongest(NamedTuple):
    """What the strongest attack on a line gets right."""

    headline: Record  # of the fit with the largest leakage
    metric: str  # `top1`, `auc` or `pairwise_auc`
    right: Number  # the mean over fits
    guess: float
    unprotected: Number


def strongest_attack(about: Sequence[Record], line: Sequence[Record]) -> Strongest | None:
    """The strongest attack by the leakage of a line; None if it is not comparable.

    `about` are the records of the task and target.
    """
    worst = max(line, key=lambda r: r.value)
    attacks = [r for r in about if r.purpose == "private" and r.status == "ok"]
    # Codes are compared with unprotected pictures, too.
    leaks = select(about, purpose="headline", metric="leakage", status="ok", form="pixels")
    none = [r for r in leaks if Spec.parse(r.defense).name == "none"]
    metrics = ["auc", "top1" if worst.sign > 0 else "pairwise_auc"]  # as leakage is computed
    if not (none and (found := same_attack(attacks, line, metrics))):
        return None
    metric, guess = found[0].metric, found[0].chance
    right, bare = map(mean_number, (found, same_attack(attacks, none, [metric])))
    if not (isinstance(right, Number) and isinstance(bare, Number)):
        return None
    return Strongest(worst, metric, right, guess, bare)


def sentences(records: Sequence[Record]) -> Iterator[str]:
    """What the strongest attack on each defense gets right, in words."""
    for about, _ in groups(records):
        leaks = select(about, purpose="headline", metric="leakage", status="ok")
        for defense in unique(r.defense for r in leaks if r.verdict not in ("", REFERENCE)):
            mine = select(leaks, defense=defense)
            worst = max(mine, key=lambda r: (r.form == "pixels", r.value))
            line = select(mine, form=worst.form, cleaned=worst.cleaned)
            if found := strongest_attack(about, line):
                yield _sentence(found)


def _sentence(found: Strongest) -> str:
    headline = found.headline
    attacker, threat = Spec.parse(headline.attacker).name, Spec.parse(headline.threat).name
    secret = {"identity": "who is who"}.get(headline.target, f"the {headline.target}")
    verb, unit = f"told {secret} in", " of pairs"
    if found.metric == "top1":
        verb, unit = ("named" if headline.target == "identity" else f"told {secret} of"), ""
    so = _SO.get(headline.verdict, headline.verdict)
    shown = headline.reason.split("; ")[0]  # of a leak, by the attack that shows most
    if headline.verdict == LEAKS and not shown.startswith(f"{attacker} {headline.threat}:"):
        so += f", see {shown}"
    return (
        f"{short(Defense, headline.defense)}: of {headline.n_people} people, an attacker who "
        f"{_WHO[threat]} ({attacker}) {verb} {100 * found.right.value:.0f} %{unit} (a guess "
        f"{100 * found.guess:.0f} %); unprotected {100 * found.unprotected.value:.0f} %: {so}"
    )


def _table(task: str, rows: Sequence[Row], keeps: Sequence[str]) -> Iterator[str]:
    widths = [max(map(len, (task, *(row.defense for row in rows)))), 16]
    yield _aligned([task.upper(), "", *keeps, "leaks [95 %]", "verdict"], widths)
    for row in rows:
        kept, leaks = map(whole_percent, row.keeps), whole_percent(row.leaks, ends=True)
        yield _aligned([row.defense, row.form, *kept, leaks, _verdict(row)], widths)


def _in_a_line(row: Row, keeps: Sequence[str]) -> str:
    kept = [f"{name} {whole_percent(cell)}" for name, cell in zip(keeps, row.keeps, strict=True)]
    leaks = f"leaks {whole_percent(row.leaks, ends=True)}"
    return f"- {row.defense}, {row.form}: {', '.join([*kept, leaks])}; {_verdict(row)}"


def _verdict(row: Row) -> str:
    """The word and the first clause of the reason."""
    said = row.verdict.upper() if row.verdict == LEAKS else row.verdict
    reason = row.reason.split("; ")[0]
    return f"{said}: {reason}" if reason else said


def whole_percent(cell: Cell, *, ends: bool = False) -> str:
    """A cell in whole percent."""
    if not isinstance(cell, Number):
        return str(cell)
    text = f"{100 * cell.value:z.0f} %"  # z: no -0
    return f"{text} [{100 * cell.low:z.0f}, {100 * cell.high:z.0f}]" if ends else text


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, second, *middle, last = cells
    columns = [first.ljust(widths[0]), second.ljust(widths[1]), *(c.rjust(18) for c in middle)]
    return "  ".join([*columns, last]).rstrip()
