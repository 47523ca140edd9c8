"""Finds classifiers of raw pictures in a store, to judge the results of `bench apply`."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.api import Attacker, Classifier
from bench.faces import Images, Sample, missing
from bench.operation import Judge
from bench.registry import make, plugins
from bench.runner.artifacts import faces_in, targets_in
from bench.runner.fingerprint import code_of
from bench.runner.stage import ACTIONS
from bench.runner.store import Store
from bench.runner.worker import Worker
from bench.spec import Spec

N_TRIED = 500  # validation pictures to choose a judge by, at most


def stored_judges(store: Store, data_key: str, worker: Worker) -> Mapping[str, Judge]:
    """By target, the classifier with the highest accuracy on its validation pictures.

    `data_key` is that of the stage that loaded the data, as in `WeightsRecipe`.
    """
    best: dict[str, Judge] = {}
    for target, judge in _candidates(store, data_key, worker):
        if target not in best or judge.accuracy > best[target].accuracy:
            best[target] = judge
    return best


def _candidates(store: Store, data_key: str, worker: Worker) -> Iterator[tuple[str, Judge]]:
    for key in sorted(store):
        made: Mapping[str, Any] = store.recipe(key)
        if not _learned_raw(made):
            continue
        (part_key,), target = made["inputs"]["faces"], made["detail"]["target"]
        attacker = make(Attacker, Spec(made["plugin"], "", tuple(made["fields"].items())))
        present = made["code"] == code_of(ACTIONS["attack"], type(attacker))
        of_data = store.recipe(part_key)["inputs"] == {"whole": [data_key]}
        if present and of_data and isinstance(attacker, Classifier):
            yield target, _judge(store, key, part_key, attacker, target, worker)


def _learned_raw(made: Mapping[str, Any]) -> bool:
    """Whether a known attacker learned from all the raw pictures, and from nothing else."""
    if made["action"] != "attack" or made["plugin"] not in plugins("attacker"):
        return False
    inputs = made["inputs"]
    raw = inputs.keys() == {"faces", "releases"} and inputs["faces"] == inputs["releases"]
    return bool(raw and made["detail"]["share"] == "1.0")


def _judge(
    store: Store, key: str, part_key: str, attacker: Classifier, name: str, worker: Worker
) -> Judge:
    part, weights = store.get(part_key), store.get(key).weights
    target = next(target for target in targets_in(part) if target.name == name)

    def ask(images: Images) -> NDArray[np.float32]:
        scores = attacker.predict(Sample(images), weights, worker.protecting())
        return np.asarray(special.softmax(scores, axis=1), np.float32)

    faces = faces_in(part)
    truth = np.asarray(faces.labels[name])
    rows = np.flatnonzero(np.asarray(part.arrays["valid"], bool) & ~missing(truth))[:N_TRIED]
    right = ask(faces.images[rows]).argmax(axis=1) == truth[rows]
    return Judge(attacker.name, target.classes, float(right.mean()), ask)
