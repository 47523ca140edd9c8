"""What published judges say of synthetic people: does each look like one, and like no other?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from bench.answers import Answers, Estimate, Templates
from bench.audit.findings import Finding, Verdict, not_applicable
from bench.data.alignment import landmarks
from bench.data.synthetic.pictures import scenes
from bench.data.synthetic.render import draw
from bench.faces import Images
from bench.metrics import accuracy, verification
from bench.metrics.intervals import Floats, estimate, weighted_mean
from bench.metrics.pairs import comparison
from bench.nn.published import asking
from bench.nn.published.catalogue import missing

SET = (200, 4, 1)  # people, takes of each, pictures of each take
SIZES_PX = (64, 112)
FOUND = 0.99  # share of faces that a detector finds, at least
_DEVICE = "cpu"

Ids = NDArray[np.int64]
Labels: TypeAlias = Mapping[str, Ids]
Outputs = NDArray[np.float32]


@dataclass(frozen=True)
class _Question:
    """What a judge is asked; `least` and `most` are limits of the value."""

    about: str
    judge: str
    value: Callable[[Outputs, Labels], Estimate]
    least: float = -np.inf
    most: float = np.inf


def eer(embeddings: Outputs, labels: Labels) -> Estimate:
    """Equal error rate of cosines; mated are two takes of one person."""
    made, ids = _unit(embeddings), np.arange(len(embeddings))
    person = labels["identity"]
    return verification.eer(comparison(Templates(made, made, person, person, ids, ids)))


def cosine(embeddings: Outputs, labels: Labels) -> Estimate:
    """Mean cosine of pictures of two people of one gender."""
    person, gender = labels["identity"], labels["gender"]
    made = _unit(embeddings)
    alike = (gender[:, None] == gender) & (person[:, None] != person)  # (N, N)
    pairs = alike.astype(np.float64)
    cosines = pairs * (made @ made.T)

    def statistic(weights: Floats) -> Floats:
        sums = [((weights @ matrix) * weights).sum(axis=1) for matrix in (cosines, pairs)]
        return np.asarray(sums[0] / sums[1])

    return estimate(statistic, person, np.nan, share=False)


def gender(logits: Outputs, labels: Labels) -> Estimate:
    """AUC of the logits of gender."""
    return accuracy.auc(_answers(logits, labels, "gender"))


def expression(logits: Outputs, labels: Labels) -> Estimate:
    """Share of pictures whose expression has the highest logit."""
    return accuracy.top1(_answers(logits, labels, "expression"))


QUESTIONS = (
    _Question("EER of other takes", "sface", eer, most=0.05),
    _Question("mean cosine of two people of one gender", "sface", cosine, most=0.2),
    _Question("EER of other takes", "dlib-resnet", eer),
    _Question("AUC of gender", "dlib-gender", gender, least=0.95),
    _Question("accuracy of seven expressions", "fer", expression, least=0.5),
)


def judged_people(seed: int) -> Iterator[Finding]:
    """Findings of each judge about people with this seed, at two sizes, as they come."""
    drawn = scenes(*SET, seed, style=True)
    labels = {name: np.asarray(array, np.int64) for name, array in drawn.labels.items()}
    for size_px in SIZES_PX:
        yield from judged(draw(drawn, size_px), labels)


def judged(images: Images, labels: Labels) -> Iterator[Finding]:
    """Findings of each judge about pictures, (N, 3, H, W); one that is not installed gives none."""
    at = f"{images.shape[-1]} px"
    found = np.asarray(np.isfinite(landmarks(images, _DEVICE)).all(axis=(1, 2)))  # (N,)
    yield _detector(f"faces found by mtcnn, {at}", found, labels)
    if reason := missing("yunet"):  # all others need its landmarks
        yield not_applicable("judges", f"faces found by yunet, {at}", reason)
        return
    seen = asking.detect(images, _DEVICE)
    yield _detector(f"faces found by yunet, {at}", seen.found, labels)
    answered: dict[str, Outputs] = {}
    for asked in QUESTIONS:
        name, about = asked.judge, f"{asked.about} by {asked.judge}, {at}"
        if reason := missing(name):
            yield not_applicable("judges", about, reason)
            continue
        if name not in answered:
            answered[name] = asking.outputs(name, images, seen.points, _DEVICE)
        yield _finding(about, asked.value(answered[name], labels), asked.least, asked.most)


def _detector(about: str, found: NDArray[np.bool_], labels: Labels) -> Finding:
    return _finding(about, estimate(weighted_mean(found), labels["identity"], np.nan), FOUND)


def _finding(about: str, found: Estimate, least: float = -np.inf, most: float = np.inf) -> Finding:
    verdict: Verdict = "ok" if least <= found.value <= most else "short"
    limits = {"at least": least, "at most": most}
    known = [f"{words} {limit:g}" for words, limit in limits.items() if np.isfinite(limit)]
    return Finding("judges", about, *found, verdict, ", ".join(known) or "no limit")


def _answers(logits: Outputs, labels: Labels, target: str) -> Answers:
    return Answers(logits, labels[target], labels["identity"], np.arange(len(logits)))


def _unit(embeddings: Outputs) -> Outputs:
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / lengths, np.float32)
