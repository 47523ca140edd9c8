"""Every line is used or reported."""

import numpy as np
import pytest

from bench.annotation.analysis import AnalysisOptions, analyse
from bench.annotation.reading import Label, read_key, read_labels
from bench.annotation.votes import votes_by_question

LONG = ("labeler", "question", "image", "version", "label")


def test_long_tables_are_read(write_csv):
    path = write_csv(
        "long.csv", LONG, [("ann", "joy", "1", "raw", "Yes"), ("ann", "joy", "2", "raw", "0")]
    )
    labels, bad = read_labels([path], {})
    assert [label[:5] for label in labels] == [
        ("ann", "joy", "1", "raw", "yes"),
        ("ann", "joy", "2", "raw", "no"),
    ]
    assert bad == []


def test_other_words_than_yes_and_no_stay(write_csv):
    path = write_csv("long.csv", LONG, [("ann", "mood", "1", "raw", "Happy")])
    assert read_labels([path], {})[0][0].label == "happy"


KEY = {"t1": {"question": "joy", "image": "7", "version": "blur"}}


def test_result_files_find_their_pictures_in_the_key(write_csv):
    columns = ("study", "labeler", "question", "picture", "label", "seconds", "position")
    path = write_csv("answers.csv", columns, [("s", "ann", "joy", "t1", "yes", "1.25", "1")])
    assert read_labels([path], KEY)[0] == [Label("ann", "joy", "7", "blur", "yes", 1.25)]


@pytest.mark.parametrize(
    ("columns", "cells", "label"),
    [
        (("Answer.label",), ("no",), "no"),
        (("Answer.label.yes", "Answer.label.no"), ("true", "false"), "yes"),
    ],
)
def test_batches_of_mechanical_turk_are_read(write_csv, columns, cells, label):
    columns = ("WorkerId", "Input.picture", "WorkTimeInSeconds", "AssignmentStatus", *columns)
    rows = [("w1", "t1", "9", "Approved", *cells), ("w2", "t1", "9", "Rejected", *cells)]
    labels, bad = read_labels([write_csv("batch.csv", columns, rows)], KEY)
    assert labels == [Label("w1", "joy", "7", "blur", label, 9.0)]
    assert [line.reason for line in bad] == ["the assignment was rejected"]


def test_assignments_with_a_filled_reject_cell_are_dropped_and_listed(write_csv):
    """Before the batch is uploaded again, they still have the status Submitted."""
    columns = ("WorkerId", "Input.picture", "AssignmentStatus", "Answer.label", "Approve", "Reject")
    rows = [
        ("w1", "t1", "Submitted", "yes", "x", " "),
        ("w2", "t1", "Submitted", "no", "", "only one answer"),
        ("w3", "t1", "Rejected", "no", "", ""),
    ]
    labels, bad = read_labels([write_csv("batch.csv", columns, rows)], KEY)
    assert [label.labeler for label in labels] == ["w1"]
    assert [(line.line, line.reason) for line in bad] == [
        (3, "the assignment was rejected"),
        (4, "the assignment was rejected"),
    ]


def test_another_encoding_is_named(write_csv, tmp_path):
    (tmp_path / "a.csv").write_bytes(f"{','.join(LONG)}\nZoë,joy,1,raw,yes\n".encode("latin-1"))
    with pytest.raises(ValueError, match=r"a.csv, line 2: expected text in UTF-8"):
        read_labels([tmp_path / "a.csv"], {})


def test_bad_lines_are_listed_with_file_and_line(write_csv):
    first = write_csv("a.csv", LONG, [("ann", "joy", "1", "raw", "yes")])
    rows = [
        ("ann", "joy", "1", "raw", "no"),
        ("ann", "joy", "2", "raw", " "),
        ("ann", "joy", "3"),
        ("ann", "joy", "4", "raw", "yes", "more"),
        ("", "", "5", "raw", "yes"),
    ]
    labels, bad = read_labels([first, write_csv("b.csv", LONG, rows)], {})
    assert [label.label for label in labels] == ["yes"]
    assert [tuple(line) for line in bad] == [
        ("b.csv", 2, "ann labelled this already at a.csv:2"),
        ("b.csv", 3, "empty: label"),
        ("b.csv", 4, "it has too many or too few cells"),
        ("b.csv", 5, "it has too many or too few cells"),
        ("b.csv", 6, "empty: labeler, question"),
    ]


def test_a_picture_that_is_in_no_key_is_reported(write_csv):
    path = write_csv(
        "x.csv", ("labeler", "picture", "label"), [("a", "t1", "yes"), ("a", "t2", "no")]
    )
    assert "'t2' is not in a key table" in read_labels([path], KEY)[1][0].reason


def test_unknown_columns_are_refused(write_csv):
    path = write_csv("x.csv", ("who", "what"), [("a", "b")])
    with pytest.raises(ValueError, match=r"columns labeler, question.*; got \['what', 'who'\]"):
        read_labels([path], {})
    empty = write_csv("y.csv", LONG, [("", "", "", "", "")])
    with pytest.raises(ValueError, match=r"expected labels in \['y.csv'\], found no line to use"):
        read_labels([empty], {})


def test_a_key_that_contradicts_itself_is_refused(write_csv):
    columns = ("picture", "question", "image", "version")
    path = write_csv("key.csv", columns, [("t", "joy", "1", "raw"), ("t", "joy", "2", "raw")])
    with pytest.raises(ValueError, match=r"key.csv:3"):
        read_key([path])


def test_truth_comes_from_raw_votes_or_from_the_key(table):
    labels = table({"raw": {"a": "yyn", "b": "nnn"}, "blur": {"a": "nnn", "b": "nny"}})
    key = {name: {"question": "joy", "image": name, "truth": "no"} for name in "ab"}
    by_raw, by_key = (votes_by_question(labels, key, way)[0] for way in ("raw", "key"))
    assert [by_raw.classes[i] for i in by_raw.truth] == ["yes", "no"]
    assert [by_key.classes[i] for i in by_key.truth] == ["no", "no"]
    assert np.nanmean(by_raw.correct[1]) == pytest.approx(2 / 6)
    assert np.nanmean(by_key.correct[1]) == pytest.approx(5 / 6)


def test_without_a_truth_there_is_a_reason(table):
    labels = table({"blur": {"a": "yn"}})
    assert "--truth key" in votes_by_question(labels, {}, "raw")[0].no_truth_reason
    assert "column truth" in votes_by_question(labels, {}, "key")[0].no_truth_reason
    assert votes_by_question(table({"raw": {"a": "yyn"}}), {}, "raw")[0].no_truth_reason == ""


def test_truth_of_pairs_always_comes_from_the_key_by_question(table):
    labels = table({"raw": {"a": "yyn"}}, question="same-person")
    key = {"t": {"question": "same-person", "image": "a", "truth": "no"}}
    given = votes_by_question(labels, key, "raw")[0]
    assert (given.truth_from, given.classes[given.truth[0]]) == ("key", "no")


def test_gaps_are_not_counted(table):
    given = votes_by_question(
        table({"raw": {"a": "yy-", "b": "nnn"}, "blur": {"a": "n--"}}), {}, "raw"
    )[0]
    assert given.counts.sum(axis=2).tolist() == [[2, 3], [1, 0]]
    assert int(np.isnan(given.correct).sum()) == 1 + 2 + 3


def test_tables_name_people_and_simulated_labelers(table):
    labels = table({"raw": {"a": "yyn"}})
    assert votes_by_question(labels, {}, "raw")[0].who == "3 people"
    mixed = [labels[0]._replace(labeler="simulated-1"), *labels[1:]]
    assert votes_by_question(mixed, {}, "raw")[0].who == "2 people and 1 SIMULATED labelers"


def test_careless_labelers_are_left_out_on_demand_and_named(paper_sized, write_csv, tmp_path):
    labels, _ = paper_sized
    few = {f"simulated-{j}" for j in range(9)}
    rows = [lb[:5] for lb in labels if lb.question == "joy" and lb.labeler in few]
    path = write_csv("long.csv", LONG, rows)
    analyse([path], [], AnalysisOptions(without_careless=True), tmp_path / "out")
    report = (tmp_path / "out" / "analysis.md").read_text()
    assert "Left out as careless: simulated-0" in report
    assert "joy: accuracy (6 SIM" in report
