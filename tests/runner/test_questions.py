import pytest
from pydantic import ValidationError

from bench.commands.options import grid_of
from bench.runner.cells import cells
from bench.runner.grid import Grid
from bench.runner.questions import questions

OPEN = "synthetic:people=8,takes=2,pictures=2,size=32,protocol=open"
CLOSED = "synthetic:people=8,takes=4,pictures=2,size=32,protocol=closed"


def asked(purpose="private", **task):
    """Attacker, target and threat of each question about `none`."""
    grid = Grid.model_validate({"name": "g", "tasks": [{"private": ["identity"], **task}]})
    found = [cell for cell in cells(grid) if cell.purpose == purpose and not cell.skip_reason]
    return {
        (cell.attacker.name, cell.target, str(cell.threat_spec))
        for cell in found
        if cell.defense.changes_nothing
    }


def test_an_attack_brings_its_attacker_and_threat():
    assert asked(data=CLOSED, attacks=["raw_identifier"]) == {("cnn", "identity", "raw")}
    assert asked(data=CLOSED, attacks=["latent_identifier"]) == {("mlp", "identity", "latent")}


def test_attacks_stand_beside_attackers_and_do_not_take_their_threats():
    found = asked(data=CLOSED, attacks=["raw_identifier"], attackers=["knn"], threats=["aware"])
    assert found == {("cnn", "identity", "raw"), ("knn", "identity", "aware")}


def test_an_attack_that_is_an_attacker_of_the_task_is_asked_once():
    cnn = "cnn:batch=48,steps=60,rounds=4,lr=0.003"
    grid = {"private": ["identity"], "data": CLOSED, "attackers": [cnn], "threats": ["raw"]}
    plain, named = (
        list(cells(Grid.model_validate({"name": "g", "tasks": [{**grid, **more}]})))
        for more in ({}, {"attacks": ["raw_identifier"]})
    )
    assert len(named) == len(plain)


def test_an_attack_judges_a_target_that_is_kept():
    task = {"private": ["gender"], "utility": ["identity"], "data": OPEN}
    attacks = ["gender", "face_matcher"]
    assert asked(**task, attacks=attacks) == {("cnn", "gender", how) for how in ("raw", "aware")}
    kept = asked("utility", **task, attacks=attacks)
    assert {("matcher", "identity", how) for how in ("raw", "aware")} <= kept
    assert {name for name, _, _ in kept} == {"matcher"}


def test_controls_are_asked_only_what_an_attack_asks():
    task = {"private": ["gender", "identity"], "data": OPEN, "attacks": ["gender"]}
    assert asked("permuted", **task) == {("cnn", "gender", "raw")}


def test_an_attack_on_another_target_is_a_mistake_of_the_grid():
    task = {"private": ["identity"], "data": CLOSED, "attacks": ["gender"]}
    with pytest.raises(ValidationError, match="got gender, which asks about gender; leave it out"):
        Grid.model_validate({"name": "g", "tasks": [task]})


def test_a_task_without_attackers_and_attacks_is_a_mistake():
    with pytest.raises(ValidationError, match="got neither"):
        Grid.model_validate({"name": "g", "tasks": [{"private": ["gender"], "data": OPEN}]})


def test_attacks_of_the_command_line_leave_out_tasks_that_they_do_not_concern():
    grid = grid_of("quick", None, attacks=["gender"])
    assert [(task.private, task.attacks, task.attackers) for task in grid.tasks] == [
        (("gender",), ("gender",), ())
    ]
    both = grid_of("quick", None, attacks=["gender", "aware_identifier"])
    assert [task.attacks for task in both.tasks] == [
        ("aware_identifier",),
        ("gender", "aware_identifier"),  # identity is kept there
    ]
    with pytest.raises(ValueError, match="expected an attack on identity, got gender"):
        grid_of("linkage", None, attacks=["gender"])


def test_attackers_of_the_command_line_replace_attacks(tmp_path):
    task = f'[[tasks]]\nprivate = ["identity"]\ndata = "{CLOSED}"\nattacks = ["raw_identifier"]\n'
    (tmp_path / "g.toml").write_text(f'name = "g"\n{task}')
    (task,) = grid_of(str(tmp_path / "g.toml"), None, attackers=["knn"]).tasks
    assert (len(task.attackers), task.attacks) == (1, ())


def test_learned_defenses_are_attacked_after_cleaning_too():
    task = {"private": ["identity"], "data": CLOSED, "attacks": ["aware_identifier"]}
    grid = Grid.model_validate({"name": "g", "tasks": [{**task, "defenses": ["eigenface:k=4"]}]})
    (defense,) = {c.defense for c in cells(grid) if c.defense.name == "eigenface"}
    found = [str(spec) for _, _, _, spec in questions(grid.tasks[0], defense, [])]
    assert found == ["aware", "aware:clean=true"]
