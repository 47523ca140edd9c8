"""Matchers, galleries and controls through the runner."""

import numpy as np
import pytest

from bench.answers import Answers, Templates
from bench.api import Collection
from bench.faces import Faces
from bench.runner.actions.attack import _some
from bench.runner.artifacts import of_faces
from bench.spec import Spec
from bench.threats import threat

OPEN = "toy:people=40,takes=4,protocol=open"


@pytest.fixture
def matched(run):
    return run(
        data=OPEN,
        private=["identity"],
        attackers=["eyes", "nearest"],
        defenses=["pixelate:block=0.25"],
        threats=["raw", "lazy", "aware"],
    )


def said(done, defense, name, attacker="eyes", purpose="private"):
    (found,) = [
        r
        for r in done.results
        if (r.cell.defense.name, str(r.cell.threat_spec), r.cell.attacker.name, r.cell.purpose)
        == (defense, name, attacker, purpose)
    ]
    return found


def test_strangers_are_matched_and_classifiers_are_not_asked(matched):
    found = said(matched, "none", "raw").probe
    assert isinstance(found, Templates)
    assert np.intersect1d(found.gallery_image_id, found.probe_image_id).size == 0
    np.testing.assert_allclose(np.linalg.norm(found.probe, axis=1), 1, atol=1e-5)
    (auc,) = matched.select(defense="none", threat="raw", attacker="eyes", purpose="private",
                            metric="auc")  # fmt: skip
    assert auc.value > 0.8
    assert "cannot identify unseen people" in said(matched, "none", "raw", "nearest").reason


def test_gallery_and_probe_are_other_takes_of_the_same_people(matched):
    found, faces = said(matched, "none", "raw").probe, matched.faces("probe")
    take = dict(zip(faces.image_id.tolist(), faces.labels["take"].tolist(), strict=True))
    enrolled, asked = ({take[row] for row in rows.tolist()}
                       for rows in (found.gallery_image_id, found.probe_image_id))  # fmt: skip
    assert not enrolled & asked
    assert set(found.gallery_person.tolist()) == set(found.probe_person.tolist())


def test_the_lazy_matcher_enrolls_protected_pictures_and_the_raw_one_raw_ones(matched):
    raw, lazy, plain = (
        said(matched, defense, name).probe
        for defense, name in (("pixelate", "raw"), ("pixelate", "lazy"), ("none", "raw"))
    )
    np.testing.assert_array_equal(raw.gallery, plain.gallery)
    np.testing.assert_array_equal(raw.probe, lazy.probe)
    assert np.abs(lazy.gallery - plain.gallery).max() > 0.01


def test_a_matcher_of_known_people_answers_who_it_is(run):
    done = run(attackers=["eyes", "memory"], private=["identity"], threats=["raw"])
    found = said(done, "none", "raw").probe
    assert isinstance(found, Answers)
    (top1,) = done.select(defense="none", attacker="eyes", purpose="private", metric="top1")
    assert top1.value > 0.9
    asked = {r.cell.target for r in done.results if r.cell.purpose == "canary"}
    assert asked == {"canary", "identity"}


def test_people_with_one_take_cannot_be_matched_and_are_told(run):
    done = run(data="toy:people=24,takes=1,protocol=open", attackers=["eyes"], threats=["raw"])
    (line,) = done.select(defense="none", purpose="private", metric="auc")
    assert line.status == "skipped"
    assert "skipped" in {r.status for r in done.select(purpose="headline", defense="none")}
    assert {o.status for o in done.outcomes} == {"done"}


def test_a_gallery_is_granted_to_those_who_use_it(run):
    done = run(
        data=OPEN,
        private=["colour"],
        attackers=["memory", "lookup:steps=2,rounds=1"],
        threats=["raw", "raw:gallery=true"],
    )
    reasons = {
        (r.cell.attacker.name, str(r.cell.threat_spec)): r.reason
        for r in done.results
        if r.cell.purpose == "private" and r.cell.defense.name == "none"
    }
    assert reasons["memory", "raw:gallery=true"] == "memory does not use a gallery"
    assert reasons["lookup", "raw"] == "lookup needs a threat with gallery=true"
    assert reasons["memory", "raw"] == reasons["lookup", "raw:gallery=true"] == ""
    asked = said(done, "none", "raw", "memory").probe.image_id
    looked = said(done, "none", "raw:gallery=true", "lookup")
    assert sorted(looked.probe.image_id) == sorted(
        asked
    )  # all are compared on what is in no gallery
    assert len(asked) == len(done.faces("probe")) / 2
    assert {r.status for r in done.select(purpose="headline", metric="leakage")} <= {
        "ok",
        "skipped",
    }
    reasons = {r.reason for r in done.select(purpose="headline", metric="leakage")}
    assert not any("about the same pictures" in reason for reason in reasons)


def test_a_threat_with_a_strange_gallery_is_told():
    with pytest.raises(ValueError, match="expected gallery to be true or false"):
        threat(Spec.parse("raw:gallery=some"))


def test_shuffled_labels_are_shuffled_for_everybody(run):
    done = run(attackers=["memory"], private=["colour"], threats=["raw"])
    plain = said(done, "none", "raw", "memory")
    shuffled = said(done, "none", "raw", "memory", "permuted")
    order = np.argsort(plain.probe.image_id), np.argsort(shuffled.probe.image_id)
    before, after = plain.probe.truth[order[0]], shuffled.probe.truth[order[1]]
    assert (before != after).any()
    assert before.sum() == after.sum()


def test_releases_are_compared_with_what_was_given(run):
    done = run(defenses=["pixelate:block=0.25"])
    ssim = {r.defense.split(":")[0]: r.value for r in done.select(purpose="release", metric="ssim")}
    assert ssim["none"] == pytest.approx(1, abs=1e-5)
    assert 0 < ssim["pixelate"] < 0.99
    (psnr,) = done.select(purpose="release", metric="psnr_db", defense="none")
    assert (psnr.status, psnr.reason.startswith("expected pictures that differ")) == (
        "skipped",
        True,
    )
    (line,) = done.select(purpose="release", metric="psnr_db", defense="pixelate")
    assert 5 < line.value < 40


@pytest.mark.parametrize(
    ("protocol", "takes", "kept"),
    [("open", True, "person"), ("closed", True, "take"), ("closed", False, "picture")],
)
def test_half_of_the_data_is_half_of_what_is_not_asked_about(protocol, takes, kept):
    person = np.repeat(np.arange(8), 12)
    take = np.arange(96) // 3
    labels = {"identity": person} | ({"take": take} if takes else {})
    faces = Faces(np.zeros((96, 3, 2, 2), np.uint8), labels, np.arange(96))
    train = person < 6 if protocol == "open" else take % 4 < 3
    found = _some(of_faces(Collection(faces, ())), train, 0.5, np.random.default_rng(0))
    group = {"person": person, "take": take, "picture": np.arange(96)}[kept]
    assert not (found & ~train).any()
    share = len(np.unique(group[found])) / len(np.unique(group[train]))
    assert share == pytest.approx(0.5, abs=0.2)  # of three takes one or two
    assert not np.isin(group[found], group[train & ~found]).any()  # whole groups
    if protocol == "closed":
        assert set(person[found]) == set(range(8))  # all whom the probe asks about
