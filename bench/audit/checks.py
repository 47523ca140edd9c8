"""All checks of a data set; duplicates, class balance and differences between roles."""

from collections.abc import Iterator, Sequence

import numpy as np

from bench.answers import Answers, Estimate
from bench.api import ROLES, Dataset
from bench.audit.audited_data import AuditedData, Ids, load_audited
from bench.audit.findings import STRICT, Finding, not_applicable
from bench.audit.shortcuts import shortcuts
from bench.faces import MISSING
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

    `targets` are categorical ones that no shortcut should predict; if empty, the default ones.

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
    defender, *others = (data.roles[role] for role in ROLES)
    # an index into ROLES, (N,); the attacker's for a picture that it shares with the defender
    role = np.argmax(np.stack([defender & ~others[0], *others]), axis=0)
    where, group = ("takes", data.take) if data.protocol == "closed" else ("roles", role)
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
        if target.kind != "categorical":
            continue
        label = np.asarray(data.faces.labels[target.name], np.int64)
        given = label[label != MISSING]
        counts = np.bincount(given, minlength=len(target.classes))
        counts = counts if len(counts) <= N_LISTED else counts[counts > 0]
        if len(counts) <= N_LISTED:
            listed = ", ".join(f"{c}: {k}" for c, k in zip(target.classes, counts, strict=True))
        else:
            listed = f"{len(counts)} classes of {counts.min()} to {counts.max()} pictures"
        smallest, largest = (float(n) / max(len(given), 1) for n in (counts.min(), counts.max()))
        n_missing = len(label) - len(given)
        reason = f"{listed}; smallest share {smallest:.3g}; {n_missing} missing"
        found = Estimate(largest, np.nan, np.nan, len(given), np.nan)
        yield Finding("balance", target.name, *found, "ok", reason)


def role_shift(data: AuditedData) -> Finding:
    """The AUC of a two-sample test between the attacker's pictures and the probe's."""
    about = "probe or attacker's picture"
    if data.protocol == "closed-paper":
        return not_applicable("role_shift", about, "closed-paper gives pictures of a take to both")
    images, sides = data.faces.images, []
    for mask in (data.roles["attacker"], data.roles["probe"]):
        sides.append(PictureSet(images[mask], data.person[mask], images[mask]))
    try:
        return role_shift_finding(about, two_sample_test(*sides))
    except ValueError as error:
        return not_applicable("role_shift", about, str(error))


def role_shift_finding(about: str, answers: Answers) -> Finding:
    """The AUC with its intervals at two levels of confidence; the wider one decides."""
    found = auc(answers)
    wide = estimate(auc_statistic(answers), answers.person, 0.5, pairs=True, confidence=STRICT)
    reason = (
        f"AUC, unseen people; {100 * STRICT:.1f} % interval {wide.low:.3f} to {wide.high:.3f}; "
        "leaks if that is above 0.5"
    )
    return Finding("role_shift", about, *found, "leaks" if wide.low > 0.5 else "ok", reason)


def _described(pair: Pair, data: AuditedData, role: Ids) -> str:
    ends = [f"{ROLES[role[i]]} {i} (person {data.person[i]})" for i in (pair.first, pair.second)]
    return f"{' ~ '.join(ends)} {pair.correlation:.3f}"
