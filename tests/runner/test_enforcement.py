"""The threat model is enforced by what is passed, not by care."""

import json
import sys

import numpy as np
import pytest

from bench.api import Context
from bench.faces import Faces, Sample
from bench.runner import rng


def test_an_attacker_that_rummages_finds_nothing(run):
    done = run(
        attackers=["rummager"],
        private=["identity", "colour"],
        defenses=["random_code"],
        threats=["raw", "aware", "latent"],
    )
    asked = [result for result in done.results if not result.cell.skip_reason]
    assert [result.reason for result in asked if result.status != "ok"] == []
    assert len(asked) > 10


@pytest.mark.parametrize(
    "planted",
    [
        Sample(np.zeros((2, 3)), {"colour": np.zeros(2), "secret": np.zeros(2)}),
        Sample(np.zeros((2, 3)), {"colour": np.array([2**40, 1])}),
        Sample(np.full((4, 3), 2**40)[1:, :2]),
        Faces(np.zeros((1, 3, 2, 2), np.uint8), {}, np.arange(1)),
        ["Name1 Surname1"],
    ],
)
def test_the_rummager_would_find_what_is_planted(planted, toys):
    with pytest.raises(AssertionError):
        toys.rummage(planted, "colour")


def test_a_told_note_reaches_the_attacker_and_only_then(run):
    told = run(defenses=["random_code"], threats=["aware:side_info=drawn"], attackers=["memory"])
    assert {r.status for r in told.select(defense="random_code", metric="top1")} == {"ok"}
    untold = run(defenses=["random_code"], threats=["aware:side_info=colour"])
    record = untold.select(defense="random_code", purpose="private")[0]
    assert (record.status, record.reason) == ("skipped", "random_code discloses only ['drawn']")


def test_an_array_of_the_weights_is_told_if_it_is_disclosed_and_granted(run):
    def heard(threat):
        done = run(defenses=["learned_colour"], threats=[threat], attackers=["listener"])
        cell = next(c for c in done.cells if c.defense.name == "learned_colour")
        return done.store.get(done.plan.of[cell].attack.key).weights, done.faces("defender").images

    told, images = heard("aware:told=mean")  # its name in 0.1
    np.testing.assert_allclose(told["mean"], images.mean(axis=0), rtol=1e-5)
    assert "secret" not in told
    assert "mean" not in heard("aware")[0]


def test_what_a_defense_neither_notes_nor_learns_cannot_be_told(run):
    done = run(
        defenses=["learned_colour"], threats=["aware:side_info=nothing"], attackers=["listener"]
    )
    failed = done.select(defense="learned_colour", purpose="private", status="failed")
    assert all("got ['nothing'], which the defense" in record.reason for record in failed)
    assert len(failed) == 2  # of plain and of cleaned releases


def test_the_order_of_the_probe_says_nothing(run):
    done = run(attackers=["counter"])  # the last pictures it is shown get the last person
    (hits,) = done.select(defense="none", threat="raw", purpose="private", metric="top1")
    assert hits.value < 0.5


def test_an_undeclared_label_fails_the_cell_and_names_the_declaration(run):
    record = run(defenses=["broken_defense:how=label"]).select(defense="broken", threat="raw")[0]
    assert record.status == "failed"
    assert "BrokenDefense.reads_to_protect" in record.reason


def test_a_shared_stream_is_refused_where_pictures_are_protected(run):
    record = run(defenses=["broken_defense:how=shared"]).select(defense="broken", threat="raw")[0]
    assert record.status == "failed"
    assert "context.row_rngs" in record.reason


def test_a_defense_that_reads_the_secret_is_marked(run):
    done = run(private=["secret"], defenses=["reads_secret"], attackers=["memory"])
    best = done.select(defense="reads_secret", metric="auc", threat="aware")[0]
    assert best.value == 1.0
    assert "reads-secret" in best.marks.split()
    assert "reads-secret" not in done.select(defense="none", metric="auc")[0].marks


# Six takes are dealt 2 : 2 : 2: the i-th pictures of attacker and probe are of one person.
EVEN = "toy:people=6,takes=6,pictures=8"


def _best(done):
    asked = [r for r in done.results if r.cell.defense.name == "random_code" and r.probe]
    return {
        (r.cell.threat.name, r.cell.attacker.name): np.mean(
            r.probe.scores.argmax(axis=1) == r.probe.truth
        )
        for r in asked
    }


@pytest.mark.slow
def test_a_release_of_random_codes_stands_at_chance(run):
    done = run(
        data=EVEN,
        defenses=["random_code"],
        attackers=["memory", "nearest", "cnn:rounds=1", "mlp:rounds=1"],
        threats=["raw", "aware", "latent"],
    )
    # Equal numbers of sorted rows, or a shared stream would not show.
    assert len(done.faces("attacker")) == len(done.faces("probe")) == 96
    hits = _best(done)
    assert len(hits) == 3 + 3 + 3
    chance, error = 1 / 6, np.sqrt(1 / 6 * 5 / 6 / 96)
    assert max(hits.values()) < chance + 4 * error


def test_shared_random_streams_would_be_found(run, monkeypatch):
    class Shared(rng.RowGenerators):
        def __getitem__(self, index):
            super().__getitem__(index)  # ends the sequence
            return rng.generator("shared", index)

    monkeypatch.setattr(sys.modules["bench.runner.actions.protect"], "RowGenerators", Shared)
    hits = _best(run(data=EVEN, defenses=["random_code"], threats=["aware", "latent"]))
    assert hits["aware", "memory"] > 0.4


def test_training_randomness_is_not_for_protection():
    context = Context((), "cpu", print, print, None)
    with pytest.raises(RuntimeError, match="row_rngs"):
        context.rng.random()


def test_a_defense_gets_arrays_of_its_own_and_ids_of_nobody(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TOY_NOTES", str(tmp_path))
    done = run(defenses=["noter"], threats=["raw", "latent"])
    real = {int(i) for role in ("defender", "attacker", "probe") for i in done.faces(role).image_id}
    seen = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert {one["step"] for one in seen} == {"protect", "fit", "encode"}
    for one in seen:
        assert one["bases"] == []  # no view, and no file behind it
        assert not real & set(one["ids"])
        assert len(set(one["ids"])) == one["n"]
        assert not real & set(one["held"])  # in an attribute of the generators
    first, *others = (set(one["ids"]) for one in seen)
    assert all(not first & other for other in others)


def test_shuffled_labels_lie_where_no_true_label_was_written(run):
    done = run(attackers=["memory"], private=["identity", "colour"])
    shuffled = [stage for stage in done.plan.stages if stage.shuffled]
    assert {stage.action for stage in shuffled} == {"shuffle_labels", "attack", "answer"}
    control = done.store.shuffled
    assert set(control) == {stage.key for stage in shuffled}
    assert not set(control) & {path.name for path in done.store.root.iterdir()}
    truth = {role: done.faces(role).labels for role in ("attacker", "probe")}
    for stage in shuffled:
        if stage.action == "shuffle_labels":
            name, role = stage.text("target"), stage.text("role")
            label = control.get(stage.key).arrays[f"label.{name}"]
            assert (label != truth[role][name]).any()
            assert sorted(label.tolist()) == sorted(truth[role][name].tolist())
