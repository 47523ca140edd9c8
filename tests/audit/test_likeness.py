import pytest

from bench.audit import likeness

pytestmark = pytest.mark.slow


@pytest.fixture
def small(monkeypatch):
    """Less to draw and to learn."""
    known = "synthetic:people=3,takes=4,pictures=6,size=32,protocol=closed,seed={},alike={}"
    many = "synthetic:people=24,takes=2,pictures=3,size=32,protocol=open,seed={}"
    monkeypatch.setattr(likeness, "KNOWN", known)
    monkeypatch.setattr(likeness, "STRANGERS", many + ",alike=hair")
    monkeypatch.setattr(likeness, "MANY", many)
    monkeypatch.setattr(likeness, "CLASSIFIER", "nearest")
    monkeypatch.setattr(likeness, "MATCHER", "matcher:backbone=resnet,batch=8,steps=2,rounds=1")


def test_networks_look_at_people_who_are_alike_in_some_respect(small, store):
    found = {finding.about: finding for finding in likeness.likeness(0, store)}
    known = found["rank-1 of 30 people, unseen takes"]
    extras = found["the same, extras alike"]
    assert extras.verdict == ("ok" if extras.value >= 0.8 * known.value else "short")
    assert extras.value != known.value  # other pictures
    assert found["gender, hair alike"].chance == 0.5
    assert found["EER of a matcher, unseen people"].chance == 0.5
    assert found["its rank-1 of 6 people"].chance == pytest.approx(1 / 6)


def test_falling_short_of_a_bar_is_told(small, store, monkeypatch):
    monkeypatch.setattr(likeness, "GENDER_AUC", 1.01)
    found = {finding.about: finding for finding in likeness.likeness(0, store)}
    assert found["gender, hair alike"].verdict == "short"
