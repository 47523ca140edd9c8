"""The contract holds for every plugin of ours, and finds what breaks it."""

import numpy as np
import pytest

from bench.api import Dataset
from bench.commands.data import save_data
from bench.commands.protect import protect_pictures
from bench.contract import checks
from bench.data.alignment import ALIGNED_POINTS
from bench.data.official import Official
from bench.registry import make, plugins
from bench.runner.worker import Worker
from bench.spec import Spec

QUICK = {  # fields that shorten training; the rules are the same
    **{
        name: f"{name}:steps=2,rounds=1"
        for name in (
            "bits",
            "cnn",
            "flat",
            "linear",
            "lookup",
            "matcher",
            "mlp",
            "neighbours",
            "regression",
        )
    },
    **{
        name: f"{name}:classifier=resnet,auxiliary_steps=1,pixel_steps=1,steps=1,widths=4+4+8+8"
        for name in ("san", "san_ensemble", "flow_san")
    },
    "prototype_pattern": "prototype_pattern:classifier=resnet,auxiliary_steps=1",
    "began_cs": "began_cs:steps=1,rebuild=1,width=4,batch=16,estimator_steps=2",
    "card": "card:utility=gender",
    "eigenface": "eigenface:k=4",
    "pprl_vgan": "pprl_vgan:epochs=1,warmup=0,iterations=2,guide_steps=1,width=4",
    "surrogate_3d": "surrogate_3d:renders=40,steps=1",
    "synthetic": "synthetic:people=4,takes=2,pictures=2",
    "chance": "chance",
    "command": 'command:run="cp -r {in}/. {out}"',
}
NAMES = [
    "began_cs", "blur", "card", "command", "constant", "eigenface", "flow_san", "mask", "noise",
    "none", "k_same", "othman_ross", "partial", "pixelate", "pprl_vgan", "prototype_pattern", "san",
    "san_ensemble", "surrogate_3d",
    "bits", "chance", "cnn", "flat", "knn", "linear", "linkage", "lookup", "matcher", "mlp",
    "nearest", "neighbours", "prototype", "regression", "synthetic",
]  # fmt: skip


def test_every_plugin_of_ours_is_tried():
    ours = {
        name
        for kind in ("defense", "attacker", "dataset")
        for name, plugin in plugins(kind).items()
        if plugin.__module__.split(".")[0] in ("bench", "defenses", "attackers")
    }
    # those need files: tests/data, tests/outside, tests/commands/test_scores.py
    official = {name for name, one in plugins("dataset").items() if issubclass(one, Official)}
    assert ours - {"lfw", "folder", "pairs", "similarities", "class_scores"} - official == set(
        NAMES
    )


def same_landmarks(images, device):
    """In place of MTCNN, which takes 20 ms a picture."""
    return np.tile(np.array(ALIGNED_POINTS, np.float32), (len(images), 1, 1))


TRAINS_LONG = ("began_cs", "flow_san", "san_ensemble")


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=[pytest.mark.slow] if n in TRAINS_LONG else []) for n in NAMES]
)
def test_our_plugins_keep_the_contract(name, monkeypatch):
    monkeypatch.setattr("bench.nn.estimation.STEPS", 5)
    monkeypatch.setattr("bench.nn.estimation.ROUNDS", 1)
    monkeypatch.setattr("bench.data.morphing.landmarks", same_landmarks)
    found = list(checks(Spec.parse(QUICK.get(name, name))))
    assert len(found) >= 3
    assert [check for check in found if check.problem] == []


@pytest.mark.parametrize(
    ("spec", "rule", "problem"),
    [
        ("broken_defense:how=raises", "one whole picture per image id", "fell over"),
        ("broken_defense:how=label", "one whole picture per image id", "'secret'"),
        ("broken_defense:how=shared", "one whole picture per image id", "row_rngs"),
        ("careless:how=neighbours", "does not depend on the others", "grey levels"),
        ("careless:how=global", "equal generators give equal releases", "row_rngs only"),
        ("careless:how=global", "equal generators give equal weights", "context.rng only"),
        ("careless:how=writes", "one whole picture per image id", "read-only"),
        ("careless", "its docstring names its Source:", "add 'Source:"),
        ("careless", "frozen dataclass", "no field"),
        ("remembers", "made of y alone", "differs by up to"),
        ("broken_attacker:how=classes", "answers about every picture", "(20, 3)"),
        ("broken_attacker:how=rows", "answers about every picture", "(20, 3)"),
        ("broken_attacker:how=nan", "answers about every picture", "finite"),
    ],
)
def test_a_breach_is_found(spec, rule, problem):
    found = [check for check in checks(Spec.parse(spec)) if rule in check.rule]
    assert len(found) == 1
    assert problem in found[0].problem


def test_an_unknown_name_is_told_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean 'blur'"):
        list(checks(Spec("blurr")))


def test_a_defense_that_looks_pictures_up_is_tried_on_pictures_that_it_knows(tmp_path):
    data = Spec.parse("synthetic:people=4,takes=2,pictures=2,size=32")
    save_data(make(Dataset, data), None, tmp_path / "before")
    (tmp_path / "before" / "labels.csv").unlink()
    pixelate = Spec.parse("pixelate")
    protect_pictures(pixelate, tmp_path / "before", tmp_path / "after", Worker())
    pairs = Spec.parse(f"pairs:before={tmp_path / 'before'},after={tmp_path / 'after'}")
    known = Spec.parse(f"folder:root={tmp_path / 'before'},size=32,protocol=closed")
    assert [found.problem for found in checks(pairs, known) if found.problem] == []
    assert any("got none for 64" in found.problem for found in checks(pairs))
