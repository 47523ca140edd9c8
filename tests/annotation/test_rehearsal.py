"""A whole study with simulated labelers."""

import re
from urllib.parse import unquote

import pytest

from bench.annotation.analysis import shown_figures
from bench.annotation.choice import Bins
from bench.annotation.downstream import _balanced
from bench.annotation.export import ExportOptions
from bench.annotation.panel import PanelOptions
from bench.annotation.rehearsal import beside_published, rehearse, stacked
from bench.annotation.study import Runner, study_spec
from bench.faces import Faces
from bench.runner.engines.local import LocalEngine
from bench.spec import Spec
from bench.tables import Table


def test_tables_of_several_questions_are_one():
    one = Table("joy", ("version", "average"), [("raw", 1)], "of joy", "joy-accuracy")
    two = Table("anger", ("version", "average"), [("raw", 2)], "of anger", "anger-accuracy")
    made = stacked([one, two], "both")
    assert (made.name, made.columns) == ("accuracy", ("question", "version", "average"))
    assert made.rows == [("joy", "raw", 1), ("anger", "raw", 2)]
    assert made.note == "joy: of joy\n\nanger: of anger"
    assert stacked([one, one], "both").note == "of joy"


def test_the_papers_figures_stand_beside_those_of_the_same_kind_of_version():
    columns = ("question", "version", "images", "average", "vote 50", "vote 75", "vote 90")
    rows = [
        ("joy", "raw", 60, 0.9, *3 * ["n/a"]),
        ("joy", "began_cs@quick", 60, 0.7, 0.8, 0.81, 0.82),
        ("joy", "blur", 60, 0.5, 0.5, 0.5, 0.5),
        ("age", "raw", 60, 0.9, *3 * ["n/a"]),
    ]
    evidence = Table(
        "",
        ("question", "evidence", "images", "raw", "began_cs@quick", "blur"),
        [("joy", "2 to 3", 5, 1, 2, 3), ("joy", "|evidence| >= 1", 40, 0.95, 0.75, 0.5)],
    )
    tests = Table(
        "",
        ("question", "versions", "difference", "t", "df", "p"),
        [
            ("joy", "raw - began_cs@quick", 0.2, 4.0, 59, 0.001),
            ("joy", "raw - blur", 0.4, 9.0, 59, 0.001),
        ],
    )
    table, tested = beside_published(Table("", columns, rows, "", "accuracy"), tests, evidence)
    assert tested.rows == [["joy", "raw - began_cs@quick", "raw - GAN", 0.2, 4.0, 4.37, 0.001]]
    assert [row[:3] for row in table.rows] == [
        ["joy", "raw", "raw"],
        ["joy", "began_cs@quick", "GAN"],
    ]
    shown = [[str(cell) for cell in row[3:]] for row in table.rows]
    assert shown[0] == ["0.9", "89.0", *6 * ["n/a"], "0.95", "92.1"]
    assert shown[1] == [
        "0.7",
        "71.2",
        "0.8",
        "76.7",
        "0.81",
        "82.2",
        "0.82",
        "84.4",
        "0.75",
        "78.8",
    ]
    assert not beside_published(Table("", columns, rows[2:], "", "accuracy"), tests, evidence)


def test_training_pictures_are_balanced(rng):
    n = 14
    labels = (rng.permutation(n) < 2).astype(int)
    images = rng.integers(0, 9, (n, 3, 2, 2)).astype("uint8")
    person, image_id = (rng.integers(0, 3, n) for _ in range(2))
    faces = Faces(images, {"identity": person}, image_id)
    shown = _balanced(faces, labels, labels >= 0, 0)
    assert shown.labels["label"].sum() == 12
    assert len(shown) == 24
    only = _balanced(faces, labels * 0, labels == 0, 0)  # one answer: nothing to even out
    assert len(only) == 12


def test_the_report_shows_figures_of_the_folders_below_it(tmp_path):
    (tmp_path / "raw").mkdir()
    for name in ("joy-curve.png", "joy-worst-blur%3Asigma 2.png", "joy-worst-blur.pdf"):
        (tmp_path / "raw" / name).touch()
    assert shown_figures(tmp_path / "raw", tmp_path) == [
        "### Figures",
        "",
        "![joy-curve](raw/joy-curve.png)",
        "![joy-worst-blur%3Asigma 2](raw/joy-worst-blur%253Asigma%202.png)",
    ]


@pytest.mark.slow
def test_a_rehearsal_is_one_report(store, grid, tmp_path, monkeypatch):
    for name, value in {"STEPS": 10, "ROUNDS": 1}.items():
        monkeypatch.setattr(f"bench.nn.estimation.{name}", value)
    specs = [
        study_spec(grid(data="toy:people=4"), question, ("blur", "constant"), 0)
        for question in ("colour=dark", "secret=a")
    ]
    options = ExportOptions(False, "bins", 8, bins=Bins(width=3))
    panel = PanelOptions(4, 0.0, "raw", (Spec("nearest"),))
    out, memory = tmp_path / "out", Spec("memory")
    report = rehearse(specs, options, panel, memory, out, Runner(store, LocalEngine().run))
    assert report == (tmp_path / "out" / "report.md").read_text()
    assert report.count("| dark | blur |") == 3  # of two panels, and of the downstream classifier
    assert report.count("| a | blur |") == 2
    assert report.count("| dark | true labels |") == 1
    assert report.count("## SIMULATED labelers") == 2
    shown = {unquote(path) for path in re.findall(r"!\[.*\]\((.*)\)", report)}
    assert shown == {f"{path.parent.name}/{path.name}" for path in out.glob("*/*.png")}
    kinds = ("consensus", "curve", "evidence", "worst-blur", "worst-constant")
    assert shown == {
        f"{threat}/{question}-{kind}.png"
        for threat in ("raw", "aware")
        for question in ("dark", "a")
        for kind in kinds
    }
