import pytest

from bench.reports.files import write_tables
from bench.reports.papers import papers
from bench.reports.summary import groups
from bench.reports.tradeoff import tables
from bench.runner.grid import Grid
from bench.runner.store import Store
from bench.tables import NotAvailable, Number


@pytest.fixture(scope="module")
def done(runner, tmp_path_factory):
    task = {
        "private": ["identity"],
        "utility": ["colour"],
        "data": "toy",
        "defenses": ["pixelate:block=0.25"],
        "attackers": ["nearest"],
    }
    grid = Grid.model_validate({"name": "toy", "tasks": [task]})
    return runner(Store(tmp_path_factory.mktemp("store")), grid)


def test_a_paper_has_the_numbers_of_the_table_in_few_columns(done):
    verdicts, right = papers(done.records)
    assert verdicts.columns == [
        "defense",
        "form",
        "colour kept, % ↑",
        "identity leaked, % ↓",
        "verdict",
    ]
    ((_, rows),) = groups(done.records)
    shown = [row for row in rows if not row.is_repeated]
    for row, (defense, form, kept, leaked, verdict) in zip(shown, verdicts.rows, strict=True):
        assert (defense, form) == (row.defense, row.form)
        assert leaked[:4] == row.leaks[:4]
        assert kept == row.keeps[0] or kept[:4] == row.keeps[0][:4]
        assert str(verdict) == row.verdict
    (whole,) = tables(done.records)
    assert [str(row[0]) for row in right.rows] == [str(row[0]) for row in whole.rows]
    assert right.columns == ["defense", *(name for name in right.columns if name[-1] in "↑↓")]
    assert set(map(str, right.rows[0])) <= set(map(str, whole.rows[0]))
    assert {"identity raw ↓", "identity aware ↓", "colour drop-in ↑"} <= set(right.columns)


def test_the_caption_says_data_pictures_people_fits_and_chance(done):
    verdicts, right = papers(done.records)
    probe = {(r.n, r.n_people) for r in done.select(purpose="headline", metric="leakage")}
    ((n, n_people),) = probe
    for table in (verdicts, right):
        assert (
            f"toy; protocol closed; probe: {n} pictures of {n_people} people; 1 fit" in table.title
        )
    assert "a guess of identity: accuracy 16.7" in verdicts.note
    assert right.rows[-1][0] == "chance"


def test_a_reason_is_a_footnote_but_not_of_controls(done):
    verdicts, _ = papers(done.records)
    for *_, verdict in verdicts.rows:
        assert verdict == "reference" or (isinstance(verdict, NotAvailable) and verdict.reason)


def test_a_long_spec_is_a_footnote(done):
    long = "pixelate:block=0.0625,something=0.12345"
    records = [
        r._replace(defense=long) if r.defense.startswith("pixelate") else r for r in done.records
    ]
    for table in papers(records):
        named = {name for name, *_ in table.rows if isinstance(name, NotAvailable)}
        assert {(name.status, name.reason) for name in named} == {("pixelate", long)}


def test_fits_are_noted_only_where_they_are_not_those_of_all(done):
    twice = [r._replace(seed=seed) for seed in (0, 1) for r in done.records]
    failed = [r._replace(status="failed") if r.seed and r.metric == "leakage" else r for r in twice]
    for records, note in ((twice, ""), (failed, "1 fit")):
        verdicts, _ = papers(records)
        assert "2 fits" in verdicts.title
        notes = {row[3].note for row in verdicts.rows if isinstance(row[3], Number)}
        assert notes == {note}


def test_each_run_writes_a_table_and_its_references(done, tmp_path):
    write_tables(done.records, tmp_path, ["toy: 3 % of the pictures are equal"])
    tex = (tmp_path / "table.tex").read_text()
    assert tex.count(r"\begin{tabular}") == 2
    assert tex.count(r"Doubtful data: toy: 3 \% of the pictures are equal") == 2
    bib = (tmp_path / "references.bib").read_text()
    assert bib.startswith("@misc{unmask,")
    assert "@misc{mcpherson2016obfuscation," in bib
