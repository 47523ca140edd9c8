"""A defense is asked again about its own pictures."""

import re

import pytest

from bench.api import Collection, Dataset, Defense, LatentDefense
from bench.data.protocols import parts
from bench.forensics.stability import instability
from bench.registry import make
from bench.runner.actions.ask_again import ask_again
from bench.runner.actions.encode import encode
from bench.runner.actions.protect import protect
from bench.runner.artifacts import Inputs, of_faces
from bench.runner.worker import Worker
from bench.spec import Spec


class Stage:
    """What the actions read of a stage."""

    def __init__(self, spec):
        self.spec = self.full_spec = Spec.parse(spec)

    def number(self, name):
        return {"seed": 0, "query": 0}[name]


def asked(spec, data="toy:people=6,takes=4,pictures=4"):
    """The artifact of `ask_again`, after the defense protected and encoded both roles."""
    stage, given = Stage(spec), {"weights": ()}
    dataset, defense = make(Dataset, Spec.parse(data)), make(Defense, Spec.parse(spec))
    whole = dataset.load(Worker().protecting())
    dealt = parts(whole.faces, dataset.protocol, dataset.name, dataset.seed)
    for role in ("probe", "attacker"):
        faces = (of_faces(Collection(whole.faces.pick(dealt.roles[role]), whole.targets)),)
        one = Inputs(faces=faces, weights=())
        given |= {f"{role}_faces": faces, f"{role}_release": (protect(stage, one, Worker()),)}
        if isinstance(defense, LatentDefense):
            given[f"{role}_codes"] = (encode(stage, one, Worker()),)
    return ask_again(stage, Inputs(given), Worker())


def why(spec, **data):
    found = asked(spec, **data)
    return instability(found.arrays, found.meta)


@pytest.mark.parametrize(
    "spec",
    ["none", "constant", "blur", "noise", "random_code", "reads_secret", "noisy_y", "centred_set"],
)
def test_who_answers_alike_is_stable(spec):
    assert why(spec) == ""


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ("behaves_in_crowds", r"asked again \(alone\), 16 of 16 pictures differ"),
        ("behaves_in_crowds:few=1", r"\(alone\), 16 of 16"),
        ("shifty:n_probe=24", r"pictures differ, by up to \d+ grey levels"),
        ("centred", r"\(alone\), 16 of 16 pictures"),
        ("next_face", r"\(shuffled\)"),
        ("refuses_one", r"\(alone\), it raises RuntimeError: too few"),
        ("peeks_at_few", r"it raises LookupError: label 'secret' is withheld"),
        ("remembers", r"\(y alone\)"),
    ],
)
def test_who_answers_otherwise_is_told_with_the_question(spec, reason):
    assert re.search(reason, why(spec))


def test_a_counter_of_calls_is_found():
    assert "pictures differ" in why("counts_calls")


def test_codes_that_are_empty_for_the_probe_only_are_found():
    whole = asked("fading_code:n_probe=0")
    assert instability(whole.arrays, whole.meta) == ""
    n_probe = len(asked("centred_set").arrays["twice"])
    assert "codes differ" in why(f"fading_code:n_probe={n_probe}")


def test_sets_are_never_asked_in_part():
    found = asked("centred_set").arrays
    assert [*found] == ["twice", "shuffled"]
    assert {len(gap) for gap in found.values()} == {len(found["twice"])}


def test_some_pictures_are_asked_about_in_sizes_that_are_drawn():
    found = asked("none", data="toy:people=6,takes=12,pictures=4").arrays
    assert len(found["alone"]) == 16
    assert 32 <= len(found["twice"]) <= 64
    assert len(found["company"]) > len(found["twice"])
    assert {gap.max() for gap in found.values()} == {0}
