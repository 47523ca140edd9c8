"""Equal seeds give equal bytes; other seeds give others."""

import numpy as np
import pytest

from bench.runner.store import Store

TASK = {
    "private": ["colour"],
    "defenses": ["noise", "eigenface:k=4"],
    "attackers": ["cnn:steps=5,rounds=2", "mlp:steps=5,rounds=2"],
    "threats": ["raw", "aware", "latent"],
}


def bytes_of(done):
    return {
        (stage.key, name): np.asarray(array).tobytes()
        for stage in done.plan.stages
        for part in (done.store.get(stage.key),)
        for name, array in {**part.arrays, **part.weights}.items()
    }


@pytest.mark.slow
def test_equal_seeds_give_equal_bytes(runner, grid, tmp_path):
    runs = [runner(Store(tmp_path / name), grid(**TASK)) for name in ("a", "b")]
    assert all(not outcome.reason for outcome in runs[0].outcomes)
    assert bytes_of(runs[0]) == bytes_of(runs[1])


@pytest.mark.slow
def test_other_seeds_redraw_protection_and_training(runner, grid, tmp_path):
    one, two = (
        runner(Store(tmp_path / str(seed)), grid(**TASK).model_copy(update={"seeds": (seed,)}))
        for seed in (0, 1)
    )
    for defense in ("noise", "none"):
        answers = [
            next(r.probe for r in done.results if r.cell.defense.name == defense and r.probe)
            for done in (one, two)
        ]
        assert (answers[0].image_id == answers[1].image_id).all()
        assert not np.allclose(answers[0].scores, answers[1].scores)


def test_draws_are_more_pictures_to_learn_from_and_queries_are_averaged(run):
    done = run(
        defenses=["random_code"], attackers=["rummager"], threats=["aware:draws=3,queries=2"]
    )
    attack = next(
        done.store.get(stage.key)
        for stage in done.plan.stages
        if stage.action == "attack" and len(stage.inputs["releases"]) == 3
    )
    n_train = len(done.faces("attacker")) * 3 // 4  # three takes of four; the other validates
    assert len(attack.weights["inputs"]) == 3 * n_train
    asked = [r for r in done.results if r.cell.defense.name == "random_code" and r.probe]
    assert 0.5 in asked[0].probe.scores  # two queries that disagree
