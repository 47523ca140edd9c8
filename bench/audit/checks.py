"""All checks of a data set; duplicates, class balance and differences between roles."""

from collections.abc import Iterator, Sequence

import numpy as np

from bench.answers import Answers, Estimate
from bench.api import ROLES, Dataset
from bench.audit.audited_data import AuditedData, Ids, load_audited
from bench.audit.findings import STRICT, Finding, not_applicable
from bench.audit.shortcuts import shortcuts
from bench.faces import MISSING, Target
from bench.forensics.duplicates import NEAR, Pair, equal_pairs, near_pairs
from bench.forensics.image_features import THUMBNAIL_PX
from bench.forensics.two_sample_test import PictureSet, two_sample_test
from bench.metrics.accuracy import auc, auc_statistic
from bench.metrics.intervals import estimate
from bench.runner.store import Store

DEFAULT_TARGETS = ("identity", "gender", "expression")  # those of them that the data have
N_EXAMPLES = 3  # pairs of duplicates that are listed
N_LISTED = 8  # classes that are listed one by one


def audit(data: Dataset, store: Store, targets: Sequence[str] = ()) -> Iterator[Finding]:
    """The findings, as they come.

    Args:
        data: is loaded and split through the store.
        store: where pictures are cached.
        targets: categorical targets that no shortcut should predict; else the default ones.

    Raises:
        ValueError: if the data cannot be loaded or split, or have no such target.
    """
    known = [target.name for target in data.targets if target.kind == "categorical"]
    if unknown := sorted(set(targets) - set(known)):
        raise ValueError(f"{data.name} has the categorical targets {known}, not {unknown}")
    audited = load_audited(data, store)
    yield from duplicates(audited)
    yield from balance(audited)
    yield from shortcuts(audited, targets or [name for name in DEFAULT_TARGETS if name in known])
    yield role_shift(audited)
    if data.name == "synthetic":
        from bench.audit.synthetic_people import network_checks, renderer_checks  # imports torch

        yield from renderer_checks(data.seed)
        yield from network_checks(data.seed, store)


def duplicates(data: AuditedData) -> Iterator[Finding]:
    """Equal and nearly equal pictures in different roles (`closed`: in different takes)."""
    role, where = _roles(data), "takes" if data.protocol == "closed" else "roles"
    group = data.take if data.protocol == "closed" else role
    rule = f"correlation at {THUMBNAIL_PX} px >= {NEAR}"
    for about, search, reason in (
        (f"equal pictures in two {where}", equal_pairs, "equal bytes"),
        (f"near-duplicates in two {where}", near_pairs, rule),
    ):
        pairs = search(data.faces.images, group)
        examples = "; ".join(_described(pair, data, role) for pair in pairs[:N_EXAMPLES])
        reason += f": {examples}" if examples else ""
        found = Estimate(len(pairs), np.nan, np.nan, len(role), np.nan)
        yield Finding("duplicates", about, *found, "leaks" if pairs else "ok", reason)


def balance(data: AuditedData) -> Iterator[Finding]:
    """The most frequent class's share of each categorical target, with counts."""
    for target in data.targets:
        if target.kind == "categorical":
            yield _balance(data, target)


def role_shift(data: AuditedData) -> Finding:
    """The AUC of a two-sample test between the attacker's pictures and the probe's."""
    about = "probe or attacker's picture"
    if data.protocol == "closed-paper":
        return not_applicable("role_shift", about, "closed-paper gives pictures of a take to both")
    images = data.faces.images
    masks = (data.roles["attacker"], data.roles["probe"])
    try:
        answers = two_sample_test(
            *(PictureSet(images[mask], data.person[mask], images[mask]) for mask in masks)
        )
    except ValueError as error:
        return not_applicable("role_shift", about, str(error))
    return role_shift_finding(about, answers)


def role_shift_finding(about: str, answers: Answers) -> Finding:
    """The AUC with its intervals at two levels of confidence; the wider one decides."""
    found = auc(answers)
    wide = estimate(auc_statistic(answers), answers.person, 0.5, confidence=STRICT)
    reason = (
        f"AUC, unseen people; {100 * STRICT:.1f} % interval {wide.low:.3f} to {wide.high:.3f}; "
        "leaks if that is above 0.5"
    )
    return Finding("role_shift", about, *found, "leaks" if wide.low > 0.5 else "ok", reason)


def _balance(data: AuditedData, target: Target) -> Finding:
    label = np.asarray(data.faces.labels[target.name], np.int64)
    given = label[label != MISSING]
    counts = np.bincount(given, minlength=len(target.classes))
    counts = counts if len(counts) <= N_LISTED else counts[counts > 0]
    n, missing = len(given), len(label) - len(given)
    if len(counts) <= N_LISTED:
        listed = ", ".join(f"{c}: {k}" for c, k in zip(target.classes, counts, strict=True))
    else:
        listed = f"{len(counts)} classes of {counts.min()} to {counts.max()} pictures"
    smallest, largest = (float(count) / max(n, 1) for count in (counts.min(), counts.max()))
    reason = f"{listed}; smallest share {smallest:.3g}; {missing} missing"
    return Finding(
        "balance", target.name, *Estimate(largest, np.nan, np.nan, n, np.nan), "ok", reason
    )


def _roles(data: AuditedData) -> Ids:
    """Each picture's role as an index into ROLES, (N,); the attacker's if it has two."""
    masks = [data.roles[role] for role in ROLES]
    return np.asarray(np.argmax(np.stack([masks[0] & ~masks[1], *masks[1:]]), axis=0))


def _described(pair: Pair, data: AuditedData, role: Ids) -> str:
    ends = [f"{ROLES[role[i]]} {i} (person {data.person[i]})" for i in (pair.first, pair.second)]
    return f"{' ~ '.join(ends)} {pair.correlation:.3f}"
