"""A key says everything that made an artifact, and nothing else."""

import textwrap

import pytest

from bench import registry
from bench.registry import plugins
from bench.runner.cells import cells
from bench.runner.fingerprint import code_of, families_of
from bench.runner.plan import Planner

PLUGIN = '''
    from dataclasses import dataclass
    from bench.api import Defense, field
    from bench.faces import Release
    from bench.registry import register

    @register("edited")
    @dataclass(frozen=True)
    class Edited(Defense):
        """Inverts. Source: ours."""
        strength: int = field(255, about="strength", at="protect")

        def protect(self, faces, weights, context):
            return Release(255 - faces.images)
'''


@pytest.fixture
def keys(tmp_path, grid):
    """Keys by action of a plan with the plugin written like this."""

    def planned(source=PLUGIN, **task):
        path = tmp_path / "edited.py"
        path.write_text(textwrap.dedent(source))
        registry.load_file(path)
        asked = cells(grid(**({"defenses": ["edited"]} | task)))
        plan = Planner(tmp_path).plan(asked)
        return {str(stage) + stage.spec.name: stage.key for stage in plan}

    yield planned
    registry._classes["defense"].pop("edited", None)  # the next test's lies in another folder


def test_editing_a_plugin_changes_its_keys_and_no_others(keys):
    before, after = keys(), keys(PLUGIN.replace("255 - faces", "254 - faces"))
    changed = {name for name in before if before[name] != after[name]}
    assert any(name.startswith("protect edited") for name in changed)
    assert not any(name.startswith(("load", "split", "protect constant")) for name in changed)


def test_reformatting_a_plugin_changes_no_key(keys):
    reformatted = PLUGIN.replace("Inverts.", "Turns black to white.")
    reformatted = reformatted.replace("(255 - faces", "(  # why\n\n                255-faces")
    assert keys() == keys(reformatted)


def test_fields_of_protection_leave_the_fit_alone(grid, tmp_path):
    task = grid(defenses=["fitted:k=2,shown=1", "fitted:k=2,shown=2", "fitted:k=3"])
    plan = Planner(tmp_path).plan(cells(task))
    count = {
        action: len([s for s in plan if (s.action, s.spec.name) == (action, "fitted")])
        for action in ("fit", "protect")
    }
    assert count == {"fit": 2, "protect": 6}


def test_no_defense_is_one_attack_under_every_threat(grid, tmp_path):
    plan = Planner(tmp_path).plan(c for c in cells(grid()) if c.purpose == "private")
    none = [s for s in plan if s.action == "attack" and len({i.key for i in s.inputs}) == 1]
    assert len(none) == 1  # raw for every defense, and aware for none


def test_a_raw_attacker_serves_every_defense(grid, tmp_path):
    task = grid(defenses=["pixelate", "blur"], threats=["raw"])
    plan = Planner(tmp_path).plan(c for c in cells(task) if c.purpose == "private")
    assert len([stage for stage in plan if stage.action == "attack"]) == 1
    assert len([stage for stage in plan if stage.action == "answer"]) == 4


@pytest.mark.parametrize(
    ("first", "second", "action"),
    [
        ({"data": "toy:seed=0"}, {"data": "toy:seed=1"}, "load"),
        ({"threats": ["aware"]}, {"threats": ["aware:draws=2"]}, "attack"),
        ({"attackers": ["nearest"]}, {"attackers": ["memory"]}, "attack"),
        ({"private": ["colour"]}, {"private": ["secret"]}, "attack"),
    ],
)
def test_what_changes_a_result_changes_its_key(first, second, action, grid, tmp_path):
    planned = [
        {s.key for s in Planner(tmp_path).plan(cells(grid(**task))) if s.action == action}
        for task in (first, second)
    ]
    assert planned[0] != planned[1]


def test_seeds_redraw_attackers_but_not_data(grid, tmp_path):
    task = grid().model_copy(update={"seeds": (0, 1)})
    plan = Planner(tmp_path).plan(c for c in cells(task) if c.purpose == "private")
    count = {action: [s.action for s in plan].count(action) for action in ("load", "attack")}
    assert count == {"load": 1, "attack": 4}


def test_verbs_enter_no_key(tmp_path, monkeypatch):
    (tmp_path / "family" / "apply").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("__init__", "nets", "apply/replace"):
        (tmp_path / "family" / f"{name}.py").write_text("one = 1")
    before = code_of("family")
    (tmp_path / "family" / "apply" / "replace.py").write_text("two = 2")
    assert code_of("family") == before
    (tmp_path / "family" / "nets.py").write_text("two = 2")
    assert code_of("family") != before


def test_a_plugins_family_is_its_own_code_and_not_the_whole_suite():
    assert families_of(plugins("attacker")["cnn"]) == ("attackers.cnn",)
    assert families_of(plugins("defense")["blur"]) == ("defenses.blur",)
    assert families_of(plugins("attacker")["moody"])[0].startswith("bench_plugin_cheats")
