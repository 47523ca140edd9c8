"""Shortcuts: how well border, colour, noise or bytes predict a label without a face."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np

from bench.answers import Answers, Estimate
from bench.audit.audited_data import AuditedData
from bench.audit.findings import Finding, limit_finding, limit_of, not_applicable
from bench.faces import MISSING, Array
from bench.forensics.cross_validation import Floats, Ids, cross_validated, folds
from bench.forensics.image_features import border, low_bits, mean_colour, noise_statistics
from bench.metrics.accuracy import auc, balanced_accuracy

N_PEOPLE = 100  # of rank-1, at most: those with most takes; so that 3 x chance is one threshold
N_PICTURES = 40  # of each of them, at most

SHORTCUTS: Mapping[str, Callable[[AuditedData], Array]] = {  # (N,) or (N, D)
    "border": lambda data: border(data.faces.images),
    "mean colour": lambda data: mean_colour(data.faces.images),
    "noise": lambda data: noise_statistics(data.faces.images),
    "low bits": lambda data: low_bits(data.faces.images),
    "bytes": lambda data: np.log(data.n_bytes),
    "image id": lambda data: np.argsort(np.argsort(data.faces.image_id)),
}


def shortcuts(
    data: AuditedData, targets: Sequence[str], names: Iterable[str] = SHORTCUTS
) -> Iterator[Finding]:
    """How well each shortcut predicts each target, cross-validated within the whole data set."""
    features = {
        name: SHORTCUTS[name](data).reshape(len(data.faces), -1).astype(np.float32)
        for name in names
    }
    for target in targets:
        for name, columns in features.items():
            yield _finding(data, target, name, columns)


def repeated_people(person: Ids, take: Ids) -> Ids:
    """Indices of the pictures for rank-1: of many people with two or more takes each.

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


def _shared_classes(data: AuditedData, target: str) -> Ids:
    """Indices of the pictures whose class two or more people show."""
    truth = np.asarray(data.faces.labels[target], np.int64)
    shown = np.unique(np.stack([truth, data.person]), axis=1)[0]  # a class for each of its people
    classes, n_people = np.unique(shown, return_counts=True)
    kept = [c for c, n in zip(classes, n_people, strict=True) if c != MISSING and n > 1]
    if len(kept) < 2:
        raise ValueError("fewer than two classes are shown by two people each")
    return np.flatnonzero(np.isin(truth, kept))


def _finding(data: AuditedData, target: str, shortcut: str, features: Floats) -> Finding:
    about = f"{target} from {shortcut}"
    try:
        found, metric = _estimate(_answers(data, target, features), target)
    except ValueError as error:
        return not_applicable("shortcut", about, str(error))
    if shortcut == "bytes":
        metric += ", of files" if data.files else ", of the pictures as PNG"
    limit = limit_of(found.chance, identity=target == "identity")
    return limit_finding("shortcut", about, found, limit, metric)


def _answers(data: AuditedData, target: str, features: Floats) -> Answers:
    """Cross-validated answers; no fold shares a take (identity) or a person (other targets).

    Raises:
        ValueError: if too few people can be held out.
    """
    by_take = target == "identity"
    chosen = repeated_people(data.person, data.take) if by_take else _shared_classes(data, target)
    truth, person = np.asarray(data.faces.labels[target], np.int64)[chosen], data.person[chosen]
    fold = folds(data.take[chosen], person) if by_take else folds(person, truth)
    return cross_validated(features[chosen], truth, person, fold)


def _estimate(answers: Answers, target: str) -> tuple[Estimate, str]:
    n_classes = answers.scores.shape[1]
    if target == "identity":  # people weigh the same, so that chance is 1 / N
        return balanced_accuracy(answers), f"rank-1 among {n_classes} people, unseen takes"
    if n_classes > 2:
        return balanced_accuracy(answers), f"balanced accuracy of {n_classes}, unseen people"
    # Below 0.5 is no leak: without any signal, held-out people come out inverted.
    return auc(answers), "AUC, unseen people"
