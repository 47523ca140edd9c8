import pytest

from bench.api import Attacker, Dataset, Defense
from bench.registry import make, plugins, spec_of
from bench.reports.stand_ins import facts_of, stand_in
from bench.runner.questions import may_hide_a_channel
from bench.spec import Spec

OUTSIDE = {"command": "command:run=cp {in} {out}", "pairs": "pairs:after=back"}


@pytest.mark.parametrize("name", sorted(plugins("defense")))
def test_a_defense_and_its_stand_in_are_alike_to_reports(name):
    made = make(Defense, Spec.parse(OUTSIDE.get(name, name)))
    other = stand_in(facts_of(made))
    assert other.changes_nothing == made.changes_nothing
    assert other.replaces == made.replaces
    assert may_hide_a_channel(other) == may_hide_a_channel(made)
    assert str(spec_of(other)) == facts_of(made).spec


@pytest.mark.parametrize("name", sorted(plugins("attacker")))
def test_an_attacker_and_its_stand_in_are_alike(name):
    made = make(Attacker, Spec(name))
    other = stand_in(facts_of(made))
    assert (other.frozen, other.evidence) == (made.frozen, made.evidence)
    assert str(spec_of(other)) == str(spec_of(made))


@pytest.mark.parametrize("name", sorted(plugins("dataset")))
def test_a_data_set_and_its_stand_in_are_alike(name):
    made = make(Dataset, Spec(name))
    other = stand_in(facts_of(made))
    assert (other.shareable, other.protocol) == (made.shareable, made.protocol)
    assert other.align is made.align
    assert [(t.name, t.kind) for t in other.targets] == [(t.name, t.kind) for t in made.targets]
