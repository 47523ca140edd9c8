"""A study of the toy data, from export to tables, through the runner's stages."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image

from bench.annotation.analysis import Choices, analyse
from bench.annotation.choice import Bins
from bench.annotation.judges import calibrated, judges
from bench.annotation.material import log_odds, material
from bench.annotation.panel import answers, labelers
from bench.annotation.recipe import Recipe
from bench.annotation.study import Order, PanelOrder, learn, recipe_of, send, simulate
from bench.annotation.tables import Percent
from bench.nn.training import Schedule
from bench.runner.engine import LocalEngine
from bench.runner.worker import Worker
from bench.spec import Spec

ORDER = Order(False, "random", 8, "", Bins(), "Dark?", 4, "https://place/x")


@pytest.fixture
def study(store, grid, tmp_path):
    """Exports a study of the toy data; its folder and what was said."""

    def make(order=ORDER, question="darkness", defenses=("pixelate", "blur"), name="study"):
        recipe = recipe_of(grid(data="toy:people=4"), question, defenses, 0)
        folder = tmp_path / name
        return folder, send(recipe, order, folder, store, LocalEngine())

    return make


@pytest.fixture
def faces(store, grid):
    """The probe's pictures."""
    recipe = recipe_of(grid(data="toy:people=4"), "darkness", (), 0)
    return material(recipe, store, LocalEngine()).faces


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def page_data(folder):
    text = (folder / "send" / "index.html").read_text()
    return json.loads(re.search(r'id="study">(.*?)</script>', text, re.DOTALL)[1])


def test_raw_pictures_leave_only_on_demand(study):
    folder, told = study()
    assert {line["version"] for line in read(folder / "key.csv")} == {"pixelate", "blur"}
    assert "8 pictures in 2 versions" in told[0]
    folder, _ = study(ORDER._replace(raw=True), name="raw")
    assert {line["version"] for line in read(folder / "key.csv")} == {"raw", "pixelate", "blur"}


def test_nothing_that_is_sent_tells_versions_or_labels(study):
    folder, _ = study()
    key = read(folder / "key.csv")
    sent = [path for path in (folder / "send").rglob("*") if path.is_file()]
    pictures = [path for path in sent if path.suffix == ".png"]
    assert len(pictures) == 8 * 2 + 4 * 2 * 2
    assert all(re.fullmatch(r"[0-9a-f]{16}\.png", path.name) for path in pictures)
    assert {path.name for path in sent} - {path.name for path in pictures} == {"index.html"}
    data = page_data(folder)
    assert [item["id"] for item in data["items"]] == sorted(line["picture"] for line in key)
    assert set(data["items"][0]) == {"id", "question", "files"}
    written = json.dumps(data) + " ".join(path.name for path in pictures)
    for line in key:
        assert line["version"] not in written
        assert line["image"] not in written
    times = [path.stat().st_mtime_ns for path in sorted(pictures)]
    assert times == sorted(times)  # written in the order of their random names
    assert all(not Image.open(path).info for path in pictures)


def test_names_are_drawn_anew_for_every_study(study):
    first, second = (study(name=name)[0] for name in ("one", "two"))
    images = [
        sorted(line["image"] for line in read(folder / "key.csv")) for folder in (first, second)
    ]
    assert images[0] == images[1]  # the choice is seeded
    tokens = [{line["picture"] for line in read(folder / "key.csv")} for folder in (first, second)]
    assert not tokens[0] & tokens[1]


def test_a_study_is_never_overwritten(study):
    study()
    with pytest.raises(FileExistsError, match="--out"):
        study()


def test_pictures_are_those_of_the_key(study, faces):
    """Each file shows the version of the row that the key says."""
    folder, _ = study(ORDER._replace(raw=True))
    place = {str(row): i for i, row in enumerate(faces.rows.tolist())}
    files = {item["id"]: item["files"] for item in page_data(folder)["items"]}
    checked = 0
    for line in read(folder / "key.csv"):
        if line["version"] == "raw" and line["question"] == "darkness":
            (name,) = files[line["picture"]]
            shown = np.asarray(Image.open(folder / "send" / "pictures" / name)).transpose(2, 0, 1)
            assert (shown == faces.images[place[line["image"]]]).all()
            checked += 1
    assert checked == 8


def test_pairs_show_the_second_picture_raw_only_if_raw_is_shown(study, faces):
    raw = {image.tobytes() for image in faces.images}
    for order in (ORDER, ORDER._replace(raw=True)):
        folder, _ = study(order, name=f"study{order.raw}")
        for item in page_data(folder)["items"]:
            if item["question"] == "same-person":
                path = folder / "send" / "pictures" / item["files"][1]
                shown = np.asarray(Image.open(path)).transpose(2, 0, 1)
                assert (shown.tobytes() in raw) == order.raw


def test_mechanical_turk_gets_a_line_per_question(study):
    folder, _ = study()
    lines, template = read(folder / "mturk.csv"), (folder / "mturk.html").read_text()
    assert len(lines) == 8 * 2 + 4 * 2
    assert set(re.findall(r"\$\{(\w+)\}", template)) == set(lines[0]) - {"picture"}
    assert {line["picture"] for line in lines} == {
        line["picture"] for line in read(folder / "key.csv")
    }
    names = {path.name for path in (folder / "send" / "pictures").iterdir()}
    assert {line["image_url"].removeprefix("https://place/x/") for line in lines} <= names
    assert sum(bool(line["image_url_2"]) for line in lines) == 4 * 2


def test_mistakes_are_told(study, store):
    with pytest.raises(ValueError, match="none leaves 8 of 8 pictures as they are"):
        study(defenses=("none",))
    with pytest.raises(ValueError, match="nothing to show"):
        study(defenses=())
    with pytest.raises(ValueError, match="'colour=dark', 'colour=light'"):
        study(question="colour=green", name="b")
    with pytest.raises(ValueError, match="no data of grid 'toy' tell 'mood'"):
        study(question="mood=dark", name="c")
    folder, _ = study(name="free")
    with pytest.raises(ValueError, match="no label answers 'darkness'"):
        simulate(folder, PanelOrder(3, 0.1), store, LocalEngine())


def test_pictures_of_a_folder_are_chosen_by_what_openface_says(store, grid, tmp_path):
    columns = ("confidence", "pose_Rx", "pose_Ry", "pose_Rz", "AU04_r", "AU05_r", "AU06_r",
               "AU07_r", "AU12_r", "AU23_r")  # fmt: skip
    lines = [", ".join(("path", *columns))]
    for person in range(16):
        for number, (sure, angry) in enumerate(((1, 0), (1, 4), (0.2, 5))):
            path = tmp_path / "photos" / str(person) / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (16, 16), (10 * person, 9, 80 * number)).save(path)
            units = (angry, angry, 0, angry, 0, angry)
            lines.append(f"{person}/{number}.png, {sure}, 0, 0, 0, {', '.join(map(str, units))}")
    (tmp_path / "photos" / "faces.csv").write_text("\n".join(lines))
    data = f"folder:root={tmp_path}/photos,openface=faces.csv,size=16"
    recipe = recipe_of(grid(data=data), "angry", ("blur",), 0)
    anger = "AU4+AU5+AU7+AU23"
    order = Order(True, "bins", 4, anger, Bins(width=3), "Angry?", 0, "")
    with pytest.warns(UserWarning, match="16 of 48 pictures have no attributes"):
        send(recipe, order, tmp_path / "study", store, LocalEngine())
    key = read(tmp_path / "study" / "key.csv")
    raw = [line for line in key if line["version"] == "raw"]
    assert sorted(line["evidence"] for line in raw) == ["-3", "-3", "1.8", "1.8"]
    assert {line["AU4"] for line in key} == {"0", "0.8"}


@pytest.mark.slow
def test_a_panel_labels_and_its_labels_teach(study, store, tmp_path, monkeypatch):
    monkeypatch.setattr("defenses.card.SCHEDULE", Schedule(lr=2e-3, batch=48, steps=10, rounds=1))
    order = ORDER._replace(choose="bins", n_pictures=8, bins=Bins(width=3), raw=True)
    folder, _ = study(order, "colour=dark")
    panel = PanelOrder(5, 0.0, "raw", (Spec("memory"), Spec("nearest")))
    paths = simulate(folder, panel, store, LocalEngine())
    assert [path.name for path in paths] == [f"simulated-{i}.csv" for i in range(1, 6)]
    tables, bad = analyse(paths, [folder / "key.csv"], Choices(truth="key"), tmp_path / "out")
    assert bad == []
    rows = {row[0]: row for row in tables[0].rows}
    assert set(rows) == {"raw", "blur", "pixelate"}
    assert rows["raw"][2].value > 0.7
    assert all("SIMULATED" in table.title for table in tables)
    worker = Worker()
    simulate(folder, panel._replace(n_labelers=3), store, LocalEngine())
    assert len(list((folder / "answers").iterdir())) == 3  # none is left of the first five
    by_raw, by_aware = (
        judges(Recipe.read(folder), [Spec("nearest")], learned, store, LocalEngine())[0]
        for learned in ("raw", "aware")
    )
    assert by_raw["raw"] == pytest.approx(by_aware["raw"])  # there is nothing more to learn
    assert by_raw["blur"] != pytest.approx(by_aware["blur"])
    table = learn(folder, panel, Spec("memory"), store, LocalEngine(), worker)
    taught = {row[0]: row for row in table.rows}
    assert list(taught) == ["true labels", "raw", "pixelate", "blur"]
    assert taught["true labels"][1] == Percent(1)
    assert taught["true labels"][5:] == ("", "")
    assert taught["blur"][5].value == pytest.approx(
        taught["true labels"][3].value - taught["blur"][3].value
    )
    with pytest.raises(ValueError, match="odd number"):
        learn(folder, panel._replace(n_labelers=4), Spec("memory"), store, LocalEngine(), worker)


def test_a_judge_is_calibrated():
    rng = np.random.default_rng(0)
    truth = np.arange(400) % 2 == 1
    x = np.where(truth, 1, -1) + rng.normal(0, 1, 400)
    slope, bias = calibrated(3 * x + 5, truth)
    # Two normal classes at -1 and 1 with variance 1, equally common: the log-odds at x are 2 x.
    assert slope * 3 == pytest.approx(2, rel=0.2)
    assert slope * 5 + bias == pytest.approx(0, abs=0.3)
    with pytest.raises(ValueError, match="a commoner class"):
        calibrated(x, truth & False)


def test_a_judge_does_not_know_how_common_the_answer_is():
    rng = np.random.default_rng(0)
    truth = np.arange(2800) % 7 == 0
    x = np.where(truth, 1, -1) + rng.normal(0, 1, 2800)
    slope, bias = calibrated(x, truth)
    assert -bias / slope == pytest.approx(0, abs=0.1)  # in the middle, not where six of seven are


def test_labelers_differ_and_repeat():
    first, again = labelers(60, 5, 0.1, 0), labelers(60, 5, 0.1, 0)
    assert first == again
    assert first != labelers(60, 5, 0.1, 1)
    assert all(one.name.startswith("simulated-") for one in first)
    assert np.mean([one.lapse for one in first]) == pytest.approx(0.1, abs=0.03)
    assert {one.judge for one in first} == set(range(5))
    with pytest.raises(ValueError, match="--lapse"):
        labelers(5, 5, 0.7, 0)


def test_noise_is_what_the_labeler_says_it_is():
    yes = np.arange(2000) % 2 == 1
    judges = [{"raw": np.where(yes, 1.0, -1.0)}]
    one = labelers(1, 1, 0.1, 0)[0]._replace(slope=2.0, bias=0.0, lapse=0.3)
    right = 0.3 / 2 + 0.7 / (1 + np.exp(-2))
    assert np.mean(answers(one, judges, "raw", 0) == yes) == pytest.approx(right, abs=0.03)
    assert (answers(one, judges, "raw", 0) == answers(one, judges, "raw", 0)).all()


def test_log_odds_take_unnormalised_scores():
    probability = np.array([[0.7, 0.2, 0.1]])
    assert log_odds(np.log(probability) + 4, 0) == pytest.approx(np.log(0.7 / 0.3))
