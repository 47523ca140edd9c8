import numpy as np
import pytest
from typer.testing import CliRunner

from bench.audit import judged_people
from bench.cli import app
from bench.nn.published import asking

N_PEOPLE, TAKES = 40, 2
PERSON = np.repeat(np.arange(N_PEOPLE), TAKES)
LABELS = {"identity": PERSON, "gender": PERSON % 2, "expression": np.arange(N_PEOPLE * TAKES) % 7}
IMAGES = np.zeros((len(PERSON), 3, 16, 16), np.uint8)


@pytest.fixture
def judges(monkeypatch):
    """Judges who know each person and gender, but see one person's likeness in all; no fer."""
    people = np.ones((N_PEOPLE, 64), np.float32) + 3 * np.eye(N_PEOPLE, 64, dtype=np.float32)
    said = {
        "sface": people[PERSON],
        "dlib-resnet": people[PERSON],
        "dlib-gender": np.eye(2, dtype=np.float32)[LABELS["gender"]],
    }
    points = np.full((len(PERSON), 5, 2), 0.5, np.float32)
    found = np.arange(len(PERSON)) % 10 > 0

    def missing(name):
        return "" if name in (*said, "yunet") else f"judge '{name}' is not installed"

    monkeypatch.setattr(judged_people, "landmarks", lambda images, device: points)
    monkeypatch.setattr(judged_people, "missing", missing)
    monkeypatch.setattr(asking, "detect", lambda images, device: asking.Found(found, points))
    monkeypatch.setattr(asking, "outputs", lambda name, images, points, device: said[name])


def test_each_judge_is_asked_and_held_to_its_limit(judges):
    found = {one.about: one for one in judged_people.judged(IMAGES, LABELS)}
    verdicts = {about.removesuffix(", 16 px"): one.verdict for about, one in found.items()}
    assert verdicts == {
        "faces found by mtcnn": "ok",
        "faces found by yunet": "short",
        "EER of other takes by sface": "ok",
        "mean cosine of two people of one gender by sface": "short",
        "EER of other takes by dlib-resnet": "ok",
        "AUC of gender by dlib-gender": "ok",
        "accuracy of seven expressions by fer": "n/a",
    }
    assert found["faces found by yunet, 16 px"].value == pytest.approx(0.9)
    assert found["faces found by yunet, 16 px"].reason == "at least 0.99"
    assert found["accuracy of seven expressions by fer, 16 px"].reason.startswith("judge 'fer' is")
    cosine = found["mean cosine of two people of one gender by sface, 16 px"]
    assert cosine.value == pytest.approx((64 + 6) / (64 + 6 + 9))  # of ones, and 3 at two places
    assert cosine.low <= cosine.value <= cosine.high


def test_without_yunet_no_other_judge_is_asked(judges, monkeypatch):
    monkeypatch.setattr(judged_people, "missing", lambda name: "run `bench judges get yunet`")
    mtcnn, yunet = judged_people.judged(IMAGES, LABELS)
    assert (mtcnn.verdict, yunet.verdict) == ("ok", "n/a")
    assert yunet.reason == "run `bench judges get yunet`"


def test_cosines_are_of_two_people_of_one_gender():
    made = np.random.default_rng(1).normal(size=(24, 5)).astype(np.float32)
    labels = {"identity": np.arange(24) // 2, "gender": np.arange(24) // 2 % 2}
    unit = made / np.linalg.norm(made, axis=1, keepdims=True)
    cosines = [
        unit[i] @ unit[j]
        for i in range(24)
        for j in range(24)
        if labels["identity"][i] != labels["identity"][j]
        and labels["gender"][i] == labels["gender"][j]
    ]
    assert judged_people.cosine(made, labels).value == pytest.approx(np.mean(cosines), abs=1e-6)


def test_the_length_of_an_embedding_changes_no_eer():
    made = np.random.default_rng(1).normal(size=(80, 5)).astype(np.float32)
    longer = made * np.linspace(1, 9, 80, dtype=np.float32)[:, None]
    value = judged_people.eer(made, LABELS).value
    assert 0.3 < value < 0.7
    assert judged_people.eer(longer, LABELS).value == pytest.approx(value)


def test_judges_are_asked_of_synthetic_people_only(tmp_path):
    done = CliRunner().invoke(app, ["data", "audit", "lfw", "--judges", "--out", str(tmp_path)])
    assert done.exit_code == 2
    assert "expected synthetic with --judges, got lfw" in done.output
