"""A program outside is asked about a grid's pictures, and judged like any attacker."""

import csv
from itertools import product

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from attackers.class_scores import ClassScores
from attackers.similarities import Similarities
from bench import threats
from bench.annotation.study import Runner
from bench.cli import app
from bench.commands.progress import glance
from bench.commands.scores import export_scores
from bench.data.copies import drawn_name
from bench.data.outside_answers import answers_in
from bench.data.outside_scores import (
    Scores,
    learned,
    looked_up,
    read_scores,
    templates,
    write_scores,
)
from bench.faces import Target
from bench.runner.cells import cells
from bench.runner.engines.local import LocalEngine
from bench.runner.plan import plan
from bench.runner.planner import Planner
from bench.spec import Spec

TASK = {
    "private": ["identity", "colour"],
    "data": "toy:people=3,takes=4,pictures=2",
    "defenses": ["pixelate:block=0.25"],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where scores are kept."""
    monkeypatch.setenv("BENCH_SCORES", str(tmp_path / "scores"))
    return tmp_path


@pytest.fixture
def runner(store):
    return Runner(store, LocalEngine().run)


@pytest.fixture
def exported(folder, runner, grid):
    export_scores(grid(**TASK), folder / "asked", runner)
    return folder / "asked"


def lines(path):
    with path.open() as opened:
        return list(csv.DictReader(opened))


def write(path, columns, rows):
    with path.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerows([columns, *rows])
    return path


def pixels(asked):
    """The pixels of each picture, around 0."""
    return {
        path.name: np.asarray(Image.open(path)).astype(float) - 127
        for path in (asked / "pictures").iterdir()
    }


def similarities(asked):
    """The answers of a program that compares pixels."""
    of = {name: image.ravel() / np.linalg.norm(image) for name, image in pixels(asked).items()}
    pairs = [
        (pair["probe"], pair["gallery"]) for pair in lines(asked / "questions" / "identity.csv")
    ]
    rows = [(a, b, 300 + 100 * of[a] @ of[b]) for a, b in pairs]
    return write(asked.parent / "similarities.csv", ("probe", "gallery", "similarity"), rows)


def chances(asked):
    """The answers of a program that tells dark from light."""
    rows = [(name, 1 / (1 + np.exp(image.mean() / 30))) for name, image in pixels(asked).items()]
    return write(asked.parent / "chances.csv", ("file", "P(dark)"), rows)


def test_a_program_outside_is_judged_as_if_it_were_here(exported, runner, grid):
    names = [
        write_scores(answers_in(exported, made(exported)), "fake")
        for made in (similarities, chances)
    ]
    outside = [f"similarities:answers={names[0]}", f"class_scores:answers={names[1]}"]
    asked = [
        cell
        for cell in cells(grid(**TASK, attackers=["pixel_cosine", *outside]))
        if cell.purpose == "private" and not cell.skip_reason
    ]
    planner = Planner(runner.store.root)
    answers = runner.run(planner.cell(cell).answer for cell in asked)
    found = {
        (cell.defense.name, cell.threat.name, cell.attacker.name): answer.arrays
        for cell, answer in zip(asked, answers, strict=True)
    }
    assert len(found) == 3 * (2 + 2 + 1)
    for defense, threat in product(("none", "constant", "pixelate"), ("raw", "aware")):
        here, there = (
            (said["scores"] @ said["gallery.scores"].T).ravel()
            for said in (found[defense, threat, by] for by in ("pixel_cosine", "similarities"))
        )
        if np.ptp(here) > 1e-6:  # else all are equal, as without a face
            assert np.corrcoef(here, there)[0, 1] > 1 - 1e-9
        assert (np.ptp(there) > 1e-6) == (np.ptp(here) > 1e-6)
    scores = found["none", "raw", "class_scores"]["scores"]  # (N, 2): dark, light
    assert np.ptp(scores[:, 0] - scores[:, 1]) > 0.5


def test_two_programs_are_told_apart_while_a_run_goes_on(exported, runner, grid):
    outside = [
        f"similarities:answers={write_scores(answers_in(exported, similarities(exported)), name)}"
        for name in ("ours", "theirs")
    ]
    identity = {**TASK, "private": ["identity"]}
    asked = [cell for cell in cells(grid(**identity, attackers=outside)) if not cell.skip_reason]
    planned = plan(asked, runner.store.root)
    runner.run(planned.stages)
    lines = {glance(goal, planned, runner.store) for goal in planned.goals}
    assert all(any(f"({spec} " in line for spec in outside) for line in lines)


def test_cosines_are_the_similarities_also_of_pictures_on_both_sides():
    given = {("p", "g"): 3.0, ("p", "h"): -1.0, ("q", "g"): 0.5, ("q", "h"): 2.0, ("g", "h"): 7.0}
    given |= {("p", "r"): 4.0, ("r", "g"): 0.0, ("r", "r"): 100.0}  # r equals itself
    names, values, *_ = templates(given)
    of = dict(zip(names, values, strict=True))
    np.testing.assert_allclose(np.linalg.norm(values, axis=1), 1, rtol=1e-6)
    pairs = [pair for pair in given if pair != ("r", "r")]
    cosines = [of[a] @ of[b] for a, b in pairs]
    slope, _ = np.polyfit([given[pair] for pair in pairs], cosines, 1)
    assert slope > 0
    assert np.corrcoef([given[pair] for pair in pairs], cosines)[0, 1] == pytest.approx(1)


RAW = threats.threat(Spec("raw"))
A, B, C = (letter * 24 + ".png" for letter in "abc")


@pytest.fixture
def asked(folder):
    (folder / "questions").mkdir()
    write(folder / "questions" / "identity.csv", ("probe", "gallery"), [(A, C), (B, C)])
    write(
        folder / "questions" / "gender.csv", ("file", "female", "male"), [(A, "", ""), (B, "", "")]
    )
    return folder


def test_one_probability_is_the_log_odds_of_both_classes(asked):
    path = write(asked / "it said.csv", ("file", "P(female)"), [(B, 0.75), (A, 0), (C, 0.5)])
    names, values, *told = answers_in(asked, path)
    assert (names, told) == ((B[:24], A[:24]), [("female", "male"), "gender"])
    np.testing.assert_allclose(values[0], [np.log(3) / 2, -np.log(3) / 2], rtol=1e-6)
    assert np.isfinite(values).all()


@pytest.mark.parametrize(
    ("columns", "rows", "problem"),
    [
        (("probe", "similarity"), [(A, 1)], "expected in .* the columns probe, gallery and simil"),
        (("file", "man"), [(A, 1)], "got .'file', 'man'.; rename them"),
        (("probe", "gallery", "similarity"), [(A, C, 1)], "each of 2 lines .* none to 1, e.g. bbb"),
        (("probe", "gallery", "similarity"), [(A, C, 1)] * 2 + [(B, C, 1)], "another before"),
        (("probe", "gallery", "similarity"), [(A, C, ""), (B, C, 1)], "line 2.*numbers in simil"),
        (("file", "female", "male"), [(A, 1), (B, 1, 2)], "line 2: expected a cell for each col"),
        (("file", "female", "male"), [(A, 1, "nan"), (B, 1, 2)], "line 2.*numbers in female, male"),
        (("file", "P(male)"), [(A, -0.5), (B, 60)], "P.CLASS. in 0..1 in .*, got -0.5; scale it"),
    ],
)
def test_what_is_wrong_with_answers_is_said(asked, columns, rows, problem):
    with pytest.raises(ValueError, match=problem):
        answers_in(asked, write(asked / "it said.csv", columns, rows))


def ask_also(asked, name, *classes):
    """One more label of the same two pictures."""
    rows = [(picture, *[""] * len(classes)) for picture in (A, B)]
    write(asked / "questions" / f"{name}.csv", ("file", *classes), rows)


def test_scores_of_one_label_are_not_used_for_another(asked):
    ask_also(asked, "glasses", "no", "yes")
    ask_also(asked, "beard", "no", "yes")
    path = write(asked / "it said.csv", ("file", "P(yes)"), [(A, 0.5), (B, 0.6)])
    with pytest.raises(ValueError, match="--target, answers fit beard and glasses; name one"):
        answers_in(asked, path)
    with pytest.raises(ValueError, match="got 'glases'; did you mean 'glasses'"):
        answers_in(asked, path, "glases")
    name = write_scores(answers_in(asked, path, "glasses"), "it")
    assert read_scores(name).target == "glasses"
    reasons = [
        ClassScores(name).skip_reason(Target(label, "categorical", classes), RAW, "open")
        for label, classes in (
            ("glasses", ("yes", "no")),
            ("glasses", ()),  # known once the data set is loaded
            ("beard", ("no", "yes")),
            ("glasses", ("no", "yes", "sun")),
        )
    ]
    assert reasons == [
        *("", "", f"{name} has answers about glasses, not beard"),
        "no scores of sun, classes of glasses",
    ]
    found = Similarities(name).skip_reason(Target("identity"), RAW, "open")
    assert found == f"{name} has answers about glasses, not identity"
    target = Target("glasses", "categorical", ("no", "sun"))  # found while loading
    with pytest.raises(ValueError, match="got no scores of sun"):
        ClassScores(name).fit(threats.Knowledge(None, None, None, target, frozenset()), None)


def test_a_label_without_classes_is_not_answered(asked):
    ask_also(asked, "age")
    path = write(asked / "it said.csv", ("file", "P(male)"), [(A, 0.5), (B, 0.6)])
    assert answers_in(asked, path).target == "gender"


def test_classes_and_names_that_a_table_tells_reach_the_questions(folder, runner, grid):
    label, rows = "eye/../wear", [("path", "identity", "take", "eye/../wear")]
    for number in range(24):
        person, glasses = divmod(number, 6)
        path = f"{number}.png"
        Image.new("RGB", (16, 16), (10 * number, 99, 40 * (glasses % 2))).save(folder / path)
        rows.append((path, person, number, ("no", "yes")[glasses % 2]))
    write(folder / "list.csv", rows[0], rows[1:])
    data = f"folder:root={folder},manifest=list.csv,size=16,protocol=closed"
    chosen = grid(private=[label], data=data, threats=["raw"])
    said = export_scores(chosen, folder / "asked", runner)
    name = "eye%2F..%2Fwear"
    assert said.keys() == {f"{name}.csv"}
    (questions,) = (folder / "asked" / "questions").iterdir()
    asked = lines(questions)
    assert [*asked[0]] == ["file", "no", "yes"]
    path = write(folder / "it.csv", ("file", "P(yes)"), [(row["file"], 0.5) for row in asked])
    found = answers_in(folder / "asked", path, label)
    assert (found.classes, found.target) == (("no", "yes"), name)
    outside = f"class_scores:answers={write_scores(found, 'it')}"
    judged = [
        cell
        for cell in cells(grid(private=[label], data=data, threats=["raw"], attackers=[outside]))
        if cell.defense.name == "none" and not cell.skip_reason
    ]
    (answer,) = runner.run([Planner(runner.store.root).cell(judged[0]).answer])
    np.testing.assert_array_equal(answer.arrays["scores"], 0)  # (N, 2)


def test_scores_are_kept_under_their_digest(asked):
    name = write_scores(templates({(A[:24], C[:24]): 1.0, (B[:24], C[:24]): 2.0}), "it")
    assert read_scores(name).names == (C[:24], A[:24], B[:24])
    kept = asked / "scores" / f"{name}.npz"
    kept.write_bytes(kept.read_bytes() + b"x")
    with pytest.raises(ValueError, match="expected a SHA-256 that begins with"):
        read_scores(name)
    with pytest.raises(FileNotFoundError, match="`bench scores read` puts them there"):
        read_scores("it-0123456789ab")


def test_a_picture_that_it_was_not_asked_about_is_named():
    image = np.zeros((3, 4, 4), np.uint8)
    known = learned(Scores((drawn_name(image),), np.ones((1, 2), np.float32), ("a", "b")))
    np.testing.assert_array_equal(looked_up(image[None], known), [[1, 1]])
    with pytest.raises(ValueError, match=f"got none of 1, e.g. {drawn_name(image + 1)}.png"):
        looked_up(np.stack([image, image + 1]), known)


def test_read_prints_how_a_grid_names_the_program(asked):
    path = write(asked / "it said.csv", ("file", "P(male)"), [(A, 0.5), (B, 0.6)])
    words = ["scores", "read", str(asked), str(path), "--name"]
    done = CliRunner().invoke(app, [*words, "g-cots"])
    assert done.exit_code == 0
    assert 'attackers = ["class_scores:answers=g-cots-' in done.stdout
    assert "got 'face'" in CliRunner().invoke(app, [*words, "it", "--target", "face"]).stderr
    assert "got 'a:b'" in CliRunner().invoke(app, [*words, "a:b"]).stderr
