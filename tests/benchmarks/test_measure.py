"""How fast a release is measured and blurred on one core; the numbers inform."""

from functools import cache

import numpy as np
import pytest

from bench.api import Defense
from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw
from bench.faces import Faces
from bench.registry import make
from bench.runner.actions.measure import measure
from bench.runner.artifacts import Artifact, Inputs
from bench.runner.worker import Worker
from bench.spec import Spec

SIZES = [(32, 2560), (224, 704)]  # side in px, pictures


class Stage:
    def number(self, name):
        return {"align": 0, "alike": 1}[name]


@cache
def people(size_px, n):
    """Eight people, eight takes of each."""
    some = scenes(8, 8, n // 64, seed=0, style=True)
    return Faces(draw(some, size_px), some.labels, np.arange(n))


@pytest.mark.parametrize(("size_px", "n"), SIZES)
@pytest.mark.parametrize("name", ["none", "blur"])
def test_measuring_a_release(benchmark, name, size_px, n):
    """A quarter of the pictures are the probe's and a half the attacker's, as in a grid."""
    faces = people(size_px, n)
    take = np.asarray(faces.labels["take"]) % 8
    inputs = {}
    for role, takes in (("training", [0, 1]), ("attacker", [2, 3, 4, 5]), ("probe", [6, 7])):
        own = faces.pick(np.isin(take, takes))
        labels = {f"label.{key}": values for key, values in own.labels.items()}
        shown = make(Defense, Spec(name)).protect(own, {}, Worker().protecting()).images
        part = Artifact({"images": own.images, "image_id": own.image_id, **labels})
        inputs["training" if role == "training" else f"{role}_faces"] = (part,)
        inputs[f"{role}_release"] = (Artifact({"images": np.asarray(shown)}),)
    benchmark.extra_info["pictures"] = n
    benchmark.pedantic(measure, (Stage(), Inputs(inputs), Worker()), rounds=2, warmup_rounds=1)


@pytest.mark.parametrize(("size_px", "n"), SIZES)
def test_blurring(benchmark, size_px, n):
    images = np.random.default_rng(0).integers(0, 256, (n, 3, size_px, size_px)).astype(np.uint8)
    faces, context = Faces(images, {}, np.arange(n)), Worker().protecting()
    benchmark.extra_info["pictures"] = n
    benchmark.pedantic(make(Defense, Spec("blur")).protect, (faces, {}, context), rounds=3)
