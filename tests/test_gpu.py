"""What only a GPU can show; `bench gpu-check` measures more."""

import json

import numpy as np
import pytest
import torch

from bench.api import Attacker, Context, Matcher
from bench.device_check import measures
from bench.device_check.works import EQUAL, WORKS
from bench.faces import Sample
from bench.registry import make
from bench.runner.cells import cells
from bench.runner.engines.pool import PoolEngine
from bench.runner.plan import plan
from bench.spec import Spec
from tests.conftest import FILES

DEVICE = "cuda:0"
TRAINERS = [work for work in WORKS if work.name in EQUAL]
MATCHERS = ("matcher", "neighbours", "lookup")
ATTACKERS = ("cnn", "bits", "flat", "linear", "mlp", "regression", *MATCHERS)

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device on this machine"),
]


def test_a_network_learns_and_answers_on_the_gpu():
    from bench.nn.backbones import ConvNet
    from bench.nn.classifier import Labelled, fitted, log_probs
    from bench.nn.inputs import Augmentation
    from bench.nn.state import restored
    from bench.nn.training import Schedule

    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 256)
    images = (rng.integers(0, 128, (256, 3, 32, 32)) + 100 * truth[:, None, None, None]) % 256
    data = Labelled(images.astype(np.uint8), truth)
    context = Context((), DEVICE, print, lambda share: None, None, rng)
    prepare, schedule = Augmentation(0.05, flip=True), Schedule(1e-3, 64, 50, 2)
    weights = fitted(lambda: ConvNet(2, 32), data, data, prepare, schedule, context)
    net = restored(ConvNet(2, 32), weights, DEVICE)
    assert (log_probs(net, data.inputs, prepare, DEVICE).argmax(axis=1) == truth).mean() > 0.95


@pytest.fixture(scope="module", params=TRAINERS, ids=lambda work: work.name)
def equality(request):
    return measures.equality(request.param, DEVICE)


def test_each_trainer_ends_near_the_weights_of_the_cpu(equality):
    assert equality.distance <= equality.tolerance


def test_replayed_steps_end_near_the_weights_of_others(equality):
    assert equality.distance_with_graphs <= equality.tolerance_with_graphs


@pytest.mark.parametrize("name", ATTACKERS)
def test_each_attacker_answers_as_on_the_cpu(name, tmp_path):
    work, attacker = next(w for w in WORKS if w.name == name), make(Attacker, Spec.parse(name))
    weights, rng = work.trained(4, "cpu", small=True)[0], np.random.default_rng(0)
    images = rng.integers(0, 256, (40, 3, 32, 32), np.uint8)
    codes = rng.standard_normal((40, 32), np.float32)
    sample = Sample(images if "pixels" in attacker.forms else codes)
    answer = attacker.embed if isinstance(attacker, Matcher) else attacker.predict
    here, there = (
        answer(sample, weights, Context((), device, print, print, tmp_path))
        for device in ("cpu", DEVICE)
    )
    assert there == pytest.approx(here, abs=0.05)  # classifiers answer in bf16


def test_mtcnn_finds_the_same_landmarks():
    from bench.data.alignment import landmarks
    from bench.data.synthetic.dataset import Synthetic

    data = Synthetic(people=8, takes=1, pictures=1, size=160)
    faces = data.load(Context((), "cpu", print, print, None)).faces.images
    here, there = (landmarks(faces, device) for device in ("cpu", DEVICE))
    assert (np.isnan(here) == np.isnan(there)).all()
    assert np.nanmax(abs(here - there)) < 0.01  # of the side of a picture


def test_structural_similarity_is_that_of_the_cpu():
    from bench.forensics.similarity import similarity

    raw, noise = np.random.default_rng(0).integers(0, 256, (2, 40, 3, 64, 64), np.uint8)
    for shown in (raw, noise, raw ^ (noise >> 3)):
        here, there = (similarity(raw, shown, device) for device in ("cpu", DEVICE))
        np.testing.assert_allclose(there.ssim, here.ssim, atol=2e-6)
        np.testing.assert_allclose(there.psnr_db, here.psnr_db, rtol=1e-6)


@pytest.mark.parametrize("graphs", [False, True])
def test_a_killed_training_is_resumed(graphs, tmp_path, monkeypatch):
    from bench.nn import checkpoint, training
    from bench.nn.backbones import backbone
    from bench.nn.classifier import Labelled, fitted
    from bench.nn.inputs import Augmentation

    rng = np.random.default_rng(0)
    data = Labelled(rng.integers(0, 256, (64, 3, 32, 32), np.uint8), np.arange(64) % 2)
    monkeypatch.setattr(checkpoint, "SAVE_EVERY_S", 0.0)

    def trained(folder):
        folder.mkdir(exist_ok=True)
        rng = np.random.default_rng(1)
        context = Context((), DEVICE, print, lambda share: None, folder, rng, graphs=graphs)
        schedule = training.Schedule(1e-3, 16, 12, 1)
        net = lambda: backbone("vgg", 2, 32)  # noqa: E731  # it has dropout
        return fitted(net, data, data, Augmentation(), schedule, context)

    def killed(optimizer, lr, usual=training.set_rate):
        killed.n_calls += 1
        if killed.n_calls == 8:
            raise InterruptedError
        usual(optimizer, lr)

    killed.n_calls, whole = 0, trained(tmp_path / "whole")
    with monkeypatch.context() as patched:
        patched.setattr(training, "set_rate", killed)
        with pytest.raises(InterruptedError):
            trained(tmp_path / "killed")
    assert list((tmp_path / "killed").iterdir())
    again = trained(tmp_path / "killed")
    assert measures._distance(whole, again) < 1e-3


def test_the_pool_trains_on_the_gpu_and_loads_on_the_cores(grid, store):
    task = {"attackers": ["memory", "cnn:rounds=1,steps=4"], "defenses": ["pixelate"]}
    stages = plan(list(cells(grid(**task))), store.root).stages
    run = PoolEngine(1, (DEVICE, DEVICE), tuple(FILES)).run(stages, store)
    assert {outcome.status for outcome in run} == {"done"}
    costs = map(json.loads, (store.root / "costs.jsonl").read_text().splitlines())
    used = {(cost[1].partition(":")[0], cost[4]) for cost in costs}
    assert {("cnn", DEVICE), ("memory", "cpu"), ("toy", "cpu"), ("pixelate", "cpu")} <= used
    assert ("memory", DEVICE) not in used
