"""What the paper claims: a surrogate carries y, and no other information about the picture."""

import pytest

from bench.api import Described
from bench.reports.evidence import Evidence
from bench.reports.lines import lines
from bench.reports.verdicts import verdict
from defenses.began_cs.defense import BEGANCS
from tests.reports import simulated


def test_the_picture_is_not_there_when_the_surrogate_is_drawn():
    assert BEGANCS.protect is Described.protect  # calls `describe`, then `render` with y alone
    assert "faces" not in BEGANCS.render.__annotations__


@pytest.mark.parametrize(
    ("separability", "word", "reason"),
    [
        (0.0, "carries y and nothing else", "y holds 50 bits at most: attacks on the pictures"),
        (0.7, "leaks", "; y itself reveals it, 50 bits at most"),
    ],
)
def test_what_a_surrogate_leaks_is_leaked_by_y(rng, separability, word, reason):
    attacks = simulated.attacked(simulated.asked(defense="began_cs"), rng, separability)
    results = [attack._replace(side_info={"y_bits": 50}) for attack in attacks]
    (surrogates,) = [line for line in lines(results) if not line.is_control]
    found = verdict(surrogates, Evidence(results), ())
    assert found.word == word
    assert reason in found.reason


@pytest.mark.parametrize(
    ("threats", "in_y", "expected"),
    [
        (["raw", "aware"], 0.0, "y itself was not attacked"),
        (["raw", "aware", "latent"], 0.0, "attacks on y itself: no leak"),
        (["raw", "aware", "latent"], 0.7, "attacks on y itself: knn latent: "),
    ],
)
def test_what_attacks_find_in_y_stands_beside_pictures_in_which_they_find_nothing(
    rng, threats, in_y, expected
):
    results = []
    for cell in simulated.asked(defense="began_cs", threats=threats):
        hidden = in_y if cell.threat.form == "codes" else 0.0
        found = simulated.result(cell, rng, 0.95 if cell.defense.changes_nothing else hidden)
        results.append(found._replace(side_info={"y_bits": 50}))
    surrogates = next(line for line in lines(results) if line.is_described and not line.is_control)
    found = verdict(surrogates, Evidence(results), ())
    assert found.word == "carries y and nothing else"
    no_leak = "y holds 50 bits at most: attacks on the pictures show no leak, "
    assert found.reason.startswith(no_leak + expected)
    assert ("exposes" in found.reason) == (in_y > 0)
