"""Records and tables are views of stored answers."""

import csv

import pytest

from bench.reports import figures, pictures
from bench.reports.files import write_costs
from bench.reports.in_words import lines_of_text
from bench.reports.pictures import sheets
from bench.reports.qualities import release_qualities
from bench.reports.records import records
from bench.reports.results import results
from bench.reports.summary import summaries
from bench.reports.tradeoff import NOTE, tables
from bench.runner.grid import Grid
from bench.runner.store import Store
from bench.tables import markdown


@pytest.fixture(scope="module")
def done(runner, tmp_path_factory):
    task = {
        "private": ["identity"],
        "utility": ["colour"],
        "data": "toy",
        "defenses": ["pixelate:block=0.25", "broken_defense"],
        "attackers": ["nearest", "memory"],
        "threats": ["raw", "aware", "latent"],
    }
    grid = Grid.model_validate({"name": "toy", "tasks": [task]})
    return runner(Store(tmp_path_factory.mktemp("store")), grid)


def test_a_second_report_computes_nothing_and_says_the_same(done, monkeypatch):
    monkeypatch.setattr(figures, "_made", lambda path, compute: pytest.fail("computed again"))
    failed = {outcome.stage.key: outcome.reason for outcome in done.outcomes if outcome.reason}
    found = results(done.cells, done.plan.keys, done.store, failed)
    again = records(found, release_qualities(done.cells, done.plan.keys, done.store))
    assert repr(again) == repr(done.records)


def test_controls_stand_where_they_must(done):
    none = done.select(defense="none", purpose="headline", metric="leakage")
    assert [record.form for record in none] == ["pixels", "codes"]
    assert none[0].value == 1
    for record in done.select(defense="constant", metric="balanced_accuracy"):
        assert record.value == 1 / len({"identity": range(6), "colour": range(2)}[record.target])
    for record in done.select(defense="constant", metric="auc"):
        assert record.value == 0.5
    assert {r.value for r in done.select(defense="constant", metric="leakage")} == {0}
    permuted = done.select(purpose="permuted", metric="top1")
    assert {record.form for record in permuted} == {"pixels", "codes"}
    assert len(permuted) == 4  # two attackers read both
    assert max(record.value for record in permuted) < 0.5
    assert done.select(defense="none", purpose="private", chosen=1)[0].value > 0.95


def test_the_card_prints_each_utility_target_only(done):
    defenses = {record.defense for record in done.records}
    assert {name for name in defenses if name.startswith("card")} == {"card:utility=colour"}
    kept = done.select(defense="card", purpose="utility", threat="aware", chosen=1)
    assert kept[0].value > 0.9


def test_the_table_has_none_on_top_and_chance_at_the_bottom(done):
    (table,) = tables(done.records)
    names = [row[0] for row in table.rows]
    assert names[0] == "none"
    assert names[-1] == "chance"
    assert table.columns[1:] == [
        "^ colour drop-in",
        "^ colour retrained",
        "^ colour retrained, cleaned",
        "v identity raw",
        "v identity aware",
        "v identity latent",
        "v identity aware, cleaned",
        "v identity leakage, picture",
        "v identity leakage, code",
        "v identity leakage, picture, cleaned",
        "SSIM",
    ]
    broken = table.texts()[names.index("broken_defense")]
    assert set(broken[1:]) == {"failed", "n/a"}


def test_tables_show_the_attacker_chosen_on_validation_rows(done):
    shown = done.select(defense="pixelate", purpose="private", threat="aware", metric="top1")
    (chosen,) = [record for record in shown if record.chosen]
    (table,) = tables(done.records)
    row = next(row for row in table.texts() if row[0].startswith("pixelate"))
    cell = row[table.columns.index("v identity aware")]
    assert cell.startswith(f"{100 * chosen.value:.1f} ")


def test_no_hole_is_silent(done):
    for result in done.results:
        key = (result.cell.defense.name, result.cell.attacker.name, result.cell.threat.name)
        assert result.status == "ok" or result.reason, key
    failed = done.select(status="failed")
    assert all("failed" in record.marks.split() for record in failed)


def test_costs_tell_every_stage(done, tmp_path):
    write_costs(done.outcomes, done.store, tmp_path / "costs.csv")
    with (tmp_path / "costs.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(done.plan.stages)
    assert all(float(line["seconds"]) >= 0 for line in lines if line["status"] == "done")


def test_markdown_has_a_line_per_defense(done):
    text = markdown(tables(done.records), NOTE)
    assert text.count("\n| ") == 2 + len({record.defense for record in done.records}) + 1


def test_the_sheet_shows_each_defense(done, tmp_path, monkeypatch):
    drawn = []
    draw = lambda make, sheet: drawn.append(sheet) or [("png", "")]  # noqa: E731
    monkeypatch.setattr(pictures, "figures_in", lambda store: draw)
    sheets(done.results, done.plan, done.store, tmp_path, with_images=False)
    rows = drawn[0].rows
    names = [name.partition(":")[0].split()[0] for name in rows]
    assert names == ["none", "card", "constant", "pixelate"]  # not the broken one
    assert (list(rows.values())[2].images == 128).all()
    assert list(rows)[1].startswith("card:utility=colour (control): prints the utility label")


def test_pictures_of_people_are_left_out_unless_asked_for(done, tmp_path, monkeypatch):
    monkeypatch.setattr(type(done.cells[0].data), "shareable", False)
    assert sheets(done.results, done.plan, done.store, tmp_path, with_images=False) == []
    assert len(sheets(done.results, done.plan, done.store, tmp_path, with_images=True)) == 1


def test_a_judge_that_is_not_installed_is_named_with_the_command(run, tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_JUDGES", str(tmp_path / "none"))
    done = run(optional=["matcher:backbone=sface,rounds=0"])
    line = "not asked: judge 'sface' is not installed; run `bench judges get sface`"
    assert list(lines_of_text(done.records)).count(line) == 1
    (table,) = summaries(done.records)
    assert table.note.endswith(f"{line}.")
    assert done.select(attacker="matcher", purpose="private", status="skipped")
