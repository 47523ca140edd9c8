"""Attackers whose network is a published one; here with random weights in its place."""

import numpy as np
import pytest
import torch

from bench.api import Attacker, Context, Knowledge
from bench.data.alignment import ALIGNED_POINTS
from bench.faces import Sample, Target
from bench.nn.pretrained import Pretrained
from bench.nn.published import catalogue, networks
from bench.nn.published.geometry import crop
from bench.nn.state import state_of
from bench.registry import make
from bench.reports.summary import NOT_INSTALLED
from bench.runner.cells import cells
from bench.spec import Spec

GENDER = Target("gender", "categorical", ("female", "male"))
JUDGE = "cnn:backbone=dlib-gender,flip=false,batch=8,steps=8,rounds={}"


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Random weights of these judges, as if they were published."""
    monkeypatch.setenv(catalogue.FOLDER, str(tmp_path))
    torch.manual_seed(0)
    for name in ("dlib-gender", "sface"):
        networks.save_state(catalogue.JUDGES[name], state_of(networks.network(name)))


@pytest.fixture
def nothing_installed(tmp_path, monkeypatch):
    monkeypatch.setenv(catalogue.FOLDER, str(tmp_path / "empty"))


@pytest.fixture
def context(tmp_path):
    rng = np.random.default_rng(0)
    return Context((), "cpu", lambda line: None, lambda share: None, tmp_path, rng)


@pytest.fixture
def knowledge(rng):
    images = rng.integers(0, 256, (16, 3, 32, 32)).astype(np.uint8)
    n = np.arange(16)
    sample = Sample(images, {"gender": n % 2, "person": n // 2})
    return Knowledge(sample, sample, None, GENDER, frozenset(), face_points=ALIGNED_POINTS)


def test_a_frozen_judge_answers_as_its_network_does_of_the_cropped_face(
    installed, knowledge, context
):
    attacker = make(Attacker, Spec.parse(JUDGE.format(0)))
    sample = Sample(knowledge.train.inputs)
    found = attacker.predict(sample, attacker.fit(knowledge, context), context)
    judge = catalogue.JUDGES["dlib-gender"]
    net = networks.network("dlib-gender").eval()
    net.load_state_dict({k: torch.from_numpy(v) for k, v in networks.state("dlib-gender").items()})
    shown = torch.from_numpy(sample.inputs).float() / 127.5 - 1
    faces = crop(shown, torch.tensor(ALIGNED_POINTS), judge)
    with torch.no_grad():
        expected = torch.log_softmax(net(faces), dim=1)
    assert found == pytest.approx(expected.numpy(), abs=1e-5)


@pytest.mark.parametrize(("rounds", "changes"), [(0, set()), (1, {"last"}), (2, {"last", "rest"})])
def test_the_last_layer_learns_first_then_all(rounds, changes, installed, knowledge, context):
    attacker = make(Attacker, Spec.parse(JUDGE.format(rounds)))
    before = networks.state("dlib-gender")
    after = attacker.fit(knowledge, context)
    net = Pretrained("dlib-gender", 2)
    late = {id(p) for p in net.late}
    found = set()
    for name, parameter in net.net.named_parameters():
        if not np.array_equal(before[name], after[f"net.{name}"]):
            found.add("rest" if id(parameter) in late else "last")
    assert found == changes


def test_a_matcher_of_strangers_is_the_start_of_other_attackers(installed, knowledge, context):
    spec = Spec.parse("cnn:backbone=sface,flip=false,batch=8,steps=1,rounds=1")
    attacker = make(Attacker, spec)
    weights = attacker.fit(knowledge, context)
    assert weights["head.weight"].shape == (2, 128)
    assert np.array_equal(weights["net.last.1.weight"], networks.state("sface")["last.1.weight"])
    assert attacker.predict(Sample(knowledge.train.inputs), weights, context).shape == (16, 2)


def questions(grid, **task):
    return list(cells(grid(**{"threats": ["raw", "aware"], "attackers": ["chance"]} | task)))


def test_what_is_optional_and_not_installed_is_told(grid, nothing_installed):
    asked = questions(
        grid,
        data="synthetic:people=8,takes=1,protocol=open",
        private=["gender"],
        optional=[JUDGE.format(0)],
    )
    reasons = {c.skip_reason for c in asked if c.attacker.name == "cnn" and c.threat.name == "raw"}
    assert reasons == {"judge 'dlib-gender' is not installed; run `bench judges get dlib-gender`"}
    assert all(NOT_INSTALLED in reason for reason in reasons)  # by which tables find them


def test_what_is_not_optional_must_be_installed(grid, nothing_installed):
    with pytest.raises(ValueError, match="run `bench judges get dlib-gender`"):
        questions(grid, attackers=[JUDGE.format(0)])


def test_a_frozen_judge_is_no_evidence_and_has_no_controls(grid, installed):
    asked = questions(
        grid,
        data="synthetic:people=8,takes=2,protocol=open",
        private=["gender"],
        utility=["identity"],
        defenses=["blur"],
        attackers=[JUDGE.format(0), JUDGE.format(1), "matcher:backbone=sface,rounds=0"],
    )
    frozen = [c for c in asked if c.attacker.frozen]
    assert {c.evidence for c in frozen} == {""}
    assert {c.purpose for c in frozen} == {"private", "utility"}
    assert {c.purpose for c in asked} >= {"private", "utility", "canary", "permuted"}
    answered = {(c.attacker.name, c.threat.name) for c in frozen if not c.skip_reason}
    assert answered == {("cnn", "raw"), ("matcher", "raw"), ("matcher", "aware")}
    learning = [c for c in asked if not c.attacker.frozen and c.purpose == "private"]
    assert {c.evidence for c in learning} == {"network"}


@pytest.mark.parametrize(
    ("spec", "target", "reason"),
    [
        (JUDGE.format(0), "glasses", "dlib-gender does not tell glasses"),
        ("cnn:backbone=sface,rounds=0", "gender", "sface does not tell gender"),
        ("cnn:backbone=dlib-age,rounds=0", "age", "dlib-age does not tell age as young or middle"),
        ("matcher:backbone=dlib-gender,width=2", "identity", "dlib-gender does not tell"),
    ],
)
def test_judges_are_asked_only_what_they_tell(grid, installed, spec, target, reason):
    data = "synthetic:people=8,takes=1,protocol=open"
    asked = questions(grid, data=data, private=[target], optional=[spec])
    reasons = [c.skip_reason for c in asked if c.attacker.name != "chance"]
    assert reasons
    assert all(text.startswith(reason) for text in reasons)


def test_where_faces_stand_must_be_known(grid, installed, tmp_path):
    from PIL import Image

    for name in "ab":
        (tmp_path / "photos" / name).mkdir(parents=True)
        Image.new("RGB", (8, 8)).save(tmp_path / "photos" / name / "1.png")
    data = f"folder:root={tmp_path / 'photos'}"
    optional = ["matcher:backbone=sface,rounds=0"]
    reasons = {
        aligned: {
            c.skip_reason
            for c in questions(grid, data=data + aligned, optional=optional)
            if c.attacker.name == "matcher"
        }
        for aligned in ("", ",align=true")
    }
    assert reasons[""] == {"where faces stand in folder is unknown; use align=true"}
    assert reasons[",align=true"] == {""}


def test_a_judge_has_one_width():
    with pytest.raises(ValueError, match="expected width=128 for sface, got 64"):
        make(Attacker, Spec.parse("matcher:backbone=sface,width=64"))
