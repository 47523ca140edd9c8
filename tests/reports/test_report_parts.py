import csv
import re

import pytest

from bench.reports.fairness import worst_tenth
from bench.reports.panels import Panel
from bench.reports.records import Record
from bench.reports.report_costs import costs
from bench.reports.report_curves import of_folder, saturation
from bench.reports.svg import Dot, curves, plane
from bench.runner.engines.local import LocalEngine

LOOK = {"color": "0.45", "linestyle": "--"}


def dot(label, x, y):
    return Dot(label, label, "#row", "leaks", (x, x, x), (y, y, y))


def names(drawing):
    """Place and anchor of each label."""
    return re.findall(r'class="name" x="([\d.]+)" y="([\d.]+)" text-anchor="(\w+)"', drawing)


def test_a_point_lies_where_its_numbers_say():
    drawing = plane([dot("a", 0.0, 1.0)], "t", ("x", "y"))
    # 640 x 440; margins 50, 14, 14, 42; both axes from -0.1 to 1.08: 0.02 and 0.08 of room
    x, y = 50 + 0.1 / 1.18 * 576, 440 - 42 - 1.1 / 1.18 * 384
    assert f'transform="translate({x:.1f} {y:.1f})"' in drawing


def test_a_point_outside_is_drawn_on_the_edge():
    drawing = plane([dot("a", 9.0, -5.0)], "t", ("x", "y"))
    assert 'transform="translate(626.0 398.0)"' in drawing


def test_all_of_an_interval_lies_in_the_plane():
    (x, low, high) = (0.5, -0.3, 1.4)
    drawing = plane([dot("a", x, x)._replace(y=(x, low, high))], "t", ("x", "y"))
    top, height = 14 + 0.08 / 1.8 * 384, 384 / 1.8  # from -0.32 to 1.48
    across = 50 + 0.6 / 1.18 * 576
    low_y, high_y = top + 1.7 * height, top
    assert f"M{across:.1f} {low_y:.1f}L{across:.1f} {high_y:.1f}" in drawing


def test_labels_of_equal_points_do_not_cover_each_other():
    drawing = plane([dot("1 first", 0.5, 0.5), dot("2 second", 0.5, 0.5)], "t", ("x", "y"))
    found = names(drawing)
    links = re.findall(r"<a .*?</a>", drawing, re.DOTALL)  # a name leads to the row, too
    assert ["second" in link for link in links] == [False, True]
    assert len(set(found)) == 2
    assert found[0][2] == "start"  # the first has the best place


def test_curves_are_scaled_dashed_and_named():
    panel = Panel("p", ("x", "y"), [("a <b>", (0.0, 1.0), (0.0, 1.0))])
    drawing = curves(panel, {"a <b>": LOOK})
    assert 'd="M50.0 168.0L306.0 14.0" stroke="#777" stroke-dasharray="6 3"' in drawing
    assert "<title>a &lt;b&gt;</title>" in drawing
    losses = Panel("p", ("epoch", "loss"), [("a <b>", (0.0, 10.0), (4.0, 2.0))])
    drawing = curves(losses, {"a <b>": LOOK}, is_share=False)
    assert 'd="M50.0 14.0L306.0 91.0"' in drawing  # the highest loss is at the top
    assert re.findall('class="tick".*?>([^<]+)<', drawing) == [
        *("0", "2.5", "5", "7.5", "10"),  # epochs
        *("0", "1", "2", "3", "4"),
    ]


def test_what_does_not_learn_has_no_learning_curve(tmp_path):
    lines = ["panel,defense,seed,epoch,valid", "a,none,0,0,0.9", "b,none,0,0,0.9", "b,none,0,1,0.5"]
    (tmp_path / "learning.csv").write_text("\n".join(lines[:2]))
    assert list(of_folder(tmp_path)) == []
    (tmp_path / "learning.csv").write_text("\n".join(lines))
    (found,) = of_folder(tmp_path)
    assert [title for title, _ in found.panels] == ["b"]


def test_costs_count_each_stage_once_and_sum_by_step_and_plugin(tmp_path):
    (tmp_path / "costs.csv").write_text(
        "action,plugin,status,seconds,peak_memory_mb,device\n"
        "fit,san,done,10,100,cpu\nfit,san,cached,5,300,cuda\nfit,gan,done,1,1,cpu\n"
        "load,synthetic,done,2,9,cpu\nmeasure,san,done,3,8,cpu\nattack,cnn,failed,,,\n"
    )
    table, seconds = costs(tmp_path / "costs.csv")
    assert seconds == 21
    assert table.rows[:3] == [
        ("train the defense", "san", 2, "15.0", "300", "cpu, cuda"),
        ("prepare and measure", "", 2, "5.0", "9", "cpu"),
        ("train the defense", "gan", 1, "1.0", "1", "cpu"),
    ]
    (tmp_path / "costs.csv").write_text("action,plugin\nfit,san\n")
    with pytest.raises(ValueError, match=r"expected .*costs.csv as bench wrote it"):
        costs(tmp_path / "costs.csv")


@pytest.fixture
def record():
    about = dict(zip(Record._fields, [""] * len(Record._fields), strict=True))
    numbers = {"value": 0.5, "low": 0.4, "high": 0.6, "chance": 0.1, "n": 9, "n_people": 3}
    usual = {**about, **numbers, "seed": 0, "share": 1.0, "chosen": 1, "sign": 1, "status": "ok"}
    usual |= {"task": "t", "form": "pixels", "cleaned": 0, "fits": 1, "defense": "blur"}
    return lambda **changed: Record(**{**usual, "attacker": "cnn", "threat": "raw", **changed})


def test_the_worst_tenth_stands_beside_the_mean(record):
    utility = {"purpose": "utility", "target": "smile"}
    records = [
        record(**utility, metric="top1", value=0.9),
        record(**utility, metric="worst_decile", value=0.25),
    ]
    (found,) = worst_tenth(records)
    assert found.rows[0][:3] == ["blur", "smile", "cnn raw"]
    assert [cell.value for cell in found.rows[0][3:]] == [0.9, 0.25]


def test_saturation_curves_end_at_the_full_share(record):
    less = [
        record(purpose="saturation", target="gender", metric="auc", share=s, value=v)
        for s, v in ((0.5, 0.7), (0.25, 0.6))
    ]
    full = record(purpose="private", target="gender", metric="auc", value=0.8)
    (found,) = saturation([*less, full])
    ((title, drawing),) = found.panels
    assert title == "t: gender by cnn, raw (auc)"
    points = re.search('class="curve" d="(.*?)"', drawing)[1]
    assert points == "M114.0 75.6L178.0 60.2L306.0 44.8"  # 25, 50 and 100 %; 0.6, 0.7 and 0.8
    assert list(saturation([full])) == []


@pytest.mark.slow
def test_a_run_writes_the_page_with_its_learning_curves_and_failures(grid, store, tmp_path):
    from bench.campaign import run_grid

    chosen = grid(defenses=["broken_defense"], attackers=["cnn:steps=2,rounds=2"])
    folder = tmp_path / "out"
    run_grid(chosen, store, lambda stages, *_: LocalEngine().run(stages, store), folder)
    with (folder / "learning.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["defense"] for line in lines} == {"none", "constant"}
    assert len(lines) == len({tuple(line.values())[:4] for line in lines})
    assert all(float(line["train"]) > 0 and float(line["valid"]) > 0 for line in lines)
    (learning,) = (one for one in of_folder(folder) if one.heading.startswith("Learning"))
    assert len(learning.panels) == len({line["panel"] for line in lines})
    text = (folder / "report.html").read_text()
    assert "<h1>toy: " in text
    assert "Something failed" in text
    assert "broken_defense" in text
    assert "report.html" in (folder / ".files").read_text()
