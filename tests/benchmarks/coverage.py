"""How often 95 % intervals hold the truth, and how wide they are, as CSV (docs/intervals.md).

Of each cell it prints how often the low end was too high and the high end too low. ICC: the share
of the variance that lies between people. Run by hand, `python tests/benchmarks/coverage.py shares`
for one of the functions below, or without an argument for all: an hour on one core. With two files
of such lines it prints the table of docs/intervals.md: `... coverage.py before.csv after.csv`.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import numpy as np
from pandas import read_csv
from scipy import special

from bench.answers import Answers, Estimate, Templates
from bench.metrics import curves, pairs, verification
from bench.metrics.accuracy import auc, balanced_accuracy, eer
from bench.metrics.comparisons import difference, leakage
from bench.metrics.intervals import estimates, weighted_mean
from bench.metrics.pairs import comparison

N_SETS, N_CLASSES = 4000, 6
N_SETS_OF_MATCHERS = {8: 4000, 30: 4000, 150: 500}  # of 150 people one takes a tenth of a second
SIZES = (8, 30, 150)
RATES = [(share, icc) for icc in (0, 0.1, 0.4) for share in (0.02, 0.5, 0.9, 0.99)]
N_EQUAL = 8  # cases of which only those with equal counts are simulated
RARE = {"rare hit": (0.9, 0.02), "rare miss": (0.1, 0.9), "rarer miss": (0.1, 0.99)}


class Cell(NamedTuple):
    """Intervals of one number in simulated sets, and the truth."""

    metric: str
    n_people: int
    case: str
    truth: float
    found: list[Estimate]


def n_each(rng, n_people, unequal):
    """Pictures of each person: 12, or from 6 to 42."""
    return 6 * (1 + rng.poisson(1, n_people).clip(0, 6)) if unequal else np.full(n_people, 12)


def rates(rng, shape, share, icc):
    """Each person's share right; `icc` may be the two shares of a rare kind and of all others."""
    if isinstance(icc, tuple):
        return np.where(rng.random(shape) < 0.05, *icc)
    if icc == 0:
        return np.full(shape, share)
    return rng.beta(share * (1 / icc - 1), (1 - share) * (1 / icc - 1), shape)


def shares(n_people: int) -> Iterator[Cell]:
    cases = [(f"{share} ICC {icc}", share, icc) for share, icc in RATES]
    cases += [(name, 0.05 * a + 0.95 * b, (a, b)) for name, (a, b) in RARE.items()]
    for unequal in (False, True):
        for name, truth, icc in cases[unequal * N_EQUAL :]:
            rng, found, n_alike = np.random.default_rng(1), [], 100  # sets of the same people
            for _ in range(N_SETS // n_alike):
                person = np.repeat(np.arange(n_people), n_each(rng, n_people, unequal))
                rate = rates(rng, (n_alike, n_people), truth, icc)[:, person]
                hits = rng.random(rate.shape) < rate
                found += estimates([weighted_mean(each) for each in hits], person, 0.0)[0]
            yield Cell("share", n_people, f"{name}{', unequal' * unequal}", truth, found)


def balanced(n_people: int) -> Iterator[Cell]:
    for of in ("pictures", "people"):
        for icc in (0.1, 0.4):
            rng, found = np.random.default_rng(2), []
            for _ in range(N_SETS):
                person = np.repeat(np.arange(n_people), n_each(rng, n_people, True))
                minority = rng.random(len(person)) < 0.2
                if of == "people":
                    minority = rng.permutation(np.arange(n_people) < 0.2 * n_people)[person]
                right = rng.random(len(person)) < rates(rng, n_people, 0.9, icc)[person]
                scores = np.eye(2, dtype=np.float32)[
                    np.where(right, minority, ~minority).astype(int)
                ]
                answers = Answers(scores, minority.astype(int), person, np.arange(len(person)))
                found.append(balanced_accuracy(answers))
            yield Cell("balanced", n_people, f"0.9, 20 % of {of}, ICC {icc}", 0.9, found)


def scored(rng, n_people, shifts, icc, of):
    """Answers about two classes, of pictures or of people; attackers err on the same people."""
    person = np.repeat(np.arange(n_people), 2 * (1 + rng.poisson(3, n_people)))
    truth = (np.arange(len(person)) if of == "pictures" else person) % 2
    ease = rng.standard_normal(n_people)[person]
    for shift in shifts:
        own = rng.standard_normal(n_people)[person]
        noise = rng.standard_normal(len(person))
        score = shift * truth + np.sqrt(icc / 2) * (ease + own) + np.sqrt(1 - icc) * noise
        scores = np.stack([np.zeros(len(person)), score], axis=1).astype(np.float32)
        yield Answers(scores, truth, person, np.arange(len(person)))


def two_classes(n_people: int) -> Iterator[Cell]:
    for of in ("pictures", "people"):
        for area in (0.5, 0.9, 0.99):
            for icc in (0.1, 0.4) if n_people < 150 else (0.4,):
                rng, shift = np.random.default_rng(3), np.sqrt(2) * special.ndtri(area)
                sets = [
                    *(s for _ in range(N_SETS) for s in scored(rng, n_people, [shift], icc, of))
                ]
                case = f"AUC {area}, classes of {of}, ICC {icc}"
                yield Cell("AUC", n_people, case, area, [auc(each) for each in sets])
                truth = float(special.ndtr(-shift / 2))
                yield Cell("EER", n_people, case, truth, [eer(each) for each in sets])


def templates(rng, n_people, noise, width):
    """Two probes and two pictures in the gallery of each person."""
    centres, person = rng.standard_normal((n_people, width)), np.arange(n_people).repeat(2)
    ids = np.arange(4 * n_people).reshape(2, -1)
    sides = centres[person] + noise * rng.standard_normal((2, 2 * n_people, width))
    sides /= np.linalg.norm(sides, axis=2, keepdims=True)
    return Templates(*sides.astype(np.float32), person, person, *ids)


def matchers(n_people: int) -> Iterator[Cell]:
    pairs.N_REPLICATES = 10  # of the chance of linkability, which does not matter here
    metrics = {"matcher AUC": (verification.auc, curves.auc)}
    metrics["matcher EER"] = verification.eer, curves.eer
    if n_people > 25:
        metrics["TMR at FMR 10 %"] = (
            lambda found: verification.tmr(found, 0.1),
            lambda large: curves.tmr(large, 0.1),
        )
    for noise, width in ((4, 8), (1, 16), (0.6, 16)):
        many = templates(np.random.default_rng(4), 200_000, noise, width)
        away = (np.roll(many.gallery, 2 * n, axis=0) for n in (0, 1))
        large = curves.histograms(*((many.probe * side).sum(axis=1) for side in away))
        rng = np.random.default_rng(5)
        found: dict[str, list[Estimate]] = {name: [] for name in metrics}
        for _ in range(N_SETS_OF_MATCHERS[n_people]):
            some = comparison(templates(rng, n_people, noise, width))
            for name, (metric, _) in metrics.items():
                found[name].append(metric(some))
        case = f"AUC {curves.auc(large)[0]:.3f}"
        for name, (_, truth) in metrics.items():
            yield Cell(name, n_people, case, float(truth(large)[0]), found[name])


def answered(right, person):
    truth = np.arange(len(person)) % N_CLASSES
    scores = np.eye(N_CLASSES, dtype=np.float32)[np.where(right, truth, (truth + 1) % N_CLASSES)]
    return Answers(scores, truth, person, np.arange(len(person)))


def compared(n_people: int) -> Iterator[Cell]:
    """Leakage, and the difference of two attackers, of six classes and of two."""
    for kept, best in ((0.5, 0.95), (0.1, 0.8), (0.98, 0.98)):
        rng, ratios, differences = np.random.default_rng(6), [], []
        for _ in range(N_SETS):
            person = np.repeat(np.arange(n_people), n_each(rng, n_people, True))
            ceiling = rng.random(len(person)) < rates(rng, n_people, best, 0.1)[person]
            still = ceiling & (rng.random(len(person)) < rates(rng, n_people, kept, 0.1)[person])
            both = answered(still, person), answered(ceiling, person)
            differences.append(difference(*both))
            with suppress(ValueError):  # a ceiling that may be chance
                ratios.append(leakage(both[0], 1, both[1], 1))
        case, chance = f"6 classes, {kept * best:.2g} of {best}", 1 / N_CLASSES
        yield Cell("leakage", n_people, case, (kept * best - chance) / (best - chance), ratios)
        yield Cell("difference", n_people, case, kept * best - best, differences)
    for areas in ((0.7, 0.9), (0.5, 0.95)):
        rng, ratios = np.random.default_rng(7), []
        for _ in range(N_SETS):
            attack, ceiling = scored(
                rng, n_people, np.sqrt(2) * special.ndtri(areas), 0.2, "people"
            )
            with suppress(ValueError):
                ratios.append(leakage(attack, 1, ceiling, 1))
        truth = (areas[0] - 0.5) / (areas[1] - 0.5)
        case = f"2 classes, AUC {areas[0]} of {areas[1]}"
        yield Cell("leakage", n_people, case, truth, ratios)


def simulate(chosen: str) -> None:
    """Prints the cells of one of the functions, or of all."""
    print("metric,people,case,truth,sets,coverage,low end too high,high end too low,width")
    for part in (shares, balanced, compared, two_classes, matchers):
        for n_people in SIZES if chosen in ("", part.__name__) else ():
            for metric, _, case, truth, found in part(n_people):
                ends = np.array([[each.low, each.high] for each in found])
                high, low = np.mean(ends[:, 0] > truth), np.mean(ends[:, 1] < truth)
                width = np.diff(ends, axis=1).mean()
                print(
                    f'{metric},{n_people},"{case}",{truth:.4f},{len(found)},{1 - high - low:.4f},'
                    f"{high:.4f},{low:.4f},{width:.4f}",
                    flush=True,
                )


def compare(before: str, after: str) -> None:
    """Prints the lowest coverage and the mean width of each metric and size, as Markdown."""
    print("| interval of | people | cells | lowest coverage | before | mean width | before |")
    print("| --- " * 7 + "|")
    old, new = (read_csv(path).set_index(["metric", "people", "case"]) for path in (before, after))
    both = new.join(old.add_suffix(" before")).reset_index()
    for (metric, n_people), cells in both.groupby(["metric", "people"], sort=False):
        numbers = (
            f"{100 * cells[name].min():.1f} %"
            if name.startswith("coverage")
            else f"{cells[name].mean():.3f}"
            for name in ("coverage", "coverage before", "width", "width before")
        )
        print(f"| {metric} | {n_people} | {len(cells)} | {' | '.join(numbers)} |")


if __name__ == "__main__":
    compare(*sys.argv[1:]) if len(sys.argv) == 3 else simulate("".join(sys.argv[1:]))
