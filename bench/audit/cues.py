"""How well labels are told without a face: from the border, the colours, the noise, the order."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from bench.answers import Answers, Estimate
from bench.audit.findings import Finding, judged, limit_of, unasked
from bench.audit.material import Material
from bench.faces import MISSING
from bench.metrics.accuracy import auc, balanced_accuracy
from bench.metrics.crossing import Floats, Ids, crossed, folds
from bench.metrics.looks import border, low_bits, mean_colour, residual

N_PEOPLE = 100  # at most, of rank-1: those with most takes; so that 3 x chance is one bar
N_PICTURES = 40  # at most, of each of them

CUES: Mapping[str, Callable[[Material], Floats]] = {
    "border": lambda data: border(data.faces.images),
    "mean colour": lambda data: mean_colour(data.faces.images),
    "noise": lambda data: residual(data.faces.images),
    "low bits": lambda data: low_bits(data.faces.images),
    "bytes": lambda data: _column(np.log(data.n_bytes)),
    "place": lambda data: _column(np.arange(len(data.faces))),
    "row id": lambda data: _column(np.argsort(np.argsort(data.faces.rows))),
}


def cues(data: Material, targets: Sequence[str]) -> Iterator[Finding]:
    """What each cue tells about each target, cross-validated within the whole data set.

    No take lies on both sides for identity, no person for other targets.
    """
    looks = {name: look(data) for name, look in CUES.items()}
    for target in targets:
        for name, features in looks.items():
            yield _finding(data, target, name, features)


def told(data: Material, target: str, features: Floats) -> Answers:
    """Cross-validated answers about a target from features of all pictures.

    Raises:
        ValueError: if nobody can be asked without having been seen.
    """
    rows = identifiable(data.person, data.take) if target == "identity" else _asked(data, target)
    truth, person = np.asarray(data.faces.labels[target], np.int64)[rows], data.person[rows]
    fold = folds(data.take[rows], person) if target == "identity" else folds(person, truth)
    return crossed(features[rows], truth, person, fold)


def identifiable(person: Ids, take: Ids) -> Ids:
    """Places of the pictures that rank-1 is asked about: many people, two takes of each or more.

    Raises:
        ValueError: if fewer than two people have two takes.
    """
    _, first = np.unique(take, return_index=True)
    people, n_takes = np.unique(person[first], return_counts=True)
    chosen = people[np.argsort(-n_takes, kind="stable")][: min(N_PEOPLE, int((n_takes > 1).sum()))]
    if len(chosen) < 2:
        raise ValueError("fewer than two people have two takes")
    rng = np.random.default_rng(0)
    drawn = [rng.permutation(np.flatnonzero(person == p))[:N_PICTURES] for p in chosen]
    return np.sort(np.concatenate(drawn))


def _asked(data: Material, target: str) -> Ids:
    """Places of the pictures whose class two people or more show."""
    truth = np.asarray(data.faces.labels[target], np.int64)
    shown = np.unique(np.stack([truth, data.person]), axis=1)[0]  # a class for each of its people
    classes, n_people = np.unique(shown, return_counts=True)
    kept = [c for c, n in zip(classes, n_people, strict=True) if c != MISSING and n > 1]
    if len(kept) < 2:
        raise ValueError("fewer than two classes are shown by two people each")
    return np.flatnonzero(np.isin(truth, kept))


def _finding(data: Material, target: str, cue: str, features: Floats) -> Finding:
    about = f"{target} from {cue}"
    try:
        found, metric = _estimate(told(data, target, features), target)
    except ValueError as error:
        return unasked("cue", about, str(error))
    notes = {
        "bytes": ", of files" if data.files else ", of the pictures as PNG",
        "place": ", in the data set's order (the runner shuffles what attackers see)",
    }
    limit = limit_of(found.chance, identity=target == "identity")
    return judged("cue", about, found, limit, metric + notes.get(cue, ""))


def _estimate(answers: Answers, target: str) -> tuple[Estimate, str]:
    n_classes = answers.scores.shape[1]
    if target == "identity":  # people weigh alike, so that chance is 1 / N
        return balanced_accuracy(answers), f"rank-1 among {n_classes} people, unseen takes"
    if n_classes > 2:
        return balanced_accuracy(answers), f"balanced accuracy of {n_classes}, unseen people"
    # Below 0.5 is no leak: where there is nothing to learn, held-out people come out inverted.
    return auc(answers), "AUC, unseen people"


def _column(values: np.ndarray) -> Floats:
    return values[:, None].astype(np.float32)  # (N, 1)
