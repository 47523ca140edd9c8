"""What the fields of learned defenses are worth at 64 px: fits with each, and without.

`python tests/benchmarks/ablation.py OUT.csv [--length 0.25] [--seeds 0,1,2] [--only pprl_vgan]`.

Each fit is a line of OUT.csv; lines that it has are not made again. `--length` shortens trainings,
of which a whole one takes an hour on one core. A judge of expressions learns from the attacker's
raw pictures, and is asked about releases of the probe, in which MTCNN looks for faces.
"""

import argparse
import csv
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench.api import Dataset, Defense
from bench.data.alignment import landmarks
from bench.data.protocols import parts
from bench.nn import classifier
from bench.nn.backbones import backbone
from bench.nn.inputs import Augmentation
from bench.nn.state import restored
from bench.nn.training import Schedule
from bench.registry import make
from bench.runner.rng import RowGenerators
from bench.runner.worker import Worker
from bench.spec import Spec

# The population on which the presets were chosen, not that of grid `faces`.
DATA = "synthetic:people=12,takes=64,pictures=16,size=64,protocol=closed,seed=23"
LONG = {
    "epochs",
    "warmup",
    "rebuild",
    "steps",
    "guide_steps",
    "estimator_steps",
}  # fields that `--length` multiplies
WITHOUT = {
    "pprl_vgan@faces": [
        "", "guide_steps=0", "w_guide=0", "w_maps=0", "w_rebuild=0", "rebuild=0", "warmup=0",
        "augment=false", "average=0",
    ],
    "began_cs@faces": [
        "", "w_rebuild=0", "w_maps=0", "w_kl=0", "w_estimator=0", "rebuild=0", "mirror=",
        "anneal=false", "average=0",
    ],
}  # fmt: skip
N_FACES = 1000  # pictures in which MTCNN looks
AUGMENTATION = Augmentation(shift=0.06, flip=True, light=0.2)


def pictures():
    """Those of the defender, of the attacker's two parts and of the probe."""
    spec = Spec.parse(DATA)
    faces = make(Dataset, spec).load(Worker().protecting()).faces
    found = parts(faces, "closed", spec.name, int(dict(spec.fields)["seed"]))
    attacker, valid = found.roles["attacker"], found.valid
    masks = (found.roles["defender"], attacker & ~valid, valid, found.roles["probe"])
    return [faces.pick(np.flatnonzero(mask)) for mask in masks]


def judge(train, valid):
    """A network that knows expressions."""
    build = partial(backbone, "vgg", 7, 64)
    labelled = [classifier.Labelled(p.images, p.labels["expression"]) for p in (train, valid)]
    context = Worker().training(np.random.default_rng(0))
    schedule = Schedule(lr=4e-3, batch=48, steps=250, rounds=3)
    state = classifier.fitted(build, *labelled, AUGMENTATION, schedule, context)
    return restored(build(), state, "cpu")


def defense_of(preset, without, length):
    """The defense, trained for that share of its time."""
    fields = dict(field.split("=") for field in [without] if field)
    whole = make(Defense, Spec.parse(preset))
    for name in LONG & set(vars(whole)) - set(fields):
        fields[name] = max(1, round(length * getattr(whole, name)))
    return make(Defense, Spec.parse(f"{preset}:" + ",".join(f"{k}={v}" for k, v in fields.items())))


def released(defense, own, probe, seed):
    """Its releases of the probe, after a fit to its own pictures."""
    with TemporaryDirectory() as scratch:
        worker = Worker(scratch=Path(scratch))
        weights = defense.fit(own, worker.training(np.random.default_rng(seed)))
        context = worker.protecting(RowGenerators(probe.image_id, seed, defense.name, 0))
        return defense.protect(probe, weights, context).images


def measured(net, images, expression):
    """The share of expressions that the judge recognises, and of pictures with a face."""
    answers = classifier.outputs(net, classifier.to_device("cpu", images), AUGMENTATION)
    some = np.random.default_rng(0).permutation(len(images))[:N_FACES]
    found = np.isfinite(landmarks(images[some], "cpu")).all(axis=(1, 2))
    return float((answers.argmax(dim=1).numpy() == expression).mean()), float(found.mean())


def main():
    """Makes the lines that are not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--length", type=float, default=1.0)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    done = set()
    if asked.out.exists():
        with asked.out.open(newline="") as file:
            done = {tuple(line[:4]) for line in csv.reader(file)}
    own, train, valid, probe = pictures()
    net, expression = judge(train, valid), probe.labels["expression"]
    print("raw", *measured(net, probe.images, expression))
    variants = [(p, w) for p, all_of in WITHOUT.items() for w in all_of if asked.only in p]
    for seed in asked.seeds.split(","):
        for preset, without in variants:
            what = (preset, without, str(asked.length), seed)
            if what in done:
                continue
            start = time.process_time()
            defense = defense_of(preset, without, asked.length)
            images = released(defense, own, probe, int(seed))
            line = (*what, *measured(net, images, expression), time.process_time() - start)
            print(*line, flush=True)
            with asked.out.open("a", newline="") as file:
                csv.writer(file).writerow(line)


if __name__ == "__main__":
    main()
