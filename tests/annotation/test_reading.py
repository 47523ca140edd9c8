"""Every line is used or told."""

import numpy as np
import pytest

from bench.annotation.analysis import Choices, analyse
from bench.annotation.reading import Label, read_key, read_labels
from bench.annotation.votes import votes

LONG = ("labeler", "question", "image", "version", "label")


def test_long_tables_are_read(write_csv):
    path = write_csv(
        "long.csv", LONG, [("ann", "joy", "1", "raw", "Yes"), ("ann", "joy", "2", "raw", "0")]
    )
    found = read_labels([path], {})
    assert [label[:5] for label in found.labels] == [
        ("ann", "joy", "1", "raw", "yes"),
        ("ann", "joy", "2", "raw", "no"),
    ]
    assert found.bad == []


def test_other_words_than_yes_and_no_stay(write_csv):
    path = write_csv("long.csv", LONG, [("ann", "mood", "1", "raw", "Happy")])
    assert read_labels([path], {}).labels[0].label == "happy"


KEY = {"t1": {"question": "joy", "image": "7", "version": "blur"}}


def test_result_files_find_their_pictures_in_the_key(write_csv):
    columns = ("study", "labeler", "question", "picture", "label", "seconds", "position")
    path = write_csv("answers.csv", columns, [("s", "ann", "joy", "t1", "yes", "1.25", "1")])
    assert read_labels([path], KEY).labels == [Label("ann", "joy", "7", "blur", "yes", 1.25)]


@pytest.mark.parametrize(
    ("columns", "cells", "label"),
    [
        (("Answer.label",), ("no",), "no"),
        (("Answer.label.yes", "Answer.label.no"), ("true", "false"), "yes"),
    ],
)
def test_batches_of_mechanical_turk_are_read(write_csv, columns, cells, label):
    told = ("WorkerId", "Input.picture", "WorkTimeInSeconds", "AssignmentStatus", *columns)
    rows = [("w1", "t1", "9", "Approved", *cells), ("w2", "t1", "9", "Rejected", *cells)]
    found = read_labels([write_csv("batch.csv", told, rows)], KEY)
    assert found.labels == [Label("w1", "joy", "7", "blur", label, 9.0)]
    assert [bad.reason for bad in found.bad] == ["the assignment was rejected"]


def test_bad_lines_are_told_with_file_and_line(write_csv):
    first = write_csv("a.csv", LONG, [("ann", "joy", "1", "raw", "yes")])
    rows = [
        ("ann", "joy", "1", "raw", "no"),
        ("ann", "joy", "2", "raw", " "),
        ("ann", "joy", "3"),
        ("ann", "joy", "4", "raw", "yes", "more"),
        ("", "", "5", "raw", "yes"),
    ]
    found = read_labels([first, write_csv("b.csv", LONG, rows)], {})
    assert [label.label for label in found.labels] == ["yes"]
    assert [(bad.file, bad.line, bad.reason) for bad in found.bad] == [
        ("b.csv", 2, "ann has answered this at a.csv:2"),
        ("b.csv", 3, "empty: label"),
        ("b.csv", 4, "it has a cell too many or too few"),
        ("b.csv", 5, "it has a cell too many or too few"),
        ("b.csv", 6, "empty: labeler, question"),
    ]


def test_a_picture_that_no_key_knows_is_told(write_csv):
    path = write_csv(
        "x.csv", ("labeler", "picture", "label"), [("a", "t1", "yes"), ("a", "t2", "no")]
    )
    assert "'t2' is in no key table" in read_labels([path], KEY).bad[0].reason


def test_files_of_no_known_kind_are_refused(write_csv):
    path = write_csv("x.csv", ("who", "what"), [("a", "b")])
    with pytest.raises(
        ValueError, match=r"columns \['what', 'who'\]; wanted are labeler, question"
    ):
        read_labels([path], {})
    empty = write_csv("y.csv", LONG, [("", "", "", "", "")])
    with pytest.raises(ValueError, match=r"no label can be used in \['y.csv'\]"):
        read_labels([empty], {})


def test_a_key_that_contradicts_itself_is_refused(write_csv):
    columns = ("picture", "question", "image", "version")
    path = write_csv("key.csv", columns, [("t", "joy", "1", "raw"), ("t", "joy", "2", "raw")])
    with pytest.raises(ValueError, match=r"key.csv:3"):
        read_key([path])


def test_truth_comes_from_raw_votes_or_from_the_key(table):
    labels = table({"raw": {"a": "yyn", "b": "nnn"}, "blur": {"a": "nnn", "b": "nny"}})
    key = {name: {"question": "joy", "image": name, "truth": "no"} for name in "ab"}
    by_raw, by_key = (votes(labels, key, way)[0] for way in ("raw", "key"))
    assert [by_raw.classes[i] for i in by_raw.truth] == ["yes", "no"]
    assert [by_key.classes[i] for i in by_key.truth] == ["no", "no"]
    assert np.nanmean(by_raw.right[1]) == pytest.approx(2 / 6)
    assert np.nanmean(by_key.right[1]) == pytest.approx(5 / 6)


def test_without_a_truth_there_is_a_reason(table):
    labels = table({"blur": {"a": "yn"}})
    assert "--truth key" in votes(labels, {}, "raw")[0].untold
    assert "column truth" in votes(labels, {}, "key")[0].untold
    assert votes(table({"raw": {"a": "yyn"}}), {}, "raw")[0].untold == ""


def test_whether_two_show_one_person_is_no_matter_of_votes(table):
    labels = table({"raw": {"a": "yyn"}}, question="same-person")
    key = {"t": {"question": "same-person", "image": "a", "truth": "no"}}
    given = votes(labels, key, "raw")[0]
    assert (given.truth_is, given.classes[given.truth[0]]) == ("key", "no")


def test_gaps_are_no_answers(table):
    given = votes(table({"raw": {"a": "yy-", "b": "nnn"}, "blur": {"a": "n--"}}), {}, "raw")[0]
    assert given.counts.sum(axis=2).tolist() == [[2, 3], [1, 0]]
    assert int(np.isnan(given.right).sum()) == 1 + 2 + 3


def test_who_answered_is_always_said(table):
    labels = table({"raw": {"a": "yyn"}})
    assert votes(labels, {}, "raw")[0].who == "3 people"
    mixed = [labels[0]._replace(labeler="simulated-1"), *labels[1:]]
    assert votes(mixed, {}, "raw")[0].who == "2 people and 1 SIMULATED labelers"


def test_careless_labelers_are_left_out_on_demand_and_named(paper_sized, write_csv, tmp_path):
    labels, _ = paper_sized
    few = {f"simulated-{j}" for j in range(9)}
    rows = [lb[:5] for lb in labels if lb.question == "joy" and lb.labeler in few]
    path = write_csv("long.csv", LONG, rows)
    analyse([path], [], Choices(without_careless=True), tmp_path / "out")
    report = (tmp_path / "out" / "analysis.md").read_text()
    assert "Left out as careless: simulated-0" in report
    assert "joy: accuracy (6 SIM" in report
