"""How evenly the classes of each label occur."""

from collections.abc import Iterator

import numpy as np

from bench.audit.findings import Finding
from bench.audit.material import Material
from bench.faces import MISSING, Target

N_LISTED = 8  # classes that are listed one by one


def balance(data: Material) -> Iterator[Finding]:
    """The commonest class's share of each categorical target, with counts and missing labels."""
    for target in data.targets:
        if target.kind == "categorical":
            yield _balance(data, target)


def _balance(data: Material, target: Target) -> Finding:
    label = np.asarray(data.faces.labels[target.name], np.int64)
    given = label[label != MISSING]
    counts = np.bincount(given, minlength=len(target.classes))
    counts = counts if len(counts) <= N_LISTED else counts[counts > 0]
    n, missing = len(given), len(label) - len(given)
    if len(counts) <= N_LISTED:
        listed = ", ".join(f"{c}: {k}" for c, k in zip(target.classes, counts, strict=True))
    else:
        listed = f"{len(counts)} classes of {counts.min()} to {counts.max()} pictures"
    smallest, largest = (float(f) / max(n, 1) for f in (counts.min(), counts.max()))
    reason = f"{listed}; smallest share {smallest:.3g}; {missing} missing"
    nan = float("nan")
    return Finding("balance", target.name, largest, nan, nan, n, nan, "ok", reason)
