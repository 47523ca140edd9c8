"""The scenarios of PPRL-VGAN's paper, for defenses that show another class than the true one."""

from collections.abc import Iterator, Sequence

from bench.api import Defense
from bench.registry import make
from bench.reports.records import Record, select, short
from bench.reports.tradeoff import chance_number, mean_number
from bench.spec import Spec
from bench.tables import Cell, NotAvailable, Table

NOTE = (
    "Scenarios of Chen, Konrad, Ishwar (CVPR-W 2018): the attacker learns from raw pictures (I), "
    "from protected ones (II), or from codes, which it then answers about (III). I is near chance "
    "by construction: its attacker names the class that is shown, so the table also gives how "
    "often it does so, and its accuracy where another class is shown. II and III show what leaks. "
    "Accuracy in % of the strongest attacker by validation pictures, for utility of the best "
    "judge, with 95 % intervals over people; of several seeds the mean and the widest interval. "
    "The paper's Table 1 has these rows for MUG and FERG-DB; its figures are in no source that "
    "was read, so none stand beside ours."
)
_NUMERALS = {"raw": "I", "aware": "II", "latent": "III"}
_METRICS = {  # of the private target, with their headings
    "top1": "v {}",
    "names_target_identity": "names the class shown",
    "top1_if_other": "v {} where another is shown",
    "pooled_10": "v {}, 10 pooled",
    "pooled_100": "v {}, 100 pooled",
}
Question = tuple[str, str, str]  # purpose, target, metric


def scenarios(records: Sequence[Record]) -> list[Table]:
    """A table for each task, private target and defense that shows another class."""
    impersonating = select(records, metric="names_target_identity", purpose="private")
    asked = dict.fromkeys((r.task, r.target, r.defense) for r in impersonating)
    return [_table(records, *which) for which in asked]


def _table(records: Sequence[Record], task: str, target: str, defense: str) -> Table:
    here = select(records, task=task, chosen=1, cleaned=0)
    utilities = list(dict.fromkeys(r.target for r in select(here, purpose="utility")))
    headings = [text.format(target) for text in _METRICS.values()]
    headings += [f"^ {utility}" for utility in utilities]
    asked = [("private", target, metric) for metric in _METRICS]
    asked += [("utility", utility, "top1") for utility in utilities]
    raw = select(here, threat="raw")
    undefended = [r for r in raw if make(Defense, Spec.parse(r.defense)).changes_nothing]
    mine = select(here, defense=defense)
    rows = [
        _row("unconstrained", undefended, asked),
        ["random guess", *(chance_number(_of(undefended, q), NotAvailable()) for q in asked)],
        *(_row(name, found, asked) for name, found in _by_scenario(mine)),
    ]
    title = f"Scenarios: {short(Defense, defense)}: {task}"
    return Table(title, ["scenario", *headings], rows)


def _by_scenario(records: Sequence[Record]) -> Iterator[tuple[str, list[Record]]]:
    """The records of each threat, in the order of the paper."""
    threats = dict.fromkeys(r.threat for r in records if r.purpose in ("private", "utility"))
    for name, numeral in _NUMERALS.items():
        for threat in threats:
            if Spec.parse(threat).name == name:
                yield f"{numeral} ({threat})", select(records, threat=threat)


def _row(name: str, records: Sequence[Record], asked: Sequence[Question]) -> list[Cell]:
    return [name, *(mean_number(_of(records, which), NotAvailable()) for which in asked)]


def _of(records: Sequence[Record], question: Question) -> list[Record]:
    purpose, target, metric = question
    return select(records, purpose=purpose, target=target, metric=metric)
