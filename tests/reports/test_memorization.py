"""A generator that gives out its training pictures is found."""

import pytest

from bench.reports.linkage import memorization


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
