"""What the encoder of a defense reads off its own releases."""

import pytest

from bench.reports.linkage import linkage
from bench.runner.grid import Grid
from bench.runner.store import Store

OPEN = "toy:people=40,takes=4,protocol=open"  # 10 people are asked about


@pytest.fixture(scope="module")
def done(runner, tmp_path_factory):
    task = {
        "private": ["identity"],
        "data": OPEN,
        "attackers": ["linkage"],
        "defenses": ["keeper", "keeper:n=0", "random_code"],
        "threats": ["latent", "reread"],
    }
    grid = Grid.model_validate({"name": "toy", "tasks": [task]})
    return runner(Store(tmp_path_factory.mktemp("store")), grid)


def found(done, defense, metric, threat="reencode"):
    chosen = done.select(defense=defense, threat=threat, metric=metric, purpose="private")
    return chosen[0]


def test_a_release_that_keeps_its_code_leads_to_its_picture(done):
    assert found(done, "keeper:n=16", "same_picture_of_10").low > 0.6
    assert found(done, "none", "same_picture_of_10").value == 1
    other, raw = (found(done, "keeper:n=16", "rank1_of_10", t) for t in ("reencode", "latent"))
    assert other.value == pytest.approx(raw.value, abs=0.05)
    assert other.value > 1 / 10


def test_codes_that_say_nothing_lead_nowhere(done):
    for metric in ("same_picture_of_10", "rank1_of_10"):
        for defense in ("constant", "keeper:n=0"):
            assert found(done, defense, metric).value == pytest.approx(1 / 10)


def test_no_luck_is_drawn_again_when_a_release_is_read(done):
    record = found(done, "random_code", "same_picture_of_10")
    assert record.low < 1 / 10 < record.high


def test_it_is_an_attack_on_pixels_that_codes_are_read_for(done):
    assert found(done, "keeper:n=16", "auc").form == "pixels"
    assert found(done, "keeper:n=16", "auc", "latent").form == "codes"
    leaks = done.select(defense="keeper:n=16", metric="leakage", purpose="headline")
    assert {(r.form, r.threat) for r in leaks} == {("pixels", "reencode"), ("codes", "latent")}


def test_who_encodes_by_labels_is_not_asked(run):
    done = run(data=OPEN, attackers=["linkage"], defenses=["swap"], threats=["reread"])
    (record,) = done.select(defense="swap", purpose="private")
    assert (record.status, record.reason) == (
        "skipped",
        "swap needs labels to encode, which releases do not have",
    )


def test_the_table_sets_the_same_picture_beside_others(done):
    (table,) = linkage(done.records)
    assert table.columns == [
        "defense",
        "attacker",
        "release, same picture of 10",
        "release, other pictures of 10",
        "raw, other pictures of 10",
    ]
    rows = {row[0]: row[2:] for row in table.texts()}
    assert rows["chance"] == ["10.0"] * 3
    assert [cell.split()[0] for cell in rows["constant"]] == ["10.0"] * 3
    assert rows["none"][0].startswith("100.0")
    assert rows["none"][1] == rows["none"][2]


def test_the_raw_codes_are_asked_about_whether_or_not_codes_are_given_out(run):
    done = run(data=OPEN, attackers=["linkage"], defenses=["keeper"], threats=["reread"])
    assert found(done, "keeper:n=16", "same_picture_of_10").low > 0.6
