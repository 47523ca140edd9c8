"""How fast matchers are measured, next to scikit-learn's ROC; the numbers inform."""

import numpy as np
import pytest
from sklearn.metrics import roc_curve

from bench.answers import Templates
from bench.metrics.declared import METRICS
from bench.metrics.identification import rank, search
from bench.metrics.matching import matching_statistic
from bench.metrics.pairs import comparison

N_PEOPLE, N_EACH = 316, 10  # 10^7 pairs


@pytest.fixture(scope="module")
def templates():
    return made(N_PEOPLE, N_EACH)


def made(n_people, n_each):
    rng = np.random.default_rng(0)
    person = np.repeat(np.arange(n_people), n_each)
    centres = rng.standard_normal((n_people, 128))
    gallery, probe = (
        (centres[person] + 2 * rng.standard_normal((len(person), 128))).astype(np.float32)
        for _ in range(2)
    )
    rows = np.arange(len(person))
    return Templates(gallery, probe, person, person, rows, rows + len(rows))


def test_comparing_10_million_pairs(benchmark, templates):
    found = benchmark.pedantic(comparison, (templates,), rounds=2)
    benchmark.extra_info["pairs"] = found.point.mated.sum() + found.point.nonmated.sum()


@pytest.mark.parametrize(("n_people", "n_each"), [(250, 20), (1000, 5), (2500, 2)])
@pytest.mark.parametrize("measure", [comparison, matching_statistic.__wrapped__])
def test_comparing_5000_with_5000_templates(benchmark, measure, n_people, n_each):
    benchmark.pedantic(measure, (made(n_people, n_each),), rounds=2)


def test_all_metrics_of_a_comparison(benchmark, templates):
    found = comparison(templates)
    metrics = [metric for metric in METRICS["templates"] if metric.takes == "pairs"]
    benchmark.pedantic(lambda: [metric.compute(found) for metric in metrics], rounds=2)


def test_roc_of_scikit_learn_on_10_million_pairs(benchmark, templates):
    """One ROC, without intervals."""

    def roc():
        scores = templates.probe @ templates.gallery.T
        truth = templates.probe_person[:, None] == templates.gallery_person
        return roc_curve(truth.ravel(), scores.ravel())

    benchmark.pedantic(roc, rounds=2)


def test_ranking_10_million_pairs(benchmark, templates):
    benchmark.pedantic(lambda: rank(search(templates), 1), rounds=2)
