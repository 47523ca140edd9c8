"""Results of attacks whose separability is known, without pictures and without training."""

from dataclasses import replace

import numpy as np
from scipy import special

from bench.answers import Answers
from bench.reports.results import Result
from bench.runner.cells import cells
from bench.runner.grid import Grid

CLOSED = "synthetic:people=12,takes=16,protocol=closed"
OPEN = "synthetic:people=240,takes=1,protocol=open"


def asked(defense="blur", target="identity", attackers=("cnn", "knn", "bits"), data=CLOSED, **task):
    """The private cells of `none` and of a defense."""
    task = {
        "private": [target],
        "data": data,
        "defenses": [defense],
        "attackers": list(attackers),
        **task,
    }
    grid = Grid.model_validate({"name": "simulated", "tasks": [task]})
    return [
        cell
        for cell in cells(grid)
        if cell.purpose == "private"
        and not cell.skip_reason
        and cell.defense.name
        in ("none", cell.defense.name if defense.startswith(cell.defense.name) else "none")
    ]


def answers(rng, separability, n_people=12, n_takes=4, each=20, take_share=0.0, n_classes=0):
    """Answers of this S, and takes; `take_share` of the noise's variance lies between takes.

    Each person is a class, or has one of `n_classes` classes.
    """
    person = np.repeat(np.arange(n_people), n_takes * each)
    take = np.repeat(np.arange(n_people * n_takes), each)
    truth = person % n_classes if n_classes else person
    k = n_classes or n_people
    distance = np.sqrt(2) * special.ndtri((1 + np.clip(separability, -0.9999, 0.9999)) / 2)
    noise = np.sqrt(1 - take_share) * rng.standard_normal((len(person), k))
    noise += np.sqrt(take_share) * rng.standard_normal((take.max() + 1, k))[take]
    noise[np.arange(len(person)), truth] += distance
    ids = np.arange(len(person))
    return Answers(noise.astype(np.float32), truth, person, ids), take


def result(cell, rng, separability, **how):
    """What an attack of this S answers, on the probe and on validation pictures alike."""
    probe, take = answers(rng, separability, **how)
    valid, _ = answers(rng, separability, **how)
    names, person = tuple(map(str, range(probe.scores.shape[1]))), probe.person
    if cell.data.protocol != "open":
        probe = replace(probe, person=take)
    return Result(cell, probe, valid, "", "key", classes=names, person=person, take=take)


def attacked(found, rng, separability, undefended=0.95, *, by_one=False, **how):
    """The results of cells; all attacks on a defense have this S, or just the first on releases."""
    results, waiting = [], True
    for cell in found:
        has = undefended
        if not cell.defense.changes_nothing:
            first = waiting and cell.threat.learns_from == "protected"
            has, waiting = (separability if first or not by_one else 0.0), waiting and not first
        results.append(result(cell, rng, has, **how))
    return results


def with_traces(results, rng, separability=0.6, **how):
    """The results, and a trace of this S for each attack on releases."""
    traces = [
        result(replace(r.cell, purpose="trace"), rng, separability, **how)
        for r in results
        if not r.cell.defense.changes_nothing and r.cell.threat.learns_from == "protected"
    ]
    return [*results, *traces]
