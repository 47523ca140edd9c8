"""A key says everything that made an artifact, and nothing else."""

import textwrap

import pytest

from bench import registry
from bench.runner.cells import cells
from bench.runner.plan import plan

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
        stages = plan(asked, tmp_path).stages
        return {str(stage) + stage.spec.name: stage.key for stage in stages}

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
    stages = plan(cells(task), tmp_path).stages
    count = {
        action: len([s for s in stages if (s.action, s.spec.name) == (action, "fitted")])
        for action in ("fit", "protect")
    }
    assert count == {"fit": 2, "protect": 6}


def test_no_defense_is_one_attack_under_every_threat(grid, tmp_path):
    stages = plan((c for c in cells(grid()) if c.purpose == "private"), tmp_path).stages
    none = [s for s in stages if s.action == "attack" and len({i.key for i in s.needs}) == 1]
    assert len(none) == 1  # raw for every defense, and aware for none


def test_a_raw_attacker_serves_every_defense(grid, tmp_path):
    task = grid(defenses=["pixelate", "blur"], threats=["raw"])
    stages = plan((c for c in cells(task) if c.purpose == "private"), tmp_path).stages
    assert len([stage for stage in stages if stage.action == "attack"]) == 1
    assert len([stage for stage in stages if stage.action == "answer"]) == 4


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
        {s.key for s in plan(cells(grid(**task)), tmp_path).stages if s.action == action}
        for task in (first, second)
    ]
    assert planned[0] != planned[1]


def test_seeds_redraw_attackers_but_not_data(grid, tmp_path):
    task = grid().model_copy(update={"seeds": (0, 1)})
    stages = plan((c for c in cells(task) if c.purpose == "private"), tmp_path).stages
    count = {action: [s.action for s in stages].count(action) for action in ("load", "attack")}
    assert count == {"load": 1, "attack": 4}
