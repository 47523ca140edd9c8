"""Finds those in a store who learned from raw pictures, to judge what a verb makes."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bench.api import Attacker, Classifier
from bench.faces import Images, Sample, missing
from bench.registry import make, plugins
from bench.runner.artifacts import faces_in, targets_in
from bench.runner.fingerprint import code_of
from bench.runner.plan import modules_of
from bench.runner.store import Store
from bench.runner.worker import Worker
from bench.spec import Spec
from bench.verb import Judge

N_TRIED = 500  # validation pictures that a judge is chosen by, at most


def judges(store: Store, data_key: str, worker: Worker) -> Mapping[str, Judge]:
    """By target the classifier that is right most often in its validation pictures.

    Args:
        store: where grids have run.
        data_key: of the stage that loaded the data, as in `bench.runner.sharing.Recipe`.
        worker: where they answer.
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
        part_key, target = made["inputs"][0], made["detail"]["target"]
        attacker = make(Attacker, Spec(made["plugin"], "", tuple(made["fields"].items())))
        present = made["code"] == code_of(*modules_of("attack", type(attacker)))
        of_data = store.recipe(part_key)["inputs"] == [data_key]
        if present and of_data and isinstance(attacker, Classifier):
            yield target, _judge(store, key, part_key, attacker, target, worker)


def _learned_raw(made: Mapping[str, Any]) -> bool:
    """Whether an attacker that is known here had the raw pictures, all of them, nothing else."""
    if made["action"] != "attack" or made["plugin"] not in plugins("attacker"):
        return False
    pictures = made["inputs"]
    return len(pictures) == 2 and pictures[0] == pictures[1] and made["detail"]["share"] == "1.0"


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
