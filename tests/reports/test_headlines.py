"""One number per defense: the leakage of the chosen attack, and of the worst."""

import pytest

from bench.reports.headlines import headlines
from bench.reports.marks import Marks


def lines(results, metric="leakage"):
    found = headlines(results, Marks(results))
    return {h.result.cell.defense.name: h for h in found if h.metric == metric}


def test_leakage_is_the_advantage_as_a_share_of_that_without_a_defense(result):
    # AUC .9 and .7: advantages .4 and .2.
    found = lines([result(0.9, 0.9), result(0.7, 0.7, defense="blur")])
    assert found["none"].estimate.value == 1
    assert found["blur"].estimate.value == pytest.approx(0.5, abs=0.02)
    assert found["blur"].estimate.low < 0.5 < found["blur"].estimate.high


def test_an_attack_that_is_reliably_wrong_leaks(result):
    found = lines([result(0.9, 0.9), result(0.1, 0.1, defense="blur")])
    assert found["blur"].sign == -1
    assert found["blur"].estimate.value == pytest.approx(1, abs=0.02)


def test_the_worst_is_over_all_attacks_and_above_the_chosen_one(result):
    chosen = result(0.7, 0.6, defense="blur")
    other = result(0.6, 0.8, defense="blur", attacker="mlp")
    asked = [result(0.9, 0.9), chosen, other]
    assert lines(asked)["blur"].result is chosen
    worst = lines(asked, "worst_leakage")["blur"].estimate.value
    assert worst == pytest.approx(0.3 / 0.4, abs=0.02)


def test_forms_have_headlines_of_their_own(result):
    asked = [result(0.9, 0.9), result(0.6, 0.6, defense="eigenface")]
    asked.append(result(0.8, 0.8, defense="eigenface", form="codes"))
    found = [h for h in headlines(asked, Marks(asked)) if h.metric == "leakage"]
    forms = {h.result.cell.threat.form for h in found if h.result.cell.defense.name == "eigenface"}
    assert forms == {"pixels", "codes"}


def test_without_an_attack_above_chance_nothing_is_claimed(result):
    found = lines([result(0.5, 0.5), result(0.5, 0.5, defense="blur")])
    assert found["blur"].status == "skipped"
    assert "above chance" in found["blur"].reason


def test_a_failed_attack_is_marked(result):
    failed = result(0.7, 0.7, defense="blur", attacker="mlp")._replace(probe=None, valid=None)
    found = lines([result(0.9, 0.9), result(0.6, 0.6, defense="blur"), failed])
    assert "incomplete" in {mark.name for mark in found["blur"].marks}
    only = lines([result(0.9, 0.9), failed])
    assert only["blur"].status == "failed"
