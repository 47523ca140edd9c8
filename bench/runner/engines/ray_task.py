"""What a process of a Ray cluster does: one stage, on a store that all machines share."""

import os
from contextlib import suppress
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from platform import node
from typing import NamedTuple

from filelock import FileLock, Timeout

from bench.processes import hide
from bench.registry import KINDS, load_file, plugins
from bench.runner.engines.pool import in_process
from bench.runner.fingerprint import code_of
from bench.runner.stage import ACTIONS, Stage
from bench.runner.step import Status

End = tuple[Status, float, str, tuple[str, ...]]  # an outcome without its stage


class Job(NamedTuple):
    """What all processes of a run must know."""

    root: Path  # of the store
    held: Path  # a lock in it, which the run holds
    folder: Path  # where relative paths start
    plugins: tuple[Path, ...]
    variables: tuple[tuple[str, str], ...]  # that plugins do not see


def ended(stage: Stage, job: Job, device: str) -> End:
    """Runs a stage.

    Raises:
        OSError: if this machine would not do what the run expects.
        ImportError: if it lacks a plugin.
    """
    _prepare(job)
    if stage.code not in _codes(stage.action, stage.spec.name) or replace(stage).key != stage.key:
        raise OSError(
            f"expected the code and libraries of the run on {node()}, got others for {stage}; "
            "install the same versions on all machines"
        )
    show_news(job.root)
    try:
        outcome = in_process(stage, job.root, device if device == "cpu" else _gpu())
    except KeyboardInterrupt as error:  # of a plugin; Ray would take it for its own
        return "failed", 0.0, f"{stage}: {error!r}", ()
    return outcome.status, outcome.seconds, outcome.reason, outcome.healed


def show_news(root: Path) -> None:
    """Makes a network file system show the entries that other machines have added.

    It may remember for a minute that there was none, until the folder is opened again.
    """
    for folder in (root, root / "shuffled"):
        with suppress(FileNotFoundError):
            os.scandir(folder).close()


@cache
def _prepare(job: Job) -> None:
    """Makes this process one that can work on the store, as those of a pool do."""
    if not (job.held.exists() and _is_locked(job.held)):
        raise OSError(
            f"expected {job.root} on {node()} to be the store of the run, with locks that hold on "
            "all machines; put it on a shared disk (docs/clusters.md)"
        )
    hide(dict(job.variables))
    with suppress(OSError):  # this machine lacks the folder; absolute paths may do
        os.chdir(job.folder)
    for path in job.plugins:
        load_file(path)


def _gpu() -> str:
    """The device of which Ray gave a part to this task; the process may have used others before."""
    number = import_module("ray").get_runtime_context().get_accelerator_ids()["GPU"][0]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return f"cuda:{visible.split(',').index(number) if visible else number}"


def _is_locked(path: Path) -> bool:
    try:
        with FileLock(path, blocking=False):
            return False
    except Timeout:
        return True


@cache
def _codes(action: str, name: str) -> frozenset[str]:
    """Fingerprints of the action with each plugin of that name."""
    found = (plugins(kind).get(name) for kind in KINDS)
    return frozenset(code_of(ACTIONS[action], plugin) for plugin in found if plugin)
