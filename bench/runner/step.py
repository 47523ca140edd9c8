"""One step of a plan: the stage's action on its inputs, from the store and to the store."""

import logging
import resource
import sys
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from multiprocessing import parent_process
from typing import Literal, NamedTuple, Protocol

import numpy as np

from bench.api import Dataset
from bench.faces import Images
from bench.registry import make
from bench.runner.artifacts import Artifact, Inputs
from bench.runner.costs import Cost, Size, note
from bench.runner.stage import ACTIONS, Stage, Stages
from bench.runner.store import DamagedError, Store
from bench.runner.worker import Worker

Status = Literal["done", "cached", "failed", "skipped"]
_log = logging.getLogger(__name__)
_KIB = 1024 if sys.platform == "linux" else 1  # of ru_maxrss: KiB on Linux, bytes on macOS


class Outcome(NamedTuple):
    """The end of a stage in a run: the seconds that it took now, and why it has no artifact.

    `healed` names damaged inputs that were made again.
    """

    stage: Stage
    status: Status
    seconds: float = 0.0
    reason: str = ""
    healed: tuple[str, ...] = ()


class Engine(Protocol):
    """Anything that can run stages."""

    @property
    def n_processes(self) -> int:
        """How many stages it runs at once; with devices, on the cores."""

    @property
    def devices(self) -> tuple[str, ...]:
        """The device of each worker that has one, if stages that need one run apart."""

    def run(self, stages: Stages, store: Store, goals: Sequence[Stages] = ()) -> Iterator[Outcome]:
        """The outcome of each stage, once, as they come; artifacts are in the store.

        Where there is a choice, it reaches the cheapest of the goals, groups of stages, first.
        """


def step(stage: Stage, store: Store, worker: Worker) -> Outcome:
    """Makes a stage's artifact unless the store has it; an exception becomes a failed outcome.

    Inputs that are damaged or gone are made again first.
    """
    if stage.key in store:
        return Outcome(stage, "cached")
    start, healed = time.perf_counter(), list[str]()
    own = store.shuffled if stage.shuffled else store
    with own.lock(stage.key):
        if stage.key in store:  # another process made it while we waited
            return Outcome(stage, "cached")
        healed += _set_aside(stage, own)  # what is left of an entry without its stage.json
        try:
            with own.scratch(stage.key) as scratch:
                own_worker = replace(worker, scratch=scratch, show=_training_sheet(stage, store))
                artifact = _made(stage, store, own_worker, healed)
                seconds = time.perf_counter() - start
                cost = {"seconds": round(seconds, 3), "device": worker.device}
                recipe = {**stage.recipe, **cost, "peak_memory_mb": _peak_mb()}
                own.put(stage.key, artifact, recipe)
            if "weights" not in stage.detail:  # else a fit reads a file
                about = (stage.action, str(stage.spec), Size(*stage.size))
                note(store, Cost(*about, round(seconds, 3), worker.device, _peak_mb()))
        except BaseException as error:  # whatever a plugin raises, the other cells must continue
            if isinstance(error, KeyboardInterrupt) and not parent_process():
                raise  # Ctrl-C of the user; in a process of a pool it comes from a plugin
            seconds = time.perf_counter() - start
            reason = f"{stage}: {type(error).__name__}: {error}"
            return Outcome(stage, "failed", seconds, reason, tuple(healed))
    return Outcome(stage, "done", seconds, "", tuple(healed))


def _made(stage: Stage, store: Store, worker: Worker, healed: list[str]) -> Artifact:
    """The artifact of a stage; adds to `healed` a line for each damaged input made again."""
    # Imported here: a process that only loads needs no torch.
    action = getattr(import_module(ACTIONS[stage.action]), stage.action)
    needs = {needed.key: needed for needed in stage.needs}
    while True:
        for needed in needs.values():
            if needed.key not in store:
                again = step(needed, store, worker)
                healed += again.healed
                if again.reason:
                    raise RuntimeError(f"cannot make an input again: {again.reason}")
        try:
            inputs = Inputs(
                (name, tuple(store.get(needed.key) for needed in stages))
                for name, stages in stage.inputs.items()
            )
            artifact: Artifact = action(stage, inputs, worker)
            return artifact
        except DamagedError as error:
            if error.key not in needs or len(healed) > len(needs):
                raise
            healed += heal([needs[error.key]], store)


def heal(stages: Iterable[Stage], store: Store, whole: Container[str] | None = None) -> list[str]:
    """Moves damaged entries of these stages out of the way; returns a line about each.

    `whole` holds the keys of entries to check in all files; of the others only `stage.json` is
    checked. Without it, all are checked whole.
    """
    lines = list[str]()
    for stage in stages:
        own = store.shuffled if stage.shuffled else store
        with own.lock(stage.key):  # nobody else heals or makes it now
            lines += _set_aside(stage, own, whole=whole is None or stage.key in whole)
    return lines


def _set_aside(stage: Stage, own: Store, *, whole: bool = True) -> Iterator[str]:
    """Moves the entry of a stage out of the way if it is damaged; call it under the lock."""
    try:
        own.check(stage.key, whole=whole)
    except DamagedError as error:
        yield f"{stage}: {error.what}; moved to {own.set_aside(stage.key)}, made again"
    except KeyError:
        return


def with_inputs(stages: Iterable[Stage]) -> list[Stage]:
    """The stages and all that they need, each once, after its inputs."""
    ordered: dict[str, Stage] = {}

    def add(stage: Stage) -> None:
        if stage.key not in ordered:
            for needed in stage.needs:
                add(needed)
            ordered[stage.key] = stage

    for stage in stages:
        add(stage)
    return list(ordered.values())


def run_or_raise(
    stages: Iterable[Stage], store: Store, run: Callable[[Stages, Store], Iterable[Outcome]]
) -> list[Artifact]:
    """Runs the stages with all that they need; the artifact of each.

    Raises:
        ValueError: if one fails, with its reason.
    """
    stages = list(stages)
    for line in heal(stages, store):
        _log.warning(line)
    for outcome in run(with_inputs(stages), store):
        if outcome.reason:
            raise ValueError(outcome.reason)
    return [store.get(stage.key) for stage in stages]


def _peak_mb() -> int:
    """The most memory that this process has used."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB >> 20


def _training_sheet(stage: Stage, store: Store) -> Callable[[Images], None]:
    """Writes pictures, (rows, columns, 3, H, W), to the store's `figures/training-NAME-KEY.png`.

    It keeps the last ones; nothing, if the stage learns from real people, whom no sheet shows.
    """
    sources = stage.inputs.get("faces", ()) if stage.action == "fit" else ()
    if not sources or not all(make(Dataset, each.full_spec).shareable for each in sources):
        return lambda images: None

    def write(images: Images) -> None:
        from PIL.Image import fromarray  # here: few processes need it

        rows, columns, _, height, width = images.shape
        sheet = images.transpose(0, 3, 1, 4, 2).reshape(rows * height, columns * width, 3)
        path = store.root / "figures" / f"training-{stage.spec.name}-{stage.key[:12]}.png"
        path.parent.mkdir(exist_ok=True)
        draft = path.with_suffix(".draft")
        fromarray(np.ascontiguousarray(sheet)).save(draft, format="png")
        draft.replace(path)  # who looks finds the last sheet or this one, whole

    return write
