"""A panel of simulated labelers: classifiers of different accuracy, with noise."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from bench.annotation import study
from bench.annotation.export import KEY
from bench.annotation.reading import read_key
from bench.annotation.study import Runner, StudyPictures, StudySpec
from bench.annotation.votes import SIMULATED, Mask
from bench.metrics.intervals import Floats, Ids
from bench.runner.artifacts import Artifact
from bench.runner.planner import Planner
from bench.runner.rng import generator
from bench.spec import Spec
from bench.tables import write_rows

ANSWERS = "answers"  # folder of the result files
LogOdds = Mapping[str, Floats]  # version to a classifier's log-odds of yes for each picture, (N,)
PanelThreat = Literal["raw", "aware"]

# Two networks, each trained briefly and well on the attacker's pictures.
CLASSIFIERS = tuple(
    Spec.parse(f"cnn:batch=48,{fields}")
    for fields in (
        "steps=60,rounds=3",
        "steps=100,rounds=5",
        "backbone=resnet,steps=30,rounds=3",
        "backbone=resnet,steps=100,rounds=4",
    )
)
SLOPE = 3.0  # of the median labeler, who decides rather than matching the odds (1.0)
SPREAD = 0.5  # standard deviation between labelers of their bias, and of the log of their slope


class PanelOptions(NamedTuple):
    """Simulated labelers, to whom the classifiers are assigned in turn.

    The lapse is the mean share of pictures that a labeler answers at random, 0..0.5; each labeler's
    own lies between 0 and twice that. Under the threat `raw` they learn from the attacker's raw
    pictures, under `aware` for each version also from its protected ones.
    """

    n_labelers: int
    lapse: float
    threat: PanelThreat = "raw"
    classifiers: tuple[Spec, ...] = CLASSIFIERS


class Labeler(NamedTuple):
    """A simulated labeler: slope and bias turn the log-odds of its classifier into its own.

    It answers a share of the pictures, its lapse, at random.
    """

    name: str
    log_odds: LogOdds
    slope: float
    bias: float
    lapse: float

    def answers_yes(self, version: str, seed: int) -> Mask:
        """Whether it answers yes, for each picture of a version, (N,)."""
        attentive = expit(self.slope * self.log_odds[version] + self.bias)
        share = self.lapse / 2 + (1 - self.lapse) * attentive
        rng = generator("answers", seed, self.name, version)
        return np.asarray(rng.random(len(share)) < share)


def simulate(folder: Path, options: PanelOptions, runner: Runner) -> list[Path]:
    """Lets a panel label an exported study; writes a result file of each labeler, the paths.

    Raises:
        ValueError: if the key does not have the question.
    """
    spec, key = StudySpec.read(folder), read_key([folder / KEY])
    pictures = study.study_pictures(spec, runner)
    labelers = panel(spec, pictures, options, runner)
    shown = [line for line in key.values() if line["question"] == spec.name]
    if not shown:
        raise ValueError(f"expected the question {spec.name!r} in the key, found none; export anew")
    answers = folder / ANSWERS
    answers.mkdir(exist_ok=True)
    for old in answers.glob(f"{SIMULATED}*.csv"):  # of another panel
        old.unlink()
    place = {str(one): i for i, one in enumerate(pictures.faces.image_id.tolist())}
    for labeler in labelers:
        yes = {name: labeler.answers_yes(name, spec.seed) for name in pictures.versions}
        said = (yes[line["version"]][place[line["image"]]] for line in shown)
        rows = (
            (labeler.name, spec.name, line["picture"], "yes" if one else "no")
            for line, one in zip(shown, said, strict=True)
        )
        columns = ("labeler", "question", "picture", "label")
        write_rows(answers / f"{labeler.name}.csv", columns, rows)
    return [answers / f"{labeler.name}.csv" for labeler in labelers]


def panel(
    spec: StudySpec, pictures: StudyPictures, options: PanelOptions, runner: Runner
) -> list[Labeler]:
    """The labelers of a study, with the log-odds of their classifiers; 0 without a label.

    Raises:
        ValueError: if no label answers the question.
    """
    if not spec.target:
        raise ValueError(
            f"expected a question TARGET=CLASS, which a panel can learn, got {spec.question!r}; "
            "ask people"
        )
    planner, names = Planner(runner.store.root), list(pictures.versions)
    stages = [
        planner.cell(study.study_cell(spec, defense, classifier, options.threat)).answer
        for classifier in options.classifiers
        for defense in (Spec("none"), *spec.defenses)
    ]
    answers = runner.run(stages)
    number, image_id = study.class_number(spec, pictures.targets), pictures.faces.image_id
    found: list[LogOdds] = []
    for start in range(0, len(answers), len(names)):
        own = answers[start : start + len(names)]
        valid = [own[0]] * len(own) if options.threat == "raw" else own
        odds = [_log_odds(*pair, image_id, number) for pair in zip(own, valid, strict=True)]
        found.append(dict(zip(names, odds, strict=True)))
    return labelers(options.n_labelers, found, options.lapse, spec.seed)


def labelers(n: int, log_odds: Sequence[LogOdds], lapse: float, seed: int) -> list[Labeler]:
    """`n` labelers, to whom the classifiers are assigned in turn.

    Raises:
        ValueError: if the lapse is out of range.
    """
    if not 0 <= lapse <= 0.5:
        raise ValueError(f"--lapse: expected a share of 0 to 0.5, got {lapse}")
    rng = generator("labelers", seed)
    slopes = SLOPE * np.exp(SPREAD * rng.standard_normal(n))
    biases = SPREAD * rng.standard_normal(n)
    lapses = 2 * lapse * rng.random(n)
    names = [f"{SIMULATED}{j + 1:0{len(str(n))}}" for j in range(n)]
    columns = zip(names, cycle(log_odds), slopes, biases, lapses, strict=False)
    return [Labeler(*column) for column in columns]


def calibration(log_odds: Floats, truth: Mask) -> tuple[float, float]:
    """Slope and bias that turn a classifier's log-odds, (N,), into those of the truth, (N,).

    As if yes and no were equally common: a labeler does not know how many pictures show joy, and
    would otherwise answer no to all that are hard to see.

    Raises:
        ValueError: if all are of one class.

    Source: Platt, Advances in Large Margin Classifiers (1999).
    """
    if len(np.unique(truth)) < 2:
        raise ValueError(
            "expected validation pictures of both answers, got one; choose a commoner class"
        )
    fit = LogisticRegression(class_weight="balanced").fit(log_odds[:, None], truth)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def _log_odds(answer: Artifact, calibrator: Artifact, image_id: Ids, number: int) -> Floats:
    """Log-odds of a class for all pictures of the probe, calibrated on validation pictures."""
    valid = study.class_log_odds(calibrator.arrays["valid.scores"], number)
    slope, bias = calibration(valid, np.asarray(calibrator.arrays["valid.truth"]) == number)
    odds = slope * study.class_log_odds(answer.arrays["scores"], number) + bias
    found = dict(zip(answer.arrays["image_id"].tolist(), odds.tolist(), strict=True))
    return np.array([found.get(one, 0.0) for one in image_id.tolist()])
