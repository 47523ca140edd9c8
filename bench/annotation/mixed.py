"""A mixed model: labelers and pictures are samples, not the population."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse, special

from bench.annotation.tables import Cell, NotAvailable, Table
from bench.annotation.votes import Votes

Floats = NDArray[np.float64]

Z = 1.96  # of a 95 % interval
START_SD = 0.6  # of every posterior, where the search begins


def mixed(given: Votes) -> Table:
    """Log-odds of a right answer by version, with labelers and images as crossed random effects.

    A third effect is the image's in one version: a defense may spoil one picture and not another.

    Fitted by variational Bayes. Its factorised posterior takes all other effects as known: of 60
    labelers and images it gave a standard error of 0.04 where 0.13 is right. So the intervals are
    of the joint normal approximation at the fit, with the spreads as estimated.

    Source: statsmodels BinomialBayesMixedGLM; Baayen, Davidson, Bates, Journal of Memory and
        Language 59 (2008), 390-412 (crossed random effects of subjects and items).
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
        rows = [("all", *[NotAvailable(str(error))] * 4)]
    return Table(f"{given.question}-mixed", title, columns, rows, note)


def _rows(given: Votes) -> list[tuple[Cell, ...]]:
    right = given.right
    version, image, labeler = np.nonzero(~np.isnan(right))
    endog = right[version, image, labeler]
    if len(np.unique(endog)) < 2 or min(len(given.images), len(given.labelers)) < 3:
        raise ValueError("the model wants right and wrong answers, 3 images and 3 labelers")
    from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM  # here: it takes a second

    fixed = np.eye(len(given.versions))[version]
    fixed[:, 0] = 1.0  # an intercept, and what each further version adds
    effects = {"labelers": labeler, "images": image}
    if len(given.versions) > 1:
        effects["images within a version"] = version * len(given.images) + image
    parts = [_indicators(which) for which in effects.values()]
    groups = sparse.hstack(parts).tocsr()  # (N, G)
    kind = np.repeat(np.arange(len(parts)), [part.shape[1] for part in parts])  # (G,)
    n = fixed.shape[1] + len(parts) + len(kind)
    found = BinomialBayesMixedGLM(endog, fixed, groups, kind).fit_vb(
        mean=np.zeros(n), sd=np.full(n, START_SD), fit_method="L-BFGS-B"
    )
    spreads = np.exp(found.vcp_mean)
    joint = sparse.hstack([sparse.csr_array(fixed), groups]).tocsr()
    prior = np.concatenate([np.zeros(fixed.shape[1]), 1 / spreads[kind] ** 2])
    errors = _errors(joint, np.concatenate([found.fe_mean, found.vc_mean]), prior)
    rows: list[tuple[Cell, ...]] = [
        (name, float(m), float(m - Z * s), float(m + Z * s), float(np.exp(m)))
        for name, m, s in zip(given.versions[1:], found.fe_mean[1:], errors[1:], strict=False)
    ]
    return rows + [
        (f"spread of {name}", float(s), "", "", "")
        for name, s in zip(effects, spreads, strict=True)
    ]


def _errors(design: sparse.csr_array, effects: Floats, prior: Floats) -> Floats:
    """Standard errors of all effects, (P,): of the normal approximation at their estimates.

    Args:
        design: (N, P).
        effects: (P,), in log-odds.
        prior: precision of each, (P,); 0 for fixed effects.
    """
    share = special.expit(design @ effects)  # (N,)
    curvature = (design.T @ sparse.diags_array(share * (1 - share)) @ design).toarray()  # (P, P)
    return np.asarray(np.sqrt(np.diag(np.linalg.inv(curvature + np.diag(prior)))))


def _indicators(which: NDArray[np.int64]) -> sparse.csr_array:
    """1 where an answer belongs to a group, (N, G); groups that occur."""
    _, group = np.unique(which, return_inverse=True)
    n = len(group)
    return sparse.csr_array((np.ones(n), (np.arange(n), group)), (n, group.max() + 1))
