"""A study of the toy data, from export to tables, through the runner's stages."""

import csv
import json
import re

import numpy as np
import pytest
from PIL import Image

from bench.annotation.analysis import AnalysisOptions, analyse
from bench.annotation.choice import Bins
from bench.annotation.downstream import train_downstream
from bench.annotation.export import ExportOptions, export_study, facts, picture_items
from bench.annotation.panel import PanelOptions, calibration, labelers, panel, simulate
from bench.annotation.study import (
    Runner,
    StudyPictures,
    StudySpec,
    class_log_odds,
    study_pictures,
    study_spec,
)
from bench.faces import Faces, Target
from bench.runner.engines.local import LocalEngine
from bench.spec import Spec
from bench.tables import Number

OPTIONS = ExportOptions(False, "random", 8, "", Bins(), "Dark?", 4, "https://place/x")


@pytest.fixture
def study(store, grid, tmp_path):
    """Exports a study of the toy data; its folder and the summary."""

    def make(options=OPTIONS, question="darkness", defenses=("pixelate", "blur"), name="study"):
        spec = study_spec(grid(data="toy:people=4"), question, defenses, 0)
        folder = tmp_path / name
        return folder, export_study(spec, options, folder, Runner(store, LocalEngine().run))

    return make


@pytest.fixture
def faces(store, grid):
    """The probe's pictures."""
    spec = study_spec(grid(data="toy:people=4"), "darkness", (), 0)
    return study_pictures(spec, Runner(store, LocalEngine().run)).faces


def read(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def page_data(folder):
    text = (folder / "send" / "index.html").read_text()
    return json.loads(re.search(r'id="study">(.*?)</script>', text, re.DOTALL)[1])


def test_raw_pictures_leave_only_on_demand(study):
    folder, lines = study()
    assert {line["version"] for line in read(folder / "key.csv")} == {"pixelate", "blur"}
    assert "8 pictures in 2 versions" in lines[0]
    folder, _ = study(OPTIONS._replace(raw=True), name="raw")
    assert {line["version"] for line in read(folder / "key.csv")} == {"raw", "pixelate", "blur"}


def test_nothing_that_is_sent_reveals_versions_or_labels(study):
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
    """Each file shows the version that the key has."""
    folder, _ = study(OPTIONS._replace(raw=True))
    place = {str(row): i for i, row in enumerate(faces.image_id.tolist())}
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
    for options in (OPTIONS, OPTIONS._replace(raw=True)):
        folder, _ = study(options, name=f"study{options.raw}")
        for item in page_data(folder)["items"]:
            if item["question"] == "same-person":
                path = folder / "send" / "pictures" / item["files"][1]
                shown = np.asarray(Image.open(path)).transpose(2, 0, 1)
                assert (shown.tobytes() in raw) == options.raw


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


def test_user_errors_are_explained(study, store):
    with pytest.raises(ValueError, match="none leaves 8 of 8 pictures unchanged"):
        study(defenses=("none",))
    with pytest.raises(ValueError, match="expected a defense or --raw"):
        study(defenses=())
    with pytest.raises(ValueError, match=r"expected \d+ pictures of the probe or fewer, got --pic"):
        study(OPTIONS._replace(n_pictures=10**4))
    with pytest.raises(ValueError, match="'colour=dark', 'colour=light'"):
        study(question="colour=green", name="b")
    with pytest.raises(ValueError, match="got 'mood'"):
        study(question="mood=dark", name="c")
    folder, _ = study(name="free")
    with pytest.raises(ValueError, match="got 'darkness'; ask people"):
        simulate(folder, PanelOptions(3, 0.1), Runner(store, LocalEngine().run))


def test_pictures_of_a_folder_are_chosen_by_labels_of_openface(store, grid, tmp_path):
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
    spec = study_spec(grid(data=data), "angry", ("blur",), 0)
    anger = "AU4+AU5+AU7+AU23"
    options = ExportOptions(True, "bins", 4, anger, Bins(width=3), "Angry?")
    with pytest.warns(UserWarning, match="16 of 48 pictures have no attributes"):
        export_study(spec, options, tmp_path / "study", Runner(store, LocalEngine().run))
    key = read(tmp_path / "study" / "key.csv")
    raw = [line for line in key if line["version"] == "raw"]
    assert sorted(line["evidence"] for line in raw) == ["-3", "-3", "1.8", "1.8"]
    assert {line["AU4"] for line in key} == {"0", "0.8"}


@pytest.mark.slow
def test_a_panel_labels_and_its_labels_teach(study, store, tmp_path, monkeypatch):
    for name, value in {"STEPS": 10, "ROUNDS": 1}.items():
        monkeypatch.setattr(f"bench.nn.estimation.{name}", value)
    options = OPTIONS._replace(choose="bins", n_pictures=8, bins=Bins(width=3), raw=True)
    folder, _ = study(options, "colour=dark")
    many = PanelOptions(5, 0.0, "raw", (Spec("memory"), Spec("nearest")))
    paths = simulate(folder, many, Runner(store, LocalEngine().run))
    assert [path.name for path in paths] == [f"simulated-{i}.csv" for i in range(1, 6)]
    tables, bad = analyse(
        paths, [folder / "key.csv"], AnalysisOptions(truth_from="key"), tmp_path / "out"
    )
    assert bad == []
    rows = {row[0]: row for row in tables[0].rows}
    assert set(rows) == {"raw", "blur", "pixelate"}
    assert rows["raw"][2].value > 0.7
    assert all("SIMULATED" in table.title for table in tables)
    simulate(folder, many._replace(n_labelers=3), Runner(store, LocalEngine().run))
    assert len(list((folder / "answers").iterdir())) == 3  # none is left of the first five
    spec, one = StudySpec.read(folder), PanelOptions(1, 0.0, classifiers=(Spec("nearest"),))
    runner = Runner(store, LocalEngine().run)
    pictures = study_pictures(spec, runner)
    by_raw, by_aware = (
        panel(spec, pictures, one._replace(threat=threat), runner)[0].log_odds
        for threat in ("raw", "aware")
    )
    assert by_raw["raw"] == pytest.approx(by_aware["raw"])  # there is nothing more to learn
    assert by_raw["blur"] != pytest.approx(by_aware["blur"])
    table = train_downstream(folder, many, Spec("memory"), runner)
    rows = {row[0]: row for row in table.rows}
    assert list(rows) == ["true labels", "raw", "pixelate", "blur"]
    assert rows["true labels"][1] == Number(1)
    assert rows["true labels"][5:] == ("", "")
    assert rows["blur"][5].value == pytest.approx(
        rows["true labels"][3].value - rows["blur"][3].value
    )
    with pytest.raises(ValueError, match="odd number"):
        train_downstream(folder, many._replace(n_labelers=4), Spec("memory"), runner)


def test_log_odds_are_calibrated():
    rng = np.random.default_rng(0)
    truth = np.arange(400) % 2 == 1
    x = np.where(truth, 1, -1) + rng.normal(0, 1, 400)
    slope, bias = calibration(3 * x + 5, truth)
    # Two normal classes at -1 and 1 with variance 1, equally common: the log-odds at x are 2 x.
    assert slope * 3 == pytest.approx(2, rel=0.2)
    assert slope * 5 + bias == pytest.approx(0, abs=0.3)
    with pytest.raises(ValueError, match="a commoner class"):
        calibration(x, truth & False)


def test_a_labeler_does_not_know_how_common_the_answer_is():
    rng = np.random.default_rng(0)
    truth = np.arange(2800) % 7 == 0
    x = np.where(truth, 1, -1) + rng.normal(0, 1, 2800)
    slope, bias = calibration(x, truth)
    assert -bias / slope == pytest.approx(0, abs=0.1)  # in the middle, not where six of seven are


def test_labelers_differ_and_repeat():
    five = [{"raw": number} for number in range(5)]
    first, again = labelers(60, five, 0.1, 0), labelers(60, five, 0.1, 0)
    assert first == again
    assert first != labelers(60, five, 0.1, 1)
    assert all(one.name.startswith("simulated-") for one in first)
    assert np.mean([one.lapse for one in first]) == pytest.approx(0.1, abs=0.03)
    assert [one.log_odds for one in first] == 12 * five
    with pytest.raises(ValueError, match="--lapse"):
        labelers(5, five, 0.7, 0)


def test_noise_is_that_of_the_labeler():
    yes = np.arange(2000) % 2 == 1
    log_odds = [{"raw": np.where(yes, 1.0, -1.0)}]
    one = labelers(1, log_odds, 0.1, 0)[0]._replace(slope=2.0, bias=0.0, lapse=0.3)
    right = 0.3 / 2 + 0.7 / (1 + np.exp(-2))
    assert np.mean(one.answers_yes("raw", 0) == yes) == pytest.approx(right, abs=0.03)
    assert (one.answers_yes("raw", 0) == one.answers_yes("raw", 0)).all()


def test_log_odds_take_unnormalised_scores():
    probability = np.array([[0.7, 0.2, 0.1]])
    assert class_log_odds(np.log(probability) + 4, 0) == pytest.approx(np.log(0.7 / 0.3))


@pytest.mark.parametrize("name", ["person", "truth", "image", "question", "light", "label.truth"])
def test_a_label_called_as_a_column_of_the_key_replaces_nothing(name):
    labels = {"identity": np.array([0, 1]), name: np.array([1, 0])}
    targets = [Target("identity", "categorical", ("ann", "bob")), Target(name, classes=("x", "y"))]
    images = np.full((2, 3, 4, 4), 51, np.uint8)
    faces = Faces(images, labels, np.array([7, 8]))
    spec = StudySpec(Spec("toy"), (), "sad=yes", 0)
    shown = StudyPictures(faces, tuple(targets), {"raw": images}, np.array([1, 0]), np.zeros(2))
    first, second = picture_items(spec, shown, ["raw"], np.array([0, 1]))
    expected = {"question": "sad", "image": 7, "truth": "yes", "person": 0, "light": "0.2"}
    assert expected.items() <= first.key.items()
    assert [item.key[f"label.{name}"] for item in (first, second)] == ["y", "x"]


def test_facts_are_named_and_leave_out_identity():
    images = np.zeros((2, 3, 4, 4), np.uint8)
    images[1] = 255
    labels = {
        "identity": np.array([0, 1]), "take": np.array([0, 1]), "glasses": np.array([1, -1]),
        "yaw": np.array([0.5, 1], np.float32), "pitch": np.array([0.25, 0.5], np.float32),
    }  # fmt: skip
    targets = [
        Target("identity", classes=("a", "b")), Target("glasses", classes=("no", "yes")),
        Target("yaw", "continuous"), Target("pitch", "continuous"),
    ]  # fmt: skip
    found = facts(Faces(images, labels, np.array([7, 8])), targets)
    assert found == {
        "glasses": ["yes", ""], "yaw": ["0.5", "1"], "pitch": ["0.25", "0.5"],
        "light": ["0", "1"], "pose": ["0.5", "1"],
    }  # fmt: skip
