"""What is measured of a release before any attacker."""

import subprocess
import sys

import numpy as np
import pytest

from bench.runner.actions.measure import measure, measure_codes
from bench.runner.artifacts import Artifact, Inputs
from bench.runner.worker import Worker


class Stage:
    def number(self, name):
        return {"align": 0, "alike": 1}[name]


def part(rng, people):
    """Twelve pictures of each person."""
    person = np.repeat(people, 12)
    images = rng.integers(0, 256, (len(person), 3, 16, 16)).astype(np.uint8)
    labels = {"label.identity": person, "label.take": np.arange(len(person)) // 4}
    return Artifact({"images": images, "image_id": np.arange(len(person)), **labels})


def test_an_invisible_change_of_the_probe_alone_is_a_shift(rng):
    attacker, probe, training = (part(rng, first + np.arange(6)) for first in (0, 6, 12))
    marked = Artifact({"images": np.asarray(probe.arrays["images"]) | 1})
    inputs = {"attacker_faces": attacker, "attacker_release": attacker, "training": training}
    inputs |= {"probe_faces": probe, "probe_release": marked}
    found = measure(Stage(), Inputs({name: (one,) for name, one in inputs.items()}), Worker())
    assert (found.arrays["ssim"] > 0.99).all()
    assert (found.arrays["psnr_db"] > 48).all()  # half of the pixels one level brighter: 51 dB
    assert found.arrays["person"].tolist() == np.repeat(np.arange(6, 12), 12).tolist()
    truth, scores = found.arrays["shift.truth"], found.arrays["shift.scores"]
    assert truth.tolist() == [0] * 72 + [1] * 72
    assert (scores.argmax(axis=1) == truth).mean() > 0.9
    assert set(found.arrays["nearest.trained_on"]) <= {0, 0.5, 1}


@pytest.mark.parametrize(("sign", "shifted"), [(1, False), (0, True), (-1, True)])
def test_codes_that_mean_something_else_in_the_probe_are_a_shift(rng, sign, shifted):
    """Also codes of the other sign, which look like any other codes."""
    inputs = {}
    for first, role, factor in ((0, "attacker", 1), (20, "probe", sign)):
        faces = part(rng, first + np.arange(20))
        level = rng.integers(0, 200, len(faces.arrays["images"]))
        images = (faces.arrays["images"] // 5 + level[:, None, None, None]).astype(np.uint8)
        codes = factor * (level[:, None] - 100) * np.ones((1, 4), np.float32)
        inputs[f"{role}_faces"] = (Artifact({**faces.arrays, "images": images}),)
        inputs[f"{role}_release"] = (Artifact({"images": codes.astype(np.float32)}),)
    found = measure_codes(Stage(), Inputs(inputs), Worker()).arrays
    share = (found["shift.scores"].argmax(axis=1) == found["shift.truth"]).mean()
    assert share > 0.8 if shifted else 0.4 < share < 0.6


@pytest.mark.slow  # it starts a process
def test_it_needs_neither_torch_nor_scikit_learn():
    code = "import sys, bench.runner.actions.measure\n"
    code += "sys.exit(str({'torch', 'torchmetrics', 'sklearn'} & set(sys.modules) or ''))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert not done.stderr.strip(), done.stderr
