import pytest

from bench.audit import synthetic_people

pytestmark = pytest.mark.slow


@pytest.fixture
def small(monkeypatch):
    """Fewer people, and less training."""
    known = "synthetic:people=9,takes=4,pictures=2,size=32,protocol=closed,seed={},alike={}"
    many = "synthetic:people=36,takes=2,pictures=2,size=32,protocol=open,seed={}"
    monkeypatch.setattr(synthetic_people, "KNOWN", known)
    monkeypatch.setattr(synthetic_people, "UNSEEN", many + ",alike=hair")
    monkeypatch.setattr(synthetic_people, "MANY", many)
    monkeypatch.setattr(synthetic_people, "CLASSIFIER", "nearest")
    monkeypatch.setattr(
        synthetic_people, "MATCHER", "matcher:backbone=resnet,batch=8,steps=2,rounds=1"
    )


def test_networks_identify_people_who_are_alike_in_some_respect(small, store):
    found = {finding.about: finding for finding in synthetic_people.network_checks(0, store)}
    known = found["rank-1 of 30 people, unseen takes"]
    extras = found["the same, extras alike"]
    assert extras.verdict == ("ok" if extras.value >= 0.8 * known.value else "short")
    assert extras.value != known.value  # other pictures
    assert found["gender, hair alike"].chance == 0.5
    assert found["EER of a matcher, unseen people"].chance == 0.5
    assert found["its rank-1 of 9 people"].chance == pytest.approx(1 / 9)


def test_a_value_below_its_threshold_falls_short(small, store, monkeypatch):
    monkeypatch.setattr(synthetic_people, "GENDER_AUC", 1.01)
    found = {finding.about: finding for finding in synthetic_people.network_checks(0, store)}
    assert found["gender, hair alike"].verdict == "short"


def test_people_have_a_style_only_with_the_field():
    styled, plain, colour = synthetic_people.renderer_checks(0)
    assert {styled.verdict, plain.verdict, colour.verdict} == {"ok"}
    assert styled.value > 3 * plain.value
