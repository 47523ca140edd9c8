"""Which numbers are made of an attacker's answers."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Estimate, Numbers, Said, Templates
from bench.metrics import accuracy, identification, pooled, similarity, verification
from bench.metrics.imposed import names_imposed, top1_if_other
from bench.metrics.linkage import same_picture
from bench.metrics.pairs import comparison

POOLED = (10, 100)  # pictures of a person whose answers are averaged
SAME_GENDER = ("auc", "eer", "tmr_at_fmr_10%", "tmr_at_fmr_1%")  # also of pairs of one gender
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
    mistaken: NDArray[np.bool_] | None = None,
    album: Said | None = None,
) -> Iterator[Figure]:
    """All numbers of one set of answers, the one that tables show first.

    Args:
        said: the answers.
        gender: of each picture asked about, (N,), if the data tell.
        imposed: the class that each picture was made to show, (N,), if it was.
        mistaken: pictures whose label the defense took for another one, (N,), if it says so.
        album: a matcher's answers about the raw pictures behind these releases, if it has them.
    """
    wanted = dict(_metrics(said, gender))
    if isinstance(said, Answers) and imposed is not None:
        wanted["names_imposed"] = partial(names_imposed, said, imposed)
        wanted["top1_if_other"] = partial(top1_if_other, said, imposed)
    if isinstance(said, Answers) and mistaken is not None:
        wanted["top1_mistaken"] = lambda: accuracy.top1(_some(said, mistaken))
        wanted["top1_not_mistaken"] = lambda: accuracy.top1(_some(said, ~mistaken))
    if isinstance(said, Templates) and isinstance(album, Templates):
        wanted |= _linked(album, said)
    for name, metric in wanted.items():
        try:
            yield Figure(name, metric())
        except ValueError as error:
            yield Figure(name, None, str(error))


def _linked(raw: Templates, released: Templates) -> Mapping[str, Callable[[], Estimate]]:
    """How often the very picture behind a release is found, among growing albums."""
    found = cache(lambda: same_picture(raw, released))
    wanted: dict[str, Callable[[], Estimate]] = {}
    for size in identification.sizes(len(np.unique(raw.probe_person))):
        wanted[f"same_picture_of_{size}"] = lambda size=size: identification.gallery_of(  # type: ignore[misc]
            found(), size
        )
    return wanted


def _some(said: Answers, rows: NDArray[np.bool_]) -> Answers:
    if not rows.any():
        raise ValueError("there are no such pictures")
    return Answers(said.scores[rows], said.truth[rows], said.person[rows], said.row[rows])


def _metrics(said: Said, gender: NDArray[np.int64] | None) -> Mapping[str, Callable[[], Estimate]]:
    if isinstance(said, Numbers):
        return {
            name: partial(metric, said.values, said.truth, said.person)
            for name, metric in (("correlation", similarity.correlation), ("mae", similarity.mae))
        }
    if isinstance(said, Templates):
        return _of_templates(said, gender)
    return _of_answers(said, gender)


def _of_answers(
    said: Answers, gender: NDArray[np.int64] | None
) -> Mapping[str, Callable[[], Estimate]]:
    n_classes = said.scores.shape[1]
    wanted: dict[str, Callable[[], Estimate]] = {}
    if n_classes == 2:
        wanted["auc"] = partial(accuracy.auc, said)
        wanted["eer"] = partial(accuracy.eer, said)
        wanted["beyond_half"] = partial(accuracy.beyond_half, said)
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


def _of_templates(
    said: Templates, gender: NDArray[np.int64] | None
) -> Mapping[str, Callable[[], Estimate]]:
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
    if gender is not None:
        within = cache(lambda: comparison(said, _groups(said, gender)))
        for name in SAME_GENDER:
            metric = verification.METRICS[name]
            wanted[f"{name}_same_gender"] = lambda metric=metric: metric(within())  # type: ignore[misc]
    return wanted


def _groups(said: Templates, gender: NDArray[np.int64]) -> NDArray[np.int64]:
    """The gender of the person with each id, (max id + 1,); who is not asked about stands alone."""
    group = 2 + np.arange(max(said.probe_person.max(), said.gallery_person.max()) + 1)
    group[said.probe_person] = gender
    return group


def _refused(reason: str) -> Estimate:
    raise ValueError(reason)
