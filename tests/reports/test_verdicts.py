"""What is said of a defense, by simulated attacks of known strength."""

import numpy as np
import pytest

from bench.reports.evidence import Evidence
from bench.reports.lines import lines
from bench.reports.release_marks import Mark
from bench.reports.verdicts import verdict
from tests.reports import simulated


def said(results, obstacles=()):
    (line,) = [line for line in lines(results) if not line.is_control]
    return verdict(line, Evidence(results), obstacles)


@pytest.fixture
def closed():
    return simulated.asked()


def test_nothing_found_by_attackers_that_see_is_hidden(closed, rng):
    found = said(simulated.with_traces(simulated.attacked(closed, rng, 0.0), rng))
    assert found.word == "hidden as far as tried"
    assert found.reason == "a 10% trace of the picture would have been seen"


def test_without_traces_only_these_are_missing(closed, rng):
    found = said(simulated.attacked(closed, rng, 0.0))
    assert found.word == "inconclusive"
    assert found.lacks_trace
    assert {mark.name for mark in found.marks} == {"not-shown-strong"}


def test_a_third_of_the_separability_leaks(closed, rng):
    assert said(simulated.attacked(closed, rng, 0.3)).word == "leaks"


def test_a_sure_but_small_finding_leaks_a_little(rng):
    closed = simulated.asked()
    how = {"each": 200}
    found = simulated.with_traces(simulated.attacked(closed, rng, 0.05, **how), rng, **how)
    assert said(found).word == "leaks a little"


def test_reliably_wrong_names_leak_and_are_marked(closed, rng):
    results = simulated.attacked(closed, rng, 0.0)
    wrong = simulated.result(results[-1].cell, rng, 0.9)
    scores = np.roll(wrong.probe.scores, 1, axis=1)
    results[-1] = wrong._replace(probe=type(wrong.probe)(
        scores, wrong.probe.truth, wrong.probe.person, wrong.probe.image_id
    ))  # fmt: skip
    found = said(results)
    assert found.word == "leaks"
    assert [mark.name for mark in found.marks] == ["inverted"]
    assert "relabelled" in found.reason


def test_the_opposite_sign_of_two_classes_leaks_and_is_marked(rng):
    asked = simulated.asked(target="gender", data=simulated.OPEN)
    how = {"n_people": 60, "n_takes": 1, "each": 20, "n_classes": 2}
    found = said(simulated.attacked(asked, rng, -0.8, undefended=0.95, **how))
    assert found.word == "leaks"
    assert [mark.name for mark in found.marks] == ["inverted"]


def test_few_takes_are_named(closed, rng):
    how = {"n_takes": 2, "each": 40}
    found = said(simulated.with_traces(simulated.attacked(closed, rng, 0.0, **how), rng, **how))
    assert found.word == "inconclusive"
    assert found.reason.startswith("few-people: 24 takes, 2 or more a person")


def test_too_few_pictures_say_how_many_takes_are_needed(closed, rng):
    how = {"each": 2}
    found = said(simulated.with_traces(simulated.attacked(closed, rng, 0.02, **how), rng, **how))
    assert found.word == "inconclusive"
    assert "imprecise: needs about" in found.reason
    assert "takes a person" in found.reason


def test_an_attacker_that_misses_the_trace_is_no_evidence(closed, rng):
    found = said(simulated.with_traces(simulated.attacked(closed, rng, 0.0), rng, 0.0))
    assert found.word == "inconclusive"
    assert "does not notice a trace" in found.reason
    assert not found.lacks_trace


def test_a_missing_kind_of_attack_is_named(rng):
    asked = simulated.asked(attackers=("cnn",))
    found = said(simulated.with_traces(simulated.attacked(asked, rng, 0.0), rng))
    assert found.word == "inconclusive"
    assert "no nearest-neighbour search is evidence (none ran)" in found.reason
    assert "no attack on low bits is evidence (none ran)" in found.reason


def test_who_recognises_nobody_proves_nothing(closed, rng):
    found = said(simulated.attacked(closed, rng, 0.0, undefended=0.2))
    assert found.word == "inconclusive"
    assert "even without a defense the best attack has S 0." in found.reason


def test_an_obstacle_forbids_to_call_it_hidden(closed, rng):
    results = simulated.with_traces(simulated.attacked(closed, rng, 0.0), rng)
    found = said(results, [Mark("unstable", "other answers when asked alone")])
    assert found.word == "inconclusive"
    assert found.reason == "unstable: other answers when asked alone"


def test_two_betrayed_people_of_many_leak(rng):
    asked = simulated.asked(data=simulated.CLOSED.replace("12", "30"))
    how = {"n_people": 30, "each": 10}
    results = simulated.attacked(asked, rng, 0.0, **how)
    for number, each in enumerate(results):
        if not each.cell.defense.changes_nothing:
            for answers in (each.probe, each.valid):
                betrayed = np.isin(answers.truth, (3, 8))
                answers.scores[np.flatnonzero(betrayed), answers.truth[betrayed]] += 6
            results[number] = each
    found = said(results)
    assert found.word == "leaks"
    assert found.reason.endswith("exposes 2 people (3, 8)")


def test_a_learned_defense_is_hidden_only_after_cleaning(rng):
    asked = simulated.asked(defense="eigenface:k=16")
    results = simulated.with_traces(simulated.attacked(asked, rng, 0.0), rng)
    evidence = Evidence(results)
    words = {line.cleaned: verdict(line, evidence, ()) for line in lines(results)
             if not line.is_control}  # fmt: skip
    assert words[True].word == "hidden as far as tried"
    assert words[False].word == "inconclusive"
    assert "a key may hide anything in uncleaned pictures" in words[False].reason


def test_every_fit_must_be_hidden(rng):
    asked = simulated.asked()
    results = simulated.with_traces(simulated.attacked(asked, rng, 0.0), rng)
    second = [
        one._replace(cell=type(one.cell)(**{**vars(one.cell), "seed": 1}))
        for one in simulated.attacked(asked, rng, 0.4)
    ]
    assert said([*results, *second]).word == "leaks"


def test_a_control_that_is_not_ours_gets_a_verdict(rng, monkeypatch):
    monkeypatch.setattr("bench.reports.lines.controls", lambda: ("none", "keeper"))
    results = simulated.attacked(simulated.asked(defense="keeper"), rng, 0.9)
    assert {line.cell.defense.name for line in lines(results) if line.is_control} == {"none"}


def test_a_description_that_answers_otherwise_when_asked_again_is_inconclusive(rng):
    results = simulated.attacked(simulated.asked(defense="noisy_y"), rng, 0.0)
    assert said(results).word == "carries y and nothing else"
    assert said(results, [Mark("unstable", "it keeps pictures")]).word == "inconclusive"


def test_codes_of_a_stranger_may_hide_a_channel(rng):
    how = {"attackers": ("mlp", "knn"), "threats": ["latent"]}
    results = simulated.attacked(simulated.asked(defense="random_code", **how), rng, 0.0)
    assert "these cannot be cleaned" in said(results).reason
