"""Which metrics apply to which answers."""

from pathlib import Path

import numpy as np
import pytest

from bench.answers import Answers, Templates
from bench.metrics import declared as declarations
from bench.metrics.declared import (
    METRICS,
    declared,
    documentation,
    estimates_of_answers,
    estimates_of_release,
)
from bench.metrics.information import bits
from bench.metrics.pairs import comparison
from bench.metrics.verification import auc, eer


def test_pictures_that_were_mistaken_stand_apart():
    """Four pictures, each of ten people."""
    scores = np.repeat(np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32), 10, axis=0)
    n = np.arange(40)
    answers = Answers(scores, np.repeat([0, 1, 1, 1], 10), n, n)
    found = {
        f.metric: f
        for f in estimates_of_answers(
            answers, {"mistaken": np.repeat([False, True, True, True], 10)}
        )
    }
    assert found["top1_mistaken"].estimate.value == pytest.approx(2 / 3)
    assert found["top1_not_mistaken"].estimate.value == 1
    none = {f.metric: f for f in estimates_of_answers(answers, {"mistaken": np.zeros(40, bool)})}
    assert none["top1_mistaken"].reason == "there are no such pictures"
    assert "top1_mistaken" not in {f.metric for f in estimates_of_answers(answers, {})}


def test_bits_need_the_answers_of_validation():
    n = np.arange(12)
    answers = Answers(np.eye(3, dtype=np.float32)[n % 3], n % 3, n, n)
    known, unknown = (
        {f.metric: f.estimate for f in estimates_of_answers(answers, side_info)}
        for side_info in ({"valid": answers}, {})
    )
    assert known["bits"] == bits(answers, answers)
    assert "bits" not in unknown


def test_matching_is_also_measured_on_pairs_of_one_gender():
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(40), 2)
    gender = np.arange(40) % 2
    # Templates show gender and hardly the person: among one gender, matching is near a guess.
    made = rng.standard_normal((80, 4)) + 4 * gender[person][:, None]
    made[:, 0] += np.repeat(rng.standard_normal(40), 2)
    made = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
    half = np.arange(80) % 2 == 0
    answers = Templates(
        made[half], made[~half], person[half], person[~half], *np.split(np.arange(80), 2)
    )
    found = {
        f.metric: f.estimate
        for f in estimates_of_answers(answers, {"gender": gender[person[~half]]})
    }
    assert found["auc"].value > found["auc_same_gender"].value + 0.1
    pairs = comparison(answers, gender)
    assert found["auc_same_gender"] == auc(pairs)
    assert found["eer_same_gender"] == eer(pairs)
    assert "auc_same_gender" not in {f.metric for f in estimates_of_answers(answers, {})}


def test_a_name_with_a_size_is_found():
    assert declared("rank1_of_100").name == "rank1_of_{}"
    assert declared("right_skin=light_tan").name == "right_{}"
    assert declared("auc").lowest == 0
    with pytest.raises(KeyError):
        declared("beauty")


def test_a_new_metric_is_a_line_in_the_list(monkeypatch):
    metric = declared("ssim")._replace(name="ssim_again")
    monkeypatch.setattr(
        declarations, "METRICS", {**METRICS, "release": (*METRICS["release"], metric)}
    )
    values = {"ssim": np.repeat([0.5, 0.7], 5), "person": np.arange(10), "psnr_db": None}
    found = {f.metric: f.estimate.value for f in estimates_of_release(values)}
    assert found == {"ssim": pytest.approx(0.6), "ssim_again": pytest.approx(0.6)}
    assert "`ssim_again`" in documentation()


def test_values_lie_in_the_declared_range():
    rng = np.random.default_rng(0)
    n = np.arange(60)
    answers = Answers(rng.standard_normal((60, 2)).astype(np.float32), n % 2, n % 15, n)
    for metric, estimate, _ in estimates_of_answers(answers, {"gender": n % 3 % 2}):
        if estimate:
            known = declared(metric)
            assert known.lowest <= estimate.low <= estimate.high <= known.highest, metric


def test_the_documentation_of_metrics_is_this_list():
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    begin, end = (f"<!-- metrics: {word} -->" for word in ("begin", "end"))
    assert page.split(begin)[1].split(end)[0].strip() == documentation()
