"""All checks of a data set; duplicates, class balance and differences between roles."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from bench.answers import Answers, Estimate
from bench.api import ROLES, Dataset
from bench.audit.audited_data import AuditedData, Ids, load_audited
from bench.audit.findings import STRICT, Finding, Verdict, not_applicable
from bench.audit.shortcuts import shortcuts
from bench.faces import MISSING
from bench.forensics.duplicates import NEAR, Pair, equal_pairs, near_pairs
from bench.forensics.image_features import THUMBNAIL_PX
from bench.forensics.two_sample_test import PictureSet, two_sample_test
from bench.metrics.accuracy import auc, auc_statistic
from bench.metrics.intervals import estimate
from bench.runner.store import Store

DEFAULT_TARGETS = ("identity", "gender", "expression")  # those of them that the data have
N_LISTED = 8  # classes that are listed one by one


def audit(data: Dataset, store: Store, targets: Sequence[str] = ()) -> Iterator[Finding]:
    """The findings, as they come.

    `targets` are categorical ones that no shortcut should predict; if empty, the default ones, or
    all, if the data have none of those.

    Raises:
        ValueError: if the data cannot be loaded or split, or have no such target.
    """
    known = [target.name for target in data.targets if target.kind == "categorical"]
    if unknown := sorted(set(targets) - set(known)):
        raise ValueError(f"{data.name} has the categorical targets {known}, not {unknown}")
    audited = load_audited(data, store)
    yield from duplicates(audited)
    yield from balance(audited)
    usual = [name for name in DEFAULT_TARGETS if name in known]
    yield from shortcuts(audited, targets or usual or known)
    yield role_shift(audited)
    if data.name == "synthetic":
        from bench.audit.synthetic_people import network_checks, renderer_checks  # imports torch

        yield from renderer_checks(data.seed)
        yield from network_checks(data.seed, store)


def leaks(data: Dataset, store: Store) -> list[str]:
    """Duplicates and borders that make numbers about these data doubtful, in words.

    Raises:
        ValueError: if they cannot be loaded or split.
    """
    audited = load_audited(data, store)
    targets = [name for name in DEFAULT_TARGETS if name in audited.faces.labels]
    found = [one for one in duplicates(audited) if one.check == "duplicates"]
    found += shortcuts(audited, targets, ["border"])
    return [f"{one.about} ({one.value:.3g})" for one in found if one.verdict == "leaks"]


def duplicates(data: AuditedData) -> Iterator[Finding]:
    """The numbers of pairs of equal and of nearly equal pictures, each followed by the pairs.

    A pair leaks if it lies in two roles (`closed`: in two takes), or is said to show two people.
    Pictures of one take are not compared for being nearly equal.
    """
    defender, *others = (data.roles[role] for role in ROLES)
    # an index into ROLES, (N,); the attacker's for a picture that it shares with the defender
    role = np.argmax(np.stack([defender & ~others[0], *others]), axis=0)
    where, group = ("takes", data.take) if data.protocol == "closed" else ("roles", role)
    near = near_pairs(data.faces.images, data.take * len(ROLES) + role)
    rule = f"correlation at {THUMBNAIL_PX} px >= {NEAR}, not of one take"
    for about, pairs, how in (
        ("equal pictures", equal_pairs(data.faces.images), "equal bytes"),
        ("near-duplicates", near, rule),
    ):
        groups = {f"two {where}": group, "two people": data.person}
        found = sorted((_pair(data, pair, groups, role) for pair in pairs), key=lambda f: f.verdict)
        n_leaks = sum(one.verdict == "leaks" for one in found)
        value = Estimate(len(found), np.nan, np.nan, len(role), np.nan)
        reason = f"{how}; {n_leaks} in two {where} or of two people"
        yield Finding("duplicates", about, *value, "leaks" if n_leaks else "ok", reason)
        yield from found


def _pair(data: AuditedData, pair: Pair, groups: Mapping[str, Ids], role: Ids) -> Finding:
    first, second, correlation = pair
    people = next((target.classes for target in data.targets if target.name == "identity"), ())
    who = [people[data.person[i]] if people else "somebody" for i in (first, second)]
    ends = f"{ROLES[role[first]]} {who[0]}, {ROLES[role[second]]} {who[1]}"
    problems = [name for name, group in groups.items() if group[first] != group[second]]
    about = f"{data.names[first]} ~ {data.names[second]}"
    verdict: Verdict = "leaks" if problems else "ok"
    value = Estimate(correlation, np.nan, np.nan, 2, np.nan)
    return Finding("pair", about, *value, verdict, " and ".join([ends, *problems]))


def balance(data: AuditedData) -> Iterator[Finding]:
    """The most frequent class's share of each categorical target, with counts.

    People with several classes are counted, too: of gender, these are mistakes in the labels.
    """
    for target in data.targets:
        if target.kind != "categorical":
            continue
        label = np.asarray(data.faces.labels[target.name], np.int64)
        given = label[label != MISSING]
        counts = np.bincount(given, minlength=len(target.classes)).tolist()
        few = len(counts) <= N_LISTED  # or only the classes that occur are counted
        named = [n for n in zip(target.classes, counts, strict=True) if few or n[1]]
        counts = [n for _, n in named] or [0]
        listed = ", ".join(f"{name}: {n}" for name, n in named) or "no class"
        if len(named) > N_LISTED:
            listed = f"{len(named)} classes of {min(counts)} to {max(counts)} pictures"
        smallest, largest = (float(n) / max(len(given), 1) for n in (min(counts), max(counts)))
        n_missing = len(label) - len(given)
        reason = f"{listed}; smallest share {smallest:.3g}; {n_missing} missing"
        if n_several := _people_of_several(data.person, label):
            reason += f"; {n_several} people have several classes"
        found = Estimate(largest, np.nan, np.nan, len(given), np.nan)
        yield Finding("balance", target.name, *found, "ok", reason)


def _people_of_several(person: Ids, label: Ids) -> int:
    pairs = np.unique(np.stack([person, label])[:, label != MISSING], axis=1)
    return int((np.unique(pairs[0], return_counts=True)[1] > 1).sum())


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
