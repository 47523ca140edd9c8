"""Which headline counts when several people attack one defense."""

from math import nan

import pytest

from bench.reports.merging import Part, merged
from bench.reports.records import Record
from bench.reports.standings import changes, standings
from bench.reports.verdicts import HIDDEN, LEAKS, LITTLE, OPEN

DEFENSE = "blur:sigma=0.1"


def record(**fields):
    usual = {
        **{"task": "hide", "data": "toy", "protocol": "closed", "learned_from": ""},
        **{"purpose": "private", "target": "identity", "defense": DEFENSE, "attacker": "knn"},
        **{"threat": "aware", "form": "pixels", "seed": 0, "share": 1.0, "chosen": 1, "sign": 1},
        **{"metric": "top1", "value": 0.5, "low": 0.4, "high": 0.6, "n": 100, "n_people": 8},
        **{"chance": 0.125, "status": "ok", "reason": "", "marks": "", "key": "k"},
    }
    return Record(**(usual | fields))


def headline(value, verdict, **fields):
    about = {"purpose": "headline", "metric": "leakage", "value": value, "verdict": verdict}
    return record(**(about | {"low": value - 0.1, "high": value + 0.1} | fields))


def board(*entries, supersedes=None, weights=None, levels=None):
    """The headlines of a board, as (entry, value, verdict), and all its records."""
    records = merged(
        [
            Part(
                n,
                [record(), *found],
                (supersedes or {}).get(n, ()),
                (weights or {}).get(n, {}),
                (levels or {}).get(n, 0),
            )
            for n, found in enumerate(entries, 1)
        ]
    )
    shown = [(r.entry, r.value, r.verdict) for r in records if r.purpose == "headline"]
    return shown, records


def test_a_stronger_attack_of_somebody_else_counts():
    shown, _ = board([headline(0.1, LITTLE)], [headline(0.6, LEAKS, attacker="cnn")])
    assert shown == [(2, 0.6, LEAKS)]


def test_a_weaker_attack_changes_nothing():
    shown, _ = board([headline(0.6, LEAKS)], [headline(0.1, OPEN)])
    assert shown == [(1, 0.6, LEAKS)]


@pytest.mark.parametrize(("marks", "verdict"), [("not-shown-strong", HIDDEN), ("imprecise", OPEN)])
def test_only_an_attack_that_could_not_be_bounded_refutes_a_claim(marks, verdict):
    shown, _ = board([headline(0.01, HIDDEN)], [headline(0.3, OPEN, marks=marks)])
    assert [word for *_, word in shown] == [verdict]


def test_of_equal_verdicts_the_larger_leakage_counts_and_of_equal_ones_the_first():
    assert board([headline(0.3, LEAKS)], [headline(0.4, LEAKS)])[0] == [(2, 0.4, LEAKS)]
    assert board([headline(0.3, LEAKS)], [headline(0.3, LEAKS)])[0] == [(1, 0.3, LEAKS)]


def test_an_attack_that_is_proven_less_than_the_line_does_not_count_yet():
    entries = [headline(0.1, LITTLE)], [headline(0.6, LEAKS)]
    assert board(*entries, levels={1: 1})[0] == [(1, 0.1, LITTLE)]
    assert board(*entries, levels={1: 1, 2: 1})[0] == [(2, 0.6, LEAKS)]


def seen(auc):
    """What the best attack sees without a defense."""
    return record(defense="none", metric="pairwise_auc", value=auc)


def test_leakage_as_a_share_of_a_weaker_attack_does_not_count():
    mine = [seen(0.99), headline(0.3, LEAKS)]
    assert board(mine, [seen(0.8), headline(0.9, LEAKS)])[0] == [(1, 0.3, LEAKS)]
    assert board(mine, [seen(0.985), headline(0.9, LEAKS)])[0] == [(2, 0.9, LEAKS)]


def test_what_is_kept_is_that_of_the_first_entry():
    def kept(value, **fields):
        return record(purpose="utility", target="colour", metric="kept", value=value, **fields)

    nothing = kept(nan, status="skipped", reason="no judge", attacker="cnn")
    _, records = board([kept(0.9)], [nothing], [kept(0.5)])
    assert [r.value for r in records if r.metric == "kept"] == [0.9]
    _, records = board([kept(0.9)], [kept(0.5)], supersedes={2: [1]})
    assert [r.value for r in records if r.metric == "kept"] == [0.5]


def test_the_first_entry_says_whose_weights_a_digest_is():
    weights = {1: {"eigenface:k=8": {"0": "abcd"}}, 2: {"eigenface:k=99": {"0": "abcd"}}}
    file = headline(0.1, LITTLE, defense="eigenface:k=8,weights=abcd")
    _, records = board([file], [headline(0.9, LEAKS)], weights=weights)
    assert "eigenface:k=8" in {r.defense for r in records}


def test_all_fits_of_a_line_come_from_one_entry():
    two = [headline(0.5, LEAKS), headline(0.7, LEAKS, seed=1)]
    one = [headline(0.9, LITTLE), headline(0.9, LITTLE, seed=1)]
    assert board(two, one)[0] == [(1, 0.5, LEAKS), (1, 0.7, LEAKS)]


def test_who_supersedes_an_entry_replaces_the_headlines_that_both_have():
    other = headline(0.2, LEAKS, defense="pixelate:block=0.25")
    shown, _ = board([headline(0.6, LEAKS), other], [headline(0.1, LITTLE)], supersedes={2: [1]})
    assert sorted(shown) == [(1, 0.2, LEAKS), (2, 0.1, LITTLE)]


def test_the_newest_number_of_a_cell_counts_and_no_other_cell_is_lost():
    first = record(attacker="cnn")
    _, records = board([first], [])
    assert {(r.attacker, r.entry) for r in records} == {("cnn", 1), ("knn", 2)}


def test_weights_by_their_digest_are_those_of_the_recipe():
    recipe, file = "eigenface:k=8", "eigenface:k=8,weights=abcd"
    weights = {1: {recipe: {"0": "abcd"}}}
    shown, records = board(
        [headline(0.1, LITTLE, defense=recipe)],
        [headline(0.6, LEAKS, defense=file)],
        weights=weights,
    )
    assert shown == [(2, 0.6, LEAKS)]
    assert [r.defense for r in records if r.purpose == "headline"] == [recipe]
    assert len(board([headline(0.1, LITTLE, defense=recipe)], [headline(0.6, LEAKS)])[0]) == 2


def test_tasks_with_the_same_data_and_secret_are_one_and_others_are_not():
    renamed = [record(task="other"), headline(0.6, LEAKS, task="other")]
    _, records = board([headline(0.1, LITTLE)], renamed)
    assert {r.task for r in records} == {"hide"}
    elsewhere = [record(data="toy:people=9"), headline(0.6, LEAKS, data="toy:people=9")]
    found = merged([Part(1, [record(), headline(0.1, LITTLE)]), Part(2, elsewhere)])
    assert {r.task for r in found} == {"hide", "hide (entry 2)"}


def test_ranks_of_lines_whose_intervals_overlap_are_tied():
    lines = [
        headline(0.1, LITTLE),
        headline(0.25, LEAKS, defense="pixelate:block=0.25"),
        headline(0.9, LEAKS, defense="mask:region=eyes", low=0.8, high=1.0),
    ]
    (table,) = standings([record(), *lines], {0: "Ada"})
    place = table.columns.index("rank")
    ranks = {str(row[0]): row[place] for row in table.rows}
    assert sorted(ranks.values()) == ["1 to 2", "1 to 2", "3"]
    assert {row[table.columns.index("by")] for row in table.rows} == {"Ada"}


def test_changes_name_lines_with_another_verdict_and_count_cells():
    old = [record(), record(attacker="cnn"), headline(0.1, LITTLE)]
    new = [record(value=0.9), record(attacker="mlp"), headline(0.6, LEAKS)]
    table = changes(old, new)
    ((defense, *_, was, now, before, after),) = table.rows
    assert (defense, was, now) == (DEFENSE, LITTLE, LEAKS)
    assert (before.value, after.value) == (0.1, 0.6)
    assert table.note == ("1 lines differ. Cells: 1 new, 1 gone, 1 of 1 with other numbers.")
    gone = changes([headline(nan, OPEN, status="skipped", reason="few")], [])
    assert [str(cell) for cell in gone.rows[0][-2:]] == ["n/a", "-"]
