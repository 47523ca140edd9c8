"""The tables of the papers, with their published figures beside those of a run.

Source: published_figures.csv: Raschka, slides of the Applied Machine Learning Conference 2018
(`san-*`), which show Mirjalili et al., ICB 2018 [mirjalili2018san]; Shirai and Whitehill, CVPR-W
2019 [shirai2019annotation]: Table 1 and section 6.5 (`annotation`), 6.1 (`annotation-tests`), 6.4
and Figure 6 (`annotation-majority`), 6.6 and Figures 9 and 10 (`annotation-worst`). The figures in
Table 1 of Chen, Konrad, Ishwar, CVPR-W 2018, are in no source that was read, so none stand here.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from bench.api import Attacker, Dataset, Defense
from bench.registry import make
from bench.reports.records import Record, select, short
from bench.reports.tradeoff import mean_number, unique
from bench.spec import Spec
from bench.tables import Cell, NotAvailable, Number, Table

_SAN, _MIXED = "san", "othman_ross"
_ROWS = ("before", "SM", "NT", "OP", "Othman and Ross")
_VERSIONS = {"raw": "raw", "began_cs": "GAN", "surrogate_3d": "Extreme3D"}
_QUESTIONS = {"smile": "joy"}  # where data call them otherwise
_NAMES = {"celeba": "CelebA", "muct": "MUCT", "lfw": "LFW", "ar": "AR"}


class _PaperTable(NamedTuple):
    """A published table, and which records answer its question."""

    name: str  # in published_figures.csv
    title: str
    purpose: str
    target: str
    metrics: Sequence[str]  # of the first that a run has
    note: str


_TABLES = (
    _PaperTable(
        "san-gender",
        "Gender before and after SAN, equal error rate in %",
        "private",
        "gender",
        ("eer",),
        "Ours: EER of each judge that learned from raw pictures or from no picture of ours, 95 % "
        "intervals over people, a guess 50. Published: the error of IntraFace and a commercial "
        "classifier (G-COTS); the slides call it accuracy, but it rises with protection.",
    ),
    _PaperTable(
        "san-matching",
        "Matching before and after SAN, true match rate in %",
        "utility",
        "identity",
        ("tmr_at_fmr_1%", "tmr_at_fmr_10%"),
        "Ours: TMR of each matcher at the lowest FMR of 1 and 10 % that the data support, a guess "
        "the FMR. Published: of a commercial matcher (M-COTS); the slides do not say its FMR.",
    ),
)
_COUNTS = ("images", "male", "female")
_COUNTS_NOTE = (
    "Ours: the unprotected pictures, and their people, that judges of gender were tested on. "
    "Published: by the slides; male and female are images of CelebA, but subjects of the others."
)
Row = tuple[str, str]  # data, and what was done to its pictures


def paper_tables(records: Sequence[Record]) -> list[Table]:
    """The tables of the SAN paper and its data, if the run asked SAN for its three outputs."""
    drop_in = [r for r in select(records, threat="raw") if _row(r)]
    if not {"SM", "NT", "OP"} <= {_row(r) for r in drop_in}:
        return []
    return [*(made for paper in _TABLES if (made := _table(paper, drop_in))), _counts(drop_in)]


@cache
def published(table: str) -> Mapping[Row, Mapping[str, float]]:
    """The figures of a published table, by data and row, then by column.

    They are fractions; t, images, people and labelers are not.
    """
    text = files("bench.reports").joinpath("published_figures.csv").read_text(encoding="utf-8")
    found: dict[Row, dict[str, float]] = {}
    for line in csv.DictReader(text.splitlines()):
        if line["table"] == table:
            data = _NAMES.get(line["data"], line["data"])
            row = found.setdefault((data, line["row"]), {})
            row[line["column"]] = float(line["value"])
    return found


def version_in_paper(version: str) -> str:
    """What the annotation study calls a version of its pictures, or empty."""
    return _VERSIONS.get(re.split("[@:]", version)[0], "")


def question_in_paper(question: str) -> str:
    """What the annotation study calls a question."""
    return _QUESTIONS.get(question, question)


def _row(record: Record) -> str:
    """Which row of the papers' tables a record belongs to, or empty."""
    spec = Spec.parse(record.defense)
    if spec.name == "none":
        return "before"
    if spec.name == _MIXED:
        return "Othman and Ross"
    return str(getattr(make(Defense, spec), "prototype", "")) if spec.name == _SAN else ""


def _table(paper: _PaperTable, records: Sequence[Record]) -> Table | None:
    found = select(records, purpose=paper.purpose, target=paper.target, status="ok")
    asked = (metric for metric in paper.metrics if select(found, metric=metric))
    if not (metric := next(asked, "")):
        return None
    found, theirs = select(found, metric=metric), published(paper.name)
    judges = unique(r.attacker for r in found)
    columns = unique(column for figures in theirs.values() for column in figures)
    heads = [f"{short(Attacker, judge)}, ours" for judge in judges]
    heads += [f"{column}, published" for column in columns]
    rows: list[Sequence[Cell]] = []
    for data, way in _order(theirs, found):
        mine = [r for r in found if (_data(r), _row(r)) == (data, way)]
        figures = theirs.get((data.split(",")[0], way), {})
        numbers = [mean_number(select(mine, attacker=judge), NotAvailable()) for judge in judges]
        ours = [n._replace(unit="percent") if isinstance(n, Number) else n for n in numbers]
        known = [Number(figures[c]) if c in figures else NotAvailable() for c in columns]
        rows.append([data, way, *ours, *known])
    note = f"{paper.note} The published SAN learned from CelebA. Metric: {metric}."
    return Table(paper.title, ["data", "pictures", *heads], rows, note)


def _counts(records: Sequence[Record]) -> Table:
    """Published sizes of the data sets beside those of the run."""
    theirs, ours, blank = published("san-datasets"), dict[str, tuple[int, int]](), NotAvailable()
    for r in select(records, purpose="private", target="gender", status="ok"):
        if _row(r) == "before":  # judges may differ in the faces that they find
            ours[_data(r)] = max(ours.get(_data(r), (0, 0)), (r.n, r.n_people))
    known = {data.split(",")[0] for data in ours}
    lacking = [key for key in theirs if key[0] not in known or key[1] != "test"]
    rows: list[Sequence[Cell]] = []
    for data, part in [*((data, "test") for data in ours), *lacking]:
        mine = ours.get(data, (blank, blank)) if part == "test" else (blank, blank)
        figures = theirs.get((data.split(",")[0], part), {})
        counts = (int(figures[name]) if name in figures else blank for name in _COUNTS)
        rows.append([data, part, *mine, *counts])
    heads = ["pictures, ours", "people, ours", *(f"{name}, published" for name in _COUNTS)]
    return Table("Data sets", ["data", "part", *heads], rows, _COUNTS_NOTE)


def _order(theirs: Mapping[Row, object], found: Sequence[Record]) -> Iterator[Row]:
    """The rows of the run's own data, then those of the papers that it lacks."""
    ours = [*map(_data, found)]
    lacking = [data for data, _ in theirs if data not in {name.split(",")[0] for name in ours}]
    known = {(_data(r), _row(r)) for r in found}
    for data in unique([*ours, *lacking]):
        rows = known | {(data, way) for name, way in theirs if name == data.split(",")[0]}
        yield from ((data, way) for way in _ROWS if (data, way) in rows)


def _data(record: Record) -> str:
    """The probe's data set, as the papers call it, and what defenses learned from."""
    name = Spec.parse(record.data).name
    learned = sorted({text.split(":")[0] for text in record.learned_from.split() if ":" in text})
    shown = _NAMES.get(name) or short(Dataset, record.data)
    return ", learned from ".join([shown, *(_NAMES.get(each, each) for each in learned[:1])])
