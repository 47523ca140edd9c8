"""What the fields of learned defenses are worth at 64 px: fits with each, and without.

`python tests/benchmarks/ablation.py OUT.csv [--length 0.25] [--seeds 0,1,2] [--only pprl_vgan]`.

Each fit is a line of OUT.csv; lines that it has are not made again. `--length` shortens trainings,
of which a whole one takes an hour on one core; not that of the guide or regressor, which fits of a
seed share. Two judges of expressions, networks of different kinds, learn from the attacker's raw
pictures, and are asked about releases of the probe, in which MTCNN looks for faces.
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
from defenses.began_cs import estimator
from defenses.pprl_vgan import training

# The population on which the presets were chosen, not that of grid `faces`.
DATA = "synthetic:people=12,takes=64,pictures=16,size=64,protocol=closed,seed=23"
LONG = {"epochs", "warmup", "rebuild", "steps"}  # fields that `--length` multiplies
WITHOUT = {
    "pprl_vgan@faces": [
        "", "augment=false", "warmup=0", "average=0", "w_guide=0", "w_read=0", "w_rebuild=0",
    ],
    "began_cs@faces": [
        "", "anneal=false", "average=0", "w_estimator=0", "w_maps=0", "w_kl=0",
        "rebuild=0", "w_rebuild=0", "standardize=false",
    ],
}  # fmt: skip
JUDGES = ("vgg", "resnet")  # of which the first is of the guide's kind
N_FACES = 500  # pictures in which MTCNN looks
AUGMENTATION = Augmentation(shift=0.06, flip=True, light=0.2)


def pictures():
    """Those of the defender, of the attacker's two parts and of the probe."""
    spec = Spec.parse(DATA)
    faces = make(Dataset, spec).load(Worker().protecting()).faces
    found = parts(faces, "closed", spec.name, int(dict(spec.fields)["seed"]))
    attacker, valid = found.roles["attacker"], found.valid
    masks = (found.roles["defender"], attacker & ~valid, valid, found.roles["probe"])
    return [faces.pick(np.flatnonzero(mask)) for mask in masks]


def judge(kind, train, valid):
    """A network that knows expressions."""
    build = partial(backbone, kind, 7, 64)
    labelled = [classifier.Labelled(p.images, p.labels["expression"]) for p in (train, valid)]
    context = Worker().training(np.random.default_rng(0))
    schedule = Schedule(lr=4e-3, batch=48, steps=250, rounds=3)
    state = classifier.fitted(build, *labelled, AUGMENTATION, schedule, context)
    return restored(build(), state, "cpu")


def share_guides():
    """Lets fits of a seed share the guide, or the regressor of a y on the same scale."""

    def shared(fit):
        known = {}

        def fitted(*given):
            config, context = given[-2:]
            seed = context.training_rng.bit_generator.seed_seq.entropy
            key = seed, getattr(config, "standardize", None)
            if key not in known:
                known[key] = fit(*given)
            return known[key]

        return fitted

    training.guided, estimator.fitted = shared(training.guided), shared(estimator.fitted)


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


def measured(nets, images, expression):
    """The shares of expressions that the judges recognise, and of pictures with a face."""
    on_device = classifier.to_device("cpu", images)
    answers = [classifier.outputs(net, on_device, AUGMENTATION).argmax(dim=1) for net in nets]
    some = np.random.default_rng(0).permutation(len(images))[:N_FACES]
    found = np.isfinite(landmarks(images[some], "cpu")).all(axis=(1, 2))
    return *(float((a.numpy() == expression).mean()) for a in answers), float(found.mean())


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
    nets, expression = [judge(kind, train, valid) for kind in JUDGES], probe.labels["expression"]
    print("raw", *measured(nets, probe.images, expression), flush=True)
    share_guides()
    variants = [(p, w) for p, all_of in WITHOUT.items() for w in all_of if asked.only in p]
    for seed in asked.seeds.split(","):
        for preset, without in variants:
            what = (preset, without, str(asked.length), seed)
            if what in done:
                continue
            start = time.process_time()
            defense = defense_of(preset, without, asked.length)
            images = released(defense, own, probe, int(seed))
            line = (*what, *measured(nets, images, expression), time.process_time() - start)
            print(*line, flush=True)
            with asked.out.open("a", newline="") as file:
                csv.writer(file).writerow(line)
    print(table(asked.out))


def table(path):
    """The lines of each variant as one, in Markdown: means, and the least and most of the fits."""
    with path.open(newline="") as file:
        lines = list(csv.reader(file))
    heads = (
        "defense",
        "without",
        "fits",
        *(f"expression, {kind}, %" for kind in JUDGES),
        "faces, %",
    )
    rows = [heads, ["---"] * len(heads)]
    for preset, without in dict.fromkeys((line[0], line[1]) for line in lines):
        found = (
            np.array([line[4:7] for line in lines if line[:2] == [preset, without]], float) * 100
        )
        spans = zip(found.mean(axis=0), found.min(axis=0), found.max(axis=0), strict=True)
        cells = (f"{mean:.1f} ({low:.1f} to {high:.1f})" for mean, low, high in spans)
        rows.append([preset, without, str(len(found)), *cells])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


if __name__ == "__main__":
    main()
