import base64

import pytest

from bench.reports import pareto
from bench.reports.figures import Figures
from bench.reports.panels import Panel, Point, fronts
from bench.reports.pareto import draw_fronts
from bench.reports.summary import groups


@pytest.fixture
def done(run):
    return run(utility=["colour"], defenses=["pixelate:block=0.25"], attackers=["nearest"])


def test_points_are_the_numbers_of_the_table(done, tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(pareto, "fronts", lambda panels: drawn.extend(panels) or [("png", "")])
    draw_fronts(done.records, tmp_path, Figures())
    ((task, labels, _, points),) = drawn
    assert task == "hide identity, keep colour"
    assert [label.split()[0] for label in labels] == ["identity", "colour"]
    ((_, rows),) = groups(done.records)
    shown = {point.name: point for point in points}
    assert {"none", "constant", "pixelate:block=0.25"} <= set(shown)
    for row in rows:
        if row.defense in shown and not row.is_repeated:
            assert shown[row.defense].leaks == row.leaks[:3]
            assert shown[row.defense].keeps == row.keeps[0][:3]
    assert (shown["none"].leaks[0], shown["none"].keeps[0]) == (1, 1)


def test_a_task_without_utility_has_no_plot(run, tmp_path):
    done = run(utility=[], defenses=["pixelate:block=0.25"], attackers=["nearest"])
    draw_fronts(done.records, tmp_path, Figures())
    assert list(tmp_path.glob("tradeoff.*")) == []


def test_legend_names_defenses_forms_front_interval_and_guess():
    full = (0.5, 0.4, 0.6)
    points = [Point("blur", full, full, True), Point("san (code)", full, full, False)]
    svg = dict(fronts([Panel("hide a", ("a leaked", "b kept"), points=points)]))["svg"]
    text = base64.b64decode(svg).decode()
    for word in ("blur", "san (code)", "Pareto front", "95 % interval", "a guess", "a leaked"):
        assert f">{word}</text>" in text
