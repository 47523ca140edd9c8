"""Where and when numbers were computed, for the JSON of a board."""

import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

LIBRARIES = ("numpy", "scipy", "scikit-learn", "torch", "torchvision", "torchmetrics", "timm")


def provenance(**more: object) -> dict[str, object]:
    """Where and when numbers are computed now; further facts are added or take precedence."""
    return {
        "commit": _commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": None,
        "seconds": None,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in LIBRARIES},
        "recomputed": True,
        "stale_since": None,
    } | more


def _commit() -> str:
    """The commit, with `-dirty` if files differ from it; empty if this is not a git checkout."""
    root = Path(__file__).parents[2]
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"]
    if not ((root / ".git").exists() and shutil.which("git")):
        return ""
    return subprocess.run(command, cwd=root, capture_output=True, text=True).stdout.strip()
