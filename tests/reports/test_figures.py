"""Which numbers are made of answers."""

import numpy as np
import pytest

from bench.answers import Answers, Templates
from bench.metrics.verification import verification
from bench.reports.figures import figures


def test_pictures_that_were_mistaken_stand_apart():
    scores = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    n = np.arange(4)
    said = Answers(scores, np.array([0, 1, 1, 1]), n, n)
    found = {f.metric: f for f in figures(said, None, mistaken=np.array([False, True, True, True]))}
    assert found["top1_mistaken"].estimate.value == pytest.approx(2 / 3)
    assert found["top1_not_mistaken"].estimate.value == 1
    none = {f.metric: f for f in figures(said, None, mistaken=np.zeros(4, bool))}
    assert none["top1_mistaken"].reason == "there are no such pictures"
    assert "top1_mistaken" not in {f.metric for f in figures(said, None)}


def test_matching_is_also_told_of_pairs_of_one_gender():
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(40), 2)
    gender = np.arange(40) % 2
    # Templates that tell gender and hardly the person: among one gender, matching is near a guess.
    made = rng.standard_normal((80, 4)) + 4 * gender[person][:, None]
    made[:, 0] += np.repeat(rng.standard_normal(40), 2)
    made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    half = np.arange(80) % 2 == 0
    said = Templates(
        made[half], made[~half], person[half], person[~half], *np.split(np.arange(80), 2)
    )
    found = {f.metric: f.estimate for f in figures(said, gender[person[~half]])}
    assert found["auc"].value > found["auc_same_gender"].value + 0.1
    wanted = verification(said, ["auc", "eer"], gender)
    assert found["auc_same_gender"] == wanted["auc"]
    assert found["eer_same_gender"] == wanted["eer"]
    assert "auc_same_gender" not in {f.metric for f in figures(said, None)}
