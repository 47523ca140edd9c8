"""A generator that gives out its training pictures is found."""

import numpy as np
import pytest

from bench.reports.linkage import memorization
from bench.reports.release_marks import copied


@pytest.mark.parametrize("protocol", ["open", "closed"])
def test_a_parrot_is_found_and_what_shows_only_its_input_is_not(run, protocol):
    done = run(
        data=f"toy:people=48,takes=8,protocol={protocol}",
        defenses=["parrot", "parrot:share=0", "pixelate:block=0.25"],
        attackers=["nearest"],
        private=["colour"],
        threats=["raw"],
    )
    records = {r.defense: r for r in done.select(metric="memorised")}
    assert set(records) == {"parrot:share=1.0", "parrot:share=0.0"}  # pixelate learns nothing
    assert records["parrot:share=1.0"].value > 0.99
    assert records["parrot:share=1.0"].low > 0.6  # few people
    honest = records["parrot:share=0.0"]
    assert honest.low < 0.5 < honest.high
    (table,) = memorization(done.records)
    assert [row[0] for row in table.rows] == ["parrot", "parrot:share=0.0"]


def test_where_nothing_was_held_out_nothing_is_said(run):
    done = run(data="toy:protocol=closed-paper", defenses=["parrot"], threats=["raw"])
    assert done.select(metric="memorised") == []


def test_the_mark_is_given_where_99_9_percent_lie_above_chance():
    ((name, reason),) = copied(np.ones(240), np.repeat(np.arange(12), 20))
    assert name == "memorised"
    # Wilson's lower end of 12 of 12: 12 / (12 + 3.2905^2) = 0.526
    assert "100% of releases are nearest to a picture that was trained on" in reason
    assert "(99.9 % from 53%; chance 50 %)" in reason


@pytest.mark.parametrize(
    ("trained_on", "n_people"),
    [(np.ones(240), 8), (np.ones(240), 1), (np.tile([1.0, 0.0], 120), 60)],
)
def test_chance_or_few_people_are_no_mark(trained_on, n_people):
    assert copied(trained_on, np.arange(240) % n_people) == []
