"""Every judge before every defense: tables and curves."""

import csv

import numpy as np
import pytest

from bench.metrics.pairs import comparison
from bench.metrics.verification import FMR, auc
from bench.reports.figures import Figures
from bench.reports.files import write_tables
from bench.reports.judges import judges
from bench.reports.results import figures_in
from bench.reports.roc import AXES, RANKS, cmcs, draw, rocs, write_curves
from bench.runner.grid import Grid
from bench.runner.store import Store


@pytest.fixture(scope="module")
def done(runner, tmp_path_factory):
    task = {
        "private": ["colour"],
        "utility": ["identity"],
        "data": "toy:people=48,takes=4,protocol=open",
        "defenses": ["pixelate:block=0.25"],
        "attackers": ["nearest", "eyes"],
        "threats": ["raw"],
        "utility_threats": ["raw"],
    }
    grid = Grid.model_validate({"name": "toy", "tasks": [task]})
    return runner(Store(tmp_path_factory.mktemp("store")), grid)


def test_a_table_per_rate_and_target_has_judges_as_rows(done, tmp_path):
    found = {table.title.split(",")[0]: table for table in judges(done.records)}
    table = found["EER of colour"]
    assert table.columns[:4] == ["data", "judge", "threat", "none"]
    assert [(row[1], row[2]) for row in table.rows] == [("nearest", "raw")]
    (record,) = done.select(target="colour", defense="none", attacker="nearest", metric="eer")[:1]
    assert table.texts()[0][3].startswith(f"{100 * record.value:.1f} [")
    assert "EER of identity" in found
    write_tables(done.records, tmp_path)
    assert "| nearest | raw |" in (tmp_path / "judges.md").read_text()


def test_a_curve_of_a_matcher_passes_through_its_rates(done):
    curve = next(
        roc for roc in rocs(done.results) if "eyes, raw" in roc.panel and roc.name == "none"
    )
    assert len(curve.y) == len(FMR)
    assert (np.diff(curve.y) >= 0).all()
    result = next(
        r for r in done.results
        if r.cell.attacker.name == "eyes" and r.cell.defense.name == "none" and r.probe
    )  # fmt: skip
    at = np.flatnonzero(np.isclose(FMR, 0.1))[0]
    wanted = auc(comparison(result.probe)).value
    assert np.trapezoid(curve.y, FMR) == pytest.approx(wanted, abs=0.05)
    assert curve.y[at] <= curve.y[-1] == 1


def test_a_curve_of_a_constant_release_is_the_diagonal(done):
    curves = [roc for roc in rocs(done.results) if roc.name == "constant"]
    assert len(curves) == 2
    for curve in curves:
        assert curve.y == pytest.approx(FMR)


def test_curves_are_written_and_drawn(done, tmp_path):
    found = list(rocs(done.results))
    write_curves(found, tmp_path / "roc.csv", ("fmr", "tmr"))
    with (tmp_path / "roc.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(found) * len(FMR)
    draw(found, tmp_path / "roc.png", figures_in(done.store))
    svg = (tmp_path / "roc.svg").read_text()
    for word in (*AXES, "constant", "chance"):
        assert f">{word}</text>" in svg
    assert "nearest, raw</text>" in svg  # the end of a title
    assert {path.suffix for path in tmp_path.glob("roc.*")} == {".csv", ".png", ".svg", ".pdf"}


@pytest.fixture(scope="module")
def closed(runner, tmp_path_factory):
    """A grid that asks about identity only, of known people."""
    task = {
        "private": ["identity"],
        "utility": [],
        "data": "toy:people=8,pictures=12",
        "defenses": ["pixelate:block=0.25"],
        "attackers": ["memory"],
        "threats": ["raw", "aware"],
        "utility_threats": [],
    }
    grid = Grid.model_validate({"name": "toy", "tasks": [task]})
    return runner(Store(tmp_path_factory.mktemp("store")), grid)


def test_identity_alone_has_its_table_of_judges(closed):
    tables = {table.title: table for table in judges(closed.records)}
    table = tables["accuracy of identity, % [95 % interval]"]
    assert [(row[1], row[2]) for row in table.rows] == [("memory", "raw"), ("memory", "aware")]
    (record,) = closed.select(defense="none", threat="raw", metric="top1", purpose="private")
    assert table.texts()[0][3].startswith(f"{100 * record.value:.1f} [")


def test_a_judge_without_a_number_has_the_reason(closed):
    lost = [
        r._replace(metric="", status="failed", reason="no memory")
        if r.metric == "top1" and r.defense.startswith("pixelate") and r.threat == "aware"
        else r
        for r in closed.records
    ]
    (table,) = (t for t in judges(lost) if t.title.startswith("accuracy"))
    column = table.columns.index("pixelate:block=0.25")
    assert table.texts()[1][column] == "failed"
    assert table.reasons() == ["no memory"]


def test_identity_alone_has_its_curves_of_ranks(closed, tmp_path):
    assert list(rocs(closed.results)) == []
    found = list(cmcs(closed.results))
    assert {curve.name for curve in found} == {"none", "constant", "pixelate:block=0.25"}
    for curve in found:
        threat = curve.panel.rpartition(", ")[2]
        (record,) = closed.select(
            purpose="private", defense=curve.name, threat=threat, metric="top1"
        )
        assert curve.y[0] == pytest.approx(record.value)
        assert curve.y[-1] == 1
        if curve.name == "constant":
            assert curve.y == pytest.approx([rank / 8 for rank in curve.x])
    write_curves(found, tmp_path / "cmc.csv", ("rank", "identified"))
    with (tmp_path / "cmc.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == sum(len(curve.x) for curve in found)
    draw(found, tmp_path / "cmc.png", Figures(), RANKS)
    svg = (tmp_path / "cmc.svg").read_text()
    assert svg.count(">rank</text>") == 2
    assert svg.count(">8</text>") == 2  # the last rank, of 8 people
