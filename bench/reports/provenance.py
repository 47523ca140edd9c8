"""Where and when numbers were computed, for the JSON of a board."""

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.registry import plugins, stated
from bench.reports.records import without_path
from bench.runner.cells import Cell
from bench.runner.plan import Plan
from bench.runner.store import Store
from bench.runner.stored_fits import digest_of
from bench.spec import Spec

LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "torchvision", "torchmetrics", "timm")


def provenance(**more: object) -> dict[str, object]:
    """Where and when numbers are computed now; further facts are added or take precedence."""
    date = datetime.now(UTC).isoformat(timespec="seconds")
    versions = {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}
    found = {"commit": _commit(), "date": date, "device": None, "seconds": None}
    return {**found, "versions": versions, "recomputed": True, "stale_since": None, **more}


def _commit() -> str:
    """The commit, with `-dirty` if files differ from it; empty if this is not a git checkout."""
    root = Path(__file__).parents[2]
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    if not ((root / ".git").exists() and shutil.which("git")):
        return ""
    return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.strip()


def facts_of_run(cells: Iterable[Cell], plan: Plan, store: Store) -> Mapping[str, object]:
    """What a board tells besides its numbers.

    `data`: each data set with its licence and a fingerprint of its pictures and labels as they were
    decoded; `weights`: by defense and seed, the first 16 digits of the digest of its weights.
    """
    data = {}
    for spec, fingerprint in fingerprints(plan, store).items():
        licence = stated(plugins("dataset")[Spec.parse(spec).name], "Licence")
        data[spec] = {"fingerprint": fingerprint, "licence": licence}
    weights: dict[str, dict[int, str]] = {}
    for cell in cells:
        for stage in plan.of[cell].weights if cell in plan.of else ():
            if stage.key in store and "weights" not in stage.detail:  # not from a file
                by_seed = weights.setdefault(str(without_path(cell.defense)), {})
                if cell.seed not in by_seed:
                    by_seed[cell.seed] = digest_of(store, stage.key)[:16]
    return {"data": data, "weights": weights}


def fingerprints(plan: Plan, store: Store) -> Mapping[str, str]:
    """The SHA-256 of each data set's pictures and labels as they were decoded."""
    loads = (stage for stage in plan.stages if stage.action == "load" and stage.key in store)
    files = {str(stage.spec): store.recipe(stage.key)["files"] for stage in loads}
    texts = {spec: json.dumps(found, sort_keys=True) for spec, found in files.items()}
    return {spec: hashlib.sha256(text.encode()).hexdigest() for spec, text in texts.items()}
