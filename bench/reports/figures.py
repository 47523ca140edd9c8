"""Which numbers are made of an attacker's answers."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Estimate, Numbers, Said, Templates
from bench.metrics import accuracy, identification, pooled, similarity, verification
from bench.metrics.imposed import names_imposed, top1_if_other
from bench.metrics.pairs import comparison

POOLED = (10, 100)  # pictures of a person whose answers are averaged
FEW_CLASSES = 5  # up to here a rank of 5 says nothing


class Figure(NamedTuple):
    """A metric's name with its estimate, or the reason why there is none."""

    metric: str
    estimate: Estimate | None
    reason: str = ""


def figures(
    said: Said,
    gender: NDArray[np.int64] | None,
    imposed: NDArray[np.int64] | None = None,
) -> Iterator[Figure]:
    """All numbers of one set of answers, the one that tables show first.

    Args:
        said: the answers.
        gender: of each picture asked about, (N,), if the data tell.
        imposed: the class that each picture was made to show, (N,), if it was.
    """
    wanted = dict(_metrics(said, gender))
    if isinstance(said, Answers) and imposed is not None:
        wanted["names_imposed"] = partial(names_imposed, said, imposed)
        wanted["top1_if_other"] = partial(top1_if_other, said, imposed)
    for name, metric in wanted.items():
        try:
            yield Figure(name, metric())
        except ValueError as error:
            yield Figure(name, None, str(error))


def _metrics(said: Said, gender: NDArray[np.int64] | None) -> Mapping[str, Callable[[], Estimate]]:
    if isinstance(said, Numbers):
        return {
            name: partial(metric, said.values, said.truth, said.person)
            for name, metric in (("correlation", similarity.correlation), ("mae", similarity.mae))
        }
    if isinstance(said, Templates):
        return _of_templates(said)
    return _of_answers(said, gender)


def _of_answers(
    said: Answers, gender: NDArray[np.int64] | None
) -> Mapping[str, Callable[[], Estimate]]:
    n_classes = said.scores.shape[1]
    wanted: dict[str, Callable[[], Estimate]] = {}
    if n_classes == 2:
        wanted["auc"] = partial(accuracy.auc, said)
    wanted["top1"] = partial(accuracy.top1, said)
    wanted["balanced_accuracy"] = partial(accuracy.balanced_accuracy, said)
    if n_classes > FEW_CLASSES:
        wanted["top5"] = partial(accuracy.top5, said)
    for n in POOLED:
        wanted[f"pooled_{n}"] = lambda n=n: accuracy.top1(pooled.pooled(said, n))  # type: ignore[misc]
    wanted["worst_decile"] = partial(pooled.worst_decile, said)
    if gender is not None:
        wanted["gender_gap"] = partial(pooled.gap, said, gender)
    return wanted


def _of_templates(said: Templates) -> Mapping[str, Callable[[], Estimate]]:
    try:
        found, search = comparison(said), identification.search(said)
    except ValueError as error:  # nobody is enrolled twice: no metric can be had
        return {"auc": partial(_refused, str(error))}
    wanted: dict[str, Callable[[], Estimate]] = {
        name: partial(metric, found) for name, metric in verification.METRICS.items()
    }
    wanted |= {f"rank{k}": partial(identification.rank, search, k) for k in (1, 5)}
    for size in identification.sizes(len(np.unique(said.gallery_person))):
        wanted[f"rank1_of_{size}"] = partial(identification.gallery_of, search, size)
    wanted["fnir_at_fpir_10%"] = partial(identification.fnir, search, 0.1)
    return wanted


def _refused(reason: str) -> Estimate:
    raise ValueError(reason)
