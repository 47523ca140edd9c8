"""Who is shown, what is released, and how training resumes, restarts and is refused."""

from dataclasses import replace

import numpy as np
import pytest

from bench.api import Dataset, Decoder, Defense
from bench.faces import Faces
from bench.nn import checkpoint
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec
from defenses.pprl_vgan import adversarial_training, training

TINY = (
    "pprl_vgan:epochs=2,warmup=1,iterations=3,width=4,decoder_width=4,latent=8,batch=16,"
    "restarts=1,guide_steps=2"
)
LABELS = np.array([3, 5, 8, 9])  # of the people


@pytest.fixture(scope="module")
def faces():
    """64 pictures of four people with odd labels; of two pictures a label is missing."""
    spec = Spec.parse("synthetic:people=4,takes=4,pictures=4,size=32")
    faces = make(Dataset, spec).load(Worker().protecting()).faces
    identity = LABELS[np.asarray(faces.labels["identity"])]
    expression = np.array(faces.labels["expression"])
    identity[0] = expression[1] = -1
    labels = {"identity": identity, "expression": expression}
    return Faces(faces.images, labels, faces.image_id)


def fit(faces, folder, spec=TINY, log=lambda line: None, show=lambda images: None):
    worker = Worker(scratch=folder, log=log, show=show)
    return make(Defense, Spec.parse(spec)).fit(faces, worker.training(np.random.default_rng(0)))


@pytest.fixture(scope="module")
def weights(faces, tmp_path_factory):
    return fit(faces, tmp_path_factory.mktemp("scratch"))


def context(faces, query=0):
    return Worker().protecting(RowGenerators(faces.image_id, 0, "pprl_vgan", query))


def released(faces, weights, fields, query=0):
    defense = make(Defense, Spec.parse(f"pprl_vgan:{fields}"))
    return defense.protect(
        faces.declared(defense.reads_to_protect, ""), weights, context(faces, query)
    )


def test_the_weights_explain_themselves(weights):
    assert weights["people"].tolist() == LABELS.tolist()
    assert weights["showing"].sum() == 62
    n_classes = int(weights["config.n_classes"][0])
    assert weights["samples"].shape == (n_classes, 5, 3, 32, 32)
    assert weights["history"].shape == (2, len(training.FIGURES))


def test_anybody_is_shown_at_random(faces, weights):
    draws = [released(faces, weights, "policy=random", query).notes["c"] for query in range(20)]
    counts = np.array([(np.array(draws) == label).sum() for label in LABELS])
    assert counts.sum() == 20 * 64
    assert abs(counts / 320 - 1).max() < 0.25  # 4 standard deviations


def test_one_person_is_shown(faces, weights):
    assert set(released(faces, weights, "policy=fixed,person=2").notes["c"].tolist()) == {8}


def test_nobody_is_shown_as_himself(faces, weights):
    own = np.asarray(faces.labels["identity"])
    shown = np.array([released(faces, weights, "policy=never-own", q).notes["c"] for q in range(5)])
    assert not (shown == own).any()
    assert set(shown.ravel().tolist()) == set(LABELS.tolist())
    assert make(Defense, Spec.parse("pprl_vgan:policy=never-own")).reads_to_protect == ("identity",)


def test_those_are_shown_who_show_the_same(faces, weights):
    showing = np.zeros_like(weights["showing"])
    showing[1, :] = 1  # everybody shows all but
    showing[3, 0] = 1
    shown = released(faces, {**weights, "showing": showing}, "policy=same-utility").notes["c"]
    label = np.asarray(faces.labels["expression"])
    assert set(shown[label > 0].tolist()) == {5}
    assert set(shown[label == 0].tolist()) == {5, 9}


def test_the_code_is_that_of_the_release(faces, weights):
    defense = make(Defense, Spec("pprl_vgan"))
    assert isinstance(defense, Decoder)
    release = defense.protect(faces, weights, context(faces))
    code = defense.encode(faces, weights, context(faces))
    person = np.searchsorted(LABELS, release.notes["c"])
    again = defense.decode(code, {"person": person}, weights, context(faces))
    assert (again == release.images).all()


def test_codes_are_samples_means_or_both_moments(faces, weights):
    sample, mean, both = (
        replace(make(Defense, Spec("pprl_vgan")), code=code).encode(faces, weights, context(faces))
        for code in ("sample", "mean", "both")
    )
    assert sample.shape == mean.shape == (64, 8)
    assert (both[:, :8] == mean).all()
    spread = np.exp(both[:, 8:] / 2)
    drawn = np.array([rng.standard_normal(8) for rng in context(faces).row_rngs])
    assert np.allclose(sample, mean + spread * drawn, atol=1e-4)


def test_a_stranger_cannot_be_shown(faces, weights):
    defense = make(Defense, Spec("pprl_vgan"))
    with pytest.raises(ValueError, match="expected person from 0 to 3"):
        defense.decode(np.zeros((1, 8), np.float32), {"person": [4]}, weights, context(faces))
    with pytest.raises(ValueError, match="expected person from 0 to 3"):
        released(faces, weights, "policy=fixed,person=-1")


def test_a_picture_of_another_size_is_refused(faces, tmp_path):
    small = faces.with_images(np.ascontiguousarray(faces.images[:, :, :24, :24]))
    with pytest.raises(ValueError, match=r"\(32, 64, 128\) px, got 24x24"):
        fit(small, tmp_path)


@pytest.mark.parametrize("fields", ["policy=mine", "code=all", "kernel=2", "epochs=0", "average=1"])
def test_an_invalid_field_is_refused(fields):
    with pytest.raises(ValueError, match=fields.split("=")[0]):
        make(Defense, Spec.parse(f"pprl_vgan:{fields}"))


def test_a_fit_killed_at_any_step_ends_with_the_same_weights(faces, weights, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SAVE_EVERY_S", 0.0)
    usual, n_calls, shown = adversarial_training.optimize, 0, []
    kills = {3, 9, 21}  # in the warm-up and, within iterations, both epochs

    def optimize(loss, *optimizers):
        nonlocal n_calls
        n_calls += 1
        if n_calls in kills:
            raise KeyboardInterrupt
        usual(loss, *optimizers)

    monkeypatch.setattr(adversarial_training, "optimize", optimize)
    for _ in kills:
        with pytest.raises(KeyboardInterrupt):
            fit(faces, tmp_path)
    again = fit(faces, tmp_path, show=shown.append)
    assert all(np.array_equal(weights[name], again[name]) for name in weights)
    assert n_calls == 3 + 2 * 3 * 3 + (1 + 2 + 3)  # a kill costs at most an iteration
    assert {images.shape for images in shown} == {weights["samples"].shape}


def test_without_structure_it_restarts_with_another_seed(faces, tmp_path, monkeypatch):
    monkeypatch.setattr(training, "MIN_VARIETY", np.inf)
    lines = []
    found = fit(faces, tmp_path, f"{TINY},patience=1", lines.append)
    assert [line for line in lines if "structure" in line] == [
        "attempt 1 of 2 shows no structure after 1 epochs",
        "attempt 2 of 2 shows no structure after 1 epochs",
    ]
    assert (found["restarts"].tolist(), found["collapsed"].tolist()) == ([1], [1])
    assert len({line for line in lines if line.startswith("epoch 2 of 3")}) == 2  # another seed
