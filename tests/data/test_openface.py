"""Attributes of real pictures out of small files, written as OpenFace writes them."""

import math

import numpy as np
import pytest

from bench.annotation.choice import Bins, evidence_in
from bench.data.folder import Folder
from bench.runner.worker import Worker

CONTEXT = Worker().protecting()
HEAD = ("confidence", "pose_Rx", "pose_Ry", "pose_Rz",
        "AU04_r", "AU05_r", "AU06_r", "AU07_r", "AU12_r", "AU23_r")  # fmt: skip
CALM = (0.98, 0, 0, 0, 0, 0, 0, 0, 0, 0)
ANGRY = (0.95, 0, 0, 0, 5, 2.5, 0, 5, 0, 2.5)


def table(*rows, first=("path",), head=HEAD):
    """As OpenFace's, with a blank after each comma."""
    return "\n".join(", ".join(map(str, row)) for row in ((*first, *head), *rows)) + "\n"


@pytest.fixture
def folder(tmp_path, picture):
    def make(text, **fields):
        for name in ("ann/0.png", "ann/1.png", "bob/0.png"):
            picture(tmp_path / name, 100, (20, 20))
        (tmp_path / "faces.csv").write_text(text)
        return Folder(root=str(tmp_path), size=16, **{"openface": "faces.csv"} | fields)

    return make


def labels_of(folder):
    return folder.load(CONTEXT).faces.labels


def test_angles_and_intensities_come_in_the_units_of_synthetic(folder):
    turned = (0.9, *np.radians([10, 17.5, -15]), 1, 2, 3, 4, 5, 6)
    made = folder(table(("ann/0.png", *turned), ("ann/1.png", *CALM), ("bob/0.png", *ANGRY)))
    labels = labels_of(made)
    wanted = {  # pitch 10 of 20 degrees down, yaw 17.5 of 35 to the left, roll 15 of 15 to the left
        "yaw": 0.25, "pitch": 0.25, "roll": 1.0,
        "AU4": 0.2, "AU5": 0.4, "AU6": 0.6, "AU7": 0.8, "AU12": 1.0, "AU23": 1.0,
    }  # fmt: skip
    assert {name: labels[name][0] for name in wanted} == pytest.approx(wanted, abs=1e-6)
    assert [labels[name][1] for name in ("yaw", "AU12")] == [0.5, 0]
    kinds = {target.name: target.kind for target in made.targets}
    assert kinds == {"identity": "categorical"} | dict.fromkeys(wanted, "continuous")
    assert "male" not in labels  # OpenFace estimates no gender


def test_faces_of_low_confidence_are_missing_and_counted(folder):
    lines = [
        ("ann/0.png", 1, 0, *CALM),
        ("ann/1.png", 2, 1, 0.5, *CALM[1:]),
        ("bob/0.png", 3, 1, *ANGRY),
    ]
    made = folder(table(*lines, first=("path", "frame", "success")))
    with pytest.warns(UserWarning, match="2 of 3 pictures have no attributes, e.g. ann/0.png"):
        labels = labels_of(made)
    assert np.isnan(labels["AU4"]).tolist() == [True, True, False]
    sure = folder(table(*lines, first=("path", "frame", "success")), confidence=0.5)
    with pytest.warns(UserWarning, match="1 of 3"):
        assert np.isnan(labels_of(sure)["yaw"]).tolist() == [True, False, False]


def test_of_several_faces_the_most_confident_counts(folder):
    faint = (0.85, *CALM[1:])
    lines = [("ann/0.png", *faint), ("ann/0.png", *ANGRY), ("ann/0.png", *faint)]
    made = folder(table(*lines, ("ann/1.png", *CALM), ("bob/0.png", *CALM)))
    assert labels_of(made)["AU4"].tolist() == [1, 0, 0]


def test_a_file_per_picture_in_folders_like_the_pictures(folder, tmp_path):
    made = folder("", openface="output")
    for name in ("ann/0", "bob/0"):  # no face in ann/1: OpenFace writes no file
        path = tmp_path / "output" / f"{name}.csv"
        path.parent.mkdir(parents=True)
        path.write_text(table((0, *ANGRY), first=("face",)))
    with pytest.warns(UserWarning, match="1 of 3 pictures have no attributes, e.g. ann/1.png"):
        assert labels_of(made)["AU7"].tolist() == pytest.approx([1, math.nan, 1], nan_ok=True)
    assert sum(path.suffix == ".csv" for path in made.files()) == 2  # they enter the key


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (table(head=HEAD[2:]), r"lacks columns \['confidence', 'pose_Rx'\]; run OpenFace"),
        (table(first=("frame",)), r"lacks columns \['path', 'success'\]"),
        (table(("eve.png", *CALM)), "matches none of the 3 pictures; expected e.g. path 'ann/"),
        (
            table(("ann/0.png", "high", *CALM[1:])),
            r"csv, line 2 \(ann/0.png\): expected a number in OpenFace's confidence, got 'high'",
        ),
        (
            table(*((name, *CALM[:4], "nan", *CALM[5:]) for name in ("ann/0.png", "bob/0.png"))),
            r"line 2 \(ann/0.png\): .* AU04_r, got 'nan' \(and 1 more such lines\); fix the file",
        ),
        (table(("ann/0.png", 0.9)), "faces.csv, line 2: expected 11 cells; run OpenFace again"),
    ],
)
def test_a_bad_file_is_one_clear_error(folder, text, message):
    with pytest.raises(ValueError, match=message):
        labels_of(folder(text))


def test_numbers_of_unsure_faces_do_not_matter(folder):
    unsure = ("ann/0.png", 0.1, *["nan"] * 9)
    made = folder(table(unsure, ("./ann/1.png", *CALM), ("bob/0.png", *ANGRY)))
    with pytest.warns(UserWarning, match="1 of 3 pictures have no attributes, e.g. ann/0.png"):
        assert np.isnan(labels_of(made)["AU4"]).tolist() == [True, False, False]


def test_a_bad_number_is_found_without_pictures(folder, tmp_path):
    made = folder(table(("ann/0.png", 0.9, "nan", *CALM[2:]), ("bob/0.png", *CALM)))
    (tmp_path / "ann" / "0.png").write_bytes(b"")
    with pytest.raises(ValueError, match="OpenFace's pose_Rx, got 'nan'"):
        made.check()


def test_a_missing_file_is_an_error(folder):
    with pytest.raises(FileNotFoundError, match=r"none at .*else\.csv"):
        folder("", openface="else.csv").files()


def test_two_pictures_of_one_name_are_an_error(folder, tmp_path):
    made = folder("", openface="output")
    (tmp_path / "output").mkdir()
    (tmp_path / "ann" / "0.jpg").write_bytes((tmp_path / "ann" / "0.png").read_bytes())
    with pytest.raises(ValueError, match="several pictures are called ann/0"):
        made.files()


def test_a_confidence_in_percent_is_refused(folder):
    with pytest.raises(ValueError, match=r"expected confidence in \[0, 1\], got 80"):
        folder("", confidence=80)


def test_columns_called_as_attributes_are_numbers(folder, tmp_path):
    (tmp_path / "list.csv").write_text("path,identity,male\nann/0.png,ann,0\nbob/0.png,bob,\n")
    made = folder(table(("ann/0.png", *CALM), ("bob/0.png", *CALM)), manifest="list.csv")
    assert labels_of(made)["male"].tolist() == pytest.approx([0, math.nan], nan_ok=True)
    for cell in ("2", "-0.1", "inf", "yes"):
        (tmp_path / "list.csv").write_text(
            f"path,identity,male\nann/0.png,ann,0\nbob/0.png,bob,{cell}\n"
        )
        with pytest.raises(ValueError, match=f"bob.: expected a number .* male, got '{cell}'; sc"):
            labels_of(made)
    (tmp_path / "list.csv").write_text("path,identity,yaw\nann/0.png,ann,0\n")
    with pytest.raises(ValueError, match=r"both provide \['yaw'\]"):
        labels_of(made)


def test_evidence_of_anger_and_joy_is_read_off_openface(folder):
    labels = labels_of(folder(table(*((name, *line) for name, line in (
        ("ann/0.png", CALM), ("ann/1.png", ANGRY), ("bob/0.png", ANGRY)
    )))))  # fmt: skip
    anger, joy = (evidence_in(labels, names) for names in ("AU4+AU5+AU7+AU23", "AU6+AU12"))
    assert anger.tolist() == [-3, 1.5, 1.5]  # mean 0.75 of ANGRY
    assert joy.tolist() == [-3, -3, -3]
    unsure = {"AU6": np.array([np.nan, 1]), "AU12": np.array([1.0, 1])}
    assert Bins().places(evidence_in(unsure, "AU6+AU12")).tolist() == [-1, 11]
