"""Learn here, be judged there: data by role."""

import pytest

ELSEWHERE = "toy:people=12,seed=7,protocol=open"
HERE = "toy:people=40,takes=4,protocol=open"
BY_ROLE = {"defender": ELSEWHERE, "attacker": ELSEWHERE, "evaluation": HERE}


def test_each_role_gets_the_pictures_of_its_own_set(run):
    done = run(data=BY_ROLE, attackers=["eyes"], defenses=["learned_colour"], threats=["raw"])
    cell = next(cell for cell in done.cells if cell.defense.name == "learned_colour")
    whole = {
        spec: run(data=spec, attackers=["eyes"], threats=["raw"]) for spec in (ELSEWHERE, HERE)
    }
    for role, spec in (("defender", ELSEWHERE), ("attacker", ELSEWHERE), ("probe", HERE)):
        part, planner = done.planner.part(cell.source(role), role), whole[spec].planner
        assert part.key == planner.part(whole[spec].cells[0].data, role).key
    (fit,) = done.plan.of[cell].weights
    assert fit.key in done.store
    assert {outcome.reason for outcome in done.outcomes} == {""}


def test_records_say_where_was_learned(run):
    done = run(data=BY_ROLE, attackers=["eyes"], threats=["raw"])
    assert {r.data.split("people=")[1][:2] for r in done.records} == {"40"}
    assert all(r.learned_from.startswith("defender toy:") for r in done.records)
    assert {r.learned_from for r in run(data=HERE, attackers=["eyes"]).records} == {""}


def test_roles_of_different_sets_are_not_called_a_shift(run):
    done = run(data=BY_ROLE, attackers=["eyes"], threats=["raw"])
    assert not done.select(metric="role_shift")


@pytest.mark.parametrize(
    ("elsewhere", "told"),
    [
        ("toy:people=12,seed=7,protocol=closed", "toy has protocol closed"),
        ("toy:people=12,protocol=open", "people may recur"),
    ],
)
def test_sets_that_do_not_go_together_are_refused(run, elsewhere, told):
    with pytest.raises(ValueError, match=told):
        run(data={**BY_ROLE, "attacker": elsewhere}, attackers=["eyes"])
