"""How fast the parts are; the numbers inform, nothing here can fail on time."""

import numpy as np
import pytest
import torch

from bench.api import Attacker, Context, Defense
from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw
from bench.faces import Faces, Sample, Target
from bench.nn.backbones import ConvNet
from bench.nn.classifier import Labelled, fitted
from bench.nn.inputs import Augmentation
from bench.nn.training import Schedule
from bench.registry import make
from bench.runner.artifacts import Artifact
from bench.runner.cells import cells
from bench.runner.grid import Grid, read
from bench.runner.plan import plan as plan_of
from bench.runner.ready_queue import ReadyQueue
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec

SIZE = 64


@pytest.fixture(scope="module", autouse=True)
def one_core():
    """As the pool's processes run."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def faces():
    some = scenes(8, 4, 16, seed=0, style=True)
    return Faces(draw(some, SIZE), some.labels, np.arange(512))


@pytest.mark.parametrize(("size_px", "n"), [(32, 512), (64, 512), (112, 128), (224, 32)])
def test_rendering(benchmark, size_px, n):
    some = scenes(8, 4, n // 32, seed=0, style=True)
    benchmark.pedantic(draw, (some, size_px), rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("name", ["blur", "pixelate", "mask", "noise", "eigenface"])
def test_protecting_512_pictures(benchmark, faces, name):
    defense, worker = make(Defense, Spec(name)), Worker()
    declared = faces.declared(defense.reads_to_fit, "")
    weights = defense.fit(declared, worker.training(np.random.default_rng(0)))
    luck = RowGenerators(faces.image_id, 0, name, 0)
    benchmark(defense.protect, faces.declared((), ""), weights, worker.protecting(luck))


def test_an_epoch_of_the_cnn_on_512_pictures(benchmark, faces):
    data = Labelled(faces.images, faces.labels["identity"])
    schedule, prepare = Schedule(1e-3, 64, steps=8, rounds=1), Augmentation(0.06, flip=True)

    def epoch():
        context = Worker().training(np.random.default_rng(0))
        fitted(lambda: ConvNet(8, SIZE), data, data, prepare, schedule, context)

    benchmark.pedantic(epoch, rounds=3, warmup_rounds=1)


@pytest.mark.parametrize("spec", ["nearest", "mlp:rounds=1"])
def test_fitting_an_attacker_on_512_codes(benchmark, faces, spec):
    from bench.api import Knowledge

    codes = faces.images.reshape(512, -1)[:, :128].astype(np.float32)
    part = Sample(codes, {"identity": faces.labels["identity"]})
    target = Target("identity", "categorical", tuple(map(str, range(8))))
    attacker = make(Attacker, Spec.parse(spec))
    knowledge = Knowledge(part, part, None, target, frozenset())

    def fit():
        context: Context = Worker().training(np.random.default_rng(0))
        attacker.fit(knowledge, context)

    benchmark.pedantic(fit, rounds=3, warmup_rounds=1)


def test_planning_10_000_cells(benchmark, tmp_path):
    task = {
        "private": ["identity", "gender"],
        "utility": ["expression"],
        "data": "synthetic",
        "defenses": [f"blur:sigma={i / 1000}" for i in range(1, 41)],
        "attackers": ["cnn", "nearest", *(f"cnn:rounds={n}" for n in range(1, 9))],
    }
    grid = Grid.model_validate({"name": "big", "seeds": [0, 1, 2, 3], "tasks": [task]})

    def plan():
        asked = list(cells(grid))
        return len(asked), plan_of(asked, tmp_path).stages

    n_cells, _ = benchmark.pedantic(plan, rounds=1, warmup_rounds=0)
    assert n_cells >= 10_000


def test_planning_and_scheduling_100_000_stages(benchmark, tmp_path):
    grid = read("quick").model_copy(update={"seeds": tuple(range(354))})

    def plan():
        planned = plan_of(cells(grid), tmp_path)
        ReadyQueue(planned.stages, [goal.stages for goal in planned.goals])
        return len(planned.stages)

    assert benchmark.pedantic(plan, rounds=1, warmup_rounds=0) >= 100_000


def test_the_store_keeps_and_gives_50_megabytes(benchmark, store):
    images = np.zeros((4096, 3, SIZE, SIZE), np.uint8)
    keys = iter(range(10**6))

    def round_trip():
        key = str(next(keys))
        store.put(key, Artifact({"images": images}), {})
        return int(store.get(key).arrays["images"][:, 0, 0, 0].sum())

    benchmark.pedantic(round_trip, rounds=3)


def test_help(benchmark):
    import subprocess
    import sys

    code = "import sys; sys.argv = ['bench', '--help']; from bench.cli import main; main()"
    command = [sys.executable, "-c", code]
    benchmark.pedantic(
        subprocess.run, (command,), {"stdout": subprocess.DEVNULL}, rounds=3, warmup_rounds=1
    )
