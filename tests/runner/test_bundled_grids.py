"""The bundled grids at paper scale, and the same grids shrunk until they run in seconds."""

from importlib.resources import files

import numpy as np
import pytest

from bench.api import Dataset, Defense
from bench.data.protocols import split
from bench.registry import make
from bench.runner.cells import cells
from bench.runner.grid import Grid, read
from bench.spec import Spec

# Pictures that pass through the main training in a second on an H200, as in docs/gpu.md.
SPEED = {"pprl_vgan_paper": 7669, "san_released": 506, "began_cs_paper": 625}
FEW = {"steps": 1, "rounds": 1, "batch": 4}
FIELDS = {  # that make a run short; networks stay as large, but for those of BEGAN-CS
    "pprl_vgan": {"epochs": 1, "iterations": 1, "batch": 8, "restarts": 0},
    "san": {"steps": 2, "epochs": 0, "batch": 4, "auxiliary_steps": 1},
    "began_cs": {"steps": 1, "batch": 4, "estimator_steps": 1, "width": 16},
    **dict.fromkeys(("cnn", "mlp", "matcher", "regression"), FEW),
}
DATA = {  # by protocol
    "open": {"people": 16, "takes": 2, "pictures": 1, "size": 64},
    "closed-paper": {"people": 2, "takes": 1, "pictures": 12},
}


def smoke(name):
    """The bundled grid so small that it runs in seconds, with one defense of each kind."""

    def shrunk(spec):
        fields = dict(spec.fields)
        fields |= DATA[fields["protocol"]] if "protocol" in fields else FIELDS.get(spec.name, {})
        return str(Spec(spec.name, spec.preset, tuple(sorted(fields.items()))))

    def less(task):
        data = {role: shrunk(spec) for role, spec in task.sources}
        one = len(set(data.values())) == 1
        return task.model_dump() | {
            "data": data["defender"] if one else data,
            "defenses": list({spec.name: shrunk(spec) for spec in task.defenses}.values()),
            "attackers": [shrunk(spec) for spec in task.attackers],
        }

    return Grid.model_validate({"name": name, "tasks": [less(task) for task in read(name).tasks]})


def n_defender(task):
    """How many pictures the defender learns from."""
    data = make(Dataset, task.sources.defender)
    takes = np.repeat(np.arange(data.people * data.takes), data.pictures)
    labels = {"identity": takes // data.takes, "take": takes}
    return int(split(labels, data.protocol, data.name, data.seed).roles["defender"].sum())


def n_trained(task):
    """How many pictures pass through the main training of the first defense."""
    defense = make(Defense, task.defenses[0])
    if defense.name == "began_cs":
        return defense.steps * defense.batch
    shown = n_defender(task) * (4 if defense.name == "san" else 5) // 5  # it holds out a fifth
    return shown // defense.batch * defense.batch * defense.epochs


@pytest.mark.parametrize(
    ("name", "n_pictures", "epochs_of", "n_epochs"),
    [
        ("pprl_vgan_paper", 47_488, 47_488, 300),  # 85 % of each take; the released epochs for MUG
        ("san_released", 6_000, 4_800, 20),  # the released epochs, of the pictures not held out
        ("began_cs_paper", 18_000, 18_000, 300),  # section 4.3; train.sh of BEGAN-CS
    ],
)
def test_trainings_are_as_long_as_published(name, n_pictures, epochs_of, n_epochs):
    (task,) = read(name).tasks
    assert n_defender(task) == n_pictures
    assert n_trained(task) / epochs_of == pytest.approx(n_epochs, rel=0.006)  # whole batches


@pytest.mark.parametrize("name", SPEED)
def test_expected_minutes_follow_from_the_grid(name):
    n = n_trained(read(name).tasks[0])
    text = (files("leaderboards") / "README.md").read_text()
    row = next(line for line in text.splitlines() if line.startswith(f"| `{name}` | {n:,} |"))
    assert row.endswith(f"| {SPEED[name]:,} | {n / SPEED[name] / 60:.0f} minutes |")


def test_the_three_scenarios_of_pprl_vgan_are_asked():
    asked = {
        (cell.purpose, cell.target, cell.threat_spec.name)
        for cell in cells(read("pprl_vgan_paper"))
        if cell.defense.name == "pprl_vgan" and not cell.skip_reason
    }
    targets = [("private", "identity"), ("utility", "expression")]
    assert {(*t, s) for t in targets for s in ("raw", "aware", "latent")} <= asked


@pytest.mark.slow
@pytest.mark.parametrize("name", SPEED)
def test_a_shrunk_grid_runs_to_its_end(name, runner, store, monkeypatch):
    monkeypatch.setattr("bench.nn.estimation.STEPS", 1)  # this control has no fields for it
    monkeypatch.setattr("bench.nn.estimation.ROUNDS", 1)
    done = runner(store, smoke(name))
    assert not [o.reason for o in done.outcomes if o.status in ("failed", "skipped")]
    assert "failed" not in {record.status for record in done.records}
