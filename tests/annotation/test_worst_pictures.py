"""Figures 9 and 10: originals beside the versions that labelers got wrong."""

import numpy as np
import pytest

from bench.annotation import worst_pictures
from bench.annotation.analysis import AnalysisOptions, analyse
from bench.annotation.export import KEY, MTURK, new_item, write
from bench.annotation.reading import read_key, read_labels
from bench.annotation.study import StudySpec
from bench.annotation.votes import votes_by_question
from bench.annotation.worst_pictures import shown_pictures, worst_figures
from bench.spec import Spec

LONG = ("labeler", "question", "image", "version", "label")
VOTES = {  # of four labelers, by version and image
    "raw": {"a": "yyyy", "b": "nnnn", "c": "yyyn"},
    "blur": {"a": "yynn", "b": "nnnn", "c": "nnny"},
}


def picture(version, image):
    return np.full((3, 8, 8), 10 * "abc".index(image) + 100 * (version == "blur"), np.uint8)


@pytest.fixture
def study(tmp_path):
    """A study of three images in two versions, and a table of what four labelers said."""
    items = [
        new_item({"question": "joy", "image": i, "version": v}, picture(v, i))
        for v, images in VOTES.items()
        for i in images
    ]
    spec = StudySpec(Spec("toy"), (Spec("blur"),), "joy", 0)
    write(spec, items, {"joy": "Joy?"}, tmp_path / "study", "https://host/some/where")
    return tmp_path / "study"


@pytest.fixture
def answers(write_csv):
    words = {"y": "yes", "n": "no"}
    rows = [
        (f"l{number}", "joy", image, version, words[letter])
        for version, images in VOTES.items()
        for image, letters in images.items()
        for number, letter in enumerate(letters)
    ]
    return write_csv("answers.csv", LONG, rows)


def test_the_worst_stand_first_below_their_originals(study, answers, tmp_path, monkeypatch):
    drawn = []

    def draw(sheet):
        drawn.append(sheet)
        return [("png", ""), ("pdf", "")]

    monkeypatch.setattr(worst_pictures, "sheet_files", draw)
    key = read_key([study / KEY])
    (votes,) = votes_by_question(read_labels([answers], key)[0], key, "raw")
    worst_figures(votes, shown_pictures([study / KEY], key), tmp_path)
    ((_, rows, *_),) = drawn
    assert [*rows] == ["raw", "blur"]
    for version, row in rows.items():
        np.testing.assert_array_equal(row.images, [picture(version, i) for i in "cab"])
    assert rows["blur"].captions == [["1 of 4"], ["2 of 4"], ["4 of 4"]]
    assert rows["raw"].captions == [["3 of 4"], ["4 of 4"], ["4 of 4"]]


@pytest.mark.parametrize(
    ("question", "version", "said"),
    [
        (
            "joy",
            "began_cs@paper",
            "Published: 0 to 33 % of 60 people were right about the ten worst of GAN",
        ),
        ("joy", "surrogate_3d:person=3", "Published: 3 to 43 % of 60 people"),
        ("anger", "began_cs", ""),  # the paper shows none
        ("joy", "blur", ""),
        ("joy", "ours, the newest!", ""),  # a key may name versions as it likes
    ],
)
def test_the_note_gives_the_papers_range_of_the_same_pairs(question, version, said):
    note = worst_pictures._note(question, version)
    assert said in note
    assert ("Published" in note) == bool(said)


def test_one_analysis_writes_all_figures_of_the_study(study, answers, tmp_path):
    analyse([answers], [study / KEY], AnalysisOptions(), tmp_path / "out")
    report = (tmp_path / "out" / "analysis.md").read_text()
    for name in ("joy-consensus", "joy-curve", "joy-evidence", "joy-worst-blur"):
        assert f"![{name}]({name}.png)" in report
        assert (tmp_path / "out" / f"{name}.png").stat().st_size > 0
    assert (tmp_path / "out" / "joy-worst-blur.pdf").exists()


def test_without_the_studys_folder_there_are_no_pairs(study):
    key = read_key([study / KEY])
    assert len(shown_pictures([study / KEY], key)) == 6
    (study / MTURK).unlink()
    assert shown_pictures([study / KEY], key) == {}
