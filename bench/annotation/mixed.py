"""A mixed model: labelers and pictures are samples, not the population."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from bench.annotation.tables import Cell, NotAvailable, Table
from bench.annotation.votes import Votes

Floats = NDArray[np.float64]
Ids = NDArray[np.int64]

FIXED_SD = 5.0  # of the prior of fixed effects, log-odds: all answers right is no infinity
N_ROUNDS, STILL = 300, 1e-4  # at most; and the change of a log variance that ends them


class Fit(NamedTuple):
    """A logistic model with random intercepts.

    Attributes:
        fixed, errors: effects in log-odds, and their standard errors, (F,).
        spreads: standard deviation of the random effects of each kind, (K,).
    """

    fixed: Floats
    errors: Floats
    spreads: Floats


def mixed(given: Votes) -> Table:
    """Log-odds of a right answer by version, with labelers and images as crossed random effects.

    A third effect is the image's in one version: a defense may spoil one picture and not another.

    Source: Baayen, Davidson, Bates, Journal of Memory and Language 59 (2008), 390-412 (crossed
        random effects of subjects and items).
    """
    columns = ("effect", "log-odds", "low", "high", "odds ratio")
    title = f"{given.question}: mixed model of right answers ({given.who})"
    note = (
        f"Log-odds against {given.versions[0]} with 95 % intervals; then standard deviations "
        "of the random effects, in log-odds."
    )
    try:
        rows = _rows(given)
    except ValueError as error:
        rows = [("all", *[NotAvailable(given.untold or str(error))] * 4)]
    return Table(f"{given.question}-mixed", title, columns, rows, note)


def fitted(right: Floats, fixed: Floats, groups: list[Ids]) -> Fit:
    """The model's estimates; intervals of fixed effects count that all groups are samples.

    By rounds of one Newton step for all effects and one EM step for the variances, under the normal
    approximation of the effects' joint posterior. (Variational Bayes, as in statsmodels, takes the
    effects as independent: where this standard error is 0.13, and right, its is 0.04.)

    Args:
        right: 1 or 0, (N,).
        fixed: design, (N, F).
        groups: for each kind of random effect, 0..G-1, (N,).

    Source: Breslow and Clayton, JASA 88 (1993), 9-25 (penalised quasi-likelihood).
    Differs from it: EM for the variances.
    """
    n_fixed, n = fixed.shape[1], len(right)
    sizes = [int(group.max()) + 1 for group in groups]
    kind = np.repeat(np.arange(len(groups)), sizes)
    ones = [sparse.csr_array((np.ones(n), (np.arange(n), group))) for group in groups]
    design = sparse.hstack([sparse.csr_array(fixed), *ones]).tocsr()  # (N, F + G)
    effects, variances = np.zeros(design.shape[1]), np.ones(len(groups))
    for _ in range(N_ROUNDS):
        prior = np.concatenate([np.full(n_fixed, FIXED_SD**-2), 1 / variances[kind]])
        share = special.expit(design @ effects)  # (N,)
        curvature = (design.T @ sparse.diags_array(share * (1 - share)) @ design).toarray()
        covariance = np.linalg.inv(curvature + np.diag(prior))  # (F + G, F + G)
        effects = effects + covariance @ (design.T @ (right - share) - prior * effects)
        squares = effects**2 + np.diag(covariance)
        before, variances = variances, np.bincount(kind, squares[n_fixed:]) / sizes
        if np.abs(np.log(variances / before)).max() < STILL:
            break
    errors = np.sqrt(np.diag(covariance)[:n_fixed])
    return Fit(effects[:n_fixed], errors, np.sqrt(variances))


def _rows(given: Votes) -> list[tuple[Cell, ...]]:
    right = given.right
    version, image, labeler = np.nonzero(~np.isnan(right))
    answers = right[version, image, labeler]
    if len(np.unique(answers)) < 2 or min(len(given.images), len(given.labelers)) < 3:
        raise ValueError("the model wants right and wrong answers, 3 images and 3 labelers")
    design = np.eye(len(given.versions))[version]
    design[:, 0] = 1.0  # an intercept, and what each further version adds
    effects = {"labelers": labeler, "images": image}
    if len(given.versions) > 1:
        effects["images within a version"] = version * len(given.images) + image
    groups = [np.unique(group, return_inverse=True)[1] for group in effects.values()]
    found = fitted(answers, design, groups)
    quantile = special.stdtrit(min(len(given.images), len(given.labelers)) - 1, 0.975)
    rows: list[tuple[Cell, ...]] = [
        (name, float(m), float(m - quantile * s), float(m + quantile * s), float(np.exp(m)))
        for name, m, s in zip(given.versions[1:], found.fixed[1:], found.errors[1:], strict=True)
    ]
    return rows + [
        (f"spread of {name}", float(spread), "", "", "")
        for name, spread in zip(effects, found.spreads, strict=True)
    ]
