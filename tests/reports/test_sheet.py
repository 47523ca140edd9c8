import numpy as np
import pytest

from bench.answers import Answers
from bench.metrics.calibration import likeliest, probabilities
from bench.reports.pictures import captions, data_and_defense
from bench.reports.sheet import NAME_PX, TITLE_PX, Strip, contact_sheet


def test_the_end_of_a_long_name_can_be_read():
    strip = Strip(np.zeros((1, 3, 4, 4), np.uint8))
    long = "prototype_pattern:aligned=true,classifier=vgg,prototype=SM,w="
    first, second = (np.array(contact_sheet("data", {f"{long}{w}": strip})) for w in ("6.0", "8.0"))
    assert (first[TITLE_PX:] != second[TITLE_PX:]).any()
    assert (first[TITLE_PX:, NAME_PX - 4 : NAME_PX] == 255).all()  # no line is too long


def answers(scores, truth):
    n = len(truth)
    return Answers(np.array(scores, np.float32), np.array(truth), np.arange(n), np.arange(n))


def test_probabilities_are_as_often_right_as_they_say():
    """Right in 3 of 4 validation pictures, with any margin: 75 %."""
    valid = answers([[9, 0], [9, 0], [0, 9], [9, 0]], [0, 0, 1, 1])
    found = probabilities(np.array([[0, 9], [9, 0]], np.float32), valid)
    np.testing.assert_allclose(found, [[0.25, 0.75], [0.75, 0.25]], atol=1e-3)
    said = likeliest(answers([[0, 9], [9, 0]], [0, 0]), valid)
    assert [number for number, _ in said] == [1, 0]
    assert [share for _, share in said] == pytest.approx([0.75, 0.75], abs=1e-3)


def test_a_caption_is_what_the_strongest_raw_judge_says_of_the_release(run):
    done = run(defenses=["pixelate:block=0.25"], attackers=["nearest", "memory"])
    found = captions(done.results)
    assert {defense.name for _, defense in found} == {"none", "constant", "pixelate"}
    result = next(
        r
        for r in done.results
        if (r.cell.purpose, r.cell.threat.name) == ("private", "raw")
        and (r.cell.defense.name, r.cell.attacker.name) == ("pixelate", "nearest")
    )
    said = found[data_and_defense(result.cell)]
    named = result.probe.scores.argmax(axis=1)
    assert [said[row].right for row in result.probe.image_id.tolist()] == list(
        named == result.probe.truth
    )
    names = {caption.text.rpartition(" ")[0] for caption in said.values()}
    assert names <= set(result.classes)
    assert all(caption.text.split()[-1].isdecimal() for caption in said.values())


def test_without_a_raw_threat_nothing_is_said(run):
    assert captions(run(threats=["aware"]).results) == {}
