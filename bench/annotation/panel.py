"""Labelers that are no people: classifiers of several strengths, with noise."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bench.annotation.judges import Judge
from bench.annotation.reading import Key
from bench.annotation.votes import SIMULATED
from bench.runner.luck import generator
from bench.spec import Spec

Mask = NDArray[np.bool_]

# Two networks, each briefly and well trained, on the attacker's pictures.
CLASSIFIERS = tuple(
    Spec.parse(f"cnn:batch=48,{fields}")
    for fields in (
        "steps=60,rounds=3",
        "steps=100,rounds=5",
        "backbone=resnet,steps=30,rounds=3",
        "backbone=resnet,steps=100,rounds=4",
    )
)
SHARPNESS = 3.0  # slope of the median labeler: it decides, and does not match the odds (1.0)
SPREAD = 0.5  # standard deviation between labelers of their bias, and of the log of their slope


class Labeler(NamedTuple):
    """One simulated labeler.

    Attributes:
        name: begins with `simulated-`.
        judge: place of its classifier in the panel.
        slope, bias: of its log-odds of saying yes, by the classifier's.
        lapse: share of pictures that it answers at random.
    """

    name: str
    judge: int
    slope: float
    bias: float
    lapse: float


def labelers(n: int, n_judges: int, lapse: float, seed: int) -> list[Labeler]:
    """Labelers whose classifiers take turns.

    Args:
        n: how many.
        n_judges: classifiers.
        lapse: mean share of pictures that are answered at random, 0..0.5; each labeler's lies
            between 0 and twice that.
        seed: draws them.

    Raises:
        ValueError: if the lapse lies elsewhere.
    """
    if not 0 <= lapse <= 0.5:
        raise ValueError(f"--lapse is a mean share, 0 to 0.5, got {lapse}")
    rng = generator("labelers", seed)
    slopes = SHARPNESS * np.exp(SPREAD * rng.standard_normal(n))
    biases = SPREAD * rng.standard_normal(n)
    lapses = 2 * lapse * rng.random(n)
    width = len(str(n))
    return [
        Labeler(f"{SIMULATED}{j + 1:0{width}}", j % n_judges, slopes[j], biases[j], lapses[j])
        for j in range(n)
    ]


def answers(labeler: Labeler, judges: Sequence[Judge], version: str, seed: int) -> Mask:
    """Whether a labeler says yes to each picture of a version, (N,)."""
    evidence = judges[labeler.judge][version]
    sure = expit(labeler.slope * evidence + labeler.bias)
    share = labeler.lapse / 2 + (1 - labeler.lapse) * sure
    rng = generator("answers", seed, labeler.name, version)
    return np.asarray(rng.random(len(share)) < share)


def write(
    panel: Sequence[Labeler],
    judges: Sequence[Judge],
    key: Key,
    rows: NDArray[np.int64],
    question: str,
    folder: Path,
    seed: int,
) -> list[Path]:
    """A result file of each labeler, as the page makes it; their paths.

    Args:
        panel: who answers.
        judges: their classifiers.
        key: the study's pictures.
        rows: ids of the probe's pictures, in the order of the judges' answers, (N,).
        question: the one that they can answer.
        folder: of the files.
        seed: of their noise.

    Raises:
        ValueError: if no picture of the key is asked this question.
    """
    place = {str(row): i for i, row in enumerate(rows.tolist())}
    asked = {token: line for token, line in key.items() if line["question"] == question}
    if not asked:
        raise ValueError(f"the key asks nothing about {question!r}, the question of the study")
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{SIMULATED}*.csv"):  # of another panel
        old.unlink()
    paths = []
    for labeler in panel:
        versions = sorted({line["version"] for line in asked.values()})
        said = {version: answers(labeler, judges, version, seed) for version in versions}
        paths.append(folder / f"{labeler.name}.csv")
        with paths[-1].open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("labeler", "question", "picture", "label"))
            for token, line in asked.items():
                yes = said[line["version"]][place[line["image"]]]
                writer.writerow((labeler.name, question, token, "yes" if yes else "no"))
    return paths
