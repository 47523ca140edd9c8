"""The table of scenarios, and the sheet of samples."""

import pytest
from PIL import Image

from bench.reports.pictures import samples
from bench.reports.scenarios import scenarios
from bench.runner.grid import Grid
from bench.runner.store import Store


@pytest.fixture(scope="module")
def done(runner, tmp_path_factory):
    task = {
        "private": ["identity"],
        "utility": ["colour"],
        "data": "toy:people=8,pictures=12",
        "defenses": ["swap", "pixelate"],
        "attackers": ["memory"],
        "threats": ["raw", "aware", "aware:draws=2,told=as_whom", "latent:queries=2"],
        "utility_threats": ["raw", "latent:queries=2"],
    }
    grid = Grid.model_validate({"name": "toy", "tasks": [task]})
    return runner(Store(tmp_path_factory.mktemp("store")), grid)


def test_an_attacker_names_what_it_is_shown(done):
    mine = {r.metric: r for r in done.select(defense="swap", threat="raw", purpose="private")}
    assert mine["names_target_identity"].value == 1
    assert mine["top1_if_other"].value == 0
    assert mine["top1"].value == pytest.approx(1 - mine["top1_if_other"].n / mine["top1"].n)


def test_the_table_has_the_papers_rows(done):
    (table,) = scenarios(done.records)
    assert table.title == "Scenarios: swap: hide identity, keep colour"
    assert [row[0] for row in table.rows] == [
        "unconstrained",
        "random guess",
        "I (raw)",
        "II (aware)",
        "II (aware:draws=2,side_info=as_whom)",
        "III (latent:queries=2)",
    ]
    first, *_, last = (dict(zip(table.columns, row, strict=True)) for row in table.texts())
    scenario_1 = dict(zip(table.columns, table.texts()[2], strict=True))
    assert scenario_1["names the class shown"].startswith("100.0")
    assert scenario_1["v identity where another is shown"].startswith("0.0")
    assert first["names the class shown"] == last["names the class shown"] == "n/a"
    assert float(last["v identity"].split()[0]) > 90
    assert first["v identity, 10 pooled"].startswith("100.0")
    guess = dict(zip(table.columns, table.texts()[1], strict=True))
    assert guess["v identity"] == "12.5"


def test_samples_are_drawn(done, tmp_path):
    (path,) = samples(done.cells, done.plan, done.store, tmp_path, with_images=False)
    assert path.name == "samples-swap-1.png"
    width, height = Image.open(path).size
    assert width > 4 * height  # six pictures in a row


def test_a_row_of_hundreds_of_samples_is_cut(done, tmp_path, monkeypatch):
    monkeypatch.setattr("bench.reports.pictures.N_SAMPLES", 2)
    (path,) = samples(done.cells, done.plan, done.store, tmp_path, with_images=False)
    width, height = Image.open(path).size
    assert width < 4 * height  # not six
